#include "slices/strip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MARGIN 1.15        /* of the square around the bone, as in outline.c */
#define KNEE_SLICES 330    /* from the distal end: the part that decides on the square */
#define CUT 0.01           /* share of the bone's pixels left out at each side */
#define DARK_U7 23         /* where marrow or air and bone lie in the networks' window */
#define BRIGHT_U7 82
#define RUNS_OUT 0.05      /* what is left of the share where only the other end ends inside */
#define BEFORE 15          /* slices before the plane and */
#define BEHIND 5           /* behind it that show where the middle of the bone is there, */
#define LINE_MIN 20        /* with so many pixels of bone */
#define EDGE_ROWS 3        /* bone this near to the edge runs out of the picture */
#define BONE_MIN 400       /* pixels of bone without which there is none */
#define CONTRAST 20        /* grey levels between dark and bone; */
#define CONTRAST_FAINT 8   /* where the dark is even, these do */
#define EVEN 4.0           /* s.d. of the dark that the contrast must exceed */

/* Otsu's threshold: the split of the histogram with the greatest variance between its parts. */
static int split(const size_t hist[256], size_t total)
{
	double sum = 0, low = 0, best = -1;
	size_t below = 0;
	int at = 0;

	for (int i = 0; i < 256; i++)
		sum += (double)i * (double)hist[i];
	for (int i = 0; i < 255; i++) {
		below += hist[i];
		low += (double)i * (double)hist[i];
		if (below == 0 || below == total)
			continue;
		double above = (double)(total - below);
		double d = low / (double)below - (sum - low) / above;
		double between = (double)below * above * d * d;
		if (between > best) {
			best = between;
			at = i;
		}
	}
	return at;
}

/* Grey level below which `share` of the counts from..to lie. */
static int level(const size_t hist[256], int from, int to, double share)
{
	size_t all = 0, sum = 0;

	for (int i = from; i <= to; i++)
		all += hist[i];
	for (int i = from; i <= to; i++) {
		sum += hist[i];
		if ((double)sum >= share * (double)all)
			return i;
	}
	return to;
}

/* First index where the running sum reaches `share`. */
static int cut_at(const double *v, int n, double share)
{
	double all = 0, sum = 0;

	for (int i = 0; i < n; i++)
		all += v[i];
	for (int i = 0; i < n; i++) {
		sum += v[i];
		if (sum >= share * all)
			return i;
	}
	return n - 1;
}

/* Whether bone is told from the ground: clearly, or faintly on an even one. */
static int stands_out(const size_t hist[256], int threshold, int dark, int bright)
{
	double sum = 0, n = 0, contrast = bright - dark;

	for (int i = 0; i <= threshold; i++) {
		sum += (double)hist[i] * (i - dark) * (i - dark);
		n += (double)hist[i];
	}
	return contrast >= CONTRAST || (contrast >= CONTRAST_FAINT && contrast * contrast * n > EVEN * EVEN * sum);
}

static const uint8_t *row_at(const struct picture *p, int flipped, int r)
{
	return p->grey + (size_t)(flipped ? p->h - 1 - r : r) * (size_t)p->w;
}

int strip_locate(const struct picture *p, double um_per_row, int flipped, const char *path,
		 struct strip_frame *out, struct err *err)
{
	size_t hist[256] = { 0 }, total = (size_t)p->w * (size_t)p->h, bone = 0;

	for (size_t i = 0; i < total; i++)
		hist[p->grey[i]]++;
	int threshold = split(hist, total);
	double *rows = calloc((size_t)p->h, sizeof *rows), *columns = calloc((size_t)p->w, sizeof *columns);
	int rc = 0;

	*out = (struct strip_frame){ .per_slice = SLICE_PITCH_UM / um_per_row, .flipped = flipped };
	if (!rows || !columns) {
		rc = err_set(err, GPPI_E_NOMEM, "%s: not enough memory for the picture", path);
		goto end;
	}
	out->dark = level(hist, 0, threshold, 0.5);
	out->bright = level(hist, threshold + 1, 255, 0.7);
	for (int r = 0; r < p->h; r++)
		for (int x = 0; x < p->w; x++)
			if (row_at(p, flipped, r)[x] > threshold)
				rows[r]++, bone++;
	if (bone < BONE_MIN || bone > total - total / 8 ||
	    !stands_out(hist, threshold, out->dark, out->bright)) {
		rc = err_set(err, GPPI_E_NOBONE, "%s: no bone in this picture; give a long-axis view with bright "
			     "bone on a dark ground", path);
		goto end;
	}
	int first = cut_at(rows, p->h, 0.002), last = cut_at(rows, p->h, 0.998);
	int knee = first + (int)(KNEE_SLICES * out->per_slice);
	for (int r = first; r < knee && r <= last; r++)
		for (int x = 0; x < p->w; x++)
			columns[x] += row_at(p, flipped, r)[x] > threshold;
	int left = cut_at(columns, p->w, CUT), right = cut_at(columns, p->w, 1 - CUT);
	double near = 0, far = 0;
	for (int r = first; r <= last; r++)
		*(2 * (r - first) < last - first ? &near : &far) += rows[r];
	int out_here = first < EDGE_ROWS, out_there = last >= p->h - EDGE_ROWS;
	near *= out_here && !out_there ? RUNS_OUT : 1;
	far *= out_there && !out_here ? RUNS_OUT : 1;
	out->distal_share = near / fmax(near + far, 1e-9);
	out->centre = (left + right + 1) / 2.0;
	out->width = right - left + 1;
	out->bone_first = (int)(first / out->per_slice);
	out->nslices = (int)fmax(1, floor(p->h / out->per_slice));
end:
	free(rows);
	free(columns);
	return rc;
}

/* Mean grey of columns lo..hi of one row; what lies outside the picture is dark. */
static double mean(const uint8_t *row, int w, double lo, double hi, double dark)
{
	double sum = 0;

	for (int x = (int)floor(lo); x < hi; x++) {
		double part = fmin(hi, x + 1) - fmax(lo, x);
		sum += part * (x >= 0 && x < w ? row[x] : dark);
	}
	return sum / (hi - lo);
}

void strip_extract(const struct picture *p, const struct strip_frame *f, double wide, int mirrored,
		   int first, int n, uint8_t *out)
{
	double side = wide * MARGIN * f->width, step = side / SLICE_PX;
	double scale = (BRIGHT_U7 - DARK_U7) / (f->bright - f->dark);

	for (int i = 0; i < n; i++) {
		/* The rows of a slice; where a row is higher than a slice, the one it lies in. */
		double top = (first + i) * f->per_slice, bottom = top + f->per_slice;
		int r0 = (int)floor(top), r1 = (int)ceil(bottom - 1e-9) - 1;
		r1 = r1 < r0 ? r0 : r1;
		for (int j = 0; j < SLICE_PX; j++) {
			double lo = f->centre - side / 2 + j * step, sum = 0, all = 0;
			for (int r = r0; r <= r1; r++) {
				int at = r < 0 ? 0 : r > p->h - 1 ? p->h - 1 : r;
				double part = fmax(fmin(bottom, r + 1) - fmax(top, r), 1e-6);
				sum += part * mean(row_at(p, f->flipped, at), p->w, lo, lo + step, f->dark);
				all += part;
			}
			double q = DARK_U7 + (sum / all - f->dark) * scale;
			out[i * SLICE_PX + (mirrored ? SLICE_PX - 1 - j : j)] = (uint8_t)lround(fmin(fmax(q, 0), 127));
		}
	}
}

double strip_middle(const struct picture *p, const struct strip_frame *f, double slice)
{
	double *columns = calloc((size_t)p->w, sizeof *columns), threshold = strip_bone_above(f), middle = NAN;
	int first = (int)((slice - BEFORE) * f->per_slice), last = (int)((slice + BEHIND) * f->per_slice), bone = 0;

	for (int r = first < 0 ? 0 : first; columns && r <= last && r < p->h; r++)
		for (int x = 0; x < p->w; x++)
			if (row_at(p, f->flipped, r)[x] > threshold)
				columns[x]++, bone++;
	if (bone >= LINE_MIN)
		middle = (cut_at(columns, p->w, CUT) + cut_at(columns, p->w, 1 - CUT)) / 2.0;
	free(columns);
	return middle;
}

double strip_row(const struct picture *p, const struct strip_frame *f, double slice)
{
	double row = (slice + 0.5) * f->per_slice - 0.5;

	return f->flipped ? p->h - 1 - row : row;
}

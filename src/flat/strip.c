#include "flat/strip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flat/strip_part.h"

#define KNEE_SLICES 330    /* from the distal end: the part that decides on the square */
#define CUT 0.01           /* share of the bone's pixels left out at each side */
#define DARK_U7 23         /* where marrow or air and bone lie in the networks' window */
#define BRIGHT_U7 82
#define WIDER 8            /* power of the ratio of widths in the odds of which end is the knee: of 1994 synthetic
			    * pictures the knee's half is the wider one in 1990, mostly 1.5 times as wide; */
#define ENDS 10.0          /* the same of a bone that ends inside the picture at one end only: that is the knee, or the
			    * shaft leaves the plane, as in 49 of 1298 */
#define BEFORE 15          /* slices before the plane and */
#define BEHIND 5           /* behind it that show where the middle of the bone is there, */
#define LINE_MIN 20        /* with so many pixels of bone */
#define EDGE_ROWS 3        /* bone this near to the edge runs out of the picture */
#define BLOCK 8            /* rows of 10 um and as many columns that are bone, or not, as one */
#define BLOCK_MAX 64       /* rows */

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

static const uint8_t *row_at(const struct picture *p, int flipped, int r)
{
	return p->grey + (size_t)(flipped ? p->h - 1 - r : r) * (size_t)p->w;
}

static bool is_bone(const struct picture *p, const struct strip_part *part, int threshold, int flipped, int r, int x)
{
	return row_at(p, flipped, r)[x] > threshold && strip_part_has(part, flipped ? p->h - 1 - r : r, x);
}

/* Pixels of the bone in every row, from the end taken for distal, and column; columns only of rows first..last. Either
 * may be NULL. Returns their number. */
static size_t count_bone(const struct picture *p, const struct strip_part *part, int threshold, int flipped, int first,
			 int last, double *rows, double *columns)
{
	size_t bone = 0;

	for (int r = first; r <= last && r < p->h; r++)
		for (int x = 0; x < p->w; x++) {
			if (!is_bone(p, part, threshold, flipped, r, x))
				continue;
			bone++;
			if (rows)
				rows[r]++;
			if (columns)
				columns[x]++;
		}
	return bone;
}

/* What is typical of the dark within the bone's outline: marrow, if it shows enough. */
static double marrow(const struct picture *p, const struct strip_levels *l, int flipped, int first, int last, int left,
		     int right)
{
	size_t hist[256] = { 0 }, n = 0;

	for (int r = first; r <= last && r < p->h; r++)
		for (int x = left; x <= right; x++) {
			int g = row_at(p, flipped, r)[x];
			hist[g]++;
			n += g <= l->threshold;
		}
	return n >= STRIP_BONE_MIN ? strip_level(hist, 0, l->threshold, 0.5) : l->dark;
}

/* Probability that the knee is at the near end of rows first..last: the outline is wider there, and ends inside the
 * picture. */
static double knee_share(const struct picture *p, const struct strip_part *part, int threshold, int flipped, int first,
			 int last)
{
	double near = 0, far = 0;
	int out_here = first < EDGE_ROWS, out_there = last >= p->h - EDGE_ROWS;

	for (int r = first; r <= last; r++) {
		int lo = p->w, hi = -1;
		for (int x = 0; x < p->w; x++)
			if (is_bone(p, part, threshold, flipped, r, x)) {
				lo = x < lo ? x : lo;
				hi = x;
			}
		*(2 * (r - first) < last - first ? &near : &far) += hi >= lo ? hi - lo + 1 : 0;
	}
	double odds = pow(near / fmax(far, 1), WIDER) * (out_here == out_there ? 1 : out_there ? ENDS : 1 / ENDS);
	return odds / (1 + odds);
}

static int no_bone(const char *path, struct gppi_error *err)
{
	return err_set(err, GPPI_E_NOBONE, "%s: no bone in this picture; give a long-axis view with bright bone on a "
		       "dark ground", path);
}

int strip_locate(const struct picture *p, double um_per_row, int flipped, const char *path,
		 struct strip_frame *out, struct gppi_error *err)
{
	size_t hist[256] = { 0 }, total = (size_t)p->w * (size_t)p->h;
	struct strip_levels levels;
	struct strip_part part = { 0 };
	double *rows = calloc((size_t)p->h, sizeof *rows), *columns = calloc((size_t)p->w, sizeof *columns);
	int rc = 0;

	*out = (struct strip_frame){ .per_slice = SLICE_PITCH_UM / um_per_row, .flipped = flipped };
	if (!rows || !columns) {
		rc = err_set(err, GPPI_E_NOMEM, "%s: not enough memory for the picture", path);
		goto end;
	}
	for (size_t i = 0; i < total; i++)
		hist[p->grey[i]]++;
	if (!strip_levels_split(hist, &levels)) {
		rc = no_bone(path, err);
		goto end;
	}
	int side = (int)fmin(fmax(BLOCK * out->per_slice, 1), BLOCK_MAX);
	rc = strip_part_find(p, &levels, side, path, &part, err);
	if (rc < 0)
		goto end;
	if (count_bone(p, &part, levels.threshold, flipped, 0, p->h - 1, rows, NULL) < STRIP_BONE_MIN) {
		rc = no_bone(path, err);
		goto end;
	}
	int first = cut_at(rows, p->h, 0.002), last = cut_at(rows, p->h, 0.998);
	int knee = first + (int)(KNEE_SLICES * out->per_slice) - 1;
	knee = knee < last ? knee : last;
	count_bone(p, &part, levels.threshold, flipped, first, knee, NULL, columns);
	int left = cut_at(columns, p->w, CUT), right = cut_at(columns, p->w, 1 - CUT);
	out->distal_share = knee_share(p, &part, levels.threshold, flipped, first, last);
	out->centre = (left + right + 1) / 2.0;
	out->width = right - left + 1;
	out->bone_first = (int)(first / out->per_slice);
	out->nslices = (int)fmax(1, floor(p->h / out->per_slice));
	out->dark = marrow(p, &levels, flipped, first, knee, left, right);
	out->bright = levels.bright;
end:
	free(part.bone);
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

/* Mean grey of columns lo..hi of slice `slice`: of its rows, or, where rows are higher than a slice, between the two
 * rows whose middles lie around its own. */
static double slice_mean(const struct picture *p, const struct strip_frame *f, int slice, double lo, double hi)
{
	double top = slice * f->per_slice, bottom = top + f->per_slice, sum = 0, all = 0;
	int r0 = (int)floor(top), r1 = (int)ceil(bottom - 1e-9) - 1;

	if (f->per_slice < 1) {
		double middle = (top + bottom) / 2 - 0.5;
		r0 = (int)floor(middle);
		r1 = r0 + 1;
		top = middle;       /* weights: r0 + 1 - middle and middle - r0 */
		bottom = middle + 1;
	}
	for (int r = r0; r <= r1; r++) {
		int at = r < 0 ? 0 : r > p->h - 1 ? p->h - 1 : r;
		double part = fmax(fmin(bottom, r + 1) - fmax(top, r), 1e-6);
		sum += part * mean(row_at(p, f->flipped, at), p->w, lo, hi, f->dark);
		all += part;
	}
	return sum / all;
}

void strip_extract(const struct picture *p, const struct strip_frame *f, double wide, int mirrored,
		   int first, int n, uint8_t *out)
{
	double side = wide * STRIP_MARGIN * f->width, step = side / SLICE_PX;
	double scale = (BRIGHT_U7 - DARK_U7) / (f->bright - f->dark);

	for (int i = 0; i < n; i++)
		for (int j = 0; j < SLICE_PX; j++) {
			double lo = f->centre - side / 2 + j * step;
			double q = DARK_U7 + (slice_mean(p, f, first + i, lo, lo + step) - f->dark) * scale;
			out[i * SLICE_PX + (mirrored ? SLICE_PX - 1 - j : j)] = (uint8_t)lround(fmin(fmax(q, 0), 127));
		}
}

int strip_middles(const struct picture *p, const struct strip_frame *f, int first, int n, double *out,
		  struct gppi_error *err)
{
	/* Not beside it. */
	int left = (int)fmax(f->centre - f->width / 2, 0), right = (int)fmin(f->centre + f->width / 2, p->w);
	double *columns = calloc((size_t)p->w, sizeof *columns);
	int from = 0, to = 0, bone = 0; /* rows from..to-1 are counted */

	if (!columns)
		return err_set(err, GPPI_E_NOMEM, "not enough memory for the picture's outline");
	for (int i = 0; i < n; i++) {
		int slice = first + i < f->nslices ? first + i : f->nslices - 1;
		double top = fmax((slice - BEFORE) * f->per_slice, 0), last = (slice + BEHIND) * f->per_slice;
		for (; to <= last && to < p->h; to++)
			for (int x = left; x < right; x++)
				if (row_at(p, f->flipped, to)[x] > strip_bone_above(f))
					columns[x]++, bone++;
		for (; from < to && from < (int)top; from++)
			for (int x = left; x < right; x++)
				if (row_at(p, f->flipped, from)[x] > strip_bone_above(f))
					columns[x]--, bone--;
		out[i] = bone < LINE_MIN ? NAN : (cut_at(columns, p->w, CUT) + cut_at(columns, p->w, 1 - CUT)) / 2.0;
	}
	free(columns);
	return 0;
}

double strip_row(const struct picture *p, const struct strip_frame *f, double slice)
{
	double row = (slice + 0.5) * f->per_slice - 0.5;

	return f->flipped ? p->h - 1 - row : row;
}

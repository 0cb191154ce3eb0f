#include "slices/holder_slices.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "base/size.h"
#include "scan/window.h"

#define WORKERS_MAX 64
#define RUN 32                 /* slices an item covers: readers go on where they are */
#define BATCH_MAX 8            /* of these, held at a time, where a slice is made from several of the scan */
#define WINDOWS_BYTES (192.0 * 1024 * 1024) /* of all workers, as far as a slice each allows it */

struct worker {
	struct scan *window;
	struct scan **view;        /* [n] */
	void **scratch;            /* [n] */
	int16_t **slice;           /* [n], of a view; where sections are wanted */
};

struct gather {
	struct scan *whole;
	struct holder_slices_bone *bone;
	int n, nslices, native_nz, room, nbands;
	struct window_band band[WINDOW_BANDS_MAX]; /* rows with bones */
	double per;
	struct worker worker[WORKERS_MAX];
};

/* Canonical slices k .. k+n-1 of a bone that is not turned, of those it wants; *count may become 0. */
static void wanted(const struct gather *g, const struct holder_slices_bone *b, int k, int n, int *from, int *count)
{
	/* Turned ones are counted from the other end. */
	int first = b->frame.flags & FRAME_FLIPPED_Z ? g->nslices - (k + n) : k;
	const struct slices *s = &b->slices;
	int a = first > s->first ? first : s->first;
	int end = first + n < s->first + s->n ? first + n : s->first + s->n;

	*from = a;
	*count = end > a ? end - a : 0;
}

/* What the sections of a bone show of the slices that canonical k .. k+n-1 begin with: each slice once. */
static int take_sections(struct gather *g, struct worker *w, int i, int k, int n, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(w->view[i]);
	int z = (int)ceil(k * g->per), end = k + n >= g->nslices ? g->native_nz : (int)ceil((k + n) * g->per), rc = 0;
	struct sections *s = g->bone[i].sections;
	const int16_t *rows;

	for (z = k == 0 ? 0 : z; z < end && z < g->native_nz && rc >= 0; z++) {
		/* Of the window: not read again. */
		rc = scan_rows(w->view[i], z, s->y0, s->ny, w->slice[i], &rows, err);
		if (rc >= 0)
			sections_take(s, info, z, rows);
	}
	return rc;
}

static int batch(struct gather *g, struct worker *w, int k, int n, struct gppi_error *err)
{
	int from, count, any = 0, rc;
	double lo = floor(k * g->per), hi = ceil((k + n) * g->per);

	if (g->per < 1 || g->per > 1) {
		lo -= 1;
		hi += 1;
	}
	for (int i = 0; i < g->n; i++) {
		wanted(g, &g->bone[i], k, n, &from, &count);
		any |= count > 0 || g->bone[i].sections;
	}
	if (!any)
		return 0;
	int z0 = (int)fmax(lo, 0), z1 = (int)fmin(hi, g->native_nz);
	rc = window_load(w->window, z0, z1 - z0, g->band, g->nbands, err);
	for (int i = 0; i < g->n && rc >= 0; i++) {
		const struct holder_slices_bone *b = &g->bone[i];
		wanted(g, b, k, n, &from, &count);
		if (count > 0)
			rc = slices_extract(w->scratch[i], from, count, b->slices.u7 +
					    (size_t)(from - b->slices.first) * (size_t)SLICE_BYTES, err);
		if (rc >= 0 && b->sections)
			rc = take_sections(g, w, i, k, n, err);
	}
	return rc;
}

static int run(void *arg, int item, int number, struct gppi_error *err)
{
	struct gather *g = arg;
	int end = (item + 1) * RUN < g->nslices ? (item + 1) * RUN : g->nslices, rc = 0;
	double most = g->per < 1 || g->per > 1 ? (g->room - 2) / g->per : g->room;
	int step = (int)fmin(fmax(most, 1), RUN);

	for (int k = item * RUN; k < end && rc >= 0; k += step)
		rc = batch(g, &g->worker[number], k, step < end - k ? step : end - k, err);
	return rc;
}

static int open_worker(struct gather *g, struct worker *w, struct gppi_error *err)
{
	int rc = window_open(g->whole, g->room, &w->window, err);

	w->view = calloc((size_t)g->n, sizeof(struct scan *));
	w->scratch = calloc((size_t)g->n, sizeof(void *));
	w->slice = calloc((size_t)g->n, sizeof(int16_t *));
	if (rc == 0 && (!w->view || !w->scratch || !w->slice))
		rc = GPPI_E_NOMEM;
	for (int i = 0; i < g->n && rc == 0; i++) {
		rc = crop_open(w->window, &g->bone[i].box, NULL, &w->view[i], err);
		if (rc == 0 && !(w->scratch[i] = malloc(slices_scratch(w->view[i], &g->bone[i].frame))))
			rc = GPPI_E_NOMEM;
		if (rc == 0)
			slices_begin(w->view[i], &g->bone[i].frame, w->scratch[i]);
		if (rc == 0 && g->bone[i].sections &&
		    !(w->slice[i] = size_realloc(NULL, (size_t)g->bone[i].box.nx * (size_t)g->bone[i].box.ny,
						 sizeof(int16_t))))
			rc = GPPI_E_NOMEM;
	}
	return rc == GPPI_E_NOMEM ? err_set(err, rc, "%s: not enough memory for the slices of %d bones",
					    scan_info(g->whole)->path, g->n) : rc;
}

static void close_worker(struct gather *g, struct worker *w)
{
	for (int i = 0; i < g->n; i++) {
		if (w->view)
			scan_close(w->view[i]);
		if (w->scratch)
			free(w->scratch[i]);
		if (w->slice)
			free(w->slice[i]);
	}
	free(w->slice);
	free(w->view);
	free(w->scratch);
	scan_close(w->window);
}

/* Adds rows to the bands, which stay apart, or become one where the scan is not read in parts. */
static void add_band(struct gather *g, int y0, int y1)
{
	bool one = !scan_rows_apart(g->whole);

	for (int i = 0; i < g->nbands; i++) {
		struct window_band *b = &g->band[i];
		int end = b->y0 + b->ny;
		if (!one && g->nbands < WINDOW_BANDS_MAX && (y1 < b->y0 || y0 > end))
			continue;
		y0 = b->y0 < y0 ? b->y0 : y0;
		y1 = end > y1 ? end : y1;
		*b = g->band[--g->nbands];
		i = -1; /* the wider one may touch others */
	}
	g->band[g->nbands++] = (struct window_band){ y0, y1 - y0 };
}

/* The rows that a bone's slices and sections are made of: its square's. */
static void plan_rows(struct gather *g, const struct holder_slices_bone *b)
{
	double half = b->frame.side_y / 2;
	int first = (int)fmax(floor(b->frame.cy - half), 0), end = (int)fmin(ceil(b->frame.cy + half), b->box.ny);

	if (b->sections) {
		first = b->sections->y0 < first ? b->sections->y0 : first;
		end = b->sections->y0 + b->sections->ny > end ? b->sections->y0 + b->sections->ny : end;
	}
	if (end > first)
		add_band(g, b->box.y0 + first, b->box.y0 + end);
	else
		add_band(g, b->box.y0, b->box.y0 + b->box.ny);
}

/* Room for what each bone wants, and the rows that hold it. */
static int plan(struct gather *g, struct gppi_error *err)
{
	int rc = 0;

	for (int i = 0; i < g->n && rc == 0; i++) {
		struct holder_slices_bone *b = &g->bone[i];
		const struct frame *f = &b->frame;
		rc = slices_open(&b->slices, scan_info(g->whole)->path, err);
		if (b->sections) {
			struct scan_info part = *scan_info(g->whole);
			part.nx = b->box.nx;
			part.ny = b->box.ny;
			if (!sections_open(b->sections, &part, f))
				b->sections = NULL; /* made when asked for */
		}
		g->nslices = f->nslices;
		g->per = f->native_per_slice;
		plan_rows(g, b);
	}
	return rc;
}

int holder_slices_make(struct scan *whole, struct holder_slices_bone *bones, int n, int threads, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(whole);
	struct gather g = { .whole = whole, .bone = bones, .n = n, .native_nz = info->nz };
	int workers = scan_threads(whole, threads < WORKERS_MAX ? threads : WORKERS_MAX), rc = 0;
	double slice = 2.0 * info->nx * info->ny;

	for (int i = 0; i < n; i++)
		bones[i].slices.u7 = NULL;
	rc = plan(&g, err);
	g.room = 1; /* the nearer to the processor, the better */
	if (g.per < 1 || g.per > 1)
		g.room = (int)fmin(fmax(WINDOWS_BYTES / (slice * workers), 1), BATCH_MAX) + 2;
	for (int i = 0; i < workers && rc == 0; i++)
		rc = open_worker(&g, &g.worker[i], err);
	if (rc == 0)
		rc = parallel_for(workers, (g.nslices + RUN - 1) / RUN, run, &g, err);
	for (int i = 0; i < workers; i++)
		close_worker(&g, &g.worker[i]);
	for (int i = 0; i < n; i++) {
		if (bones[i].sections && rc >= 0)
			sections_close(bones[i].sections);
		else if (bones[i].sections)
			sections_free(bones[i].sections);
		if (rc < 0)
			slices_free(&bones[i].slices);
	}
	return rc < 0 ? rc : 0;
}

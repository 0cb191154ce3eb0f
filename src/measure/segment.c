#include "measure/segment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/distance.h"
#include "measure/periosteum.h"
#include "measure/segment_parts.h"

#define MARGIN 8         /* voxels around the bone */
#define CONTEXT 10       /* slices beyond what the closing needs */
#define CALM 1.2         /* Gauss, voxels */
#define LOCAL_HALF_MAX 50 /* voxels to each side that local thresholds look at */
#define CORTEX_LEAST 3   /* voxels that are cortex wherever bone is */

void segment_options_default(struct segment_options *o)
{
	*o = (struct segment_options){
		.rule = SEGMENT_DUAL, .share = { 0.46, 0.53 }, .sigma = 0.5, .closing_um = 200, .window_um = 210,
		.threads = 1
	};
}

void segment_doubt(struct segment *s, const char *why)
{
	if (s->ndoubts < (int)(sizeof s->doubt / sizeof *s->doubt))
		s->doubt[s->ndoubts++] = why;
}

/* ---- the block ---- */

static void clip(int *first, int *n, int all)
{
	int end = *first + *n;

	*first = *first < 0 ? 0 : *first;
	*n = (end > all ? all : end) - *first;
}

static int read_block(struct segment_job *job, int margin, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(job->scan);
	const struct segment_place *w = job->where;
	const int context = job->out->closing + CONTEXT;
	int first[3] = { (int)floor(w->cx - w->side_x / 2) - margin, (int)floor(w->cy - w->side_y / 2) - margin,
			 w->first - context };
	int n[3] = { (int)ceil(w->side_x) + 2 * margin, (int)ceil(w->side_y) + 2 * margin,
		     w->last - w->first + 1 + 2 * context };
	const int all[3] = { info->nx, info->ny, info->nz };

	for (int i = 0; i < 3; i++) {
		clip(&first[i], &n[i], all[i]);
		if (n[i] < 1)
			return err_set(err, GPPI_E_NOBONE, "%s: the VOI does not meet the scan", info->path);
	}
	return grey_read(job->scan, first, n, job->o->threads, &job->out->grey, err);
}

struct cut {
	const int16_t *v;
	int least;
	uint8_t *mask;
};

static void cut(const void *arg, size_t from, size_t end)
{
	const struct cut *c = arg;
	const int16_t *v = c->v;
	const int least = c->least;
	uint8_t *mask = c->mask;

	for (size_t i = from; i < end; i++)
		mask[i] = v[i] >= least;
}

/* Bone at the threshold: the largest piece. */
static int rough_bone(const struct segment_job *job, const struct grey *g, double value, uint8_t *mask,
		      struct gppi_error *err)
{
	const struct cut c = { g->v, grey_least(g, value), mask };
	double kept;
	int rc = grid_each(&g->grid, job->o->threads, cut, &c, err);

	return rc < 0 ? rc : shape_largest(&g->grid, mask, JOINED_BY_FACES, &kept, err);
}

/* Does bone of the VOI reach a side of the block? Beside it, and in the slices around, other bones may. */
static int reaches_side(const struct segment_job *job, const uint8_t *mask, struct gppi_error *err)
{
	const struct grey *g = &job->out->grey;
	const int first = job->where->first - g->first[2], last = job->where->last - g->first[2];
	const int z0 = first > 0 ? first : 0, z1 = last < g->grid.n[2] ? last : g->grid.n[2] - 1;
	const struct grid voi = { .n = { g->grid.n[0], g->grid.n[1], z1 - z0 + 1 }, .mm = { 1, 1, 1 } };
	int lo[2], hi[2], rc = shape_columns(&voi, mask + grid_at(&g->grid, 0, 0, z0), lo, hi, err);

	if (rc < 0 || hi[0] < 0)
		return rc;
	return lo[0] == 0 || lo[1] == 0 || hi[0] == voi.n[0] - 1 || hi[1] == voi.n[1] - 1;
}

/* Cuts the block to the bone, with a margin. 1: bone of the VOI reaches its side. */
static int cut_block(struct segment_job *job, struct gppi_error *err)
{
	struct grey *g = &job->out->grey;
	int lo[3] = { 0 }, hi[3] = { -1, -1, g->grid.n[2] - 1 }, side = 0;
	uint8_t *mask = grid_alloc(&g->grid, 1, err);
	int rc = mask ? rough_bone(job, g, (job->where->bone + job->where->medium) / 2, mask, err) : GPPI_E_NOMEM;

	if (rc >= 0)
		rc = shape_columns(&g->grid, mask, lo, hi, err);
	if (rc >= 0)
		rc = side = reaches_side(job, mask, err);
	free(mask);
	if (rc >= 0 && hi[0] < 0)
		return err_set(err, GPPI_E_NOBONE, "%s: no bone in the VOI", scan_info(job->scan)->path);
	for (int i = 0; i < 2; i++) {
		lo[i] = lo[i] > MARGIN ? lo[i] - MARGIN : 0;
		hi[i] = hi[i] + MARGIN < g->grid.n[i] ? hi[i] + MARGIN : g->grid.n[i] - 1;
	}
	if (rc >= 0)
		rc = grey_cut(g, lo, hi, err);
	return rc < 0 ? rc : side;
}

/* Once more, and wider, where the square around the bone is too small for it. */
static int take_block(struct segment_job *job, struct gppi_error *err)
{
	const int wide = MARGIN + (int)ceil(fmax(job->where->side_x, job->where->side_y) / 3);
	int rc = read_block(job, MARGIN, err);

	if (rc >= 0)
		rc = cut_block(job, err);
	if (rc <= 0)
		return rc;
	grey_free(&job->out->grey);
	rc = read_block(job, wide, err);
	if (rc >= 0)
		rc = cut_block(job, err);
	if (rc > 0)
		segment_doubt(job->out, "bone of the VOI reaches the side of what was read: areas may be cut");
	return rc;
}

/* ---- compartments ---- */

static int make_outline(struct segment_job *job, uint8_t *bone, struct gppi_error *err)
{
	struct segment *s = job->out;
	const struct outline_request r = { &s->grey.grid, bone, s->first, s->last, job->o->threads };
	int bridged, rc = periosteum_find(&r, job->outline, &bridged, err);

	if (rc >= 0 && bridged)
		segment_doubt(s, "the cortex is open or deeply notched in some slices of the VOI: its outline is "
				 "unsure");
	return rc;
}

struct marrow {
	const uint8_t *inner, *bone;
	uint8_t *marrow;
};

static void take_marrow(const void *arg, size_t from, size_t end)
{
	const struct marrow *m = arg;
	uint8_t *out = m->marrow;

	for (size_t i = from; i < end; i++)
		out[i] = m->inner[i] & !m->bone[i];
}

static void keep_inner(const void *arg, size_t from, size_t end)
{
	const struct marrow *m = arg;
	uint8_t *out = m->marrow;

	for (size_t i = from; i < end; i++)
		out[i] &= m->inner[i];
}

/* The inside of the endosteum: marrow well within the outline, its largest piece, closed with balls that are wider than
 * struts are. */
static int make_inside(struct segment_job *job, const uint8_t *bone, struct gppi_error *err)
{
	const struct grid *g = &job->out->grey.grid;
	uint8_t *inner = grid_alloc(g, 1, err);
	const struct marrow m = { inner, bone, job->marrow };
	double kept = 1;
	int rc = inner ? 0 : GPPI_E_NOMEM;

	if (rc >= 0) {
		memcpy(inner, job->outline, grid_voxels(g));
		rc = shape_erode(g, inner, CORTEX_LEAST, job->o->threads, err);
	}
	if (rc >= 0)
		rc = grid_each(g, job->o->threads, take_marrow, &m, err);
	if (rc >= 0)
		rc = shape_largest(g, job->marrow, JOINED_BY_FACES, &kept, err);
	if (rc >= 0)
		rc = shape_close(g, job->marrow, job->out->closing, false, job->o->threads, job->marrow, err);
	if (rc >= 0)
		rc = grid_each(g, job->o->threads, keep_inner, &m, err);
	if (kept < 0.8)
		segment_doubt(job->out, "the marrow is in pieces: the endosteum is unsure");
	free(inner);
	return rc;
}

/* ---- put together ---- */

static int alloc_masks(struct segment_job *job, struct gppi_error *err)
{
	struct segment *s = job->out;
	const struct grid *g = &s->grey.grid;

	s->bone = grid_alloc(g, 1, err);
	s->tv = grid_alloc(g, 1, err);
	s->cortex = grid_alloc(g, 1, err);
	s->wall = grid_alloc(g, 1, err);
	job->outline = grid_alloc(g, 1, err);
	job->marrow = grid_alloc(g, 1, err);
	job->r2 = grid_alloc(g, sizeof *job->r2, err);
	if (!s->bone || !s->tv || !s->cortex || !s->wall || !job->outline || !job->marrow || !job->r2)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for masks of %d x %d x %d voxels",
			       scan_info(job->scan)->path, g->n[0], g->n[1], g->n[2]);
	s->first = job->where->first > s->grey.first[2] ? job->where->first - s->grey.first[2] : 0;
	s->last = job->where->last - s->grey.first[2];
	s->last = s->last < g->n[2] ? s->last : g->n[2] - 1;
	return 0;
}

/* Two rounds: the levels of the scan find the bone, those around it the thresholds. */
static int run(struct segment_job *job, struct gppi_error *err)
{
	struct segment *s = job->out;
	int rc = take_block(job, err), doubts;

	doubts = s->ndoubts;
	if (rc >= 0)
		rc = grey_copy(&s->grey, &job->calm, err);
	if (rc >= 0)
		rc = grey_smooth(&job->calm, CALM, job->o->threads, err);
	if (rc >= 0)
		rc = grey_smooth(&s->grey, s->sigma, job->o->threads, err);
	if (rc >= 0)
		rc = alloc_masks(job, err);
	s->outer = s->cortical = (job->where->bone + job->where->medium) / 2;
	for (int round = 0; round < 2 && rc >= 0; round++) {
		rc = rough_bone(job, &job->calm, s->outer, s->bone, err);
		if (rc >= 0)
			rc = make_outline(job, s->bone, err);
		if (rc >= 0)
			rc = rough_bone(job, &job->calm, s->cortical, s->bone, err);
		if (rc >= 0)
			rc = make_inside(job, s->bone, err);
		if (round == 1 || rc < 0)
			break;
		rc = segment_levels(job, s->bone, err);
		if (rc >= 0)
			rc = segment_thresholds(job, err);
		s->ndoubts = doubts; /* those of the first round were about other masks */
	}
	if (job->o->rule == SEGMENT_FIXED && !(job->o->threshold > s->marrow && job->o->threshold < s->compact))
		segment_doubt(s, "the threshold does not lie between marrow and compact bone of this scan");
	return rc < 0 ? rc : segment_fill_masks(job, err);
}

int segment_make(struct scan *scan, const struct segment_place *where, const struct segment_options *o,
		 struct segment *out, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(scan);
	struct segment_job job = { .scan = scan, .where = where, .o = o, .out = out };

	*out = (struct segment){ .sigma = o->sigma };
	const double closing = rint(o->closing_um / info->spacing_um[0]),
		     half = rint(o->window_um / 2 / info->spacing_um[0]);
	out->closing = (int)fmin(fmax(closing, 1), DISTANCE_REACH - 1);
	out->window = 2 * (int)fmin(fmax(half, 1), LOCAL_HALF_MAX) + 1;
	int rc = run(&job, err);
	if (rc >= 0 && closing > out->closing)
		segment_doubt(out, "the marrow was closed with balls of 254 voxels: larger ones are not made");
	if (rc >= 0 && o->rule == SEGMENT_LOCAL && half > LOCAL_HALF_MAX)
		segment_doubt(out, "local thresholds looked at a cube of 101 voxels: larger ones are not made");
	if (rc >= 0 && !grid_is_even(&out->grey.grid))
		segment_doubt(out, "slices and pixels are not of one size: the balls that make outline and endosteum "
				   "are of the right size along x only");
	free(job.local);
	free(job.outline);
	free(job.marrow);
	free(job.r2);
	grey_free(&job.calm);
	return rc;
}

void segment_free(struct segment *s)
{
	grey_free(&s->grey);
	free(s->bone);
	free(s->tv);
	free(s->cortex);
	free(s->wall);
	*s = (struct segment){ .bone = NULL };
}

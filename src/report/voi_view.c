#include "report/voi_view.h"

#include <math.h>
#include <stdlib.h>

#include "bone/measure.h"

#define CONTEXT 15 /* slices beyond the VOI */
#define ROOM 8     /* voxels around the bone */

/* VOI_INSIDE ... of a voxel of the block; 0 outside of block and VOI. */
static int tissue_at(const struct segment *s, int x, int y, int z)
{
	const struct grid *g = &s->grey.grid;

	if (x < 0 || x >= g->n[0] || y < 0 || y >= g->n[1] || z < s->first || z > s->last)
		return 0;
	const size_t i = grid_at(g, x, y, z);
	if (!s->cortex[i] && !s->tv[i])
		return 0;
	return VOI_INSIDE | (s->tv[i] ? VOI_TV : 0) | (s->tv[i] && s->bone[i] ? VOI_STRUT : 0);
}

/* ---- views of the block ---- */

/* A plane of the block: columns are x; rows are y in slice `fixed`, or slices at y = `fixed`. */
struct plane_of {
	bool along;
	int fixed, left, top, columns, rows;
};

static size_t voxel_of(const struct grid *g, const struct plane_of *p, int x, int row)
{
	return p->along ? grid_at(g, p->left + x, p->fixed, p->top + row)
			: grid_at(g, p->left + x, p->top + row, p->fixed);
}

/* Mean grey of the voxels that a pixel shows; grey: of raw values. */
static uint8_t grey_of(const struct grey *g, const struct plane_of *p, const uint8_t *grey, const double x[2],
		       const double row[2])
{
	int sum = 0, n = 0;

	for (int j = (int)row[0]; j < p->rows && (j < row[1] || j == (int)row[0]); j++)
		for (int i = (int)x[0]; i < p->columns && (i < x[1] || i == (int)x[0]); i++, n++)
			sum += grey[g->v[voxel_of(&g->grid, p, i, j)] - INT16_MIN];
	return (uint8_t)(n > 0 ? sum / n : 0);
}

static float diameter(const uint16_t *r2, size_t i, const struct grid *g)
{
	return r2 ? (float)(2 * sqrt(r2[i]) * cbrt(grid_mm3(g))) : 0;
}

static void fill(const struct bone *bone, const struct plane_of *p, const uint8_t *grey, struct voi_view *out)
{
	const struct bone_measures *m = bone->measures;
	const struct grid *g = &m->segment.grey.grid;
	const double step_x = (double)p->columns / out->w, step_row = (double)p->rows / out->h;
	size_t to = 0;

	for (int j = 0; j < out->h; j++)
		for (int i = 0; i < out->w; i++, to++) {
			const double x[2] = { i * step_x, (i + 1) * step_x },
				     row[2] = { j * step_row, (j + 1) * step_row };
			const int vx = (int)((i + 0.5) * step_x), vr = (int)((j + 0.5) * step_row);
			const size_t v = voxel_of(g, p, vx, vr);
			out->grey[to] = grey_of(&m->segment.grey, p, grey, x, row);
			out->tissue[to] =
				(uint8_t)(p->along ? tissue_at(&m->segment, p->left + vx, p->fixed, p->top + vr)
						   : tissue_at(&m->segment, p->left + vx, p->top + vr, p->fixed));
			if (!(out->tissue[to] & VOI_TV))
				continue;
			out->thickness[to] = diameter(m->thickness, v, g);
			out->spacing[to] = diameter(m->spacing, v, g);
		}
}

static int draw(const struct bone *bone, const struct plane_of *p, int w_max, int h_max, struct voi_view *out,
		struct gppi_error *err)
{
	const struct grid *g = &bone->measures->segment.grey.grid;
	const double w = p->columns * g->mm[0], h = p->rows * (p->along ? g->mm[2] : g->mm[1]);
	const double px = fmin(w_max / w, h_max / h);

	*out = (struct voi_view){ .w = (int)fmax(px * w, 1), .h = (int)fmax(px * h, 1), .px_per_mm = px };
	const size_t n = (size_t)out->w * (size_t)out->h;
	uint8_t *grey = malloc(SECTION_GREYS);
	out->at = p->fixed + bone->measures->segment.grey.first[p->along ? 1 : 2];
	out->grey = malloc(n);
	out->tissue = malloc(n);
	out->thickness = calloc(n, sizeof *out->thickness);
	out->spacing = calloc(n, sizeof *out->spacing);
	bool all = grey && out->grey && out->tissue && out->thickness && out->spacing;
	if (all) {
		const struct section_window window = section_window(&bone->frame, scan_info(bone->scan));
		section_greys(&window, grey);
		fill(bone, p, grey, out);
	}
	free(grey);
	return all ? 0 : err_set(err, GPPI_E_NOMEM, "%s: not enough memory for its pictures", bone->result.name);
}

/* First and last column and row with bone in the VOI, and some more. */
static void box_of(const struct segment *s, int lo[2], int hi[2])
{
	const struct grid *g = &s->grey.grid;

	for (int i = 0; i < 2; i++) {
		lo[i] = g->n[i] - 1;
		hi[i] = 0;
	}
	for (int z = s->first; z <= s->last; z++)
		for (int y = 0; y < g->n[1]; y++)
			for (int x = 0; x < g->n[0]; x++)
				if (tissue_at(s, x, y, z)) {
					lo[0] = x < lo[0] ? x : lo[0];
					hi[0] = x > hi[0] ? x : hi[0];
					lo[1] = y < lo[1] ? y : lo[1];
					hi[1] = y > hi[1] ? y : hi[1];
				}
	for (int i = 0; i < 2; i++) {
		lo[i] = hi[i] >= lo[i] && lo[i] > ROOM ? lo[i] - ROOM : 0;
		hi[i] = hi[i] > lo[i] && hi[i] + ROOM < g->n[i] ? hi[i] + ROOM : g->n[i] - 1;
	}
}

int voi_view_slice(const struct bone *bone, int w_max, int h_max, struct voi_view *out, struct gppi_error *err)
{
	const struct segment *s = &bone->measures->segment;
	int lo[2], hi[2];

	box_of(s, lo, hi);
	const struct plane_of p = { .fixed = (s->first + s->last) / 2, .left = lo[0], .top = lo[1],
				    .columns = hi[0] - lo[0] + 1, .rows = hi[1] - lo[1] + 1 };
	return draw(bone, &p, w_max, h_max, out, err);
}

int voi_view_along(const struct bone *bone, int w_max, int h_max, struct voi_view *out, struct gppi_error *err)
{
	const struct segment *s = &bone->measures->segment;
	const int top = s->first > CONTEXT ? s->first - CONTEXT : 0, nz = s->grey.grid.n[2];
	const int end = s->last + CONTEXT < nz ? s->last + CONTEXT + 1 : nz;
	int lo[2], hi[2];

	box_of(s, lo, hi);
	const struct plane_of p = { .along = true, .fixed = (lo[1] + hi[1]) / 2, .left = lo[0], .top = top,
				    .columns = hi[0] - lo[0] + 1, .rows = end - top };
	return draw(bone, &p, w_max, h_max, out, err);
}

void voi_view_free(struct voi_view *view)
{
	free(view->grey);
	free(view->tissue);
	free(view->thickness);
	free(view->spacing);
	*view = (struct voi_view){ .grey = NULL };
}

/* ---- sections of the whole bone ---- */

void voi_tissue_section(const struct bone *bone, enum section_kind kind, int w, int h, uint8_t *tissue)
{
	const struct segment *s = &bone->measures->segment;
	const struct frame *f = &bone->frame;
	const double right = 2 * atan(1);
	const double angle = kind == SECTION_45 ? right / 2 : kind == SECTION_90 || kind == SECTION_AT_X ? right : 0;
	const double dx = f->side_x * cos(angle), dy = f->side_y * sin(angle);

	for (int j = 0; j < h; j++)
		for (int i = 0; i < w; i++) {
			const double t = (i + 0.5) / w - 0.5;
			const int z = (int)((j + 0.5) * f->native_nz / h);
			*tissue++ = (uint8_t)tissue_at(s, (int)floor(f->cx + t * dx) - s->grey.first[0],
						       (int)floor(f->cy + t * dy) - s->grey.first[1],
						       z - s->grey.first[2]);
		}
}

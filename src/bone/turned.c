#include "bone/turned.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct turned_voi turned_make(const struct bone *bone, int slices[2])
{
	const struct gppi_result *r = &bone->result;
	const struct frame *f = &bone->frame;
	const struct scan_info *info = scan_info(bone->scan);
	struct grid g = { .n = { info->nx, info->ny, info->nz } };
	double at[2];

	for (int i = 0; i < 3; i++)
		g.mm[i] = info->spacing_um[i] / 1000;
	for (int i = 0; i < 2; i++)
		at[i] = f->axis_at[i] - 0.5 + f->axis_slope[i] * r->gppi;
	struct turned_voi v = { .layers = layers_across(&g, f->axis_slope, at[0], at[1]) };
	const double thin = layers_thin(&v.layers, &g);
	const int count = (int)lrint((r->voi_last - r->voi_first + 1) / thin);

	if (2 * r->gppi <= r->voi_first + r->voi_last) { /* the end that is nearer to the plane stays where it is */
		v.first = r->gppi + (int)lrint((r->voi_first - r->gppi) / thin);
		v.last = v.first + count - 1;
	} else {
		v.last = r->gppi - (int)lrint((r->gppi - r->voi_last) / thin);
		v.first = v.last - count + 1;
	}
	const double reach = hypot(v.layers.rise[0] * f->side_x / 2, v.layers.rise[1] * f->side_y / 2);
	const double middle = v.layers.rise[0] * (f->cx - 0.5 - at[0]) + v.layers.rise[1] * (f->cy - 0.5 - at[1]);
	slices[0] = v.first + (int)floor(middle - reach);
	slices[1] = v.last + (int)ceil(middle + reach);
	return v;
}

int turned_enter(struct turned_voi *voi, const char *path, struct segment *s, struct gppi_error *err)
{
	const struct grid *g = &s->grey.grid;
	const int end = g->n[2] - 1, *at = s->grey.first;
	int a[2] = { 0, 0 }, b[2] = { 0, 0 };

	voi->layers.cx -= at[0];
	voi->layers.cy -= at[1];
	voi->first -= at[2];
	voi->last -= at[2];
	const bool cortex = layers_span(&voi->layers, g, s->cortex, a), inside = layers_span(&voi->layers, g, s->tv, b);
	const int least = cortex && (!inside || a[0] < b[0]) ? a[0] : b[0],
		  most = cortex && (!inside || a[1] > b[1]) ? a[1] : b[1];
	const int first = voi->first + least < 0 ? -least : voi->first;
	const int last = voi->last + most > end ? end - most : voi->last;
	if (first > last)
		return err_set(err, GPPI_E_NOBONE, "%s: the scan ends before the VOI across the shaft", path);
	if (first != voi->first || last != voi->last)
		segment_doubt(s, "the scan ends within the VOI across the shaft");
	voi->first = first;
	voi->last = last;
	s->first = first + least;
	s->last = last + most;
	return 0;
}

int turned_cut(const struct turned_voi *voi, struct segment *s, struct gppi_error *err)
{
	uint8_t *const masks[] = { s->bone, s->tv, s->cortex };
	uint8_t *room = grid_alloc(&s->grey.grid, 1, err);

	for (size_t i = 0; i < sizeof masks / sizeof *masks && room; i++) {
		layers_cut(&voi->layers, &s->grey.grid, masks[i], voi->first, voi->last, room);
		memcpy(masks[i], room, grid_voxels(&s->grey.grid));
	}
	free(room);
	return room ? 0 : GPPI_E_NOMEM;
}

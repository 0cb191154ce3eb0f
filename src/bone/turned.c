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

	for (int i = 0; i < 3; i++)
		g.mm[i] = info->spacing_um[i] / 1000;
	/* Slices, as if the VOI lay along the axis; and where its middle is. */
	const double centre = (r->voi_first + r->voi_last) / 2.0;
	struct turned_voi v = { .layers = layers_across(&g, f->axis_slope, 0, 0) };
	const double thin = v.thin = layers_thin(&v.layers, &g);
	const double middle = v.middle = r->gppi + (centre - r->gppi) * thin;
	const int count = (int)lrint((r->voi_last - r->voi_first + 1) / thin);

	v.layers.cx = f->axis_at[0] - 0.5 + f->axis_slope[0] * middle;
	v.layers.cy = f->axis_at[1] - 0.5 + f->axis_slope[1] * middle;
	if (2 * r->gppi <= r->voi_first + r->voi_last) { /* the end that is nearer to the plane stays where it is */
		v.first = (int)lrint(middle + (r->voi_first - centre) / thin);
		v.last = v.first + count - 1;
	} else {
		v.last = (int)lrint(middle + (r->voi_last - centre) / thin);
		v.first = v.last - count + 1;
	}
	const double reach = hypot(v.layers.rise[0] * f->side_x / 2, v.layers.rise[1] * f->side_y / 2);
	const double rise = v.layers.rise[0] * (f->cx - 0.5 - v.layers.cx) +
			    v.layers.rise[1] * (f->cy - 0.5 - v.layers.cy);
	slices[0] = v.first + (int)fmin(floor(rise - reach), 0); /* the axis is among them */
	slices[1] = v.last + (int)fmax(ceil(rise + reach), 0);
	return v;
}

/* Layers are a slice apart in every column, and less along the axis, which meets them squarely. */
double turned_slice(const struct turned_voi *voi, int k)
{
	return voi->middle + (k - voi->middle) * voi->thin * voi->thin;
}

int turned_enter(struct turned_voi *voi, const char *path, struct segment *s, struct gppi_error *err)
{
	const struct grid *g = &s->grey.grid;
	const int end = g->n[2] - 1, *at = s->grey.first;
	int a[2] = { 0, 0 }, b[2] = { 0, 0 };

	voi->layers.cx -= at[0];
	voi->layers.cy -= at[1];
	voi->middle -= at[2];
	voi->first -= at[2];
	voi->last -= at[2];
	const bool cortex = layers_span(&voi->layers, g, s->cortex, a), inside = layers_span(&voi->layers, g, s->tv, b);
	const int least = cortex && (!inside || a[0] < b[0]) ? a[0] : b[0],
		  most = cortex && (!inside || a[1] > b[1]) ? a[1] : b[1];
	/* Layers are counted by slices of the block: on the axis, which a bent bone may leave, they lie in it, too. */
	const int down = least < 0 ? least : 0, up = most > 0 ? most : 0;
	const int first = voi->first + down < 0 ? -down : voi->first;
	const int last = voi->last + up > end ? end - up : voi->last;
	if (first > last)
		return err_set(err, GPPI_E_NOBONE, "%s: the scan ends before the VOI across the shaft", path);
	if (first != voi->first || last != voi->last)
		segment_doubt(s, "the scan ends within the VOI across the shaft");
	if (least > 0 || most < 0)
		segment_doubt(s, "the axis of the shaft leaves the bone before the VOI: what lies across it is unsure");
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

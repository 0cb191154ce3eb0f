/* Bony bridges: pieces of bone within the layer that reach from its one end to the other. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "find/components.h"
#include "measure/plate_parts.h"

#define SHARE 0.75       /* of compact bone from which a voxel of the layer is bone: calcified cartilage is fainter */
#define AROUND 4.0       /* bins around a bridge, */
#define CERTAIN 0.55     /* of which so many must show both ends of the layer */
#define LEAST_MM2 0.0012 /* area of a bridge, where it is narrowest: 40 um across */

/* The layer as a block of its own: 1 where it is bone. Slices lo .. lo + n[2] - 1. */
struct layer {
	int n[3], lo;
	uint8_t *bone;
	int16_t *top, *end; /* by column: first and last slice of the layer, of the block; end < top: not of the map */
};

static int layer_make(const struct plate_of *of, const struct plate *p, struct layer *l, struct gppi_error *err)
{
	const struct grey *g = of->grey;
	const int nx = g->grid.n[0], ny = g->grid.n[1];
	const size_t columns = (size_t)nx * (size_t)ny;
	const double least = of->knee->marrow + SHARE * (of->knee->bone - of->knee->marrow);
	int lo = g->grid.n[2], hi = -1;

	l->top = calloc(columns, sizeof *l->top);
	l->end = calloc(columns, sizeof *l->end);
	if (!l->top || !l->end)
		return err_set(err, GPPI_E_NOMEM, "out of memory for bridges");
	for (int y = 0; y < ny; y++)
		for (int x = 0; x < nx; x++) {
			size_t c = (size_t)y * (size_t)nx + (size_t)x;
			float ends[2];
			l->top[c] = 0;
			l->end[c] = -1;
			if (!plate_ends(p, x, y, ends))
				continue;
			double first = fmax(ceil((double)ends[0]), 0), last = fmin(floor((double)ends[1]), g->grid.n[2] - 1);
			if (last < first)
				first = last = fmin(fmax(rint((double)(ends[0] + ends[1]) / 2), 0), g->grid.n[2] - 1);
			l->top[c] = (int16_t)first;
			l->end[c] = (int16_t)last;
			lo = l->top[c] < lo ? l->top[c] : lo;
			hi = l->end[c] > hi ? l->end[c] : hi;
		}
	l->lo = lo;
	l->n[0] = nx;
	l->n[1] = ny;
	l->n[2] = hi >= lo ? hi - lo + 1 : 1;
	l->bone = calloc(columns * (size_t)l->n[2], 1);
	if (!l->bone)
		return err_set(err, GPPI_E_NOMEM, "out of memory for bridges");
	for (size_t c = 0; c < columns; c++)
		for (int z = l->top[c]; z <= l->end[c]; z++)
			l->bone[columns * (size_t)(z - lo) + c] = g->v[columns * (size_t)z + c] >= least;
	return 0;
}

/* By bin: share of the map around it where both ends are seen. */
static float *certainty(const struct plate *p, struct gppi_error *err)
{
	const size_t columns = (size_t)p->nx * (size_t)p->ny;
	float *out = size_realloc(NULL, columns, sizeof *out);

	for (size_t c = 0; out && c < columns; c++)
		out[c] = p->known[c];
	if (!out || plate_smooth(p->nx, p->ny, NULL, out, AROUND, err) < 0) {
		free(out);
		return NULL;
	}
	return out;
}

struct piece {
	double certain; /* sum over the voxels of the middle slice */
	int top, end, middle; /* voxels of it in the first, the last, and the middle slice of the layer */
};

static void count_pieces(const struct layer *l, const struct components *c, const struct plate *of,
			 const float *certain,
			 struct piece *piece)
{
	for (int z = 0; z < l->n[2]; z++)
		for (int y = 0; y < l->n[1]; y++) {
			size_t row = (size_t)z * (size_t)l->n[1] + (size_t)y;
			for (int32_t i = c->row[row]; i < c->row[row + 1]; i++)
				for (int x = c->run[i].first; x < c->run[i].end; x++) {
					struct piece *p = &piece[c->run[i].part];
					size_t at = (size_t)y * (size_t)l->n[0] + (size_t)x;
					p->top += z + l->lo == l->top[at];
					p->end += z + l->lo == l->end[at];
					if (z + l->lo != (l->top[at] + l->end[at]) / 2)
						continue;
					p->middle++;
					p->certain += (double)certain[y / of->bin * of->nx + x / of->bin];
				}
		}
}

int plate_find_bridges(const struct plate_of *of, struct plate *p, struct gppi_error *err)
{
	const double pixel = of->grey->grid.mm[0] * of->grey->grid.mm[1];
	struct layer l = { .lo = 0 };
	struct components c = { .run = NULL };
	struct piece *piece = NULL;
	float *certain = certainty(p, err);
	int rc = certain ? layer_make(of, p, &l, err) : GPPI_E_NOMEM;

	if (rc >= 0) {
		rc = components_find(l.bone, l.n, 1, JOINED_BY_FACES, &c);
		piece = rc >= 0 ? calloc((size_t)c.parts + 1, sizeof *piece) : NULL;
		rc = piece ? 0 : err_set(err, GPPI_E_NOMEM, "out of memory for bridges");
	}
	if (rc >= 0)
		count_pieces(&l, &c, p, certain, piece);
	for (int32_t i = 0; i < c.parts && rc >= 0; i++) {
		int narrow = piece[i].top < piece[i].end ? piece[i].top : piece[i].end;
		narrow = piece[i].middle < narrow ? piece[i].middle : narrow;
		if (narrow * pixel < LEAST_MM2 || piece[i].certain < CERTAIN * piece[i].middle)
			continue;
		p->bridges++;
		p->bridge_share += piece[i].middle * pixel / p->area_mm2;
	}
	free(piece);
	free(certain);
	components_free(&c);
	free(l.bone);
	free(l.top);
	free(l.end);
	return rc;
}

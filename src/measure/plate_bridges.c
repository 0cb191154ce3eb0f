/* Bony bridges: pieces of bone within the layer that reach from its one end to the other, and are wide all the way. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "find/components.h"
#include "measure/distance.h"
#include "measure/plate_parts.h"

#define SHARE 0.65   /* of compact bone from which a voxel of the layer is bone: calcified cartilage is fainter */
#define AROUND 4.0     /* bins around a bridge, */
#define CERTAIN 0.5   /* of which so many must show both ends of the layer, but for the bridges themselves */
#define EVEN 0.3       /* least by largest width on its way: a hump of the bone on one side is wide at its foot */
#define EDGE_MM 0.16   /* from the map's edge: what is nearer cannot be told from the cortex */
#define WIDE_MM 0.06   /* across a bridge, all the way: islands of calcified cartilage that touch are narrower */

/* The slices of the layer as a block of its own: lo .. lo + n[2] - 1. */
struct layer {
	int n[3], lo;
	size_t columns;      /* n[0] n[1] */
	int limit;           /* squared radius of the discs that fit into a bridge */
	uint8_t *bone;       /* 1: bone */
	uint8_t *core;       /* 1: middle of such a disc, within the layer */
	uint8_t *edge;       /* by column: 1 near the edge of the map, or beyond */
	int16_t *top, *end;  /* by column: first and last slice of the layer, of the block; end < top: not of the map */
};

/* Ends of the layer by column, and its slices. */
static void find_ends(const struct grey *g, const struct plate *p, struct layer *l)
{
	const int nx = g->grid.n[0], ny = g->grid.n[1], last_z = g->grid.n[2] - 1;
	int lo = g->grid.n[2], hi = -1;

	for (int y = 0; y < ny; y++)
		for (int x = 0; x < nx; x++) {
			size_t c = (size_t)y * (size_t)nx + (size_t)x;
			float ends[2];
			l->top[c] = 0;
			l->end[c] = -1;
			if (!plate_ends(p, x, y, ends))
				continue;
			double first = fmax(ceil((double)ends[0]), 0), last = fmin(floor((double)ends[1]), last_z);
			if (last < first)
				first = last = fmin(fmax(rint((double)(ends[0] + ends[1]) / 2), 0), last_z);
			l->top[c] = (int16_t)first;
			l->end[c] = (int16_t)last;
			lo = l->top[c] < lo ? l->top[c] : lo;
			hi = l->end[c] > hi ? l->end[c] : hi;
		}
	l->lo = hi >= lo ? lo : 0;
	l->n[2] = hi >= lo ? hi - lo + 1 : 1;
}

/* Columns near the edge of the map. */
static int find_edge(const struct grey *g, struct layer *l, int threads, struct gppi_error *err)
{
	const struct grid flat = { .n = { l->n[0], l->n[1], 1 }, .mm = { 1, 1, 1 } };
	const int reach = (int)lrint(EDGE_MM / g->grid.mm[0]);

	for (size_t c = 0; c < l->columns; c++)
		l->edge[c] = l->end[c] < l->top[c];
	return distance_balls(&flat, l->edge, true, reach * reach, threads, l->edge, err);
}

/* One slice: its bone, and where discs fit into that. */
static int do_slice(void *arg, int z, int worker, struct gppi_error *err)
{
	const struct layer *l = arg;
	const struct grid flat = { .n = { l->n[0], l->n[1], 1 }, .mm = { 1, 1, 1 } };
	const uint8_t *bone = l->bone + l->columns * (size_t)z;
	uint8_t *core = l->core + l->columns * (size_t)z;
	const int at = z + l->lo;

	(void)worker;
	int rc = distance_balls(&flat, bone, false, l->limit, 1, core, err);
	for (size_t c = 0; c < l->columns && rc >= 0; c++)
		core[c] &= at >= l->top[c] && at <= l->end[c];
	return rc;
}

static int layer_make(const struct plate_of *of, const struct plate *p, struct layer *l, struct gppi_error *err)
{
	const struct grey *g = of->grey;
	const double least = of->knee->marrow + SHARE * (of->knee->bone - of->knee->marrow);
	const double radius = WIDE_MM / 2 / g->grid.mm[0];

	l->n[0] = g->grid.n[0];
	l->n[1] = g->grid.n[1];
	l->columns = (size_t)l->n[0] * (size_t)l->n[1];
	l->limit = radius > 1 ? (int)ceil(radius * radius) - 1 : 1;
	l->top = calloc(l->columns, sizeof *l->top);
	l->end = calloc(l->columns, sizeof *l->end);
	l->edge = malloc(l->columns);
	if (!l->top || !l->end || !l->edge)
		return err_set(err, GPPI_E_NOMEM, "out of memory for bridges");
	find_ends(g, p, l);
	int rc = find_edge(g, l, of->threads, err);
	if (rc < 0)
		return rc;
	const size_t n = l->columns * (size_t)l->n[2];
	const int16_t *v = g->v + l->columns * (size_t)l->lo;
	l->bone = calloc(n, 1);
	l->core = calloc(n, 1);
	if (!l->bone || !l->core)
		return err_set(err, GPPI_E_NOMEM, "out of memory for bridges");
	for (size_t i = 0; i < n; i++)
		l->bone[i] = v[i] >= least;
	return parallel_for(of->threads, l->n[2], do_slice, l, err);
}

/* Bins of the map in which bone fills the middle of the layer: they show no ends. */
static void find_filled(const struct layer *l, const struct plate *p, uint8_t *free_bin)
{
	for (int y = 0; y < p->ny; y++)
		for (int x = 0; x < p->nx; x++) {
			int bone = 0, all = 0;
			for (int v = y * p->bin; v < (y + 1) * p->bin && v < l->n[1]; v++)
				for (int u = x * p->bin; u < (x + 1) * p->bin && u < l->n[0]; u++) {
					const size_t c = (size_t)v * (size_t)l->n[0] + (size_t)u;
					if (l->end[c] < l->top[c])
						continue;
					all++;
					bone += l->bone[l->columns * (size_t)((l->top[c] + l->end[c]) / 2 - l->lo) + c];
				}
			free_bin[y * p->nx + x] = 2 * bone <= all;
		}
}

/* By bin: share of what is not filled by bone around it where both ends are seen. */
static float *certainty(const struct layer *l, const struct plate *p, struct gppi_error *err)
{
	const size_t columns = (size_t)p->nx * (size_t)p->ny;
	float *out = size_realloc(NULL, columns, sizeof *out);
	uint8_t *free_bin = malloc(columns > 0 ? columns : 1);
	int rc = out && free_bin ? 0 : err_set(err, GPPI_E_NOMEM, "out of memory for bridges");

	if (rc >= 0)
		find_filled(l, p, free_bin);
	for (size_t c = 0; rc >= 0 && c < columns; c++)
		out[c] = p->known[c];
	if (rc >= 0)
		rc = plate_smooth(p->nx, p->ny, free_bin, out, AROUND, err);
	free(free_bin);
	if (rc >= 0)
		return out;
	free(out);
	return NULL;
}

struct piece {
	double certain; /* sum over the voxels of the middle slice */
	int edge;       /* those of them near the edge */
	int middle, quarter[2]; /* voxels of it in the middle of the layer, and half way from there to its ends */
	bool bridge;
};

static bool is_middle(const struct layer *l, size_t column, int z)
{
	return z + l->lo == (l->top[column] + l->end[column]) / 2;
}

static bool is_quarter(const struct layer *l, size_t column, int z, int side)
{
	const int quarter = (l->end[column] - l->top[column]) / 4;
	return z + l->lo == (side ? l->end[column] - quarter : l->top[column] + quarter);
}

static void count_pieces(const struct layer *l, const struct components *c, const struct plate *of,
			 const float *certain, struct piece *piece)
{
	for (int z = 0; z < l->n[2]; z++)
		for (int y = 0; y < l->n[1]; y++) {
			size_t row = (size_t)z * (size_t)l->n[1] + (size_t)y;
			for (int32_t i = c->row[row]; i < c->row[row + 1]; i++)
				for (int x = c->run[i].first; x < c->run[i].end; x++) {
					struct piece *p = &piece[c->run[i].part];
					size_t at = (size_t)y * (size_t)l->n[0] + (size_t)x;
					for (int side = 0; side < 2; side++)
						p->quarter[side] += is_quarter(l, at, z, side);
					if (!is_middle(l, at, z))
						continue;
					p->middle++;
					p->edge += l->edge[at];
					p->certain += (double)certain[y / of->bin * of->nx + x / of->bin];
				}
		}
}

/* Pixels of bridges in the middle of the layer: the discs around their cores. The cores of other pieces go. */
static int count_area(const struct layer *l, const struct components *c, const struct piece *piece, size_t *pixels,
		      struct gppi_error *err)
{
	const struct grid flat = { .n = { l->n[0], l->n[1], 1 }, .mm = { 1, 1, 1 } };
	int rc = 0;

	for (size_t row = 0, rows = (size_t)l->n[1] * (size_t)l->n[2]; row < rows; row++)
		for (int32_t i = c->row[row]; i < c->row[row + 1]; i++)
			memset(l->core + row * (size_t)l->n[0] + c->run[i].first, piece[c->run[i].part].bridge,
			       (size_t)(c->run[i].end - c->run[i].first));
	for (int z = 0; z < l->n[2] && rc >= 0; z++) {
		uint8_t *core = l->core + l->columns * (size_t)z;
		const uint8_t *bone = l->bone + l->columns * (size_t)z;
		rc = distance_balls(&flat, core, true, l->limit, 1, core, err);
		for (size_t i = 0; i < l->columns && rc >= 0; i++)
			*pixels += core[i] && bone[i] && is_middle(l, i, z);
	}
	return rc;
}

static bool is_bridge(const struct piece *b)
{
	const int a = b->quarter[0], c = b->quarter[1], least = a < c ? a : c, most = a < c ? c : a;

	return least > 0 && b->middle > 0 && least >= EVEN * (most > b->middle ? most : b->middle) &&
	       2 * b->edge <= b->middle && b->certain >= CERTAIN * b->middle;
}

static int count_bridges(struct layer *l, const float *certain, struct plate *p, size_t *pixels, struct gppi_error *err)
{
	struct components c = { .run = NULL };
	struct piece *piece = NULL;
	int rc = components_find(l->core, l->n, 1, JOINED_BY_CORNERS, &c);

	if (rc >= 0)
		piece = calloc((size_t)c.parts + 1, sizeof *piece);
	rc = piece ? 0 : err_set(err, GPPI_E_NOMEM, "out of memory for bridges");
	if (rc >= 0)
		count_pieces(l, &c, p, certain, piece);
	for (int32_t i = 0; i < c.parts && rc >= 0; i++) {
		struct piece *b = &piece[i];
		b->bridge = is_bridge(b);
		p->bridges += b->bridge;
	}
	if (rc >= 0)
		rc = count_area(l, &c, piece, pixels, err);
	free(piece);
	components_free(&c);
	return rc;
}

int plate_find_bridges(const struct plate_of *of, struct plate *p, struct gppi_error *err)
{
	struct layer l = { .lo = 0 };
	size_t pixels = 0;
	float *certain = NULL;
	int rc = layer_make(of, p, &l, err);

	if (rc >= 0)
		certain = certainty(&l, p, err);
	if (rc >= 0 && !certain)
		rc = GPPI_E_NOMEM;
	if (rc >= 0)
		rc = count_bridges(&l, certain, p, &pixels, err);
	p->bridge_share = (double)pixels * of->grey->grid.mm[0] * of->grey->grid.mm[1] / p->area_mm2;
	free(certain);
	free(l.bone);
	free(l.core);
	free(l.top);
	free(l.end);
	free(l.edge);
	return rc;
}

#include "find/holder_parts.h"

#include <stdlib.h>

#include "base/err.h"
#include "find/components.h"

#define POOL 3       /* cells of 120 um across and 80 um along z */
#define POOL_Z 2
#define COUNT_MIN 2
#define PART_MIN 400 /* coarse voxels of a part worth a look */

static void count_cells(const int n[3], const struct overview *c, float threshold, uint8_t *count)
{
	size_t row = (size_t)c->nx;

	for (int z = 0; z < c->nz; z++)
		for (int y = 0; y < c->ny; y++) {
			const float *v = c->value + ((size_t)z * (size_t)c->ny + (size_t)y) * row;
			uint8_t *to = count + ((size_t)(z / POOL_Z) * (size_t)n[1] + (size_t)(y / POOL)) * (size_t)n[0];
			int x = 0;
			for (int i = 0; i < n[0] - 1; i++, x += POOL)
				to[i] = (uint8_t)(to[i] + (v[x] >= threshold) + (v[x + 1] >= threshold) +
						  (v[x + 2] >= threshold));
			for (; x < c->nx; x++)
				to[n[0] - 1] = (uint8_t)(to[n[0] - 1] + (v[x] >= threshold));
		}
}

/* Adds the cells of a run, in row y of slice z. Slices come in ascending order. */
static void add(const int n[3], struct holder_part *q, const struct run *r, const uint8_t *count, int y, int z)
{
	const int lo[3] = { r->first, y, z }, hi[3] = { r->end - 1, y, z };

	if (!q->volume)
		*q = (struct holder_part){ .lo = { lo[0], y, z }, .hi = { hi[0], y, z }, .side_last = -1 };
	for (int k = 0; k < 3; k++) {
		q->lo[k] = lo[k] < q->lo[k] ? lo[k] : q->lo[k];
		q->hi[k] = hi[k] > q->hi[k] ? hi[k] : q->hi[k];
	}
	for (int x = r->first; x < r->end; x++)
		q->volume += count[x];
	if (q->side_last != z && (lo[0] == 0 || hi[0] == n[0] - 1 || y == 0 || y == n[1] - 1)) {
		q->side_last = z;
		q->side_slices++;
	}
}

/* The components, small ones too; they take the place of their sizes in p. */
static int collect(struct parts *p, const uint8_t *count)
{
	struct components runs;
	int rc = components_find(count, p->n, COUNT_MIN, JOINED_BY_FACES, &runs), large = 0;

	if (rc == 0 && !(p->part = calloc((size_t)runs.parts + 1, sizeof *p->part)))
		rc = GPPI_E_NOMEM;
	for (int row = 0; rc == 0 && row < p->n[1] * p->n[2]; row++)
		for (int32_t i = runs.row[row]; i < runs.row[row + 1]; i++)
			add(p->n, &p->part[runs.run[i].part], &runs.run[i], count + (size_t)row * (size_t)p->n[0],
			    row % p->n[1], row / p->n[1]);
	for (int32_t i = 0; rc == 0 && i < runs.parts; i++)
		if (p->part[i].volume >= PART_MIN)
			p->part[large++] = p->part[i];
	p->count = large;
	components_free(&runs);
	return rc;
}

int parts_find(const struct overview *c, double threshold, struct parts *p)
{
	uint8_t *count = NULL;
	int rc = GPPI_E_NOMEM;

	*p = (struct parts){ .pool = POOL };
	p->n[0] = (c->nx + POOL - 1) / POOL;
	p->n[1] = (c->ny + POOL - 1) / POOL;
	p->n[2] = (c->nz + POOL_Z - 1) / POOL_Z;
	p->um[0] = POOL * c->um[0];
	p->um[1] = POOL * c->um[1];
	p->um[2] = POOL_Z * c->um[2];
	size_t cells = (size_t)p->n[0] * (size_t)p->n[1] * (size_t)p->n[2];
	if (cells <= INT32_MAX)
		count = calloc(cells, 1);
	if (count) {
		count_cells(p->n, c, (float)threshold, count);
		rc = collect(p, count);
	}
	free(count);
	if (rc < 0)
		parts_free(p);
	return rc;
}

void parts_free(struct parts *p)
{
	free(p->part);
	p->part = NULL;
	p->count = 0;
}

#include "slices/holder_parts.h"

#include <stdlib.h>
#include <string.h>

#define POOL 3       /* cells of 120 um across and 80 um along z */
#define POOL_Z 2
#define COUNT_MIN 2
#define PART_MIN 400 /* coarse voxels of a part worth a look */

struct field {
	struct parts *p;
	uint8_t *count;     /* [cells] coarse voxels of bone; 0 when its part is done */
	int32_t *stack;
	uint8_t *touch;     /* [n[2]] */
};

static void count_cells(struct field *f, const struct coarse *c, float threshold)
{
	const int *n = f->p->n;
	size_t row = (size_t)c->nx;

	for (int z = 0; z < c->nz; z++)
		for (int y = 0; y < c->ny; y++) {
			const float *v = c->value + ((size_t)z * (size_t)c->ny + (size_t)y) * row;
			uint8_t *to = f->count + ((size_t)(z / POOL_Z) * (size_t)n[1] + (size_t)(y / POOL)) * (size_t)n[0];
			int x = 0;
			for (int i = 0; i < n[0] - 1; i++, x += POOL)
				to[i] = (uint8_t)(to[i] + (v[x] >= threshold) + (v[x + 1] >= threshold) +
						  (v[x + 2] >= threshold));
			for (; x < c->nx; x++)
				to[n[0] - 1] = (uint8_t)(to[n[0] - 1] + (v[x] >= threshold));
		}
}

static void add(struct field *f, struct holder_part *q, const int at[3], int count)
{
	const int *n = f->p->n;

	for (int k = 0; k < 3; k++) {
		q->lo[k] = at[k] < q->lo[k] ? at[k] : q->lo[k];
		q->hi[k] = at[k] > q->hi[k] ? at[k] : q->hi[k];
	}
	q->volume += (size_t)count;
	if ((at[0] == 0 || at[1] == 0 || at[0] == n[0] - 1 || at[1] == n[1] - 1) && !f->touch[at[2]]) {
		f->touch[at[2]] = 1;
		q->side_slices++;
	}
}

/* Takes the part of cell `seed` out of the field. */
static void flood(struct field *f, size_t seed, struct holder_part *q)
{
	const int *n = f->p->n;
	int32_t row = n[0], plane = n[0] * n[1];
	size_t top = 0;

	*q = (struct holder_part){ .lo = { n[0], n[1], n[2] }, .hi = { -1, -1, -1 } };
	memset(f->touch, 0, (size_t)n[2]);
	add(f, q, (int[3]){ (int)seed % row, (int)seed / row % n[1], (int)seed / plane }, f->count[seed]);
	f->count[seed] = 0;
	f->stack[top++] = (int32_t)seed;
	while (top > 0) {
		int32_t i = f->stack[--top];
		const int at[3] = { i % row, i / row % n[1], i / plane };
		for (int k = 0; k < 6; k++) {
			int axis = k / 2, to[3] = { at[0], at[1], at[2] };
			to[axis] += k % 2 ? 1 : -1;
			if (to[axis] < 0 || to[axis] >= n[axis])
				continue;
			int32_t next = to[2] * plane + to[1] * row + to[0];
			if (f->count[next] < COUNT_MIN)
				continue;
			add(f, q, to, f->count[next]);
			f->count[next] = 0;
			f->stack[top++] = next;
		}
	}
}

static int collect(struct field *f, size_t cells)
{
	struct parts *p = f->p;
	int room = 0;

	for (size_t i = 0; i < cells; i++) {
		struct holder_part q;
		if (f->count[i] < COUNT_MIN)
			continue;
		flood(f, i, &q);
		if (q.volume < PART_MIN)
			continue;
		if (p->count == room) {
			room = room ? 2 * room : 32;
			struct holder_part *grown = realloc(p->part, (size_t)room * sizeof *grown);
			if (!grown)
				return GPPI_E_NOMEM;
			p->part = grown;
		}
		p->part[p->count++] = q;
	}
	return 0;
}

int parts_find(const struct coarse *c, double threshold, struct parts *p)
{
	struct field f = { .p = p };
	int rc = GPPI_E_NOMEM;

	*p = (struct parts){ .pool = POOL };
	p->n[0] = (c->nx + POOL - 1) / POOL;
	p->n[1] = (c->ny + POOL - 1) / POOL;
	p->n[2] = (c->nz + POOL_Z - 1) / POOL_Z;
	p->um[0] = POOL * c->um[0];
	p->um[1] = POOL * c->um[1];
	p->um[2] = POOL_Z * c->um[2];
	size_t cells = (size_t)p->n[0] * (size_t)p->n[1] * (size_t)p->n[2];
	if (cells <= INT32_MAX) {
		f.count = calloc(cells, 1);
		f.stack = malloc(cells * sizeof *f.stack);
		f.touch = malloc((size_t)p->n[2]);
	}
	if (f.count && f.stack && f.touch) {
		count_cells(&f, c, (float)threshold);
		rc = collect(&f, cells);
	}
	free(f.count);
	free(f.stack);
	free(f.touch);
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

#include "phantom/holder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "phantom/render.h"
#include "phantom/rng.h"

#define NZ 642
#define CELL_MAX 440   /* voxels of a bone's surroundings */
#define HEIGHT 45      /* how far bones differ in height, slices */
#define GREY 60        /* of the tubes, above the medium's 0 */
#define WALL 9.0f
#define TILE 65536     /* noise values of the medium, of which every row takes some from anywhere */

struct holder {
	int n, size, cols, rows, cell;
	struct scan *bone[PHANTOM_HOLDER_MAX];
	int16_t *slab[PHANTOM_HOLDER_MAX];
	int16_t tile[TILE + 4096];
	int z;                 /* slice being drawn */
	float medium, noise, wall;
	uint64_t seed;
	int x[PHANTOM_HOLDER_MAX], y[PHANTOM_HOLDER_MAX]; /* first voxel of each cell */
};

static void holder_close(void *user)
{
	struct holder *h = user;

	for (int i = 0; i < h->n; i++) {
		scan_close(h->bone[i]);
		free(h->slab[i]);
	}
	free(h);
}

static int draw_bone(void *arg, int item, int worker, struct gppi_error *err)
{
	struct holder *h = arg;
	const int16_t *at;
	(void)worker;
	return scan_slab(h->bone[item], h->z, 1, h->slab[item], &at, err);
}

/* Sums of two uniform numbers: near enough to noise. */
static void make_tile(struct holder *h)
{
	struct rng r = { h->seed * 77 };

	for (int i = 0; i < TILE + 4096; i++) {
		uint64_t bits = rng_next(&r);
		float v = (float)(bits & 0xffff) + (float)(bits >> 16 & 0xffff) - 65535.0f;
		h->tile[i] = (int16_t)(h->medium + h->noise * v / 26754.0f);
	}
}

/* The wall of bone k's tube, where nothing brighter is. */
static void draw_tube(const struct holder *h, int k, int16_t *slice)
{
	float pitch = (float)h->size / (float)(h->cols > h->rows ? h->cols : h->rows);
	float cx = (float)h->x[k] + 0.5f * (float)h->cell, cy = (float)h->y[k] + 0.5f * (float)h->cell;
	float radius = 0.5f * pitch - WALL;
	int reach = (int)(0.5f * pitch);

	for (int y = (int)cy - reach; y < (int)cy + reach; y++)
		for (int x = (int)cx - reach; x < (int)cx + reach; x++) {
			if (x < 0 || y < 0 || x >= h->size || y >= h->size)
				continue;
			float d = hypotf((float)x + 0.5f - cx, (float)y + 0.5f - cy);
			int16_t *v = &slice[(size_t)y * (size_t)h->size + (size_t)x];
			if (fabsf(d - radius) < 0.5f * WALL && *v < h->wall)
				*v = (int16_t)(*v + (h->wall - h->medium));
		}
}

static int draw(void *user, int z0, int nz, int16_t *dst, struct gppi_error *err)
{
	struct holder *h = user;
	size_t n = (size_t)h->size * (size_t)h->size, row = (size_t)h->cell;

	for (int i = 0; i < nz; i++, dst += n) {
		struct rng r = { h->seed * 77 + (uint64_t)(z0 + i) };
		h->z = z0 + i;
		int rc = parallel_for(parallel_cpus(), h->n, draw_bone, h, err);
		if (rc < 0)
			return rc;
		for (int y = 0; y < h->size; y++)
			memcpy(dst + (size_t)y * (size_t)h->size, h->tile + (rng_next(&r) & (TILE - 1)),
			       (size_t)h->size * sizeof *dst);
		for (int k = 0; k < h->n; k++)
			for (int y = 0; y < h->cell; y++)
				memcpy(dst + (size_t)(h->y[k] + y) * (size_t)h->size + h->x[k],
				       h->slab[k] + (size_t)y * row, row * sizeof *dst);
		for (int k = 0; k < h->n; k++)
			draw_tube(h, k, dst);
	}
	return 0;
}

/* Bone k: as drawn from its seed, with the medium and the scanner of the first one. */
static int make_bone(const struct phantom_params *first, enum phantom_condition condition, uint64_t seed, int k,
		     int cell, struct scan **out, int *truth, struct gppi_error *err)
{
	struct phantom_params p;
	struct rng r = { seed * 13 + 5 };
	float plane;

	phantom_params_draw(&p, seed, condition);
	p.centre[0] += 0.5f * (float)(cell - p.nx);
	p.centre[1] += 0.5f * (float)(cell - p.ny);
	p.nx = p.ny = cell;
	p.nz = NZ;
	p.floor_z += rng_range(&r, -HEIGHT, HEIGHT);
	p.holder_radius = p.neighbour[2] = 0;
	p.medium = first->medium;
	p.gain = first->gain;
	p.offset = first->offset;
	p.clip = first->clip;
	p.eight_bit = first->eight_bit;
	p.noise = first->noise;
	int turned = k % 3 == 1;
	int rc = phantom_scan(&p, 1, turned, NULL, out, &plane, NULL, err);
	*truth = turned ? NZ - 1 - (int)lrintf(plane) : (int)lrintf(plane);
	return rc;
}

int phantom_holder(uint64_t seed, enum phantom_condition condition, int n, int size, int only,
		   struct scan **out, int truth[PHANTOM_HOLDER_MAX], struct gppi_error *err)
{
	struct phantom_params first;
	struct holder *h = calloc(1, sizeof *h);
	int cols = n < 2 ? 1 : n < 5 ? 2 : n < 7 ? 3 : 4, rows = (n + cols - 1) / cols, pitch = size / cols;
	int rc = 0;

	*out = NULL;
	if (!h)
		return err_set(err, GPPI_E_NOMEM, "phantom: not enough memory");
	phantom_params_draw(&first, seed, condition);
	h->size = size;
	h->cols = cols;
	h->rows = rows;
	h->cell = pitch < CELL_MAX ? pitch : CELL_MAX;
	h->seed = seed;
	h->medium = first.medium * first.gain + first.offset;
	h->noise = first.noise * first.gain;
	h->wall = (first.medium + GREY) * first.gain + first.offset;
	make_tile(h);
	for (int k = 0; k < n && rc == 0; k++) {
		if (only && only != k + 1)
			continue;
		int i = h->n++;
		h->x[i] = (2 * (k % cols) + 1) * pitch / 2 - h->cell / 2;
		h->y[i] = (2 * (k / cols) + 1) * (size / rows) / 2 - h->cell / 2;
		rc = make_bone(&first, condition, seed + (uint64_t)k, k, h->cell, &h->bone[i], &truth[i], err);
		h->slab[i] = malloc((size_t)h->cell * (size_t)h->cell * sizeof(int16_t));
		if (rc == 0 && !h->slab[i])
			rc = err_set(err, GPPI_E_NOMEM, "phantom: not enough memory");
	}
	if (rc == 0 && only) {
		*out = h->bone[0];
		h->bone[0] = NULL;
		holder_close(h);
		return 0;
	}
	struct scan_info info = {
		.nx = size, .ny = size, .nz = NZ, .spacing_um = { 10, 10, 10 }, .spacing_known = SCAN_READ,
		.slope = 1, .unit = first.eight_bit ? SCAN_UNIT_UNKNOWN : SCAN_UNIT_HU,
	};
	snprintf(info.format, sizeof info.format, "phantom");
	snprintf(info.name, sizeof info.name, "holder-%06llu", (unsigned long long)seed);
	struct scan_source source = { .user = h, .read = draw, .close = holder_close };
	if (rc == 0)
		rc = scan_wrap(&info, &source, out, err);
	if (rc < 0)
		holder_close(h);
	return rc;
}

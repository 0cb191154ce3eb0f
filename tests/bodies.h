/* Bodies whose measures are known, as masks: voxels of 10 um. Sources of the values stand with the tests. */
#ifndef TESTS_BODIES_H
#define TESTS_BODIES_H

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "measure/grid.h"

/* Is the voxel at (x, y, z) in the body? n: sizes of the block. */
typedef bool (*body_fn)(const int n[3], double x, double y, double z);

static inline uint8_t *body_make(body_fn body, int nx, int ny, int nz, struct grid *g)
{
	*g = (struct grid){ { nx, ny, nz }, { 0.01, 0.01, 0.01 } };
	uint8_t *v = malloc(grid_voxels(g)), *p = v;

	for (int z = 0; v && z < nz; z++)
		for (int y = 0; y < ny; y++)
			for (int x = 0; x < nx; x++)
				*p++ = body(g->n, x, y, z);
	return v;
}

static inline bool body_sphere(const int n[3], double x, double y, double z)
{
	double c = (n[0] - 1) / 2.0;
	return (x - c) * (x - c) + (y - c) * (y - c) + (z - c) * (z - c) < 400;
}

/* Plates across x, 6 of every 20 or 7 of every 21 voxels; one voxel in a block of 21. */
static inline bool body_plates6(const int n[3], double x, double y, double z)
{
	(void)n, (void)y, (void)z;
	return fmod(x, 20) >= 7 && fmod(x, 20) < 13;
}

static inline bool body_plates7(const int n[3], double x, double y, double z)
{
	(void)n, (void)y, (void)z;
	return fmod(x, 21) >= 7 && fmod(x, 21) < 14;
}

static inline bool body_plate1(const int n[3], double x, double y, double z)
{
	(void)n, (void)y, (void)z;
	return x == 10;
}

/* Rods of radius 4 on a square lattice of 24, and three of them through each point of a cubic one. */
static inline bool body_rods(const int n[3], double x, double y, double z)
{
	double a = fmod(x, 24) - 11.5, b = fmod(y, 24) - 11.5;
	(void)n, (void)z;
	return a * a + b * b < 16;
}

static inline bool body_lattice(const int n[3], double x, double y, double z)
{
	return body_rods(n, x, y, 0) || body_rods(n, x, z, 0) || body_rods(n, y, z, 0);
}

/* A tube along z, radii 80 and 68. */
static inline bool body_tube(const int n[3], double x, double y, double z)
{
	double a = x - (n[0] - 1) / 2.0, b = y - (n[1] - 1) / 2.0, r2 = a * a + b * b;
	(void)z;
	return r2 < 6400 && r2 >= 4624;
}

/* Cells of 40. */
static inline bool body_gyroid(const int n[3], double x, double y, double z)
{
	const double k = 2 * 3.14159265358979323846 / 40;
	(void)n;
	x = k * (x + 0.25);
	y = k * (y + 0.35);
	z = k * (z + 0.15);
	return sin(x) * cos(y) + sin(y) * cos(z) + sin(z) * cos(x) > 0;
}

/* Two rings that thread each other. */
static inline bool body_tori(const int n[3], double x, double y, double z)
{
	double cy = (n[1] - 1) / 2.0, cz = (n[2] - 1) / 2.0, c = 40.3;
	double a = hypot(x - c, y - cy) - 24, b = hypot(x - c - 24, z - cz) - 24;
	return a * a + (z - cz) * (z - cz) < 36 || b * b + (y - cy) * (y - cy) < 36;
}

/* The edges of a box of 16 voxels, one voxel wide. */
static inline bool body_frame(const int n[3], double x, double y, double z)
{
	const double v[3] = { x, y, z };
	int ends = 0;
	(void)n;
	for (int i = 0; i < 3; i++) {
		if (v[i] < 8 || v[i] > 23)
			return false;
		ends += v[i] == 8 || v[i] == 23;
	}
	return ends >= 2;
}

#endif

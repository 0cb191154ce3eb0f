#include "phantom/texture.h"

#include <math.h>
#include <stddef.h>

#include "phantom/rng.h"

#define SIDE TEXTURE_SIDE
#define MASK (SIDE - 1)
#define WAVES 90

static float tile[TEXTURE_COUNT][SIDE][SIDE][SIDE];

/* A sum of plane waves with whole wave numbers around TEXTURE_WAVES: periodic and band-limited. */
static void make_tile(float t[SIDE][SIDE][SIDE], struct rng *rng)
{
	for (int w = 0; w < WAVES; w++) {
		float k[3], len;
		do {
			for (int i = 0; i < 3; i++)
				k[i] = rintf(rng_range(rng, -1.4f, 1.4f) * TEXTURE_WAVES);
			len = sqrtf(k[0] * k[0] + k[1] * k[1] + k[2] * k[2]);
		} while (len < 0.65f * TEXTURE_WAVES || len > 1.35f * TEXTURE_WAVES);
		float unit = 6.2831853f / SIDE, phase = rng_range(rng, 0, 6.2831853f);
		float cs = cosf(unit * k[0]), sn = sinf(unit * k[0]);
		float amplitude = sqrtf(2.0f / WAVES);

		for (int z = 0; z < SIDE; z++)
			for (int y = 0; y < SIDE; y++) {
				float a = phase + unit * (k[1] * (float)y + k[2] * (float)z);
				float re = amplitude * cosf(a), im = amplitude * sinf(a);
				for (int x = 0; x < SIDE; x++) {
					t[z][y][x] += re;
					float next = re * cs - im * sn;
					im = re * sn + im * cs;
					re = next;
				}
			}
	}
}

static float foam_wall[SIDE][SIDE][SIDE], foam_edge[SIDE][SIDE][SIDE];

/* The three nearest of the centres in the 27 boxes around a point, one centre in each box. */
static void foam_point(float (*centre)[3], const int at[3], float near[3])
{
	const float box = (float)SIDE / TEXTURE_CELLS;
	int b[3];

	near[0] = near[1] = near[2] = 1e9f;
	for (int i = 0; i < 3; i++)
		b[i] = (int)((float)at[i] / box);
	for (int k = 0; k < 27; k++) {
		int c[3] = { b[0] + k % 3 - 1, b[1] + k / 3 % 3 - 1, b[2] + k / 9 - 1 };
		float sum = 0;
		int index = 0;
		for (int i = 2; i >= 0; i--)
			index = index * TEXTURE_CELLS + (c[i] + TEXTURE_CELLS) % TEXTURE_CELLS;
		for (int i = 0; i < 3; i++) {
			float d = ((float)c[i] + centre[index][i]) * box - (float)at[i];
			sum += d * d;
		}
		float d = sqrtf(sum);
		for (int i = 0; i < 3; i++)
			if (d < near[i]) {
				float swap = near[i];
				near[i] = d;
				d = swap;
			}
	}
}

static void make_foam(struct rng *rng)
{
	static float centre[TEXTURE_CELLS * TEXTURE_CELLS * TEXTURE_CELLS][3];

	for (size_t i = 0; i < sizeof centre / sizeof *centre; i++)
		for (int k = 0; k < 3; k++)
			centre[i][k] = rng_range(rng, 0.05f, 0.95f);
	for (int z = 0; z < SIDE; z++)
		for (int y = 0; y < SIDE; y++)
			for (int x = 0; x < SIDE; x++) {
				float near[3];
				foam_point(centre, (const int[3]){ x, y, z }, near);
				foam_wall[z][y][x] = 0.5f * (near[1] - near[0]);
				foam_edge[z][y][x] = 0.5f * (near[2] - near[0]);
			}
}

void texture_init(void)
{
	static int done;
	if (done)
		return;
	for (int t = 0; t < TEXTURE_COUNT; t++) {
		struct rng rng = { 1000u + (unsigned)t };
		make_tile(tile[t], &rng);
	}
	make_foam(&(struct rng){ 2000u });
	done = 1;
}

static float tile_at(float (*p)[SIDE][SIDE], float x, float y, float z)
{
	float fx = floorf(x), fy = floorf(y), fz = floorf(z);
	int x0 = (int)fx & MASK, y0 = (int)fy & MASK, z0 = (int)fz & MASK;
	int x1 = (x0 + 1) & MASK, y1 = (y0 + 1) & MASK, z1 = (z0 + 1) & MASK;
	x -= fx, y -= fy, z -= fz;

	float c00 = p[z0][y0][x0] + x * (p[z0][y0][x1] - p[z0][y0][x0]);
	float c01 = p[z0][y1][x0] + x * (p[z0][y1][x1] - p[z0][y1][x0]);
	float c10 = p[z1][y0][x0] + x * (p[z1][y0][x1] - p[z1][y0][x0]);
	float c11 = p[z1][y1][x0] + x * (p[z1][y1][x1] - p[z1][y1][x0]);
	float c0 = c00 + y * (c01 - c00), c1 = c10 + y * (c11 - c10);
	return c0 + z * (c1 - c0);
}

float texture_at(int t, float x, float y, float z)
{
	return tile_at(tile[t], x, y, z);
}

void texture_foam(float x, float y, float z, float *wall, float *edge)
{
	*wall = tile_at(foam_wall, x, y, z);
	*edge = tile_at(foam_edge, x, y, z);
}

float texture_quantile(float p)
{
	/* Bisection on erfc: called a few times per bone only. */
	float lo = -5, hi = 5;
	for (int i = 0; i < 40; i++) {
		float mid = 0.5f * (lo + hi);
		if (0.5f * erfcf(mid * 0.70710678f) > p)
			lo = mid;
		else
			hi = mid;
	}
	return 0.5f * (lo + hi);
}

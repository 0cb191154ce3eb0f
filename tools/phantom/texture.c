#include "phantom/texture.h"

#include <math.h>

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

void texture_init(void)
{
	static int done;
	if (done)
		return;
	for (int t = 0; t < TEXTURE_COUNT; t++) {
		struct rng rng = { 1000u + (unsigned)t };
		make_tile(tile[t], &rng);
	}
	done = 1;
}

float texture_at(int t, float x, float y, float z)
{
	float fx = floorf(x), fy = floorf(y), fz = floorf(z);
	int x0 = (int)fx & MASK, y0 = (int)fy & MASK, z0 = (int)fz & MASK;
	int x1 = (x0 + 1) & MASK, y1 = (y0 + 1) & MASK, z1 = (z0 + 1) & MASK;
	float (*p)[SIDE][SIDE] = tile[t];
	x -= fx, y -= fy, z -= fz;

	float c00 = p[z0][y0][x0] + x * (p[z0][y0][x1] - p[z0][y0][x0]);
	float c01 = p[z0][y1][x0] + x * (p[z0][y1][x1] - p[z0][y1][x0]);
	float c10 = p[z1][y0][x0] + x * (p[z1][y0][x1] - p[z1][y0][x0]);
	float c11 = p[z1][y1][x0] + x * (p[z1][y1][x1] - p[z1][y1][x0]);
	float c0 = c00 + y * (c01 - c00), c1 = c10 + y * (c11 - c10);
	return c0 + z * (c1 - c0);
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

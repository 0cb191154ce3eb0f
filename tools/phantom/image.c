#include "phantom/image.h"

#include <math.h>
#include <string.h>

#include "phantom/rng.h"

void image_joint(const struct phantom_params *p, int z, float shift[2], float *gain)
{
	shift[0] = shift[1] = *gain = 0;
	for (int i = 0; i < PHANTOM_JOINTS; i++)
		if (z >= p->first_joint + 161 * i) {
			shift[0] += p->joint_shift[i][0];
			shift[1] += p->joint_shift[i][1];
			*gain += p->joint_gain[i];
		}
}

/* Sum of four uniform 16-bit numbers: nearly normal, unit variance. */
static float cheap_normal(struct rng *r)
{
	uint64_t a = rng_next(r);
	int s = (int)(a & 0xffff) + (int)(a >> 16 & 0xffff) + (int)(a >> 32 & 0xffff) + (int)(a >> 48);
	return ((float)s - 131070.0f) * (1.0f / 37837.0f);
}

static void add_noise(struct rng *r, int n, float sd, float *img)
{
	for (int i = 0; i < n; i++)
		img[i] += sd * cheap_normal(r);
}

/* 3x3 binomial-like blur, weight w (0..0.33) on each neighbour. */
static void blur3(int nx, int ny, float w, float *img, float *tmp)
{
	float mid = 1 - 2 * w;
	for (int y = 0; y < ny; y++) {
		const float *in = img + (size_t)y * (size_t)nx;
		float *out = tmp + (size_t)y * (size_t)nx;
		out[0] = in[0];
		out[nx - 1] = in[nx - 1];
		for (int x = 1; x < nx - 1; x++)
			out[x] = mid * in[x] + w * (in[x - 1] + in[x + 1]);
	}
	for (int y = 1; y < ny - 1; y++) {
		const float *in = tmp + (size_t)y * (size_t)nx;
		float *out = img + (size_t)y * (size_t)nx;
		for (int x = 0; x < nx; x++)
			out[x] = mid * in[x] + w * (in[x - nx] + in[x + nx]);
	}
}

static void smear(int nx, int ny, int dx, int dy, float *img, float *tmp)
{
	size_t n = (size_t)nx * (size_t)ny;
	memcpy(tmp, img, n * sizeof *tmp);
	for (int y = 0; y < ny; y++)
		for (int x = 0; x < nx; x++) {
			int sx = x + dx, sy = y + dy;
			size_t at = (size_t)y * (size_t)nx + (size_t)x;
			if (sx >= 0 && sx < nx && sy >= 0 && sy < ny)
				img[at] = 0.5f * (tmp[at] + tmp[(size_t)sy * (size_t)nx + (size_t)sx]);
		}
}

static void add_rings(const struct phantom_params *p, int nx, int ny, int step, int z, float *img)
{
	float ring[512];
	struct rng r = { p->seed * 31 + (uint64_t)(z / 161) };
	for (int i = 0; i < 512; i++)
		ring[i] = rng_chance(&r, 0.08f) ? p->ring * rng_normal(&r) : 0;
	for (int y = 0; y < ny; y++)
		for (int x = 0; x < nx; x++) {
			float dx = ((float)x - 0.5f * (float)nx) * (float)step,
			      dy = ((float)y - 0.5f * (float)ny) * (float)step;
			int d = (int)sqrtf(dx * dx + dy * dy);
			if (d > 4 && d < 512)
				img[(size_t)y * (size_t)nx + (size_t)x] += ring[d];
		}
}

static void add_streaks(const struct phantom_params *p, int nx, int ny, int z, float *img)
{
	struct rng r = { p->seed * 17 };
	float cx = rng_range(&r, 0, (float)nx), cy = rng_range(&r, 0, (float)ny),
	      level = rng_range(&r, 0, (float)p->nz);
	float fade = expf(-fabsf((float)z - level) / 40), phase = rng_range(&r, 0, 6.28f);
	if (fade < 0.05f)
		return;
	for (int y = 0; y < ny; y++)
		for (int x = 0; x < nx; x++) {
			float a = atan2f((float)y - cy, (float)x - cx);
			img[(size_t)y * (size_t)nx + (size_t)x] +=
				p->streak * fade * sinf(14 * a + phase) * cosf(5 * a);
		}
}

void image_degrade(const struct phantom_params *p, int nx, int ny, int step, int z, float *img, float *tmp)
{
	struct rng rng = { p->seed * 0x9e3779b9u + (uint64_t)z * 1099511628211u + 5 };
	int n = nx * ny;
	/* a pixel of `step` voxels averages their noise, less than fully where it is grainy */
	float share = step > 1 ? 1 / powf((float)step, 0.8f) : 1, shift[2], gain;

	if (p->motion[0] != 0 || p->motion[1] != 0)
		smear(nx, ny, (int)rintf(p->motion[0] / (float)step), (int)rintf(p->motion[1] / (float)step), img, tmp);
	add_noise(&rng, n, p->noise * share * 1.6f * p->noise_grain, img);
	blur3(nx, ny, (step > 1 ? 0.12f : 0.2f) * p->blur, img, tmp);
	add_noise(&rng, n, p->noise * share * (1 - p->noise_grain), img);
	if (p->ring > 0)
		add_rings(p, nx, ny, step, z, img);
	if (p->streak > 0)
		add_streaks(p, nx, ny, z, img);
	image_joint(p, z, shift, &gain);
	for (int i = 0; i < n; i++)
		img[i] += gain;
}

void image_store(const struct phantom_params *p, int n, const float *img, int16_t *out)
{
	for (int i = 0; i < n; i++) {
		float v = img[i] * p->gain + p->offset;
		if (p->clip)
			v = v < -1417 ? -1417 : v > 3171 ? 3171 : v;
		if (p->eight_bit) { /* an export window, as people choose it */
			v = (v + 1200) * (255.0f / 4000.0f);
			v = v < 0 ? 0 : v > 255 ? 255 : v;
		}
		v = v < -32768 ? -32768 : v > 32767 ? 32767 : v;
		out[i] = (int16_t)lrintf(v);
	}
}

#include "resample/resample.h"

#include <math.h>
#include <string.h>

#include "base/cpu.h"

#define TAPS_MAX 65536   /* more than any axis has voxels */
#define FIXED_SHIFT 14   /* most bits behind the point of a weight */
#define FIXED_SUM 65536  /* a sum of weights above this could leave 32 bits */

static int taps_of(double length, int out)
{
	double taps = fmin(ceil(length / out) + 1, TAPS_MAX);

	return ((int)taps + 1) & ~1;
}

size_t resample_bytes(double length, int out)
{
	size_t taps = (size_t)taps_of(length, out);

	return (size_t)out * (2 * sizeof(int) + sizeof(float) * (2 + taps) + sizeof(int16_t) * taps);
}

size_t resample_scratch(int in, int out)
{
	return RESAMPLE_LANES * sizeof(float) * (2 * (size_t)in + (size_t)out);
}

/* Weights of cell j in fixed point. Only the edges are rounded, each by itself, so that mirrored
 * cells have mirrored weights; norm[] makes up for the sum. */
static void init_fixed(struct resample *box, int j, double lo, double hi)
{
	int16_t *w = box->fixed + (size_t)j * (size_t)box->taps;
	int first = box->first[j], count = box->count[j], shift = FIXED_SHIFT;
	int sum = 0;

	while (count << shift > FIXED_SUM)
		shift--;
	for (int t = 0; t < count; t++) {
		double part = fmin(hi, first + t + 1) - fmax(lo, first + t);
		w[t] = (int16_t)lround(ldexp(part, shift));
		sum += w[t];
	}
	if (sum == 0 && count > 0)
		sum = w[0] = 1;
	box->norm[j] = count > 0 ? box->inside[j] / (float)sum : 0;
}

void resample_init(struct resample *box, void *mem, int in, double start, double length, int out)
{
	double width = length / out;

	box->out = out;
	box->taps = taps_of(length, out);
	box->first = mem;
	box->count = box->first + out;
	void *floats = box->count + out;
	box->inside = floats;
	box->norm = box->inside + out;
	box->weight = box->norm + out;
	void *fixed = box->weight + (size_t)out * (size_t)box->taps;
	box->fixed = fixed;
	memset(box->weight, 0, (sizeof *box->weight + sizeof *box->fixed) * (size_t)out * (size_t)box->taps);
	box->begin = in;
	box->end = 0;
	for (int j = 0; j < out; j++) {
		double lo = fmax(start + j * width, 0), hi = fmin(start + (j + 1) * width, in);
		float *w = box->weight + (size_t)j * (size_t)box->taps;

		box->first[j] = box->count[j] = 0;
		box->inside[j] = box->norm[j] = 0;
		if (!(hi > lo))
			continue;
		int first = (int)floor(lo);
		int last = (int)fmin(ceil(hi), fmin(in, (double)first + box->taps));
		box->first[j] = first;
		box->count[j] = last - first;
		for (int i = first; i < last; i++)
			w[i - first] = (float)((fmin(hi, i + 1) - fmax(lo, i)) / width);
		box->inside[j] = (float)((hi - lo) / width);
		init_fixed(box, j, lo, hi);
		if (first < box->begin)
			box->begin = first;
		if (last > box->end)
			box->end = last;
	}
	if (box->begin > box->end)
		box->begin = box->end = 0;
}

static void columns(const int16_t *rows, size_t stride, const int16_t *fixed, int count, int n,
		    struct resample_range range, float *out)
{
	for (int x = 0; x < n; x++) {
		int32_t sum = 0;
		for (int t = 0; t < count; t++) {
			int16_t v = rows[(size_t)t * stride + (size_t)x];
			v = v < range.lo ? range.lo : v;
			v = v > range.hi ? range.hi : v;
			sum += fixed[t] * v;
		}
		out[x] = (float)sum;
	}
}

static void cells(const struct resample *bx, const float *rows, int m, const float *norm,
		  const float *inside, float fill, float *work, float *out)
{
	size_t n = (size_t)(bx->end - bx->begin);

	(void)work;
	for (int r = 0; r < m; r++, rows += n)
		for (int j = 0; j < bx->out; j++) {
			const float *w = bx->weight + (size_t)j * (size_t)bx->taps;
			const float *c = rows + (bx->count[j] ? bx->first[j] - bx->begin : 0);
			float sum = 0;

			for (int t = 0; t < bx->count[j]; t++)
				sum += w[t] * c[t];
			*out++ = sum * norm[r] + fill * (1 - bx->inside[j] * inside[r]);
		}
}

static void bytes(const float *v, int n, float scale, float offset, uint8_t *out)
{
	for (int i = 0; i < n; i++) {
		float u = v[i] * scale + offset;
		u = u > 0 ? u : 0; /* this way round they are one instruction each */
		u = u < 127 ? u : 127;
		out[i] = (uint8_t)(int)u;
	}
}

const struct resample_kernels resample_kernels_c = { columns, cells, bytes };

const struct resample_kernels *resample_kernels(void)
{
#if defined(__x86_64__)
	if (cpu_features() & CPU_AVX2)
		return &resample_kernels_avx2;
#endif
	return &resample_kernels_c;
}

void resample_reduce(const struct resample *bx, const struct resample *by, const int16_t *rows, int stride,
		struct resample_range range, void *scratch, float *out)
{
	const struct resample_kernels *k = resample_kernels();
	int n = bx->end - bx->begin;
	float *sums = scratch, *work = sums + RESAMPLE_LANES * (size_t)n;

	rows += bx->begin;
	for (int i = 0; i < by->out; i += RESAMPLE_LANES) {
		int m = by->out - i < RESAMPLE_LANES ? by->out - i : RESAMPLE_LANES;

		for (int r = 0; r < RESAMPLE_LANES; r++) {
			int count = r < m ? by->count[i + r] : 0;
			if (count > 0)
				k->columns(rows + (size_t)(by->first[i + r] - by->begin) * (size_t)stride,
					   (size_t)stride, by->fixed + (size_t)(i + r) * (size_t)by->taps,
					   count, n, range, sums + (size_t)r * (size_t)n);
			else
				memset(sums + (size_t)r * (size_t)n, 0, sizeof *sums * (size_t)n);
		}
		k->cells(bx, sums, m, by->norm + i, by->inside + i, range.fill, work, out);
		out += (size_t)m * (size_t)bx->out;
	}
}

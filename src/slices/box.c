#include "slices/box.h"

#include <math.h>
#include <string.h>

static int taps_of(double length, int out)
{
	return (int)ceil(length / out) + 1;
}

size_t box_bytes(double length, int out)
{
	return (size_t)out * (2 * sizeof(int) + sizeof(float) * (1 + (size_t)taps_of(length, out)));
}

void box_init(struct box *box, void *mem, int in, double start, double length, int out)
{
	double width = length / out;

	box->out = out;
	box->taps = taps_of(length, out);
	box->first = mem;
	box->count = box->first + out;
	void *floats = box->count + out;
	box->inside = floats;
	box->weight = box->inside + out;
	box->begin = in;
	box->end = 0;
	for (int j = 0; j < out; j++) {
		double lo = fmax(start + j * width, 0), hi = fmin(start + (j + 1) * width, in);
		float *w = box->weight + (size_t)j * (size_t)box->taps;

		box->first[j] = box->count[j] = 0;
		box->inside[j] = 0;
		memset(w, 0, sizeof *w * (size_t)box->taps);
		if (!(hi > lo))
			continue;
		int first = (int)floor(lo);
		int last = (int)fmin(ceil(hi), fmin(in, (double)first + box->taps));
		box->first[j] = first;
		box->count[j] = last - first;
		for (int i = first; i < last; i++)
			w[i - first] = (float)((fmin(hi, i + 1) - fmax(lo, i)) / width);
		box->inside[j] = (float)((hi - lo) / width);
		if (first < box->begin)
			box->begin = first;
		if (last > box->end)
			box->end = last;
	}
	if (box->begin > box->end)
		box->begin = box->end = 0;
}

void box_reduce(const struct box *bx, const struct box *by, const int16_t *slice, int stride,
		struct box_range range, float *column, float *out)
{
	int n = bx->end - bx->begin;

	for (int i = 0; i < by->out; i++, out += bx->out) {
		const float *wy = by->weight + (size_t)i * (size_t)by->taps;

		/* Rows first: long runs of neighbouring voxels, which vectorise. */
		memset(column, 0, sizeof *column * (size_t)n);
		for (int t = 0; t < by->count[i]; t++) {
			const int16_t *row = slice + (size_t)(by->first[i] + t) * (size_t)stride + bx->begin;
			float w = wy[t];

			for (int x = 0; x < n; x++) {
				int16_t v = row[x];
				v = v < range.lo ? range.lo : v;
				v = v > range.hi ? range.hi : v;
				column[x] += w * (float)v;
			}
		}
		for (int j = 0; j < bx->out; j++) {
			const float *wx = bx->weight + (size_t)j * (size_t)bx->taps;
			const float *c = column + bx->first[j] - bx->begin;
			float sum = 0;

			for (int t = 0; t < bx->count[j]; t++)
				sum += wx[t] * c[t];
			out[j] = sum + range.fill * (1 - bx->inside[j] * by->inside[i]);
		}
	}
}

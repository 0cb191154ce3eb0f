#include "resample/resize.h"

#include <stdlib.h>

#include "base/cpu.h"
#include "base/err.h"

static void axis_free(struct resize_axis *a)
{
	free(a->first);
	free(a->weight);
	*a = (struct resize_axis){ .from = 0 };
}

static int floor_div(int a, int b)
{
	return a >= 0 ? a / b : -((b - 1 - a) / b);
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* The box of output i is lo .. hi, in parts of an input, `unit` to each. */
static void fill_output(struct resize_axis *a, int i, int lo, int hi, int unit)
{
	int first = floor_div(lo, unit);

	a->first[i] = first;
	for (int t = 0; (first + t) * unit < hi; t++) {
		int start = (first + t) * unit, part = least(hi, start + unit) - (lo > start ? lo : start);
		size_t at = (size_t)(t / RESIZE_GROUP) * (size_t)a->to + (size_t)i;
		a->weight[at * RESIZE_GROUP + (size_t)t % RESIZE_GROUP] = (int16_t)part;
	}
}

/* Caller frees, also after a failure. */
static int axis_init(struct resize_axis *a, int from, int to)
{
	const int grows = from < to, unit = grows ? 2 * to : to;

	*a = (struct resize_axis){ .from = from, .to = to, .total = grows ? unit : from };
	a->taps = (a->total + unit - 2) / unit + 1; /* a box that begins just before the end of an input */
	a->groups = (a->taps + RESIZE_GROUP - 1) / RESIZE_GROUP;
	a->first = malloc((size_t)to * sizeof *a->first);
	a->weight = calloc((size_t)a->groups * (size_t)to, RESIZE_GROUP * sizeof *a->weight);
	if (!a->first || !a->weight)
		return GPPI_E_NOMEM;
	for (int i = 0; i < to; i++) {
		int lo = grows ? (2 * i + 1) * from - to : i * from;
		fill_output(a, i, lo, lo + a->total, unit);
	}
	while (a->begin < to && a->first[a->begin] < 0)
		a->begin++;
	a->end = to;
	while (a->end > a->begin && a->first[a->end - 1] + a->groups * RESIZE_GROUP > from)
		a->end--;
	return 0;
}

int resize_init(struct resize *r, int w, int h, int to_w, int to_h)
{
	*r = (struct resize){ .across = { .from = 0 } };
	if (axis_init(&r->across, w, to_w) == 0 && axis_init(&r->down, h, to_h) == 0)
		return 0;
	resize_free(r);
	return GPPI_E_NOMEM;
}

void resize_free(struct resize *r)
{
	axis_free(&r->across);
	axis_free(&r->down);
}

static uint8_t mean(const struct resize_axis *a, int32_t sum)
{
	return (uint8_t)(int)(((float)sum + resize_add(a)) * resize_factor(a));
}

uint8_t resize_one(const struct resize_axis *a, int i, const uint8_t *from)
{
	int32_t sum = 0;

	for (int t = 0; t < a->taps; t++)
		sum += resize_weight(a, i, t) * from[resize_within(a, a->first[i] + t)];
	return mean(a, sum);
}

static void across(const struct resize_axis *a, const uint8_t *from, uint8_t *to)
{
	for (int i = 0; i < a->to; i++)
		to[i] = resize_one(a, i, from);
}

static void down(const struct resize_axis *a, int i, const uint8_t *from, int w, uint8_t *to)
{
	for (int x = 0; x < w; x++) {
		int32_t sum = 0;
		for (int t = 0; t < a->taps; t++) {
			const uint8_t *row = from + (size_t)resize_within(a, a->first[i] + t) * (size_t)w;
			sum += resize_weight(a, i, t) * row[x];
		}
		to[x] = mean(a, sum);
	}
}

static void greys(const int16_t *v, int n, float scale, float offset, uint8_t *out)
{
	for (int i = 0; i < n; i++) {
		float u = (float)v[i] * scale + offset;
		u = u > 0 ? u : 0;
		u = u < 255 ? u : 255;
		out[i] = (uint8_t)(int)u;
	}
}

const struct resize_kernels resize_kernels_c = { across, down, greys };

const struct resize_kernels *resize_kernels(void)
{
#if defined(__x86_64__)
	if (cpu_features() & CPU_AVX2)
		return &resize_kernels_avx2;
#endif
	return &resize_kernels_c;
}

void resize_picture(const struct resize *r, const uint8_t *from, uint8_t *work, uint8_t *to)
{
	const struct resize_kernels *k = resize_kernels();
	const size_t w = (size_t)r->across.from, to_w = (size_t)r->across.to;

	for (int y = 0; y < r->down.from; y++)
		k->across(&r->across, from + (size_t)y * w, work + (size_t)y * to_w);
	for (int i = 0; i < r->down.to; i++)
		k->down(&r->down, i, work, r->across.to, to + (size_t)i * to_w);
}

#include "scan/voxels.h"

#include <math.h>
#include <string.h>

#define BLOCK 512 /* voxels handled at a time, on the stack */
#define FINITE_MAX 1e300
#define LOOKED_MOST ((size_t)1 << 20)
#define VOXELS_FOR_ONE 2048 /* of so many that are looked at, one at each end may be anything, up to VOXEL_ENDS - 1 */

static const struct {
	const char *name;
	size_t bytes;
} types[] = {
	[VOXEL_INT8] = { "int8", 1 },       [VOXEL_UINT8] = { "uint8", 1 },
	[VOXEL_INT16] = { "int16", 2 },     [VOXEL_UINT16] = { "uint16", 2 },
	[VOXEL_INT32] = { "int32", 4 },     [VOXEL_UINT32] = { "uint32", 4 },
	[VOXEL_FLOAT32] = { "float32", 4 }, [VOXEL_FLOAT64] = { "float64", 8 },
	[VOXEL_VAX32] = { "VAX float32", 4 },
};

size_t voxel_bytes(enum voxel_type type)
{
	return types[type].bytes;
}

const char *voxel_name(enum voxel_type type)
{
	return types[type].name;
}

bool voxel_is_wide(enum voxel_type type)
{
	return type >= VOXEL_INT32;
}

bool voxels_choose(struct voxel_map *map, const struct voxel_range *range)
{
	if (!voxel_is_wide(map->type)) {
		/* uint16 is shifted by 32768 to keep every bit. */
		double shift = map->type == VOXEL_UINT16 ? 32768.0 : 0.0;
		map->slope = map->file_slope;
		map->intercept = map->file_intercept + shift * map->file_slope;
		return isfinite(map->intercept);
	}
	double min, max;
	voxels_range_robust(range, &min, &max);
	double span = max - min;
	if (!isfinite(span))
		return false;
	bool whole = map->type <= VOXEL_UINT32 && map->file_slope == 1.0 &&
		     map->file_intercept == 0.0;
	bool fits = min >= -32768.0 && max <= 32767.0;
	if (fits && (whole || span >= 1000.0)) {
		map->slope = 1.0;
		map->intercept = 0.0;
		return true;
	}
	map->slope = span / 65534.0;
	if (!(map->slope > 0.0) || !isfinite(1.0 / map->slope))
		map->slope = 1.0;
	map->intercept = min + 32767.0 * map->slope;
	return isfinite(map->intercept);
}

/* Aligned copy of n <= BLOCK voxels in this processor's byte order. */
static const void *fetch(const struct voxel_map *map, const uint8_t *src, size_t n, void *buf)
{
	size_t width = types[map->type].bytes;
	memcpy(buf, src, n * width);
	if (!map->swap)
		return buf;
	if (width == 2) {
		uint16_t *p = buf;
		for (size_t i = 0; i < n; i++)
			p[i] = __builtin_bswap16(p[i]);
	} else if (width == 4) {
		uint32_t *p = buf;
		for (size_t i = 0; i < n; i++)
			p[i] = __builtin_bswap32(p[i]);
	} else if (width == 8) {
		uint64_t *p = buf;
		for (size_t i = 0; i < n; i++)
			p[i] = __builtin_bswap64(p[i]);
	}
	return buf;
}

/* A VAX F float: two little-endian words, the one with sign and exponent first; 0.1m * 2^(e-128). Always
 * finite: VAX knows no infinity. */
static double vax_value(const uint8_t *b)
{
	uint32_t word = (uint32_t)b[0] << 16 | (uint32_t)b[1] << 24 | b[2] | (uint32_t)b[3] << 8;
	uint64_t exponent = word >> 23 & 0xff;
	uint64_t bits = (uint64_t)(word >> 31) << 63 | (exponent + 894) << 52 |
			(uint64_t)(word & 0x7fffff) << 29;
	double value;
	memcpy(&value, &bits, sizeof value);
	return exponent ? value : 0.0;
}

/* Meaning of a block of a wide type. */
static void meaning(const struct voxel_map *map, const void *block, size_t n, double *out)
{
	double a = map->file_slope, b = map->file_intercept;
	switch (map->type) {
	case VOXEL_INT32:
		for (size_t i = 0; i < n; i++)
			out[i] = ((const int32_t *)block)[i] * a + b;
		break;
	case VOXEL_UINT32:
		for (size_t i = 0; i < n; i++)
			out[i] = ((const uint32_t *)block)[i] * a + b;
		break;
	case VOXEL_FLOAT32:
		for (size_t i = 0; i < n; i++)
			out[i] = (double)((const float *)block)[i] * a + b;
		break;
	case VOXEL_VAX32:
		for (size_t i = 0; i < n; i++)
			out[i] = vax_value((const uint8_t *)block + 4 * i) * a + b;
		break;
	default:
		for (size_t i = 0; i < n; i++)
			out[i] = ((const double *)block)[i] * a + b;
	}
}

void voxels_range_start(struct voxel_range *range, size_t n)
{
	*range = (struct voxel_range){ .min = INFINITY, .max = -INFINITY, .every = n / LOOKED_MOST + 1 };
	for (int i = 0; i < VOXEL_ENDS; i++) {
		range->low[i] = INFINITY;
		range->high[i] = -INFINITY;
	}
}

static void take_low(struct voxel_range *range, double v)
{
	for (int i = VOXEL_ENDS - 1; i >= 0 && v < range->low[i]; i--) {
		if (i < VOXEL_ENDS - 1)
			range->low[i + 1] = range->low[i];
		range->low[i] = v;
	}
}

static void take_high(struct voxel_range *range, double v)
{
	for (int i = VOXEL_ENDS - 1; i >= 0 && v > range->high[i]; i--) {
		if (i < VOXEL_ENDS - 1)
			range->high[i + 1] = range->high[i];
		range->high[i] = v;
	}
}

/* Merges the extremes that the other one kept; unused entries hold infinities. */
void voxels_range_add(struct voxel_range *range, const struct voxel_range *more)
{
	range->min = fmin(range->min, more->min);
	range->max = fmax(range->max, more->max);
	range->bad += more->bad;
	range->looked += more->looked;
	for (int i = 0; i < VOXEL_ENDS; i++) {
		take_low(range, more->low[i]);
		take_high(range, more->high[i]);
	}
}

void voxels_range_robust(const struct voxel_range *range, double *min, double *max)
{
	size_t out = range->looked / VOXELS_FOR_ONE;

	*min = range->min;
	*max = range->max;
	if (!out)
		return;
	out = out < VOXEL_ENDS ? out : VOXEL_ENDS - 1;
	double low = range->low[out], high = range->high[out], span = high - low;
	if (!(span > 0.0))
		return;
	*min = fmax(*min, low - 2.0 * span);
	*max = fmin(*max, high + 2.0 * span);
}

void voxels_range(const struct voxel_map *map, const uint8_t *src, size_t n,
		  struct voxel_range *range)
{
	double block[BLOCK], value[BLOCK];
	size_t width = types[map->type].bytes;
	for (size_t done = 0; done < n; done += BLOCK) {
		size_t part = n - done < BLOCK ? n - done : BLOCK;
		meaning(map, fetch(map, src + done * width, part, block), part, value);
		double lo = range->min, hi = range->max;
		size_t bad = 0;
		for (size_t i = 0; i < part; i++) {
			double v = value[i];
			bool good = fabs(v) <= FINITE_MAX;
			bad += !good;
			lo = good && v < lo ? v : lo;
			hi = good && v > hi ? v : hi;
		}
		range->min = lo;
		range->max = hi;
		range->bad += bad;
		size_t i = range->wait;
		for (; i < part; i += range->every)
			if (fabs(value[i]) <= FINITE_MAX) {
				range->looked++;
				take_low(range, value[i]);
				take_high(range, value[i]);
			}
		range->wait = i - part;
	}
}

static void round_block(const struct voxel_map *map, const double *value, size_t n, int16_t *dst)
{
	double inv = 1.0 / map->slope, off = map->intercept;
	for (size_t i = 0; i < n; i++) {
		/* The shift makes everything positive, so that truncation rounds. NaN becomes the lowest value. */
		double v = (value[i] - off) * inv + 32768.5;
		v = v >= 0.0 ? v : 0.0;
		v = v <= 65535.0 ? v : 65535.0;
		dst[i] = (int16_t)((int)v - 32768);
	}
}

void voxels_convert(const struct voxel_map *map, const uint8_t *src, size_t n, int16_t *dst)
{
	double block[BLOCK], value[BLOCK];
	size_t width = types[map->type].bytes;
	for (size_t done = 0; done < n; done += BLOCK) {
		size_t part = n - done < BLOCK ? n - done : BLOCK;
		const void *p = fetch(map, src + done * width, part, block);
		int16_t *d = dst + done;
		switch (map->type) {
		case VOXEL_INT8:
			for (size_t i = 0; i < part; i++)
				d[i] = (int16_t)((((const uint8_t *)p)[i] ^ 0x80) - 0x80);
			break;
		case VOXEL_UINT8:
			for (size_t i = 0; i < part; i++)
				d[i] = ((const uint8_t *)p)[i];
			break;
		case VOXEL_INT16:
			memcpy(d, p, part * 2);
			break;
		case VOXEL_UINT16:
			for (size_t i = 0; i < part; i++)
				d[i] = (int16_t)(((const uint16_t *)p)[i] - 32768);
			break;
		default:
			meaning(map, p, part, value);
			round_block(map, value, part, d);
		}
	}
}

#include "slices/cache.h"

#include <stdlib.h>
#include <string.h>

/* No tolerance: the frames are copies of each other or they are not. */
static int same(double a, double b)
{
	return !(a < b) && !(a > b);
}

static int same_pixels(const struct frame *a, const struct frame *b)
{
	return a->nslices == b->nslices && a->native_nz == b->native_nz &&
	       same(a->native_per_slice, b->native_per_slice) && same(a->cx, b->cx) && same(a->cy, b->cy) &&
	       same(a->side_x, b->side_x) && same(a->side_y, b->side_y) && same(a->raw_lo, b->raw_lo) &&
	       same(a->raw_hi, b->raw_hi) && same(a->medium_value, b->medium_value);
}

static int turned(const struct frame *a, const struct frame *b)
{
	return ((a->flags ^ b->flags) & FRAME_FLIPPED_Z) != 0;
}

int slices_cache_fits(const struct slices_cache *cache, const struct frame *frame)
{
	/* At other pitches the slices of the two directions lie between each other. */
	return cache->u7 && same_pixels(&cache->frame, frame) &&
	       (!turned(&cache->frame, frame) || (same(frame->native_per_slice, 1) &&
						  frame->nslices == frame->native_nz));
}

int slices_cache_fill(struct slices_cache *cache, struct scan *scan, const struct frame *frame,
		      int threads, struct err *err)
{
	slices_cache_free(cache);
	cache->frame = *frame;
	cache->first = frame->bone_first;
	cache->n = frame->bone_last - frame->bone_first + 1;
	if (cache->n < 1 || cache->n > SLICES_CACHE_MAX)
		return 0;
	cache->u7 = malloc((size_t)cache->n * (size_t)SLICE_BYTES);
	if (!cache->u7)
		return 0;
	int rc = slices_extract_all(scan, frame, cache->first, cache->n, threads, cache->u7, err);
	if (rc < 0)
		slices_cache_free(cache);
	return rc;
}

void slices_cache_free(struct slices_cache *cache)
{
	free(cache->u7);
	*cache = (struct slices_cache){ 0 };
}

int slices_cache_get(const struct slices_cache *cache, struct scan *scan, const struct frame *frame,
		     int k0, int n, void *scratch, uint8_t *out, struct err *err)
{
	const size_t bytes = (size_t)SLICE_BYTES;
	int fits = slices_cache_fits(cache, frame), rc = 0;

	for (int i = 0; i < n && rc == 0; i++) {
		uint8_t *to = out + (size_t)i * bytes;
		long long k = (long long)k0 + i, last = frame->nslices - 1;
		k = k < 0 ? 0 : k > last ? last : k;
		long long at = (turned(&cache->frame, frame) ? last - k : k) - cache->first;
		if (fits && at >= 0 && at < cache->n)
			memcpy(to, cache->u7 + (size_t)at * bytes, bytes);
		else
			rc = slices_extract(scan, frame, (int)k, 1, scratch, to, err);
	}
	return rc;
}

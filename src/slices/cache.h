/* All slices of a bone, made once and handed out many times. */
#ifndef SLICES_CACHE_H
#define SLICES_CACHE_H

#include "slices/slices.h"

/* A bone of more slices (70 mm of them) is not kept: its slices are made when asked for. */
#define SLICES_CACHE_MAX 7000

struct slices_cache {
	struct frame frame; /* they were made for */
	int first, n;       /* canonical slices first .. first+n-1 */
	uint8_t *u7;        /* n * SLICE_BYTES; NULL: nothing is kept */
};

/* Makes the slices of the bone (bone_first .. bone_last) in one pass on `threads` workers. Where
 * they are too many, or memory is short, nothing is kept and all else still works. Free with
 * slices_cache_free(), also after failure. */
int slices_cache_fill(struct slices_cache *cache, struct scan *scan, const struct frame *frame,
		      int threads, struct err *err);
void slices_cache_free(struct slices_cache *cache);

/* Does the cache hold slices of this frame? Also of the one it was made for, turned, where both
 * have the same square and a pitch of one file slice. */
int slices_cache_fits(const struct slices_cache *cache, const struct frame *frame);

/* As slices_extract(), from the cache where it can; the same bytes. Thread-safe likewise. */
int slices_cache_get(const struct slices_cache *cache, struct scan *scan, const struct frame *frame,
		     int k0, int n, void *scratch, uint8_t *out, struct err *err);

#endif

/* Shards of training slices: the one format that training reads.
 *
 * A shard PREFIX is PREFIX.u8 (bones x SAMPLES_SLICES x 96 x 96, u7), PREFIX.i16 (bones x
 * SAMPLES_SLICES canonical slice numbers) and PREFIX.csv (name, condition, plane, blobs_from,
 * fold; plane -1: bone not usable, its slices are zero).
 */
#ifndef TRAIN_SAMPLES_H
#define TRAIN_SAMPLES_H

#include <stdint.h>

#include "slices/slices.h"

#define SAMPLES_DENSE 151  /* slices plane-75 .. plane+75 */
#define SAMPLES_SPARSE 49  /* further slices, anywhere else along the bone */
#define SAMPLES_SLICES (SAMPLES_DENSE + SAMPLES_SPARSE)
enum { SAMPLES_PIXELS = SLICE_BYTES }; /* bytes of a slice */

struct samples_bone {
	char name[128], condition[24];
	float plane;       /* canonical, -1 where not usable */
	float blobs_from;  /* first canonical slice that shows four mounds */
	int fold;          /* -1: by order */
};

struct samples; /* a shard being written */

/* bones: `count` rows, owned by the caller until samples_close(). */
int samples_open(const char *prefix, struct samples_bone *bones, int count,
		 struct samples **out, struct err *err);

/* Extracts and stores the slices of bone `item` around bones[item].plane. seed: chooses the sparse
 * slices and, with jitter, disturbs the square around the bone as a less lucky crop would. May be
 * called from several threads for different items. */
int samples_put(struct samples *s, int item, struct scan *scan, const struct frame *frame,
		uint64_t seed, int jitter, struct err *err);

/* Writes the CSV (so that a shard without CSV is an unfinished one) and frees. */
int samples_close(struct samples *s, struct err *err);

#endif

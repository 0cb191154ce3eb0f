/* Shards of training slices: the one format that training reads.
 *
 * A shard PREFIX is PREFIX.u8 (bones x SAMPLES_SLICES x 96 x 96, u7: canonical slices from 0; beyond
 * the end of the volume the last one is repeated) and PREFIX.csv (name, condition, plane,
 * blobs_from, slices, fold). plane: -1 where the bone is not usable (its slices are zero), nan where
 * the volume holds no growth plate.
 */
#ifndef TRAIN_SAMPLES_H
#define TRAIN_SAMPLES_H

#include <stdint.h>

#include "slices/slices.h"

#define SAMPLES_SLICES 448 /* the plate lies at 119..261, and behind it is nothing but shaft */

struct samples_bone {
	char name[128], condition[24];
	float plane;       /* canonical; -1 not usable, NAN no plate */
	int slices;        /* of the volume, at most SAMPLES_SLICES; set by samples_put() */
	float blobs_from;  /* first canonical slice that shows four mounds */
	int fold;          /* -1: by order */
};

struct samples; /* a shard being written */

/* bones: `count` rows, owned by the caller until samples_close(). */
int samples_open(const char *prefix, struct samples_bone *bones, int count,
		 struct samples **out, struct gppi_error *err);

/* Extracts and stores the slices of bone `item`. With jitter, disturbs the square around the bone as
 * a less lucky crop would, by seed. May be called from several threads for different items. */
int samples_put(struct samples *s, int item, struct scan *scan, const struct frame *frame,
		uint64_t seed, int jitter, struct gppi_error *err);

/* Writes the CSV (so that a shard without CSV is an unfinished one) and frees. */
int samples_close(struct samples *s, struct gppi_error *err);

#endif

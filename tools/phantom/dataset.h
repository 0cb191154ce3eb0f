/* Training data: bones rendered straight to what the networks see. */
#ifndef PHANTOM_DATASET_H
#define PHANTOM_DATASET_H

#include "phantom/params.h"
#include "base/err.h"

/* Writes bones first..first+count-1 of `condition` (femurs) or of another kind as a shard
 * (train/samples.h). jitter 1 disturbs the square around the bone as a less lucky crop would. */
int dataset_write(const char *prefix, uint64_t first, int count, enum phantom_condition condition,
		  enum phantom_kind kind, int jitter, int threads, struct gppi_error *err);

/* Prints the mean grey of the inner half of the bone in central long-axis views by offset from the
 * plane (0..255 for -500..1500), and plane minus first bone slice, over `count` bones. */
int dataset_profile(uint64_t first, int count, enum phantom_condition condition, int threads,
		    struct gppi_error *err);

#endif

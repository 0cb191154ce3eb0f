/* Training data: bones rendered straight to what the networks see. */
#ifndef PHANTOM_DATASET_H
#define PHANTOM_DATASET_H

#include <stdint.h>

#include "phantom/params.h"
#include "scan/scan.h"

#define DATASET_DENSE 151  /* slices truth-75 .. truth+75 */
#define DATASET_SPARSE 49  /* further slices, anywhere else along the bone */
#define DATASET_SLICES (DATASET_DENSE + DATASET_SPARSE)

/* Writes bones first..first+count-1 of `condition` to <prefix>.u8 (count x DATASET_SLICES x 96 x 96,
 * u7), <prefix>.i16 (count x DATASET_SLICES canonical slice numbers) and <prefix>.csv (seed, plane,
 * first slice with four mounds; plane -1: bone not usable, its slices are zero). jitter 1 disturbs
 * the square around the bone as a less lucky crop would. */
int dataset_write(const char *prefix, uint64_t first, int count, enum phantom_condition condition,
		  int jitter, int threads, struct err *err);

/* Prints the mean grey of the inner half of the bone in central long-axis views by offset from the
 * plane (0..255 for -500..1500), and plane minus first bone slice, over `count` bones. */
int dataset_profile(uint64_t first, int count, enum phantom_condition condition, int threads,
		    struct err *err);

#endif

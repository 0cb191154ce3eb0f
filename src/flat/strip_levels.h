/* Grey levels of a picture along the bone: 8 bits, of an unknown window. */
#ifndef FLAT_STRIP_LEVELS_H
#define FLAT_STRIP_LEVELS_H

#include <stdbool.h>
#include <stddef.h>

#define STRIP_BONE_MIN 400 /* pixels of bone without which there is none */

struct strip_levels {
	int threshold;       /* pixels above it may be bone */
	double dark, bright; /* what is typical of pixels up to it, and of those above it */
	double ground;       /* mean of those up to it */
};

/* hist: pixels of each grey. Where what is brighter than most is itself of two kinds, tissue and bone, the threshold
 * lies between those. False where nothing bright stands out from the ground. */
bool strip_levels_split(const size_t hist[256], struct strip_levels *out);

/* Grey at or below which `share` (0..1) of the counts from..to lie. */
int strip_level(const size_t hist[256], int from, int to, double share);

#endif

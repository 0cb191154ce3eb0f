/* Landmarks of the knee end beside the growth plate plane. */
#ifndef MEASURE_LANDMARKS_H
#define MEASURE_LANDMARKS_H

#include "measure/knee.h"

struct landmark {
	double slice;      /* of the block; NaN: there is none */
	double confidence; /* 0 .. 1 */
	const char *why;   /* why there is none; NULL: there is one */
};

/* Where the primary spongiosa gives way to the secondary: bone fraction and texture of the marrow cavity have come
 * down, from their top at the plane, to four fifths of the way to their level 0.7 to 1.3 mm behind it. Confidence: how
 * far they come down, and how steeply. Fails for lack of memory only. */
int landmark_secondary(const struct knee *k, double plane, struct landmark *out, struct gppi_error *err);

#endif

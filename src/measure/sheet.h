/* A smooth surface through a block, one height for each column: that with the least cost. */
#ifndef MEASURE_SHEET_H
#define MEASURE_SHEET_H

#include "base/err.h"

#include <stdint.h>

struct sheet_costs {
	int nx, ny, nz;
	const int16_t *cost; /* [ny][nx][nz] of the surface at height z */
	int step;            /* cost of each z that neighbours differ by */
};

/* height[ny][nx]: the surface of least cost along lines in eight directions (semi-global matching, Hirschmueller
 * 2008). The same for every number of threads. */
int sheet_find(const struct sheet_costs *c, int threads, int *height, struct gppi_error *err);

#endif

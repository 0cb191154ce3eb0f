/* Several synthetic bones in the tubes of one holder, as a scan like any other. */
#ifndef PHANTOM_HOLDER_H
#define PHANTOM_HOLDER_H

#include "phantom/params.h"
#include "scan/scan.h"

#define PHANTOM_HOLDER_MAX 12

/* n bones (1..PHANTOM_HOLDER_MAX) of the seeds from `seed` on in a field of size x size x 642 voxels of 10 um, row by
 * row from y = 0, each row from x = 0; they differ in turn and height, some stand upside down. truth[k]: the plane of
 * bone k in the field's slices. only > 0: the cell of bone `only` (from 1) as a volume of its own. */
int phantom_holder(uint64_t seed, enum phantom_condition condition, int n, int size, int only,
		   struct scan **out, int truth[PHANTOM_HOLDER_MAX], struct gppi_error *err);

#endif

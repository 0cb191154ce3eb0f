/* What the network of the growth plate sees: the knee end of a bone in voxels of about 40 x 40 x 20 um. */
#ifndef MEASURE_PLATE_SEEN_H
#define MEASURE_PLATE_SEEN_H

#include "measure/knee.h"
#include "measure/volume.h"

#define PLATE_SLICES 80 /* of the network; the plane lies at the beginning of one of them, PLATE_BEFORE */
#define PLATE_BEFORE 60

/* Channels: share of bone (0..2), compact bone and what lies within the cortex (0..1), distance along z from the
 * plane. */
enum { PLATE_SHARE, PLATE_COMPACT, PLATE_INSIDE, PLATE_PLACE, PLATE_CHANNELS };

struct plate_seen {
	struct volume volume; /* sizes along x and y are multiples of 8 */
	int bins, slices;     /* of the knee, for a voxel of the network */
	int first;            /* slice of the knee where the volume begins: outside of the knee it is 0 */
};

/* plane: slice of the knee. plate_seen_free(), also after a failure. */
int plate_seen_make(const struct knee *k, double plane, int threads, struct plate_seen *out, struct gppi_error *err);
void plate_seen_free(struct plate_seen *s);

#endif

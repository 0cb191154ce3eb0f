/* From the voxel types of files to int16 raw values and a common slope and intercept. */
#ifndef SCAN_VOXELS_H
#define SCAN_VOXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum voxel_type {
	VOXEL_INT8, VOXEL_UINT8, VOXEL_INT16, VOXEL_UINT16,
	VOXEL_INT32, VOXEL_UINT32, VOXEL_FLOAT32, VOXEL_FLOAT64,
	VOXEL_VAX32 /* VAX F float, as SCANCO writes it */
};

/* How stored numbers become raw values: meaning = stored * file_slope + file_intercept, and
 * raw = round((meaning - intercept) / slope). Narrow integers keep their own bits instead. */
struct voxel_map {
	enum voxel_type type;
	bool swap; /* bytes are in the other order than this processor's */
	double file_slope, file_intercept;
	double slope, intercept;
};

#define VOXEL_ENDS 20

/* What the meanings seen so far span. A few voxels far away from all others (hot pixels, broken ones) must not
 * take the steps of int16 from the rest: every so many voxels one is looked at more closely. */
struct voxel_range {
	double min, max;  /* of those that are numbers; INFINITY, -INFINITY: none is */
	size_t bad;       /* voxels that are NaN or infinite */
	size_t every, wait, looked; /* one of `every`, the next one after `wait`; how many so far */
	double low[VOXEL_ENDS], high[VOXEL_ENDS]; /* the least of them, ascending; the greatest, descending */
};

/* Nothing seen yet, of n voxels. Whoever counts parts apart sets `wait` to 0 before each, so that the same voxels are
 * looked at whichever thread does it. */
void voxels_range_start(struct voxel_range *range, size_t n);
/* Adds what another one of the same n has seen of other voxels. */
void voxels_range_add(struct voxel_range *range, const struct voxel_range *more);
/* min and max without the few that lie more than twice the range of all others beyond it. */
void voxels_range_robust(const struct voxel_range *range, double *min, double *max);

size_t voxel_bytes(enum voxel_type type);
const char *voxel_name(enum voxel_type type);
/* True for types that int16 cannot hold, so that the map depends on the range of the data. */
bool voxel_is_wide(enum voxel_type type);

/* Sets slope and intercept of a map whose other fields are set. `range` is needed for wide
 * types only (else NULL). False where the values have no usable range. Values that fit int16
 * keep a step of 1 where they are integers or span at least 1000 (HU). Values beyond voxels_range_robust() become
 * the least or the greatest raw value, NaN the least. */
bool voxels_choose(struct voxel_map *map, const struct voxel_range *range);

/* n stored voxels at src (any alignment). */
void voxels_range(const struct voxel_map *map, const uint8_t *src, size_t n,
		  struct voxel_range *range);
void voxels_convert(const struct voxel_map *map, const uint8_t *src, size_t n, int16_t *dst);

#endif

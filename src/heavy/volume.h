/* A bone as the published scripts see it: slices of 10 um voxels, distal end first, in Hounsfield units. */
#ifndef HEAVY_VOLUME_H
#define HEAVY_VOLUME_H

#include "find/frame.h"

#define HEAVY_SIDE_MAX 2048   /* voxels of 10 um across */
#define HEAVY_SLICES_MAX 4096

struct heavy_volume {
	struct scan *scan;         /* borrowed */
	const struct frame *frame; /* borrowed */
	int nx, ny, nz;            /* voxels of 10 um; nz: the frame's slices */
	bool plain;                /* the scan's own voxels are those: nothing is resampled */
	double scale, offset;      /* HU = raw * scale + offset */
	int16_t *slab;
	float *plane[2];           /* slices of the scan at 10 um across; nx * ny each */
	int have[2], oldest;       /* which */
	void *box[2], *scratch;    /* of the resampling */
};

/* GPPI_E_UNSUPPORTED where the bone has more voxels than these, or fewer than 32 across. */
int heavy_volume_open(struct scan *scan, const struct frame *frame, struct heavy_volume *out, struct gppi_error *err);
void heavy_volume_close(struct heavy_volume *volume);

/* Slice k (0..nz-1) into out[y * nx + x]. */
int heavy_volume_slice(struct heavy_volume *volume, int k, float *out, struct gppi_error *err);

#endif

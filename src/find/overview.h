/* A small copy of a scan to find the bone in: voxels of about 40 um, at most 192 per axis (but for
 * the field of a holder). */
#ifndef FIND_OVERVIEW_H
#define FIND_OVERVIEW_H

#include "scan/scan.h"

#define OVERVIEW_MAX 192

struct overview {
	int nx, ny, nz; /* 1..OVERVIEW_MAX each; a field may have more across */
	double step[3]; /* native voxels per coarse voxel */
	double um[3];   /* size of a coarse voxel */
	int native_nz;
	int threads;    /* for what is made of it */
	int *z;         /* [nz] native slice that was read */
	/* [nz][ny][nx], in-plane averages of single slices: raw values, turned over where their slope is negative,
	 * so that neither the scale nor the offset of a scan costs digits. In its units: value * slope + intercept. */
	float *value;
	double slope, intercept; /* slope > 0 */
};

/* Reads every k-th slice on `threads` workers. Free with overview_free(), also after failure.
 * Coarse voxels lie symmetrically in the volume: a mirrored scan gives the mirrored copy. */
int overview_read(struct scan *scan, int threads, struct overview *out, struct gppi_error *err);

/* The same with as many voxels across as 40 um ask for, so that a part of it is what overview_read() would
 * give for that part of the scan (exactly where 40 um are a whole number of voxels). Fewer where they do not fit
 * into budget_copy(). */
int overview_read_field(struct scan *scan, int threads, struct overview *out, struct gppi_error *err);
void overview_free(struct overview *c);

struct frame;

/* frame_locate() on a coarse copy that is there already; `info` is that of the scan it was made of. */
int frame_locate_in(const struct scan_info *info, const struct overview *c, struct frame *out,
		    struct gppi_error *err);

static inline size_t overview_count(const struct overview *c)
{
	return (size_t)c->nx * (size_t)c->ny * (size_t)c->nz;
}

#endif

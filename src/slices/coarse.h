/* A small copy of a scan to find the bone in: voxels of about 40 um, at most 192 per axis. */
#ifndef SLICES_COARSE_H
#define SLICES_COARSE_H

#include "scan/scan.h"

#define COARSE_MAX 192

struct coarse {
	int nx, ny, nz; /* 1..COARSE_MAX each */
	double step[3]; /* native voxels per coarse voxel */
	double um[3];   /* size of a coarse voxel */
	int native_nz;
	int *z;         /* [nz] native slice that was read */
	float *value;   /* [nz][ny][nx] in scan units, in-plane averages of single slices */
};

/* Reads every k-th slice on `threads` workers. Free with coarse_free(), also after failure.
 * Coarse voxels lie symmetrically in the volume: a mirrored scan gives the mirrored copy. */
int coarse_read(struct scan *scan, int threads, struct coarse *out, struct err *err);
void coarse_free(struct coarse *c);

static inline size_t coarse_count(const struct coarse *c)
{
	return (size_t)c->nx * (size_t)c->ny * (size_t)c->nz;
}

#endif

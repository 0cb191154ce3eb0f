/* Area resampling of one axis and of whole slices: the box filter with fractional coverage.
 *
 * Positions are continuous: voxel i spans i..i+1, so mirroring an axis of n voxels is
 * x -> n - x and the weights come out mirrored as well.
 */
#ifndef SLICES_BOX_H
#define SLICES_BOX_H

#include <stddef.h>
#include <stdint.h>

struct box {
	int out;         /* output cells */
	int taps;        /* row length of weight[] */
	int begin, end;  /* input range that has any weight, begin <= end */
	int *first;      /* first input of each cell */
	int *count;      /* inputs of each cell, 0 where it lies outside */
	float *weight;   /* [out][taps]; a cell wholly inside sums to 1 */
	float *inside;   /* part of the cell that lies inside the image, 0..1 */
};

/* Bytes of memory a box of `out` cells over `length` input voxels needs. */
size_t box_bytes(double length, int out);

/* Lays out `box` in `mem` (box_bytes()): cell j covers start + j*length/out .. + length/out
 * of an axis of `in` voxels. */
void box_init(struct box *box, void *mem, int in, double start, double length, int out);

struct box_range {
	int16_t lo, hi; /* voxels are clipped to these before averaging */
	float fill;     /* value of everything outside the image */
};

/* Averages a slice (rows of `stride` voxels) into out[by->out][bx->out].
 * column: bx->end floats of scratch. */
void box_reduce(const struct box *bx, const struct box *by, const int16_t *slice, int stride,
		struct box_range range, float *column, float *out);

#endif

/* Area resampling of one axis and of whole slices: the box filter with fractional coverage.
 *
 * Positions are continuous: voxel i spans i..i+1, so mirroring an axis of n voxels is
 * x -> n - x and the weights come out mirrored as well.
 *
 * The arithmetic is part of the interface, since planes must not depend on the processor: rows
 * are summed in integers (clipped voxels times weights in fixed point, exact in 32 bits), then
 * each column sum is rounded to float once, and cells are summed from left to right in float.
 */
#ifndef RESAMPLE_RESAMPLE_H
#define RESAMPLE_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

struct resample {
	int out;         /* output cells */
	int taps;        /* row length of weight[] and fixed[], even */
	int begin, end;  /* input range that has any weight, begin <= end */
	int *first;      /* first input of each cell */
	int *count;      /* inputs of each cell, 0 where it lies outside */
	float *weight;   /* [out][taps]; a cell wholly inside sums to 1 */
	float *inside;   /* part of the cell that lies inside the image, 0..1 */
	float *norm;     /* inside / sum of the fixed weights */
	int16_t *fixed;  /* [out][taps], the same weights in fixed point, 0 behind the last;
			    0..16384 each, at most 65536 in sum */
};

/* Bytes of memory a box of `out` cells over `length` input voxels needs. */
size_t resample_bytes(double length, int out);

/* Lays out `box` in `mem` (resample_bytes()): cell j covers start + j*length/out .. + length/out
 * of an axis of `in` voxels (1..65535). */
void resample_init(struct resample *box, void *mem, int in, double start, double length, int out);

struct resample_range {
	int16_t lo, hi; /* voxels are clipped to these before averaging */
	float fill;     /* value of everything outside the image */
};

/* Bytes of scratch for resample_reduce() of rows of at most `in` voxels to `out` cells. */
size_t resample_scratch(int in, int out);

/* Averages a slice into out[by->out][bx->out]. rows: row by->begin and those behind it up to
 * by->end, `stride` voxels apart; only columns bx->begin .. bx->end-1 are read. */
void resample_reduce(const struct resample *bx, const struct resample *by, const int16_t *rows, int stride,
		struct resample_range range, void *scratch, float *out);

/* The inner loops, for each processor level; they give the same bits. */
#define RESAMPLE_LANES 8 /* output rows handled at a time */

struct resample_kernels {
	/* out[x] = (float)(sum of fixed[t] * clip(rows[t * stride + x])), t < count, x < n.
	 * fixed[] has a 0 behind an odd count. */
	void (*columns)(const int16_t *rows, size_t stride, const int16_t *fixed, int count, int n,
			struct resample_range range, float *out);
	/* Cells of m <= RESAMPLE_LANES rows of column sums (bx->end - bx->begin floats each, RESAMPLE_LANES
	 * rows present): sum * norm[r] + fill * (1 - bx->inside[j] * inside[r]).
	 * work: RESAMPLE_LANES * (row length + bx->out) floats. */
	void (*cells)(const struct resample *bx, const float *rows, int m, const float *norm,
		      const float *inside, float fill, float *work, float *out);
	/* out[i] = v[i] * scale + offset, product and sum rounded to float, clamped to 0..127 and cut */
	void (*bytes)(const float *v, int n, float scale, float offset, uint8_t *out);
};

extern const struct resample_kernels resample_kernels_c;
#if defined(__x86_64__)
extern const struct resample_kernels resample_kernels_avx2;
#endif

/* Those of the current processor level (base/cpu.h). */
const struct resample_kernels *resample_kernels(void);

#endif

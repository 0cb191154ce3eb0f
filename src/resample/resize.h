/* 8-bit pictures at another size, and greys of voxels: for what is shown, not for what is detected.
 *
 * An output is the weighted mean of the inputs below a box, of its own width where a side shrinks, one input wide where
 * it grows (which interpolates linearly). Weights are whole numbers, so that sums are exact; a side is rounded to bytes
 * before the other one. Inputs beyond an edge count as the last one there. */
#ifndef RESAMPLE_RESIZE_H
#define RESAMPLE_RESIZE_H

#include <stddef.h>
#include <stdint.h>

#define RESIZE_FROM_MAX 4096 /* of sides: means are exact up to these, and sums within 32 bits */
#define RESIZE_TO_MAX 2048
#define RESIZE_GROUP 4       /* weights of an output that lie side by side */

struct resize_axis {
	int from, to;
	int taps;        /* inputs of an output, at most */
	int groups;      /* taps / RESIZE_GROUP, rounded up */
	int total;       /* sum of an output's weights, the same for all */
	int begin, end;  /* outputs whose groups lie wholly within the inputs */
	int32_t *first;  /* [to] first input of each output, which may lie before 0 */
	int16_t *weight; /* [groups][to][RESIZE_GROUP], 0 behind the last */
};

struct resize {
	struct resize_axis across, down;
};

/* From w * h to to_w * to_h pixels. GPPI_E_NOMEM: nothing is kept. */
int resize_init(struct resize *r, int w, int h, int to_w, int to_h);
void resize_free(struct resize *r);

/* work: across.to * down.from bytes */
void resize_picture(const struct resize *r, const uint8_t *from, uint8_t *work, uint8_t *to);

/* The inner loops, for each processor level; they give the same bits. */
struct resize_kernels {
	/* One row. */
	void (*across)(const struct resize_axis *a, const uint8_t *from, uint8_t *to);
	/* Output row i from rows of w pixels. */
	void (*down)(const struct resize_axis *a, int i, const uint8_t *from, int w, uint8_t *to);
	/* out[i] = v[i] * scale + offset, product and sum rounded to float, clamped to 0..255 and cut */
	void (*greys)(const int16_t *v, int n, float scale, float offset, uint8_t *out);
};

extern const struct resize_kernels resize_kernels_c;
#if defined(__x86_64__)
extern const struct resize_kernels resize_kernels_avx2;
#endif

/* Those for cpu_features(). */
const struct resize_kernels *resize_kernels(void);

/* For kernels. A sum becomes (sum + add) * factor, cut: the mean, halves upwards. The quarter in `add` keeps the
 * product 1/4 / total away from whole numbers; rounding moves it by less. */
static inline float resize_add(const struct resize_axis *a)
{
	return (float)a->total / 2 + 0.25F;
}

static inline float resize_factor(const struct resize_axis *a)
{
	return 1 / (float)a->total;
}

static inline int16_t resize_weight(const struct resize_axis *a, int i, int tap)
{
	size_t group = (size_t)(tap / RESIZE_GROUP) * (size_t)a->to + (size_t)i;

	return a->weight[group * RESIZE_GROUP + (size_t)(tap % RESIZE_GROUP)];
}

static inline int resize_within(const struct resize_axis *a, int at)
{
	return at < 0 ? 0 : at >= a->from ? a->from - 1 : at;
}

/* Output i of a row, in plain C. */
uint8_t resize_one(const struct resize_axis *a, int i, const uint8_t *from);

#endif

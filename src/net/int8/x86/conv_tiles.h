/* Convolution on tile registers (AMX): 16 output pixels x 16 channels of sums in each, of 64 input bytes at a time.
 *
 * A file that includes this gives, before it:
 *
 *   tiles_begin(rows)           sums and inputs of the next instructions have `rows` pixels, 1..16
 *   tiles_end()
 *   tile_load(t, p, step)       register t, a number 0..7: rows of 64 bytes, `step` bytes apart; weights have 16 rows
 *   tile_dot(sum, a, w)         register sum, int32[pixel][channel] += products u8 * s8 of four bytes each
 *   tile_store(t, p)            16 int32 a row
 *   vec, v_load, v_store, V_TOGETHER, v_store_together       as for simd/conv.h, with vectors of 16 lanes
 *   below                       other kernels: inputs of few channels are theirs
 *
 * Weights: for every 16 output channels, every row of the patch and every 64 bytes of that row ("chunk"; zeros behind
 * its end) [16 groups of four bytes][16 channels][4]. Input bytes behind the row's end are loaded, and multiplied with
 * these zeros: at most 60, and there are NET_OVERREAD behind a tensor.
 *
 * Pixels of a tile are a fixed number of bytes apart: along a row of the output, along a column, or, with stride 1,
 * through the whole image, borders included, whose sums are thrown away. What needs the fewest tiles, in pairs, is
 * taken. The last tile of a line begins so early that it ends with the line: some pixels are then made twice. */
#include <string.h>

#include "net/int8/kernels.h"

#define SIDE 16                 /* pixels and channels of a tile */
#define CHUNK 64                /* bytes of a patch's row in one */
#define TILE ((ptrdiff_t)SIDE * SIDE) /* sums */
#define TILE_BYTES ((ptrdiff_t)SIDE * CHUNK) /* of weights */
#define PITCH_MIN 16            /* with fewer channels most of a chunk would be zeros */

struct tiles_shape {
	int blocks, chunks; /* 16 channels each; per row of the patch */
	size_t requant, weights, size; /* bytes from the start of what is packed; bias comes first */
};

static bool tiles_suit(const struct net_conv *cv)
{
	return cv->in_pitch >= PITCH_MIN;
}

static struct tiles_shape tiles_shape(const struct net_conv *cv)
{
	struct tiles_shape s = { .blocks = (cv->out_pitch + SIDE - 1) / SIDE,
				 .chunks = (cv->kernel * cv->in_pitch + CHUNK - 1) / CHUNK };

	s.requant = (size_t)s.blocks * SIDE * sizeof(int32_t);
	s.weights = 2 * s.requant;
	s.size = s.weights + (size_t)s.blocks * (size_t)cv->kernel * (size_t)s.chunks * SIDE * CHUNK;
	return s;
}

static size_t tiles_packed_size(const struct net_conv *cv)
{
	return tiles_suit(cv) ? tiles_shape(cv).size : below.conv_packed_size(cv);
}

/* Where the groups of one channel go that belong to a row of the patch: `from`, without gaps between pixels. */
static void pack_row(const struct net_conv *cv, const int8_t *from, int8_t *to)
{
	for (int x = 0; x < cv->kernel; x++)
		for (int c = 0; c < cv->in_c; c += 4, from += 4) {
			int8_t *group = to + (size_t)(x * cv->in_pitch + c) * SIDE;
			if (cv->in_c - c >= 4) {
				memcpy(group, from, 4);
				continue;
			}
			memcpy(group, from, (size_t)(cv->in_c - c));
			from -= 4 - (cv->in_c - c);
		}
}

static void tiles_pack(const struct net_conv *cv, const int8_t *weights, void *packed)
{
	if (!tiles_suit(cv)) {
		below.conv_pack(cv, weights, packed);
		return;
	}
	const struct tiles_shape s = tiles_shape(cv);
	size_t row = (size_t)s.chunks * SIDE * CHUNK, from = (size_t)cv->kernel * (size_t)cv->in_c;
	int32_t *bias = packed;
	float *requant = (void *)((char *)packed + s.requant);
	int8_t *out = (int8_t *)packed + s.weights;

	memset(out, 0, s.size - s.weights);
	for (int c = 0; c < s.blocks * SIDE; c++) {
		/* surplus channels: -zero * 1 + zero = 0 */
		bias[c] = c < cv->out_c ? cv->bias[c] : -cv->zero;
		requant[c] = c < cv->out_c ? cv->requant[c] : 1;
		int8_t *to = out + (size_t)(c / SIDE) * (size_t)cv->kernel * row + (size_t)(c % SIDE) * 4;
		for (int y = 0; c < cv->out_c && y < cv->kernel; y++, weights += from)
			pack_row(cv, weights, to + (size_t)y * row);
	}
}

static size_t tiles_scratch(const struct net_conv *cv)
{
	return tiles_suit(cv) ? (size_t)TILE * 4 * sizeof(int32_t) : below.conv_scratch(cv);
}

/* What all tiles of a block of 16 or 32 channels share. */
struct tiles_job {
	ptrdiff_t step, row;       /* input bytes between pixels of a line, between rows of the patch */
	int kernel, chunks;
	const int8_t *weights[2];
	const int32_t *bias;
	const float *requant;
	int32_t *sums;
	int run, period;           /* of so many pixels of a line, so many are wanted */
	ptrdiff_t dst_step, dst_next; /* output bytes between pixels of a run; between runs */
	int zero, bytes, rows;
};

#define TILE_JOB(m, n) \
	static void tiles_##m##x##n(const struct tiles_job *j, const uint8_t *a, const uint8_t *b) \
	{ \
		const int8_t *w0 = j->weights[0], *w1 = j->weights[1]; \
		(void)b, (void)w1; \
		tile_load(0, j->bias, 0); \
		if ((n) > 1) \
			tile_load(1, j->bias + SIDE, 0); \
		if ((m) > 1) \
			tile_load(2, j->bias, 0); \
		if ((m) > 1 && (n) > 1) \
			tile_load(3, j->bias + SIDE, 0); \
		for (int y = 0; y < j->kernel; y++, a += j->row, b += (m) > 1 ? j->row : 0) \
			for (int k = 0; k < j->chunks; k++) { \
				tile_load(6, w0, CHUNK); \
				tile_load(4, a + (ptrdiff_t)k * CHUNK, j->step); \
				tile_dot(0, 4, 6); \
				w0 += TILE_BYTES; \
				if ((n) > 1) { \
					tile_load(7, w1, CHUNK); \
					tile_dot(1, 4, 7); \
					w1 += TILE_BYTES; \
				} \
				if ((m) > 1) { \
					tile_load(5, b + (ptrdiff_t)k * CHUNK, j->step); \
					tile_dot(2, 5, 6); \
				} \
				if ((m) > 1 && (n) > 1) \
					tile_dot(3, 5, 7); \
			} \
		tile_store(0, j->sums); \
		if ((n) > 1) \
			tile_store(1, j->sums + TILE); \
		if ((m) > 1) \
			tile_store(2, j->sums + 2 * TILE); \
		if ((m) > 1 && (n) > 1) \
			tile_store(3, j->sums + 3 * TILE); \
	}

TILE_JOB(1, 1)
TILE_JOB(1, 2)
TILE_JOB(2, 1)
TILE_JOB(2, 2)

/* n pixels of `vecs` blocks each; the last ones may be stored twice. */
SIMD_INLINE void store_pixels(const struct tiles_job *j, const int vecs, const int32_t *sums, int n, uint8_t *dst)
{
	const int together = V_TOGETHER(vecs);
	vec acc[4][4];

#define ACC(p, v) acc[p][v] = v_load((const vec *)(const void *)(from + (ptrdiff_t)(p) * SIDE + (v) * TILE))
	for (int i = 0; i < n; i += together) {
		int p = i + together <= n ? i : n - together, single = p < 0 || together == 1;
		const int32_t *from = sums + (ptrdiff_t)(single ? i : p) * SIDE;
		ACC(0, 0);
		if (vecs > 1)
			ACC(0, 1);
		if (single) {
			v_store(dst + i * j->dst_step, acc[0], vecs, j->requant, j->zero, j->bytes);
			i -= together - 1;
			continue;
		}
		ACC(1, 0);
		if (vecs > 1) {
			ACC(1, 1);
		} else {
			ACC(2, 0);
			ACC(3, 0);
		}
		v_store_together(dst + p * j->dst_step, j->dst_step, acc, vecs, j->requant, j->zero, j->bytes,
				 j->bytes);
	}
#undef ACC
}

/* The tile's pixels begin with number `first` of the line, which begins at dst. */
SIMD_INLINE void store_tile(const struct tiles_job *j, const int vecs, const int32_t *sums, int first, uint8_t *dst)
{
	int x = first % j->period;

	dst += first / j->period * j->dst_next;
	for (int p = 0; p < j->rows; p += j->period - x, x = 0, dst += j->dst_next) {
		int n = j->run - x < j->rows - p ? j->run - x : j->rows - p;
		if (n > 0)
			store_pixels(j, vecs, sums + (ptrdiff_t)p * SIDE, n, dst + x * j->dst_step);
	}
}

/* A line of pixels, of which the input of the first begins at src. */
SIMD_INLINE void tiles_line(const struct tiles_job *j, const int vecs, int pixels, const uint8_t *src, uint8_t *dst)
{
	const int last = pixels - j->rows;

	for (int p = 0; p < pixels; p += 2 * SIDE) {
		int a = p < last ? p : last, b = p + SIDE < last ? p + SIDE : last, two = p + SIDE < pixels;
		const uint8_t *at = src + a * j->step, *next = src + b * j->step;

		if (vecs > 1)
			(two ? tiles_2x2 : tiles_1x2)(j, at, next);
		else
			(two ? tiles_2x1 : tiles_1x1)(j, at, next);
		store_tile(j, vecs, j->sums, a, dst);
		if (two)
			store_tile(j, vecs, j->sums + 2 * TILE, b, dst);
	}
}

/* How the pixels of the output become lines. */
struct tiles_lines {
	int n, pixels;               /* lines, pixels of each */
	int run, period;
	ptrdiff_t step, next;        /* input bytes between pixels of a line, between lines */
	ptrdiff_t dst_step, dst_run, dst_next;
};

/* One tile takes as long as two: it waits for its own sums. */
static int pairs_of(const struct tiles_lines *l)
{
	return l->n * ((l->pixels + 2 * SIDE - 1) / (2 * SIDE));
}

static struct tiles_lines choose_lines(const struct net_conv *cv, const struct net_tensor *in,
				       const struct net_tensor *out)
{
	const int wide = in->w + 2 * in->halo;
	const ptrdiff_t x = (ptrdiff_t)cv->stride * in->pitch, y = (ptrdiff_t)cv->stride * wide * in->pitch;
	const ptrdiff_t dst_x = out->pitch, dst_y = (ptrdiff_t)(out->w + 2 * out->halo) * out->pitch;
	const struct tiles_lines rows = { out->h, out->w, out->w, out->w, x, y, dst_x, 0, dst_y };
	const struct tiles_lines columns = { out->w, out->h, out->h, out->h, y, x, dst_y, 0, dst_x };
	const struct tiles_lines all = { 1, (out->h - 1) * wide + out->w, out->w, wide, x, 0, dst_x, dst_y, 0 };
	struct tiles_lines best = pairs_of(&columns) < pairs_of(&rows) ? columns : rows;

	return cv->stride == 1 && pairs_of(&all) < pairs_of(&best) ? all : best;
}

static void tiles_conv(const struct net_conv *cv, const struct net_tensor *in, const struct net_tensor *out,
		       void *scratch)
{
	if (!tiles_suit(cv)) {
		below.conv(cv, in, out, scratch);
		return;
	}
	const struct tiles_shape s = tiles_shape(cv);
	const struct tiles_lines l = choose_lines(cv, in, out);
	const size_t block = (size_t)cv->kernel * (size_t)s.chunks * SIDE * CHUNK;
	const uint8_t *src = net_pixel(in, -cv->pad, -cv->pad);
	uint8_t *dst = net_pixel_out(out, 0, 0);
	struct tiles_job j = {
		.step = l.step, .row = (ptrdiff_t)(in->w + 2 * in->halo) * in->pitch,
		.kernel = cv->kernel, .chunks = s.chunks,
		.sums = scratch, .run = l.run, .period = l.period, .dst_step = l.dst_step, .dst_next = l.dst_run,
		.zero = cv->zero, .rows = l.pixels < SIDE ? l.pixels : SIDE,
	};

	tiles_begin(j.rows);
	for (int b = 0; b < s.blocks; b += 2) {
		int vecs = s.blocks - b > 1 ? 2 : 1, bytes = cv->out_pitch - b * SIDE;
		j.weights[0] = (const int8_t *)cv->packed + s.weights + (size_t)b * block;
		j.weights[1] = j.weights[0] + block;
		j.bias = (const int32_t *)cv->packed + (ptrdiff_t)b * SIDE;
		j.requant = (const float *)(const void *)((const char *)cv->packed + s.requant) + (ptrdiff_t)b * SIDE;
		j.bytes = bytes < vecs * SIDE ? bytes : vecs * SIDE;
		for (int i = 0; i < l.n; i++) {
			uint8_t *to = dst + (ptrdiff_t)b * SIDE + i * l.dst_next;
			if (vecs > 1)
				tiles_line(&j, 2, l.pixels, src + i * l.next, to);
			else
				tiles_line(&j, 1, l.pixels, src + i * l.next, to);
		}
	}
	tiles_end();
}

/* All products are made one step at a time; nothing is told of convolutions that are left to the kernels below. */
static void tiles_bundles(const struct net_conv *cv, int32_t count[NET_BUNDLES])
{
	const struct tiles_shape s = tiles_shape(cv);

	memset(count, 0, NET_BUNDLES * sizeof *count);
	count[0] = tiles_suit(cv) ? s.blocks * cv->kernel * s.chunks * SIDE : 0;
}

/* Four products a round, as in tiles_line(). */
static double tiles_peak(int bundle, int rounds)
{
	static const _Alignas(64) uint8_t data[TILE_BYTES] = { 1, 2, 3 };

	if (bundle != 1)
		return 0;
	tiles_begin(SIDE);
	tile_load(0, data, CHUNK);
	tile_load(1, data, CHUNK);
	tile_load(2, data, CHUNK);
	tile_load(3, data, CHUNK);
	tile_load(4, data, CHUNK);
	tile_load(5, data, CHUNK);
	tile_load(6, data, CHUNK);
	tile_load(7, data, CHUNK);
	for (int i = 0; i < rounds; i++) {
		tile_dot(0, 4, 6);
		tile_dot(1, 4, 7);
		tile_dot(2, 5, 6);
		tile_dot(3, 5, 7);
	}
	tiles_end();
	return 4.0 * SIDE * SIDE * CHUNK * rounds;
}

static void tiles_fill(struct net_kernels *k)
{
	k->conv_packed_size = tiles_packed_size;
	k->conv_pack = tiles_pack;
	k->conv_scratch = tiles_scratch;
	k->conv = tiles_conv;
	k->conv_bundles = tiles_bundles;
	k->peak = tiles_peak;
}

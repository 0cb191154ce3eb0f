/* Convolution on vectors: one source for every instruction set.
 *
 * A file that includes this gives, before it:
 *
 *   V_LANES          int32 lanes of a vector
 *   V_MAX            vectors of output channels per block, 1..4
 *   V_PIXELS(vecs)   output pixels per tile for a block of `vecs` vectors, 1..12
 *   V_BUNDLE         groups per widening (bundle.h); 1 where the dot product widens by itself
 *   V_CHANNEL(vecs, lane)   channel within the block of a lane
 *   vec              a vector
 *   v_load(p)        from aligned memory
 *   v_broadcast(p)   four bytes, from any address, to every lane
 *   v_store(dst, acc, vecs, requant, zero, bytes)   requantises int32 sums, stores u7 bytes
 *   V_TOGETHER(vecs), v_store_together(dst, step, acc, vecs, requant, zero, inside, last)   where so many
 *                    pixels are stored faster at once: `step` bytes apart, `last` bytes of the last one and
 *                    `inside` of the others
 *
 *   V_BUNDLE == 1:   v_dot(acc, a, w)    acc + four products u7 * s8 in every lane
 *   V_BUNDLE > 1:    v_pairs(a, w), v_pairs_mem(a, &w)          16-bit sums of two products
 *                    v_more(s, a, w), v_more_mem(s, a, &w)      the same added to s
 *                    v_widen(acc, s)     acc + both halves of every lane
 *                    V_HELD              weights of a bundle kept in registers, 1..4
 *                    V_SPLIT             1: weights and halves as simd_layout.split (pack.h)
 *
 *   V_KEEP(v)        no instruction, but one that the compiler believes to change v (not needed
 *                    with V_NO_PEAK)
 *
 * The loop: a tile of pixels x vectors is held in registers. For each group of four input bytes
 * the weights of all lanes are loaded once, and the four bytes of every pixel broadcast and
 * multiplied with them. Where a group lies in the input is looked up, so that bundles may join
 * groups from anywhere in the patch, and rows of the patch need no loop of their own.
 */
#include "net/int8/simd/pack.h"
#include "net/int8/simd/unroll.h"

#define TILE_MAX 12

#ifndef V_SPLIT
#define V_SPLIT 0
#endif
#ifndef V_TOGETHER
#define V_TOGETHER(vecs) 1
#define v_store_together(dst, step, acc, vecs, requant, zero, inside, last) ((void)0)
#endif

/* What the tiles of one block share. */
struct conv_tile {
	const int32_t *bias;
	const float *requant;
	const int32_t *offset; /* of each group from the patch's first byte */
	const vec *weights;
	const int32_t *bundles;
	ptrdiff_t step[6];     /* k * bytes from one pixel's patch to the next one's */
	ptrdiff_t dst_step;
	int zero;
	int bytes;             /* to store per pixel */
	int bytes_inside;      /* the same where another pixel of the tile follows */
};

#if V_BUNDLE > 1

/* One pixel of a tile, one bundle of n groups: q[g] are the groups of the tile's first pixel. */
SIMD_INLINE void tile_pixel(const int n, const int vecs, vec *acc, const uint8_t *const *q,
			    ptrdiff_t at, const vec *held, const vec *w)
{
	vec sum[4], a;

#define FIRST(v) \
	sum[v] = (v) < V_HELD ? v_pairs(a, held[(v) % V_HELD]) : v_pairs_mem(a, &w[v])
#define MORE(g, v) \
	sum[v] = (g) * vecs + (v) < V_HELD ? v_more(sum[v], a, held[((g) * vecs + (v)) % V_HELD]) \
					   : v_more_mem(sum[v], a, &w[(g) * vecs + (v)])
#define MORE1(v) MORE(1, v)
#define MORE2(v) MORE(2, v)
#define MORE3(v) MORE(3, v)
#define WIDEN(v) acc[v] = v_widen(acc[v], sum[v])
	a = v_broadcast(q[0] + at);
	UNROLL_4(vecs, FIRST);
	if (n > 1) {
		a = v_broadcast(q[1] + at);
		UNROLL_4(vecs, MORE1);
	}
	if (n > 2) {
		a = v_broadcast(q[2] + at);
		UNROLL_4(vecs, MORE2);
	}
	if (n > 3) {
		a = v_broadcast(q[3] + at);
		UNROLL_4(vecs, MORE3);
	}
	UNROLL_4(vecs, WIDEN);
#undef FIRST
#undef MORE
#undef MORE1
#undef MORE2
#undef MORE3
#undef WIDEN
}

#else

#define V_HELD V_MAX

SIMD_INLINE void tile_pixel(const int n, const int vecs, vec *acc, const uint8_t *const *q,
			    ptrdiff_t at, const vec *held, const vec *w)
{
	vec a = v_broadcast(q[0] + at);

	(void)n, (void)w;
#define DOT(v) acc[v] = v_dot(acc[v], a, held[v])
	UNROLL_4(vecs, DOT);
#undef DOT
}

#endif

/* `count` bundles of n groups. */
SIMD_INLINE void tile_bundles(const int n, const int pixels, const int vecs, vec acc[TILE_MAX][4],
			      const struct conv_tile *t, const uint8_t *src, const int32_t **offset,
			      const vec **weights)
{
	const ptrdiff_t s1 = t->step[1], s2 = t->step[2], s3 = t->step[3], s4 = t->step[4], s5 = t->step[5];
	const ptrdiff_t far = pixels > 6 ? s3 + s3 : 0;
	const int32_t *off = *offset;
	const vec *w = *weights;

	for (int i = t->bundles[n - 1]; i > 0; i--, off += n, w += (ptrdiff_t)n * vecs) {
		const uint8_t *q[4], *r[4];
		vec held[4];

#define GROUP(g) (q[g] = src + off[g], r[g] = q[g] + far)
#define HOLD(k) held[k] = v_load(&w[k])
#define PIXEL(p) \
	tile_pixel(n, vecs, acc[p], (p) < 6 ? q : r, (p) % 6 == 0 ? 0 : (p) % 6 == 1 ? s1 : (p) % 6 == 2 ? s2 : \
		   (p) % 6 == 3 ? s3 : (p) % 6 == 4 ? s4 : s5, held, w)
		UNROLL_4(n, GROUP);
		UNROLL_4(n * vecs < V_HELD ? n * vecs : V_HELD, HOLD);
		UNROLL_12(pixels, PIXEL);
#undef GROUP
#undef HOLD
#undef PIXEL
	}
	*offset = off;
	*weights = w;
}

SIMD_INLINE void tile_start(const int vecs, vec *acc, const vec *bias)
{
#define START(v) acc[v] = v_load(&bias[v])
	UNROLL_4(vecs, START);
#undef START
}

SIMD_INLINE void tile_conv(const int pixels, const int vecs, const struct conv_tile *t,
			   const uint8_t *src, uint8_t *dst)
{
	vec acc[TILE_MAX][4];
	const int32_t *offset = t->offset;
	const vec *weights = t->weights;

	const int together = V_TOGETHER(vecs), grouped = together > 1 ? pixels / together * together : 0;

#define BYTES(p) ((p) + 1 < pixels ? t->bytes_inside : t->bytes)
#define STORE(p) \
	do { \
		if ((p) >= grouped) \
			v_store(dst + (p) * t->dst_step, acc[p], vecs, t->requant, t->zero, BYTES(p)); \
		else if ((p) % together == 0) \
			v_store_together(dst + (p) * t->dst_step, t->dst_step, acc + (p), vecs, t->requant, \
					 t->zero, t->bytes_inside, BYTES((p) + together - 1)); \
	} while (0)
#define START(p) tile_start(vecs, acc[p], (const vec *)(const void *)t->bias)
	UNROLL_12(pixels, START);
	if (V_BUNDLE > 3)
		tile_bundles(4, pixels, vecs, acc, t, src, &offset, &weights);
	if (V_BUNDLE > 2)
		tile_bundles(3, pixels, vecs, acc, t, src, &offset, &weights);
	if (V_BUNDLE > 1)
		tile_bundles(2, pixels, vecs, acc, t, src, &offset, &weights);
	tile_bundles(1, pixels, vecs, acc, t, src, &offset, &weights);
	UNROLL_12(pixels, STORE);
#undef START
#undef STORE
#undef BYTES
}

typedef void tile_fn(const struct conv_tile *t, const uint8_t *src, uint8_t *dst);

#define TILE(pixels, vecs) \
	static void tile_##pixels##x##vecs(const struct conv_tile *t, const uint8_t *src, uint8_t *dst) \
	{ \
		if ((vecs) <= V_MAX && (pixels) <= V_PIXELS(vecs)) \
			tile_conv(pixels, (vecs) <= V_MAX ? (vecs) : 1, t, src, dst); \
	}
#define TILES(vecs) \
	TILE(1, vecs) TILE(2, vecs) TILE(3, vecs) TILE(4, vecs) TILE(5, vecs) TILE(6, vecs) \
	TILE(7, vecs) TILE(8, vecs) TILE(9, vecs) TILE(10, vecs) TILE(11, vecs) TILE(12, vecs)
#define TILE_ROW(vecs) \
	{ tile_1x##vecs, tile_2x##vecs, tile_3x##vecs, tile_4x##vecs, tile_5x##vecs, tile_6x##vecs, \
	  tile_7x##vecs, tile_8x##vecs, tile_9x##vecs, tile_10x##vecs, tile_11x##vecs, tile_12x##vecs }

TILES(1)
TILES(2)
TILES(3)
TILES(4)

static int conv_tiles(int vecs, int line)
{
	static const int pixels[] = { V_PIXELS(1), V_PIXELS(2), V_PIXELS(3), V_PIXELS(4) };
	return (line + pixels[vecs - 1] - 1) / pixels[vecs - 1];
}

/* One line of output pixels, in tiles of nearly equal length. */
static void conv_line(const struct conv_tile *t, int vecs, int line, const uint8_t *src, uint8_t *dst)
{
	static tile_fn *const tile[4][TILE_MAX] = { TILE_ROW(1), TILE_ROW(2), TILE_ROW(3), TILE_ROW(4) };
	int n = conv_tiles(vecs, line);

	for (int i = 0, done = 0; i < n; i++) {
		int pixels = (line - done) / (n - i);
		tile[vecs - 1][pixels - 1](t, src, dst);
		src += pixels * t->step[1];
		dst += pixels * t->dst_step;
		done += pixels;
	}
}

/* Tiles run along x, or along y in images so narrow that this fills them better. */
static void conv(const struct net_conv *cv, const struct net_tensor *in, const struct net_tensor *out,
		 void *scratch)
{
	ptrdiff_t in_row = (ptrdiff_t)(in->w + 2 * in->halo) * in->pitch;
	ptrdiff_t src_step[2] = { (ptrdiff_t)cv->stride * in->pitch, cv->stride * in_row };
	ptrdiff_t dst_step[2] = { out->pitch, (ptrdiff_t)(out->w + 2 * out->halo) * out->pitch };
	const uint8_t *src = net_pixel(in, -cv->pad, -cv->pad);
	uint8_t *dst = net_pixel_out(out, 0, 0);
	const struct simd_block *b = cv->packed;
	int32_t *offset = scratch;

	for (int c = 0; c < cv->out_pitch; c += b->lanes, b = simd_next(b)) {
		const int32_t *place = simd_part(b, simd_places_at(b));
		int down = conv_tiles(b->vecs, out->h) * out->w < conv_tiles(b->vecs, out->w) * out->h;
		struct conv_tile t = {
			.bias = simd_part(b, simd_bias_at()), .requant = simd_part(b, simd_requant_at(b)),
			.offset = offset,
			.weights = simd_part(b, simd_weights_at(b)), .bundles = b->bundles,
			.dst_step = dst_step[down], .zero = cv->zero, .bytes = b->bytes, .bytes_inside = b->bytes,
		};
		/* Pixels of 12 bytes are stored whole; the next one overwrites the surplus. */
		if (b->bytes == 12 && t.dst_step == 12)
			t.bytes_inside = 16;
		for (int k = 0; k < 6; k++)
			t.step[k] = k * src_step[down];
		for (int g = 0; g < b->groups; g++)
			offset[g] = (int32_t)(SIMD_PLACE_KY(place[g]) * in_row + SIMD_PLACE_BYTE(place[g]));
		int lines = down ? out->w : out->h, line = down ? out->h : out->w;
		for (int i = 0; i < lines; i++)
			conv_line(&t, b->vecs, line, src + i * src_step[!down], dst + c + i * dst_step[!down]);
	}
}

/* ---- the most this processor could do ---- */

#ifndef V_NO_PEAK /* where a vector is no register */
SIMD_INLINE vec peak_step(const int n, vec acc, vec a, vec w)
{
#if V_BUNDLE > 1
	/* or equal products would be computed once */
	V_KEEP(a);
	vec sum = v_pairs(a, w);
	for (int i = 1; i < n; i++) {
		V_KEEP(a);
		sum = v_more(sum, a, w);
	}
	return v_widen(acc, sum);
#else
	(void)n;
	return v_dot(acc, a, w);
#endif
}

/* Twelve sums are enough to hide the latency of every instruction in use. */
SIMD_INLINE double peak_loop(const int n, int rounds, const vec *data)
{
	const int sums = V_BUNDLE > 1 ? 8 : 12;
	vec acc[12], a = v_load(data), w = v_load(data);

	if (n > V_BUNDLE)
		return 0;
#define CLEAR(i) acc[i] = w
#define STEP(i) acc[i] = peak_step(n, acc[i], a, w)
#define USE(i) V_KEEP(acc[i])
	UNROLL_12(sums, CLEAR);
	for (int r = 0; r < rounds; r++)
		UNROLL_12(sums, STEP);
	UNROLL_12(sums, USE);
#undef CLEAR
#undef STEP
#undef USE
	return (double)rounds * sums * n * V_LANES * 4;
}

static double conv_peak(int bundle, int rounds)
{
	static const _Alignas(64) int8_t data[64] = { 1, 2, 3 };
	const vec *v = (const vec *)(const void *)data;

	return bundle == 1 ? peak_loop(1, rounds, v) : bundle == 2 ? peak_loop(2, rounds, v) :
	       bundle == 3 ? peak_loop(3, rounds, v) : peak_loop(4, rounds, v);
}
#endif

static int conv_channel(int vecs, int lane)
{
	return V_CHANNEL(vecs, lane);
}

static const struct simd_layout conv_layout = {
	.vec_lanes = V_LANES, .max_vecs = V_MAX, .max_bundle = V_BUNDLE, .split = V_SPLIT,
	.channel = conv_channel,
};

static size_t conv_packed_size(const struct net_conv *cv)
{
	return simd_packed_size(&conv_layout, cv);
}

static void conv_pack(const struct net_conv *cv, const int8_t *weights, void *packed)
{
	simd_pack(&conv_layout, cv, weights, packed);
}

static void conv_fill(struct net_kernels *k)
{
	k->conv_packed_size = conv_packed_size;
	k->conv_pack = conv_pack;
	k->conv_scratch = simd_scratch;
	k->conv = conv;
	k->conv_bundles = simd_bundles;
#ifndef V_NO_PEAK
	k->peak = conv_peak;
#else
	k->peak = NULL;
#endif
}

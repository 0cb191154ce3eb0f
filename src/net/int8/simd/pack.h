/* Weights in the order of the convolution kernels (conv.h), for every vector length.
 *
 * The output channels are cut into blocks of up to max_vecs vectors. A patch is cut into
 * "groups" of four input bytes that one broadcast fetches; groups never cross a row of the
 * patch. One block, every part on a multiple of 64 bytes:
 *
 *     struct simd_block
 *     int32_t bias[lanes], float requant[lanes]     surplus lanes give 0
 *     int32_t place[groups]                         SIMD_PLACE(ky, byte within the row)
 *     int8_t  weights[groups][lanes][4]             within a vector: see simd_layout.split
 *
 * Groups are ordered by bundle: see simd_bundle().
 */
#ifndef NET_SIMD_PACK_H
#define NET_SIMD_PACK_H

#include "net/int8/kernels.h"


struct simd_layout {
	int vec_lanes;  /* output channels per vector */
	int max_vecs;   /* vectors per block */
	int max_bundle; /* 1..NET_BUNDLES */
	/* A lane's four bytes lie together, and its 16-bit halves sum bytes 0, 1 and bytes 2, 3. With
	 * split, bytes 0, 1 of all lanes of a vector come before bytes 2, 3 of all, and the halves sum
	 * bytes 0, 2 and bytes 1, 3. */
	int split;
	/* channel within the block of a lane of a block of `vecs` vectors */
	int (*channel)(int vecs, int lane);
};

struct simd_block {
	int32_t vecs, lanes, groups, channel0; /* lanes = vecs * vec_lanes */
	int32_t bytes;                         /* to store per pixel */
	int32_t size;                          /* of the whole block, in units of 64 bytes */
	int32_t bundles[NET_BUNDLES];      /* number of bundles of 1, 2 .. groups; largest come first */
	int32_t unused[6];
};

#define SIMD_PLACE(ky, byte) ((ky) << 16 | (byte))
#define SIMD_PLACE_KY(place) ((place) >> 16)
#define SIMD_PLACE_BYTE(place) ((place) & 0xffff)

size_t simd_packed_size(const struct simd_layout *layout, const struct net_conv *cv);
void simd_pack(const struct simd_layout *layout, const struct net_conv *cv, const int8_t *weights,
	       void *packed);
/* bytes for the places of one block as offsets into the input */
size_t simd_scratch(const struct net_conv *cv);
/* Adds up struct simd_block.bundles over all blocks. */
void simd_bundles(const struct net_conv *cv, int32_t count[NET_BUNDLES]);

/* Where the parts of a block begin, in bytes. */
static inline size_t simd_up64(size_t n)
{
	return (n + 63) / 64 * 64;
}

static inline size_t simd_bias_at(void)
{
	return sizeof(struct simd_block);
}

static inline size_t simd_requant_at(const struct simd_block *b)
{
	return simd_bias_at() + simd_up64((size_t)b->lanes * 4);
}

static inline size_t simd_places_at(const struct simd_block *b)
{
	return simd_requant_at(b) + simd_up64((size_t)b->lanes * 4);
}

static inline size_t simd_weights_at(const struct simd_block *b)
{
	return simd_places_at(b) + simd_up64((size_t)b->groups * 4);
}

/* The part of a block that begins at byte `at`. */
static inline const void *simd_part(const struct simd_block *b, size_t at)
{
	return (const char *)b + at;
}

static inline const struct simd_block *simd_next(const struct simd_block *b)
{
	return simd_part(b, (size_t)b->size * 64);
}

#endif

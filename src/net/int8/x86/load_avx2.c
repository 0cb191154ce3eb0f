/* From the planar image to channels last: blocks of 16 pixels x 16 channels, transposed. */
#include <string.h>

#include "net/int8/ref/ref.h"
#include "net/int8/x86/requant_avx2.h"
#include "net/int8/x86/x86.h"

#define BLOCK 16

static inline __m128i load16(const uint8_t *p)
{
	return _mm_min_epu8(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_set1_epi8(127));
}

/* Interleaving the first half with the second one, four times, transposes 16 x 16. */
static inline void shuffle(const __m128i from[BLOCK], __m128i to[BLOCK])
{
	for (size_t i = 0; i < BLOCK / 2; i++) {
		to[2 * i] = _mm_unpacklo_epi8(from[i], from[i + BLOCK / 2]);
		to[2 * i + 1] = _mm_unpackhi_epi8(from[i], from[i + BLOCK / 2]);
	}
}

/* `channels` (1..16) rows of 16 pixels, `plane` bytes apart, to `bytes` bytes of 16 pixels. */
static void block(const uint8_t *in, size_t plane, int channels, uint8_t *dst, int pitch, int bytes)
{
	__m128i a[BLOCK], b[BLOCK];

	for (int c = 0; c < BLOCK; c++)
		a[c] = c < channels ? load16(in + (size_t)c * plane) : _mm_setzero_si128();
	shuffle(a, b);
	shuffle(b, a);
	shuffle(a, b);
	shuffle(b, a);
	for (int x = 0; x < BLOCK; x++, dst += pitch)
		store_bytes(dst, a[x], bytes);
}

static void load_row(const uint8_t *in, int n, uint8_t *dst)
{
	for (int x = 0; x < n; x += BLOCK) {
		x = x > n - BLOCK ? n - BLOCK : x;
		_mm_storeu_si128((__m128i *)(void *)(dst + x), load16(in + x));
	}
}

#include "net/int8/simd/load.h"

void net_avx2_load(struct net_kernels *k)
{
	k->load = load;
}

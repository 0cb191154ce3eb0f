/* The block function of SHA-256 with the SHA extensions: two rounds an instruction. */
#include "base/sha256.h"

#if defined(__SHA__)
#include <immintrin.h>

void sha256_blocks_sha(uint32_t state[8], const uint8_t *p, size_t blocks)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	const __m128i *key = (const __m128i *)(const void *)sha256_round_key;
	__m128i *place = (__m128i *)(void *)state;
	/* The instructions want the words as ABEF and CDGH, highest first. */
	__m128i dcba = _mm_loadu_si128(place), hgfe = _mm_loadu_si128(place + 1);
	__m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);
	__m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);

	for (; blocks > 0; blocks--, p += 64) {
		const __m128i abef0 = abef, cdgh0 = cdgh;
		__m128i w[4];

		for (int i = 0; i < 16; i++) {
			__m128i now;
			if (i < 4) {
				now = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
				now = _mm_shuffle_epi8(now, swap);
			} else { /* w[i] of the four words 16, 15.., 7.. and 2.. before */
				__m128i a = _mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]);
				a = _mm_add_epi32(a, _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4));
				now = _mm_sha256msg2_epu32(a, w[(i + 3) & 3]);
			}
			w[i & 3] = now;
			__m128i sum = _mm_add_epi32(now, _mm_loadu_si128(key + i));
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
		}
		abef = _mm_add_epi32(abef, abef0);
		cdgh = _mm_add_epi32(cdgh, cdgh0);
	}
	__m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128(place, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128(place + 1, _mm_alignr_epi8(dchg, feba, 8));
}
#elif defined(__x86_64__)
/* A compiler run without the file's own flags (lint). */
void sha256_blocks_sha(uint32_t state[8], const uint8_t *p, size_t blocks)
{
	(void)state, (void)p, (void)blocks;
}
#endif

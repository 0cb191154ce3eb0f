/* CRC-32 by folding with carry-less products. The constants are x^(d +- 32) mod P, reflected, for
 * distances d of 512 and 128 bits; P is the polynomial of RFC 1952. */
#include "scan/crc32.h"

#if defined(__PCLMUL__)
#include <immintrin.h>

static __m128i fold(__m128i x, __m128i k, __m128i next)
{
	return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(x, k, 0x00),
					   _mm_clmulepi64_si128(x, k, 0x11)), next);
}

static __m128i load(const uint8_t *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

void crc32_fold_clmul(uint32_t state, const uint8_t *p, size_t n, uint8_t rest[16])
{
	const __m128i far = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);
	const __m128i near = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
	__m128i x[4];

	for (int i = 0; i < 4; i++)
		x[i] = load(p + 16 * i);
	x[0] = _mm_xor_si128(x[0], _mm_cvtsi32_si128((int)state));
	for (p += 64, n -= 64; n >= 64; p += 64, n -= 64)
		for (int i = 0; i < 4; i++)
			x[i] = fold(x[i], far, load(p + 16 * i));
	for (int i = 1; i < 4; i++)
		x[0] = fold(x[0], near, x[i]);
	for (; n >= 16; p += 16, n -= 16)
		x[0] = fold(x[0], near, load(p));
	_mm_storeu_si128((__m128i *)(void *)rest, x[0]);
}
#elif defined(__x86_64__)
/* A compiler run without the file's own flags (lint). */
void crc32_fold_clmul(uint32_t state, const uint8_t *p, size_t n, uint8_t rest[16])
{
	(void)state, (void)p, (void)n, (void)rest;
}
#endif

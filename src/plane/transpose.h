/* Rows of bytes become columns, 8 x 8 at a time. */
#ifndef PLANE_TRANSPOSE_H
#define PLANE_TRANSPOSE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* to[c * to_step + r] = from[r * step + c], r and c 0..7 */
static inline void transpose8(const uint8_t *from, ptrdiff_t step, uint8_t *to, ptrdiff_t to_step)
{
#if defined(__SSE2__)
	__m128i a[4], b[4];

	for (ptrdiff_t i = 0; i < 4; i++) /* columns c of rows 2 * i and 2 * i + 1 side by side */
		a[i] = _mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *)(const void *)(from + 2 * i * step)),
					 _mm_loadl_epi64((const __m128i *)(const void *)(from + (2 * i + 1) * step)));
	for (ptrdiff_t i = 0; i < 2; i++) { /* of four rows: columns 0..3, columns 4..7 */
		b[i] = _mm_unpacklo_epi16(a[2 * i], a[2 * i + 1]);
		b[2 + i] = _mm_unpackhi_epi16(a[2 * i], a[2 * i + 1]);
	}
	for (ptrdiff_t i = 0; i < 2; i++) { /* of all rows: two columns each */
		a[2 * i] = _mm_unpacklo_epi32(b[2 * i], b[2 * i + 1]);
		a[2 * i + 1] = _mm_unpackhi_epi32(b[2 * i], b[2 * i + 1]);
	}
	for (ptrdiff_t i = 0; i < 4; i++) {
		_mm_storel_epi64((__m128i *)(void *)(to + 2 * i * to_step), a[i]);
		_mm_storel_epi64((__m128i *)(void *)(to + (2 * i + 1) * to_step), _mm_srli_si128(a[i], 8));
	}
#else
	for (ptrdiff_t r = 0; r < 8; r++)
		for (ptrdiff_t c = 0; c < 8; c++)
			to[c * to_step + r] = from[r * step + c];
#endif
}

#endif

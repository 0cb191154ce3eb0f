/* The same results as resize.c: rows with eight outputs at a time, columns with 64. */
#include "resample/resize.h"

#if defined(__AVX2__)
#include <immintrin.h>

static __m256i load(const void *p)
{
	return _mm256_loadu_si256((const __m256i *)p);
}

/* Eight sums to bytes in 32 bits each. */
static __m256i means(__m256i sums, __m256 add, __m256 factor)
{
	return _mm256_cvttps_epi32(_mm256_mul_ps(_mm256_add_ps(_mm256_cvtepi32_ps(sums), add), factor));
}

/* Outputs i .. i+7, whose groups lie within the row. */
static void across8(const struct resize_axis *a, int i, const uint8_t *from, __m256 add, __m256 factor, uint8_t *to)
{
	__m256i low = _mm256_setzero_si256(), high = low; /* pairs of outputs 0-3, 4-7 */
	const __m256i first = load(a->first + i);

	for (int g = 0; g < a->groups; g++) {
		const int16_t *w = a->weight + ((size_t)g * (size_t)a->to + (size_t)i) * RESIZE_GROUP;
		const uint8_t *at = from + (size_t)g * RESIZE_GROUP;
		__m256i v = _mm256_i32gather_epi32((const int *)(const void *)at, first, 1);
		__m256i v0 = _mm256_cvtepu8_epi16(_mm256_castsi256_si128(v));
		__m256i v1 = _mm256_cvtepu8_epi16(_mm256_extracti128_si256(v, 1));
		low = _mm256_add_epi32(low, _mm256_madd_epi16(v0, load(w)));
		high = _mm256_add_epi32(high, _mm256_madd_epi16(v1, load(w + 16)));
	}
	/* outputs 0 1 4 5, 2 3 6 7 */
	__m256i m = means(_mm256_hadd_epi32(low, high), add, factor);
	__m128i words = _mm_packs_epi32(_mm256_castsi256_si128(m), _mm256_extracti128_si256(m, 1));
	words = _mm_shuffle_epi32(words, _MM_SHUFFLE(3, 1, 2, 0));
	_mm_storel_epi64((__m128i *)(void *)(to + i), _mm_packus_epi16(words, words));
}

static void across(const struct resize_axis *a, const uint8_t *from, uint8_t *to)
{
	const __m256 add = _mm256_set1_ps(resize_add(a)), factor = _mm256_set1_ps(resize_factor(a));
	int i = 0;

	if (a->end - a->begin < 8) {
		resize_kernels_c.across(a, from, to);
		return;
	}
	for (; i < a->begin; i++)
		to[i] = resize_one(a, i, from);
	for (; i + 8 <= a->end; i += 8)
		across8(a, i, from, add, factor, to);
	if (i < a->end) /* overlaps the one before it */
		across8(a, a->end - 8, from, add, factor, to);
	for (i = a->end; i < a->to; i++)
		to[i] = resize_one(a, i, from);
}

#define COLUMNS 64 /* done together: it takes steps to find where an input row lies */

static __m256i wide(const uint8_t *p)
{
	return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)p));
}

/* Columns x .. x+63. */
static void down64(const struct resize_axis *a, int i, const uint8_t *from, size_t w, __m256 add, __m256 factor,
		   uint8_t *to)
{
	__m256i even[COLUMNS / 16], odd[COLUMNS / 16]; /* of sixteen columns 0-3 and 8-11, 4-7 and 12-15 */

	for (int c = 0; c < COLUMNS / 16; c++)
		even[c] = odd[c] = _mm256_setzero_si256();
	for (int t = 0; t < a->taps; t += 2) { /* groups are of an even number */
		__m256i weights = _mm256_set1_epi32((uint16_t)resize_weight(a, i, t) |
						    (int)resize_weight(a, i, t + 1) * 65536);
		const uint8_t *p = from + (size_t)resize_within(a, a->first[i] + t) * w;
		const uint8_t *q = from + (size_t)resize_within(a, a->first[i] + t + 1) * w;
		for (int c = 0; c < COLUMNS / 16; c++) {
			__m256i v = wide(p + 16 * (size_t)c), u = wide(q + 16 * (size_t)c);
			even[c] = _mm256_add_epi32(even[c], _mm256_madd_epi16(_mm256_unpacklo_epi16(v, u), weights));
			odd[c] = _mm256_add_epi32(odd[c], _mm256_madd_epi16(_mm256_unpackhi_epi16(v, u), weights));
		}
	}
	for (int c = 0; c < COLUMNS / 16; c++) {
		__m256i words = _mm256_packs_epi32(means(even[c], add, factor), means(odd[c], add, factor));
		__m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
		_mm_storeu_si128((__m128i *)(void *)(to + 16 * (size_t)c), bytes);
	}
}

static void down(const struct resize_axis *a, int i, const uint8_t *from, int w, uint8_t *to)
{
	const __m256 add = _mm256_set1_ps(resize_add(a)), factor = _mm256_set1_ps(resize_factor(a));

	if (w < COLUMNS) {
		resize_kernels_c.down(a, i, from, w, to);
		return;
	}
	for (int x = 0; x < w; x += COLUMNS) {
		x = x > w - COLUMNS ? w - COLUMNS : x; /* the last block overlaps the one before it */
		down64(a, i, from + x, (size_t)w, add, factor, to + x);
	}
}

static __m256i greys8(const int16_t *v, __m256 scale, __m256 offset)
{
	__m256i wide = _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(const void *)v));
	__m256 u = _mm256_add_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(wide), scale), offset);

	u = _mm256_min_ps(_mm256_max_ps(u, _mm256_setzero_ps()), _mm256_set1_ps(255));
	return _mm256_cvttps_epi32(u);
}

static void greys32(const int16_t *v, __m256 scale, __m256 offset, uint8_t *out)
{
	const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	__m256i a = _mm256_packs_epi32(greys8(v, scale, offset), greys8(v + 8, scale, offset));
	__m256i b = _mm256_packs_epi32(greys8(v + 16, scale, offset), greys8(v + 24, scale, offset));

	a = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(a, b), order);
	_mm256_storeu_si256((__m256i *)(void *)out, a);
}

static void greys(const int16_t *v, int n, float scale, float offset, uint8_t *out)
{
	const __m256 s = _mm256_set1_ps(scale), o = _mm256_set1_ps(offset);

	if (n < 32) {
		resize_kernels_c.greys(v, n, scale, offset, out);
		return;
	}
	for (int i = 0; i < n; i += 32) {
		i = i > n - 32 ? n - 32 : i;
		greys32(v + i, s, o, out + i);
	}
}

const struct resize_kernels resize_kernels_avx2 = { across, down, greys };
#elif defined(__x86_64__)
/* A compiler run without the file's own flags (lint): nothing to see here. */
const struct resize_kernels resize_kernels_avx2 = { 0, 0, 0 };
#endif

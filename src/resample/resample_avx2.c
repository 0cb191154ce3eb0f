/* Inner loops of the box filter for AVX2. The same operations in the same order as in box.c: rows
 * in integers, 16 columns at a time; cells with one output row in each lane. */
#include "resample/resample.h"

#if defined(__AVX2__)
#include <immintrin.h>

#define COLUMNS 16

static __m256i clipped(const int16_t *p, __m256i lo, __m256i hi)
{
	__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
	return _mm256_min_epi16(_mm256_max_epi16(v, lo), hi);
}

static void columns(const int16_t *rows, size_t stride, const int16_t *fixed, int count, int n,
		    struct resample_range range, float *out)
{
	const __m256i lo = _mm256_set1_epi16(range.lo), hi = _mm256_set1_epi16(range.hi);

	size_t ahead = stride * (size_t)count;
	if (n < COLUMNS) {
		resample_kernels_c.columns(rows, stride, fixed, count, n, range, out);
		return;
	}
	for (int x = 0; x < n; x += COLUMNS) {
		/* The last block overlaps the one before it, so that nothing behind a row is read. */
		x = x > n - COLUMNS ? n - COLUMNS : x;
		__m256i even = _mm256_setzero_si256(), odd = even;
		const int16_t *p = rows + x;
		for (int t = 0; t < count; t += 2, p += 2 * stride) {
			__m256i w = _mm256_set1_epi32((uint16_t)fixed[t] | (int)((unsigned)fixed[t + 1] << 16));
			__m256i a = clipped(p, lo, hi);
			_mm_prefetch((const char *)(p + ahead), _MM_HINT_T0);
			_mm_prefetch((const char *)(p + stride + ahead), _MM_HINT_T0);
			__m256i b = t + 1 < count ? clipped(p + stride, lo, hi) : a;
			even = _mm256_add_epi32(even, _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), w));
			odd = _mm256_add_epi32(odd, _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), w));
		}
		/* even holds columns 0-3 and 8-11, odd 4-7 and 12-15 */
		__m256 f0 = _mm256_cvtepi32_ps(_mm256_permute2x128_si256(even, odd, 0x20));
		__m256 f1 = _mm256_cvtepi32_ps(_mm256_permute2x128_si256(even, odd, 0x31));
		_mm256_storeu_ps(out + x, f0);
		_mm256_storeu_ps(out + x + 8, f1);
	}
}

/* 8x8 floats: dst[i * ds + k] = src[k * ss + i]. */
static void transpose8(const float *src, size_t ss, float *dst, size_t ds)
{
	__m256 r[8], t[8];

	for (size_t i = 0; i < 8; i++)
		r[i] = _mm256_loadu_ps(src + i * ss);
	for (size_t i = 0; i < 4; i++) {
		t[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
		t[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
	}
	for (size_t i = 0; i < 2; i++) {
		r[4 * i] = _mm256_shuffle_ps(t[4 * i], t[4 * i + 2], 0x44);
		r[4 * i + 1] = _mm256_shuffle_ps(t[4 * i], t[4 * i + 2], 0xee);
		r[4 * i + 2] = _mm256_shuffle_ps(t[4 * i + 1], t[4 * i + 3], 0x44);
		r[4 * i + 3] = _mm256_shuffle_ps(t[4 * i + 1], t[4 * i + 3], 0xee);
	}
	for (size_t i = 0; i < 4; i++) {
		_mm256_storeu_ps(dst + i * ds, _mm256_permute2f128_ps(r[i], r[i + 4], 0x20));
		_mm256_storeu_ps(dst + (i + 4) * ds, _mm256_permute2f128_ps(r[i], r[i + 4], 0x31));
	}
}

/* work[x][lane] from rows[lane][x] */
static void to_lanes(const float *rows, size_t n, float *work)
{
	size_t x = 0;

	for (; x + 8 <= n; x += 8)
		transpose8(rows + x, n, work + x * RESAMPLE_LANES, RESAMPLE_LANES);
	for (; x < n; x++)
		for (size_t r = 0; r < RESAMPLE_LANES; r++)
			work[x * RESAMPLE_LANES + r] = rows[r * n + x];
}

static void from_lanes(const float *work, size_t n, int m, float *out)
{
	size_t j = 0;

	for (; m == RESAMPLE_LANES && j + 8 <= n; j += 8)
		transpose8(work + j * RESAMPLE_LANES, RESAMPLE_LANES, out + j, n);
	for (; j < n; j++)
		for (size_t r = 0; r < (size_t)m; r++)
			out[r * n + j] = work[j * RESAMPLE_LANES + r];
}

static void cells(const struct resample *bx, const float *rows, int m, const float *norm,
		  const float *inside, float fill, float *work, float *out)
{
	size_t n = (size_t)(bx->end - bx->begin);
	float *result = work + n * RESAMPLE_LANES, edge[2][RESAMPLE_LANES] = { { 0 } };

	for (int r = 0; r < m; r++) {
		edge[0][r] = norm[r];
		edge[1][r] = inside[r];
	}
	const __m256 norms = _mm256_loadu_ps(edge[0]), insides = _mm256_loadu_ps(edge[1]);
	const __m256 one = _mm256_set1_ps(1), fills = _mm256_set1_ps(fill);

	to_lanes(rows, n, work);
	for (int j = 0; j < bx->out; j++) {
		const float *w = bx->weight + (size_t)j * (size_t)bx->taps;
		const float *c = work + (bx->count[j] ? (size_t)(bx->first[j] - bx->begin) : 0) * RESAMPLE_LANES;
		__m256 sum = _mm256_setzero_ps();

		for (int t = 0; t < bx->count[j]; t++, c += RESAMPLE_LANES)
			sum = _mm256_add_ps(sum, _mm256_mul_ps(_mm256_set1_ps(w[t]), _mm256_loadu_ps(c)));
		__m256 outside = _mm256_sub_ps(one, _mm256_mul_ps(_mm256_set1_ps(bx->inside[j]), insides));
		sum = _mm256_add_ps(_mm256_mul_ps(sum, norms), _mm256_mul_ps(fills, outside));
		_mm256_storeu_ps(result + (size_t)j * RESAMPLE_LANES, sum);
	}
	from_lanes(result, (size_t)bx->out, m, out);
}

static __m256i window8(const float *v, __m256 scale, __m256 offset)
{
	__m256 u = _mm256_add_ps(_mm256_mul_ps(_mm256_loadu_ps(v), scale), offset);

	u = _mm256_min_ps(_mm256_max_ps(u, _mm256_setzero_ps()), _mm256_set1_ps(127));
	return _mm256_cvttps_epi32(u);
}

static void bytes(const float *v, int n, float scale, float offset, uint8_t *out)
{
	const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	const __m256 s = _mm256_set1_ps(scale), o = _mm256_set1_ps(offset);
	int i = 0;

	for (; i + 32 <= n; i += 32) {
		__m256i a = _mm256_packs_epi32(window8(v + i, s, o), window8(v + i + 8, s, o));
		__m256i b = _mm256_packs_epi32(window8(v + i + 16, s, o), window8(v + i + 24, s, o));
		a = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(a, b), order);
		_mm256_storeu_si256((__m256i *)(void *)(out + i), a);
	}
	resample_kernels_c.bytes(v + i, n - i, scale, offset, out + i);
}

const struct resample_kernels resample_kernels_avx2 = { columns, cells, bytes };
#elif defined(__x86_64__)
/* A compiler run without the file's own flags (lint): nothing to see here. */
const struct resample_kernels resample_kernels_avx2 = { 0, 0, 0 };
#endif

/* Pooling and addition on AVX2, 16 channels at a time. The last chunk of a pixel may read up to 15
 * bytes behind it and is stored in part. */
#include <immintrin.h>
#include <string.h>

#include "net/int8/x86/requant_avx2.h"
#include "net/int8/x86/x86.h"

#define CHUNK 16

static inline __m128i load16(const uint8_t *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static int chunk_bytes(const struct net_tensor *t, int c)
{
	return t->pitch - c < CHUNK ? t->pitch - c : CHUNK;
}

/* Zeros for the surplus channels of the chunk from c on. */
static __m128i chunk_mask(const struct net_tensor *t, int c)
{
	return first_bytes(t->c - c < CHUNK ? t->c - c : CHUNK);
}

static void maxpool(const struct net_tensor *in, const struct net_tensor *out, int kernel, int stride,
		    int pad)
{
	ptrdiff_t row = (ptrdiff_t)(in->w + 2 * in->halo) * in->pitch;

	for (int y = 0; y < out->h; y++) {
		for (int c = 0; c < out->pitch; c += CHUNK) {
			const uint8_t *src = net_pixel(in, y * stride - pad, -pad) + c;
			uint8_t *dst = net_pixel_out(out, y, 0) + c;
			int bytes = chunk_bytes(out, c);
			__m128i mask = chunk_mask(out, c);
			for (int x = 0; x < out->w; x++) {
				__m128i top = _mm_setzero_si128();
				for (int ky = 0; ky < kernel; ky++) {
					const uint8_t *p = src + ky * row;
					for (int kx = 0; kx < kernel; kx++, p += in->pitch)
						top = _mm_max_epu8(top, load16(p));
				}
				store_bytes(dst, _mm_and_si128(top, mask), bytes);
				src += (ptrdiff_t)stride * in->pitch;
				dst += out->pitch;
			}
		}
	}
}

static void avgpool(const struct net_tensor *in, const struct net_tensor *out, float mul)
{
	const __m256i zeros = _mm256_set1_epi16((short)(4 * in->zero));
	const __m256 factor = _mm256_set1_ps(mul);

	for (int y = 0; y < out->h; y++) {
		for (int c = 0; c < out->pitch; c += CHUNK) {
			const uint8_t *a = net_pixel(in, 2 * y, 0) + c, *b = net_pixel(in, 2 * y + 1, 0) + c;
			uint8_t *dst = net_pixel_out(out, y, 0) + c;
			int bytes = chunk_bytes(out, c);
			__m128i mask = chunk_mask(out, c);
			for (int x = 0; x < out->w; x++) {
				/* sums of two bytes stay below 256 */
				__m256i s = _mm256_cvtepu8_epi16(_mm_add_epi8(load16(a), load16(a + in->pitch)));
				s = _mm256_add_epi16(s, _mm256_cvtepu8_epi16(_mm_add_epi8(load16(b), load16(b + in->pitch))));
				s = _mm256_sub_epi16(s, zeros);
				__m256i lo = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(s));
				__m256i hi = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(s, 1));
				__m128i q = requant_natural(requant_scale(lo, factor), requant_scale(hi, factor), out->zero);
				store_bytes(dst, _mm_and_si128(q, mask), bytes);
				a += 2 * (ptrdiff_t)in->pitch;
				b += 2 * (ptrdiff_t)in->pitch;
				dst += out->pitch;
			}
		}
	}
}

/* (q - zero) * mul of eight channels */
static inline __m256 term(__m128i q, int zero, __m256 mul)
{
	__m256i v = _mm256_sub_epi32(_mm256_cvtepu8_epi32(q), _mm256_set1_epi32(zero));
	return _mm256_mul_ps(_mm256_cvtepi32_ps(v), mul);
}

static void add(const struct net_tensor *a, const struct net_tensor *b, const struct net_tensor *out,
		float mul_a, float mul_b)
{
	const __m256 ma = _mm256_set1_ps(mul_a), mb = _mm256_set1_ps(mul_b);

	for (int y = 0; y < out->h; y++) {
		for (int c = 0; c < out->pitch; c += CHUNK) {
			const uint8_t *pa = net_pixel(a, y, 0) + c, *pb = net_pixel(b, y, 0) + c;
			uint8_t *dst = net_pixel_out(out, y, 0) + c;
			int bytes = chunk_bytes(out, c);
			__m128i mask = chunk_mask(out, c);
			for (int x = 0; x < out->w; x++) {
				__m128i qa = load16(pa), qb = load16(pb);
				/* two products, then the sum: a fused multiply-add would round differently */
				__m256 lo = _mm256_add_ps(term(qa, a->zero, ma), term(qb, b->zero, mb));
				__m256 hi = _mm256_add_ps(term(_mm_srli_si128(qa, 8), a->zero, ma),
							  term(_mm_srli_si128(qb, 8), b->zero, mb));
				__m128i q = requant_natural(_mm256_cvtps_epi32(lo), _mm256_cvtps_epi32(hi), out->zero);
				store_bytes(dst, _mm_and_si128(q, mask), bytes);
				pa += a->pitch;
				pb += b->pitch;
				dst += out->pitch;
			}
		}
	}
}

/* Adds n (at most 256, so that 16 bits suffice) pixels of 16 channels to sum. */
static void add_run(const uint8_t *src, int n, int pitch, __m256i sum[2])
{
	__m256i s = _mm256_setzero_si256();

	for (int i = 0; i < n; i++, src += pitch)
		s = _mm256_add_epi16(s, _mm256_cvtepu8_epi16(load16(src)));
	sum[0] = _mm256_add_epi32(sum[0], _mm256_cvtepu16_epi32(_mm256_castsi256_si128(s)));
	sum[1] = _mm256_add_epi32(sum[1], _mm256_cvtepu16_epi32(_mm256_extracti128_si256(s, 1)));
}

static void gap(const struct net_tensor *in, int32_t *out)
{
	for (int c = 0; c < in->c; c += CHUNK) {
		__m256i sum[2];
		int32_t v[CHUNK];

		sum[0] = sum[1] = _mm256_set1_epi32(-in->zero * in->h * in->w);
		for (int y = 0; y < in->h; y++)
			for (int x = 0; x < in->w; x += 256)
				add_run(net_pixel(in, y, x) + c, in->w - x < 256 ? in->w - x : 256, in->pitch, sum);
		_mm256_storeu_si256((__m256i *)(void *)v, sum[0]);
		_mm256_storeu_si256((__m256i *)(void *)(v + 8), sum[1]);
		memcpy(out + c, v, (size_t)(in->c - c < CHUNK ? in->c - c : CHUNK) * sizeof *out);
	}
}

void net_avx2_pool(struct net_kernels *k)
{
	k->maxpool = maxpool;
	k->avgpool = avgpool;
	k->add = add;
	k->gap = gap;
}

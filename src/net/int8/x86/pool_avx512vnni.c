/* Averages of 2x2 pixels on AVX-512: as many pixels at a time as 64 bytes hold. */
#include <immintrin.h>

#include "net/int8/x86/x86.h"

static void (*below)(const struct net_tensor *in, const struct net_tensor *out, float mul);

/* What the steps along a row share. */
struct step {
	int pixels;            /* of the output */
	__mmask64 stored;      /* their bytes */
	__mmask64 there;       /* without the surplus channels */
	__m512i left, right;   /* where the 4-byte words of the left and the right input pixels lie among 32 */
	__m512i zeros;         /* four zero points of the input */
	__m512i zero;          /* of the output */
	__m512 mul;
};

static struct step plan(const struct net_tensor *in, const struct net_tensor *out, float mul)
{
	const int words = out->pitch / 4;
	struct step s = { .pixels = 16 / words, .zeros = _mm512_set1_epi32(4 * in->zero), .mul = _mm512_set1_ps(mul),
			  .zero = _mm512_set1_epi16((short)out->zero) };
	int32_t left[16] = { 0 };

	for (int i = 0; i < s.pixels * words; i++) {
		left[i] = i / words * 2 * words + i % words;
		for (int k = 0; k < 4; k++) {
			s.stored |= (__mmask64)1 << (4 * i + k);
			s.there |= (__mmask64)(4 * (i % words) + k < out->c) << (4 * i + k);
		}
	}
	s.left = _mm512_loadu_si512(left);
	s.right = _mm512_add_epi32(s.left, _mm512_set1_epi32(words));
	return s;
}

/* Sums of four, less the zero points, times mul, rounded. */
static inline __m512i scale(__m512i sum, const struct step *s)
{
	return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_sub_epi32(sum, s->zeros)), s->mul));
}

/* 32 sums of 16 bits, kept in their places by 128-bit lanes. */
static inline __m512i scale_words(__m512i sum, const struct step *s)
{
	const __m512i none = _mm512_setzero_si512();
	__m512i lo = scale(_mm512_unpacklo_epi16(sum, none), s), hi = scale(_mm512_unpackhi_epi16(sum, none), s);

	return _mm512_adds_epi16(_mm512_packs_epi32(lo, hi), s->zero);
}

/* a, b: the two rows of the input. */
static inline void one_step(const uint8_t *a, const uint8_t *b, uint8_t *dst, const struct step *s)
{
	const __m512i none = _mm512_setzero_si512();
	/* sums of two bytes stay below 256 */
	__m512i v = _mm512_add_epi8(_mm512_loadu_si512(a), _mm512_loadu_si512(b));
	__m512i w = _mm512_add_epi8(_mm512_loadu_si512(a + 64), _mm512_loadu_si512(b + 64));
	__m512i left = _mm512_permutex2var_epi32(v, s->left, w), right = _mm512_permutex2var_epi32(v, s->right, w);
	__m512i lo = _mm512_add_epi16(_mm512_unpacklo_epi8(left, none), _mm512_unpacklo_epi8(right, none));
	__m512i hi = _mm512_add_epi16(_mm512_unpackhi_epi8(left, none), _mm512_unpackhi_epi8(right, none));
	__m512i q = _mm512_packus_epi16(scale_words(lo, s), scale_words(hi, s));

	q = _mm512_maskz_mov_epi8(s->there, _mm512_min_epu8(q, _mm512_set1_epi8(127)));
	_mm512_mask_storeu_epi8(dst, s->stored, q);
}

static void avgpool(const struct net_tensor *in, const struct net_tensor *out, float mul)
{
	if (out->pitch < 4 || out->pitch > 64 || out->w < 64 / out->pitch) {
		below(in, out, mul);
		return;
	}
	const struct step s = plan(in, out, mul);
	const ptrdiff_t step = (ptrdiff_t)s.pixels * out->pitch;

	for (int y = 0; y < out->h; y++) {
		const uint8_t *a = net_pixel(in, 2 * y, 0), *b = net_pixel(in, 2 * y + 1, 0);
		uint8_t *dst = net_pixel_out(out, y, 0);
		ptrdiff_t last = (ptrdiff_t)out->w * out->pitch - step;
		for (ptrdiff_t at = 0; at < last; at += step)
			one_step(a + 2 * at, b + 2 * at, dst + at, &s);
		one_step(a + 2 * last, b + 2 * last, dst + last, &s); /* overlaps the one before */
	}
}

void net_avx512vnni_pool(struct net_kernels *k)
{
	struct net_kernels avx2;

	net_avx2_pool(&avx2);
	below = avx2.avgpool;
	k->avgpool = avgpool;
}

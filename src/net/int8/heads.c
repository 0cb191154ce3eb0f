/* Dense, softmax and sigmoid: a handful of numbers per network, exact or in plain double. */
#include "net/int8/kernels.h"

#include <string.h>

static float scaled(int64_t acc, float scale, float bias)
{
	double product = (double)acc * (double)scale;

	return (float)(product + (double)bias);
}

void net_dense(const int32_t *in, int in_n, const int16_t *weights, const float *scale,
	       const float *bias, float *out, int out_n)
{
	for (int o = 0; o < out_n; o++, weights += in_n) {
		int64_t acc = 0; /* below 2^53 (check.c), so exact as double */
		for (int i = 0; i < in_n; i++)
			acc += (int64_t)weights[i] * in[i];
		out[o] = scaled(acc, scale[o], bias[o]);
	}
}

/* The inner sums stay below 2^31: 256 * 255 * 32768. */
#define TOGETHER 256

void net_dense_small(const int16_t *in, int in_n, const int16_t *weights, const float *scale,
		     const float *bias, float *out, int out_n)
{
	for (int o = 0; o < out_n; o++, weights += in_n) {
		int64_t acc = 0;
		for (int i = 0; i < in_n; i += TOGETHER) {
			int n = in_n - i < TOGETHER ? in_n - i : TOGETHER;
			int32_t sum = 0;
			for (int k = 0; k < n; k++)
				sum += weights[i + k] * in[i + k];
			acc += sum;
		}
		out[o] = scaled(acc, scale[o], bias[o]);
	}
}

/* e^v for v <= 0 from additions and multiplications only: libm's exp may differ by CPU. */
static double exp_negative(double v)
{
	const double ln2 = 0.693147180559945309417;
	double r, term = 1, sum = 1;
	uint64_t bits;
	int k;

	if (!(v > -700))
		return 0;
	k = (int)(v / ln2 - 0.5); /* truncation towards zero: |r| <= ln2 / 2 */
	r = v - k * ln2;
	for (int i = 1; i < 16; i++) {
		term *= r / i;
		sum += term;
	}
	bits = (uint64_t)(1023 + k) << 52;
	double power;
	memcpy(&power, &bits, sizeof power);
	return sum * power;
}

void net_softmax(const float *in, float *out, int n)
{
	float top = in[0];
	double sum = 0;

	for (int i = 1; i < n; i++)
		top = in[i] > top ? in[i] : top;
	for (int i = 0; i < n; i++)
		sum += exp_negative((double)in[i] - (double)top);
	for (int i = 0; i < n; i++)
		out[i] = (float)(exp_negative((double)in[i] - (double)top) / sum);
}

void net_sigmoid(const float *in, float *out, int n)
{
	for (int i = 0; i < n; i++) {
		double e = exp_negative(in[i] < 0 ? (double)in[i] : -(double)in[i]);
		out[i] = (float)((in[i] < 0 ? e : 1) / (1 + e));
	}
}

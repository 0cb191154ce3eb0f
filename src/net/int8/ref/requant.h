/* The one rounding of the int8 engine: to nearest, ties to even, then clamped to u7. */
#ifndef NET_REF_REQUANT_H
#define NET_REF_REQUANT_H

#include <float.h>
#include <stdint.h>
#include <string.h>

#if FLT_EVAL_METHOD != 0
#error "the int8 engine needs float arithmetic in float precision (on i386: -msse2 -mfpmath=sse)"
#endif

/* clamp(lrintf(v) + zero, 0, 127). Clamping first gives the same result, because the limits are
 * integers, and keeps v small enough for rounding by adding 1.5 * 2^23: the sum's last bit
 * counts ones, so the addition itself rounds to nearest even. Unlike lrintf it vectorises. */
static inline uint8_t net_requant(float v, int zero)
{
	float lo = (float)-zero, hi = (float)(127 - zero), shifted;
	int32_t bits;

	v = v > lo ? v : lo;
	v = v < hi ? v : hi;
	shifted = v + 12582912.0f;
	memcpy(&bits, &shifted, sizeof bits);
	return (uint8_t)(bits - 0x4b400000 + zero);
}

#endif

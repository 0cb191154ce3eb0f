/* What the tests of the plane room share: comparing, repeatable chance, invented scores. */
#ifndef TESTS_PLANE_CASE_H
#define TESTS_PLANE_CASE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plane/parts.h"

#include "near.h"

static uint32_t chance = 20240917u;

static inline uint32_t random_bits(void)
{
	chance = chance * 1664525u + 1013904223u;
	return chance >> 8;
}

static inline double uniform(double low, double high)
{
	return low + (high - low) * random_bits() / (double)(1u << 24);
}

static inline void block(float *p, int from, int to, double value)
{
	for (int k = from; k <= to; k++)
		p[k] = (float)value;
}

#endif

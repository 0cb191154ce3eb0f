/* Comparing numbers. Include after cmocka.h. */
#ifndef TESTS_NEAR_H
#define TESTS_NEAR_H

#include <math.h>

#define near(a, b, tolerance) near_at(a, b, tolerance, __FILE__, __LINE__)
static inline void near_at(double a, double b, double tolerance, const char *file, int line)
{
	if (fabs(a - b) <= tolerance)
		return;
	print_error("%s:%d: %g is not within %g of %g\n", file, line, a, tolerance, b);
	fail();
}

#endif

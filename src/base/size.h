/* Checked size arithmetic: every product that reaches an allocation goes through here. */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* *out = a * b; false (and *out = 0) when it does not fit. */
static inline bool size_mul(size_t a, size_t b, size_t *out)
{
	if (!__builtin_mul_overflow(a, b, out))
		return true;
	*out = 0;
	return false;
}

/* *out = a + b; false (and *out = 0) when it does not fit. */
static inline bool size_add(size_t a, size_t b, size_t *out)
{
	if (!__builtin_add_overflow(a, b, out))
		return true;
	*out = 0;
	return false;
}

/* *out = a * b * c; false (and *out = 0) when it does not fit. */
static inline bool size_mul3(size_t a, size_t b, size_t c, size_t *out)
{
	size_t ab;
	return size_mul(a, b, &ab) ? size_mul(ab, c, out) : (*out = 0, false);
}

/* realloc() for n things of `size` bytes; NULL also when they do not fit. */
static inline void *size_realloc(void *memory, size_t n, size_t size)
{
	size_t bytes;
	return size_mul(n, size, &bytes) ? realloc(memory, bytes) : NULL;
}

#endif

/* Loops written out by the preprocessor: every index is a constant before the optimiser starts,
 * so arrays of vectors become registers. gcc 12 leaves them in memory when a loop (even one with
 * an unroll pragma) runs over them, which costs a third of the speed. */
#ifndef NET_SIMD_UNROLL_H
#define NET_SIMD_UNROLL_H

#define SIMD_INLINE static inline __attribute__((always_inline))

/* DO(0) .. DO(n - 1); n is a constant once inlined */
#define UNROLL_4(n, DO) \
	do { \
		if ((n) > 0) \
			DO(0); \
		if ((n) > 1) \
			DO(1); \
		if ((n) > 2) \
			DO(2); \
		if ((n) > 3) \
			DO(3); \
	} while (0)

#define UNROLL_12(n, DO) \
	do { \
		UNROLL_4(n, DO); \
		if ((n) > 4) \
			DO(4); \
		if ((n) > 5) \
			DO(5); \
		if ((n) > 6) \
			DO(6); \
		if ((n) > 7) \
			DO(7); \
		if ((n) > 8) \
			DO(8); \
		if ((n) > 9) \
			DO(9); \
		if ((n) > 10) \
			DO(10); \
		if ((n) > 11) \
			DO(11); \
	} while (0)

#endif

#ifndef NET_SIMD_BUNDLE_H
#define NET_SIMD_BUNDLE_H

#include <stdint.h>

/* Groups whose 16-bit pair sums may be added up before they are widened to 32 bits.
 *
 * vpmaddubsw leaves, for every lane, two sums of two products u7 * s8. For such a 16-bit half
 * let p be the sum of the positive weights and n that of the negative ones: whatever the input,
 * the half lies within -127 n .. 127 p. The halves of several groups therefore add up without
 * overflow when their p together, and their n together, reach at most 258, since
 * 127 * 258 = 32766. Trained weights nearly always allow three groups, which saves two of three
 * widenings; that depends on the weights alone, so the result is exact for every input.
 *
 * Sums of one group: sums[0..halves-1] = p, sums[halves..2*halves-1] = n. */
#define BUNDLE_LIMIT 258
#define BUNDLE_HALVES_MAX 32 /* of a block of 16 lanes */

struct bundler {
	int halves, max; /* max: groups per bundle */
	int made;        /* bundles so far */
	int open;        /* of those, still looking for more groups */
	struct {
		int number, size;
		uint16_t sums[2 * BUNDLE_HALVES_MAX];
	} pending[16];
};

void bundler_init(struct bundler *b, int halves, int max);
/* The number of the bundle that takes the next group. */
int bundler_add(struct bundler *b, const uint16_t *sums);

#endif

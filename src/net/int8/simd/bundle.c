#include "net/int8/simd/bundle.h"

#include <stdbool.h>
#include <string.h>

#define PENDING (int)(sizeof((struct bundler *)0)->pending / sizeof((struct bundler *)0)->pending[0])

void bundler_init(struct bundler *b, int halves, int max)
{
	memset(b, 0, sizeof *b);
	b->halves = halves;
	b->max = max;
}

static bool fits(const uint16_t *a, const uint16_t *b, int n)
{
	int over = 0;

	for (int i = 0; i < n; i++)
		over |= a[i] + b[i] > BUNDLE_LIMIT;
	return !over;
}

static void forget(struct bundler *b, int i)
{
	b->open--;
	memmove(&b->pending[i], &b->pending[i + 1], (size_t)(b->open - i) * sizeof b->pending[0]);
}

/* First fit, oldest bundle first; looking back at sixteen is nearly as good as at all. */
int bundler_add(struct bundler *b, const uint16_t *sums)
{
	int n = 2 * b->halves;

	if (b->max == 1)
		return b->made++;
	for (int i = 0; i < b->open; i++) {
		int number = b->pending[i].number;
		if (!fits(b->pending[i].sums, sums, n))
			continue;
		for (int k = 0; k < n; k++)
			b->pending[i].sums[k] = (uint16_t)(b->pending[i].sums[k] + sums[k]);
		if (++b->pending[i].size == b->max)
			forget(b, i);
		return number;
	}
	if (b->open == PENDING)
		forget(b, 0);
	b->pending[b->open].number = b->made;
	b->pending[b->open].size = 1;
	memcpy(b->pending[b->open].sums, sums, (size_t)n * sizeof *sums);
	b->open++;
	return b->made++;
}

#include "flat/strip_levels.h"

#define CONTRAST 20        /* grey levels between dark and bone; */
#define CONTRAST_FAINT 8   /* where the dark is even, these do */
#define EVEN 4.0           /* s.d. of the dark that the contrast must exceed; */
#define EVEN_BRIGHTER 5.0  /* of the class below the bone's where there are more: noise split twice reaches 4.4 */
#define TOP 0.99           /* share of the pixels that are no brighter than bone: the shell alone is more than the
			    * rest */
#define BELOW_TOP 1.5      /* contrast of the brightest over that of the bright class, from which it is tissue and
			    * bone */
#define BONE_SHARE 0.875   /* of a picture, at most */
#define KINDS 2            /* darker than bone may be: air or wax, tissue, the holder */

/* Otsu's threshold of the greys from..255: the split of the histogram with the greatest variance between its parts. */
static int split(const size_t hist[256], int from)
{
	double sum = 0, low = 0, best = -1;
	size_t below = 0, total = 0;
	int at = from;

	for (int i = from; i < 256; i++) {
		sum += (double)i * (double)hist[i];
		total += hist[i];
	}
	for (int i = from; i < 255; i++) {
		below += hist[i];
		low += (double)i * (double)hist[i];
		if (below == 0 || below == total)
			continue;
		double above = (double)(total - below);
		double d = low / (double)below - (sum - low) / above;
		double between = (double)below * above * d * d;
		if (between > best) {
			best = between;
			at = i;
		}
	}
	return at;
}

static size_t count(const size_t hist[256], int from, int to)
{
	size_t n = 0;

	for (int i = from; i <= to; i++)
		n += hist[i];
	return n;
}

int strip_level(const size_t hist[256], int from, int to, double share)
{
	size_t all = count(hist, from, to), sum = 0;

	for (int i = from; i <= to; i++) {
		sum += hist[i];
		if ((double)sum >= share * (double)all)
			return i;
	}
	return to;
}

static void levels_at(const size_t hist[256], int threshold, struct strip_levels *out)
{
	double sum = 0, n = (double)count(hist, 0, threshold);

	for (int i = 0; i <= threshold; i++)
		sum += (double)i * (double)hist[i];
	*out = (struct strip_levels){ .threshold = threshold, .dark = strip_level(hist, 0, threshold, 0.5),
				      .bright = strip_level(hist, threshold + 1, 255, 0.7),
				      .ground = n > 0 ? sum / n : 0 };
}

/* Whether bone is told from the ground: clearly, or faintly on an even one. The greys from..threshold are the class
 * below. */
static bool stands_out(const size_t hist[256], int from, const struct strip_levels *l)
{
	double typical = strip_level(hist, from, l->threshold, 0.5), contrast = l->bright - typical, sum = 0, n = 0;
	double even = from > 0 ? EVEN_BRIGHTER : EVEN;

	for (int i = from; i <= l->threshold; i++) {
		sum += (double)hist[i] * (i - typical) * (i - typical);
		n += (double)hist[i];
	}
	return l->bright - l->dark >= CONTRAST ||
	       (contrast >= CONTRAST_FAINT && contrast * contrast * n > even * even * sum);
}

bool strip_levels_split(const size_t hist[256], struct strip_levels *out)
{
	int top = strip_level(hist, 0, 255, TOP), from = 0;

	levels_at(hist, split(hist, 0), out);
	for (int k = 0; k < KINDS && top - out->dark > BELOW_TOP * (out->bright - out->dark); k++) {
		int threshold = split(hist, out->threshold + 1);
		if (threshold <= out->threshold || count(hist, threshold + 1, 255) < STRIP_BONE_MIN)
			break;
		from = out->threshold + 1;
		levels_at(hist, threshold, out);
	}
	size_t above = count(hist, out->threshold + 1, 255);
	return above >= STRIP_BONE_MIN && above <= BONE_SHARE * (double)count(hist, 0, 255) &&
	       stands_out(hist, from, out);
}

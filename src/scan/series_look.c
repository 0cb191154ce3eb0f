/* Do bits and sign of the voxels fit what the header says of them? */
#include "scan/series_pixels.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SLICES 5  /* looked at, spread over the scan */
#define ROWS 256  /* of each, about */
#define WORDS 65536
#define BINS 256  /* of values, for the sign */
/* Shares of the voxels: fewer are faults of single ones. */
#define FEW 1e-4
#define FEW_IN_BIN 2e-5
#define EMPTY_LEAST 4 /* bins between the highest and the lowest value */

/* How often each stored word occurs. */
struct words {
	uint32_t count[WORDS]; /* but those that are padding */
	double all, padding;
};

static void count_word(const struct series_pixel_slice *sl, unsigned word, struct words *w)
{
	bool padding = sl->padded && series_is_padding(sl, word);

	w->padding += padding;
	w->all += !padding;
	w->count[word] += !padding;
}

static void count_slice(const struct series_pixels *s, int z, const void *frame, struct words *w)
{
	const struct series_pixel_slice *sl = &s->slices[z];
	size_t nx = (size_t)s->nx;
	int step = s->ny > ROWS ? s->ny / ROWS : 1;

	for (int y = 0; y < s->ny; y += step) {
		const uint8_t *bytes = (const uint8_t *)frame + (size_t)y * nx;
		const uint16_t *wide = (const uint16_t *)frame + (size_t)y * nx;
		if (s->bits_allocated == 16 && !sl->padded) { /* most are, and it is a quarter of the work */
			for (size_t i = 0; i < nx; i++)
				w->count[wide[i]]++;
			w->all += (double)nx;
			continue;
		}
		for (size_t i = 0; i < nx; i++)
			count_word(sl, s->bits_allocated == 16 ? wide[i] : bytes[i], w);
	}
}

/* Slices that cannot be read are told when they are asked for. */
static int count_words(struct series_pixels *s, struct words *w, struct gppi_error *err)
{
	int n = s->nz < SLICES ? s->nz : SLICES;
	void *frame = malloc(series_pixels_bytes(s));
	if (!frame)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for a slice", s->files[0]);
	for (int k = 0; k < n; k++) {
		int z = (int)((2LL * k + 1) * s->nz / (2LL * n));
		if (series_pixels_stored(s, z, frame, NULL) == 0)
			count_slice(s, z, frame, w);
	}
	free(frame);
	return 0;
}

/* Are bits used above the highest one? Those of signed values may repeat the sign, in all of them or in none. */
static bool uses_more_bits(const struct series_pixels *s, const struct words *w)
{
	unsigned above = 0xffffu << (s->high_bit + 1) & ((1u << s->bits_allocated) - 1);
	double other = 0.0, repeated = 0.0, bare = 0.0;
	for (unsigned word = 0; word < WORDS && above; word++) {
		bool negative = s->is_signed && (word >> s->high_bit & 1);
		if (!negative || ((word & above) && (word & above) != above))
			other += word & above ? w->count[word] : 0;
		else if (word & above)
			repeated += w->count[word];
		else
			bare += w->count[word];
	}
	return other > FEW * w->all || (repeated > FEW * w->all && bare > FEW * w->all);
}

/* The bits of a voxel without its sign. */
static unsigned voxel_bits(const struct series_pixels *s, unsigned word)
{
	return word >> (s->high_bit + 1 - s->bits_stored) & ((1u << s->bits_stored) - 1);
}

/* Are values continuous across the limits of the stated type, and bounded by those of the other one? */
static bool has_other_sign(const struct series_pixels *s, const struct words *w)
{
	double bin[BINS] = { 0.0 };
	bool used[BINS];
	int down = s->bits_stored - 8, end = s->is_signed ? BINS / 2 : 0, other = BINS / 2 - end, empty = 0;
	if (down < 0)
		return false;
	for (unsigned word = 0; word < WORDS; word++)
		bin[voxel_bits(s, word) >> down] += w->count[word];
	for (int i = 0; i < BINS; i++)
		used[i] = bin[i] > FEW_IN_BIN * w->all;
	for (int i = -2; i < 2; i++)
		if (!used[(end + i + BINS) % BINS])
			return false;
	for (int i = other; empty < BINS && !used[i]; i = (i + 1) % BINS)
		empty++;
	for (int i = (other + BINS - 1) % BINS; empty < BINS && !used[i]; i = (i + BINS - 1) % BINS)
		empty++;
	return empty >= EMPTY_LEAST;
}

static int value_of(const struct series_pixels *s, unsigned word)
{
	int v = (int)voxel_bits(s, word);
	return s->is_signed && v >> (s->bits_stored - 1) ? v - (1 << s->bits_stored) : v;
}

/* Lowest and highest value, and where the most of them lie. */
static int find_values(const struct series_pixels *s, const struct words *w, struct series_look *out)
{
	int least = s->is_signed ? -(1 << (s->bits_stored - 1)) : 0, n = 1 << s->bits_stored, at[3] = { 0 };
	static const double share[3] = { 0.005, 0.5, 0.995 };
	double *count = calloc((size_t)n, sizeof *count), sum = 0.0;
	if (!count)
		return -1;
	out->lowest = least + n;
	out->highest = least;
	for (unsigned word = 0; word < WORDS; word++)
		if (w->count[word]) {
			int v = value_of(s, word);
			count[v - least] += w->count[word];
			out->lowest = v < out->lowest ? v : out->lowest;
			out->highest = v > out->highest ? v : out->highest;
		}
	for (int i = 0, k = 0; i < n && k < 3; i++) {
		sum += count[i];
		while (k < 3 && sum >= share[k] * w->all)
			at[k++] = i;
	}
	out->mostly_bright = at[1] - at[0] > at[2] - at[1];
	free(count);
	return 0;
}

int series_look(struct series_pixels *s, struct series_look *out, struct gppi_error *err)
{
	struct words *w = calloc(1, sizeof *w);
	if (!w)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", s->files[0]);
	int rc = count_words(s, w, err);
	*out = (struct series_look){ .seen = rc == 0 && w->all > 0.0 };
	if (out->seen) {
		out->padding = w->padding / (w->padding + w->all);
		out->wide = uses_more_bits(s, w);
		if (out->wide) {
			s->bits_stored = s->bits_allocated;
			s->high_bit = s->bits_allocated - 1;
		}
		out->other_sign = has_other_sign(s, w);
		s->is_signed = s->is_signed != out->other_sign;
		if (find_values(s, w, out) < 0)
			rc = err_set(err, GPPI_E_NOMEM, "%s: not enough memory", s->files[0]);
	}
	free(w);
	return rc;
}

/* Histograms of many values, counted on several threads; the counts are the same for any number. */
#ifndef SLICES_TALLY_H
#define SLICES_TALLY_H

#include <stddef.h>
#include <stdint.h>

#define HIST_BINS 1024
#define TALLY_WORKERS 8 /* threads that count: memory feeds no more */

struct hist {
	double lo, width;
	double count[HIST_BINS];
	double total;
};

/* Counts being made: four tables in turn, since equal neighbours would wait for each other. */
struct tally {
	float lo, per; /* bins per unit */
	uint32_t count[4][HIST_BINS];
};

void tally_init(struct tally *t, double lo, double hi);
/* Values beyond the range count in the first or last bin. */
void tally_add(struct tally *t, const float *v, size_t n);
/* Adds the counts to a histogram of the same range, which keeps what it has. */
void tally_into(const struct tally *t, struct hist *h);

void hist_init(struct hist *h, double lo, double hi);
/* Adds the counts of a histogram of the same range. */
void hist_add(struct hist *h, const struct hist *more);
/* The values v[0..n-1]. */
void hist_fill(struct hist *h, const float *v, size_t n, double lo, double hi, int threads);
/* The distances |v[i + plane] - v[i]|, i + plane < n. */
void hist_fill_steps(struct hist *h, const float *v, size_t n, size_t plane, double lo, double hi, int threads);
/* Least and greatest of n >= 1 values. */
void hist_range(const float *v, size_t n, double *least, double *most, int threads);

int hist_bin(const struct hist *h, double v);
/* Value below which `share` of the bins begin.. lies. */
double hist_percentile(const struct hist *h, int begin, double share);
/* Mean count of the bins around b. */
double hist_density(const struct hist *h, int b);
/* Most frequent value below bin `end`, from the centre of mass around the peak; *peak, unless NULL: its density. */
double hist_mode_below(const struct hist *h, int end, double *peak);

#endif

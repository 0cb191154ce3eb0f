/* Histograms of many values, counted on several threads; the counts are the same for any number. */
#ifndef FIND_HISTOGRAM_H
#define FIND_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BINS 1024
#define HISTOGRAM_WORKERS 8 /* threads that count; with more, memory is the limit */

struct histogram {
	double lo, width;
	double count[HISTOGRAM_BINS];
	double total;
};

/* Counts being made: four tables in turn, since equal neighbours would wait for each other. */
struct histogram_counts {
	float lo, per; /* bins per unit */
	uint32_t count[4][HISTOGRAM_BINS];
};

void histogram_counts_init(struct histogram_counts *t, double lo, double hi);
/* Values beyond the range count in the first or last bin. */
void histogram_counts_add(struct histogram_counts *t, const float *v, size_t n);
/* Adds the counts to a histogram of the same range, which keeps what it has. */
void histogram_counts_into(const struct histogram_counts *t, struct histogram *h);

void histogram_init(struct histogram *h, double lo, double hi);
/* Adds the counts of a histogram of the same range. */
void histogram_add(struct histogram *h, const struct histogram *more);
/* The values v[0..n-1]. */
void histogram_fill(struct histogram *h, const float *v, size_t n, double lo, double hi, int threads);
/* The distances |v[i + plane] - v[i]|, i + plane < n. */
void histogram_fill_steps(struct histogram *h, const float *v, size_t n, size_t plane, double lo, double hi,
			  int threads);
/* Least and greatest of n >= 1 values. */
void histogram_range(const float *v, size_t n, double *least, double *most, int threads);

int histogram_bin(const struct histogram *h, double v);
/* Value below which `share` of the bins begin.. lies. */
double histogram_percentile(const struct histogram *h, int begin, double share);
/* Mean count of the bins around b. */
double histogram_density(const struct histogram *h, int b);
/* Most frequent value below bin `end`, from the centre of mass around the peak; *peak, unless NULL: its density. */
double histogram_mode_below(const struct histogram *h, int end, double *peak);

#endif

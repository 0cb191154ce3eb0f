/* Several solutions over the same bones against known planes: the tables 4 to 6 of the challenge paper. */
#ifndef REPORT_COMPARE_H
#define REPORT_COMPARE_H

#include "report/eval.h"

#define COMPARE_MAX 9

struct compare_solution {
	const char *name;       /* "gppi", "SV" ... */
	double parameters;      /* of one network; NAN: not said */
	int members;            /* 0: not said */
	double inferences;      /* mean over bones, of one network; NAN: not said */
	double seconds;         /* mean over bones; NAN: not said */
	double memory;          /* bytes, the most over all bones; NAN: not said */
	struct eval eval;
};

struct compare {
	struct compare_solution solution[COMPARE_MAX]; /* those that gave a plane at least once */
	int n;
};

/* results: JSON Lines of gppi detect; truth: a table in the challenge's columns. only (may be NULL): names separated by
 * commas, letters small or capital, of the solutions to be compared. Owned by the caller: compare_free(). */
int compare_files(const char *truth, const char *results, const char *only, struct compare *out,
		  struct gppi_error *err);
void compare_free(struct compare *compare);

void compare_text(FILE *out, const struct compare *compare);
void compare_csv(FILE *out, const struct compare *compare);
/* The error of each bone by each solution, as an SVG picture. */
void compare_figure(FILE *out, const struct compare *compare);

#endif

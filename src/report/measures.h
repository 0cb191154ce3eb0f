/* Measures for people and programs. */
#ifndef REPORT_MEASURES_H
#define REPORT_MEASURES_H

#include <jansson.h>
#include <stdio.h>

#include "measure/measures.h"

/* What stands beside the numbers. */
struct report_measures {
	const char *name, *input;
	const struct measures *measures;
	const struct grid *grid;
	const char *spacing_known; /* a word */
};

void report_measures_text(FILE *out, const struct report_measures *r);
void report_measures_csv_head(FILE *out);
void report_measures_csv(FILE *out, const struct report_measures *r);
int report_measures_json(FILE *out, const struct report_measures *r, struct err *err);

/* Areas and moments slice by slice, as CSV. */
void report_sections_csv(FILE *out, const struct report_measures *r);

#endif

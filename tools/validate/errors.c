#include "validate/errors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

void errors_print(const double *error, int bones, const char *const *name, int kinds)
{
	double *v = malloc(((size_t)bones + 1) * sizeof *v);

	printf("| | bones | mean | median | median of size | 90 %% | largest |\n|---|---|---|---|---|---|---|\n");
	for (int i = 0; v && i < kinds; i++) {
		double sum = 0;
		int n = 0;
		for (int b = 0; b < bones; b++)
			if (isfinite(error[b * kinds + i]))
				sum += v[n++] = error[b * kinds + i];
		if (!n)
			continue;
		qsort(v, (size_t)n, sizeof *v, ascending);
		printf("| %s | %d | %+.2f | %+.2f |", name[i], n, sum / n, v[n / 2]);
		for (int b = 0; b < n; b++)
			v[b] = fabs(v[b]);
		qsort(v, (size_t)n, sizeof *v, ascending);
		printf(" %.2f | %.2f | %.2f |\n", v[n / 2], v[(int)(0.9 * (n - 1) + 0.5)], v[n - 1]);
	}
	free(v);
}

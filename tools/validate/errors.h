/* Tables of errors of synthetic bones. */
#ifndef VALIDATE_ERRORS_H
#define VALIDATE_ERRORS_H

/* error (bones * kinds): those of a bone together; NaN: none. For each kind how many there are, their mean and median,
 * and the median, the 90th percentile and the greatest of their size. */
void errors_print(const double *error, int bones, const char *const *name, int kinds);

#endif

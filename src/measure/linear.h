/* Small systems. */
#ifndef MEASURE_LINEAR_H
#define MEASURE_LINEAR_H

#include <stdbool.h>

/* Solves six equations, each with its right side behind; false where they are not independent. The rows are changed. */
bool linear_solve6(double row[6][7], double out[6]);

bool linear_solve3(double row[3][4], double out[3]);

/* Eigenvalues of a symmetric matrix { xx, yy, zz, xy, xz, yz }, ascending. */
void linear_eigenvalues(const double m[6], double out[3]);

#endif

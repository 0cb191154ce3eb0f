#include "measure/linear.h"

#include <math.h>

bool linear_solve6(double row[6][7], double out[6])
{
	for (int i = 0; i < 6; i++) {
		int best = i;
		for (int r = i + 1; r < 6; r++)
			best = fabs(row[r][i]) > fabs(row[best][i]) ? r : best;
		if (!(fabs(row[best][i]) > 1e-12))
			return false;
		for (int c = 0; c < 7; c++) {
			double t = row[i][c];
			row[i][c] = row[best][c];
			row[best][c] = t;
		}
		for (int r = i + 1; r < 6; r++) {
			double f = row[r][i] / row[i][i];
			for (int c = i; c < 7; c++)
				row[r][c] -= f * row[i][c];
		}
	}
	for (int i = 5; i >= 0; i--) {
		out[i] = row[i][6];
		for (int c = i + 1; c < 6; c++)
			out[i] -= row[i][c] * out[c];
		out[i] /= row[i][i];
	}
	return true;
}

bool linear_solve3(double row[3][4], double out[3])
{
	double six[6][7] = { { 0 } }, all[6];

	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < 3; k++)
			six[i][k] = row[i][k];
		six[i][6] = row[i][3];
		six[i + 3][i + 3] = 1;
	}
	if (!linear_solve6(six, all))
		return false;
	for (int i = 0; i < 3; i++)
		out[i] = all[i];
	return true;
}

/* Jacobi: turns each pair of axes until nothing is left beside the diagonal. */
void linear_eigenvalues(const double m[6], double out[3])
{
	double a[3][3] = { { m[0], m[3], m[4] }, { m[3], m[1], m[5] }, { m[4], m[5], m[2] } };

	for (int round = 0; round < 60; round++) {
		int p = round % 3 == 2, q = round % 3 == 0 ? 1 : 2;
		if (a[p][q] == 0)
			continue;
		double angle = 0.5 * atan2(2 * a[p][q], a[q][q] - a[p][p]), c = cos(angle), s = sin(angle);
		for (int i = 0; i < 3; i++) {
			double u = a[i][p], v = a[i][q];
			a[i][p] = c * u - s * v;
			a[i][q] = s * u + c * v;
		}
		for (int i = 0; i < 3; i++) {
			double u = a[p][i], v = a[q][i];
			a[p][i] = c * u - s * v;
			a[q][i] = s * u + c * v;
		}
	}
	for (int i = 0; i < 3; i++)
		out[i] = a[i][i];
	for (int i = 0; i < 3; i++)
		for (int j = i + 1; j < 3; j++)
			if (out[j] < out[i]) {
				double t = out[i];
				out[i] = out[j];
				out[j] = t;
			}
}

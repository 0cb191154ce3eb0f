#include "plane/plane.h"

#include <math.h>

double plane_score(double predicted, double truth)
{
	return erfc(fabs(predicted - truth) / (3.0 * sqrt(2.0)));
}

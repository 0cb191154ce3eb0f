/* The same results as volume.c. */
#define VOLUME_SIDE 8
#include "measure/volume_row.h"

#if defined(__AVX2__)
void volume_row_avx2(const float *const row[9], const struct volume_layer *layer, int n, float *out)
{
	volume_row(row, layer, n, out);
}
#endif

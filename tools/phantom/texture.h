/* Periodic band-limited 3-D noise: the raw material of trabeculae, pores and uneven surfaces. */
#ifndef PHANTOM_TEXTURE_H
#define PHANTOM_TEXTURE_H

#define TEXTURE_SIDE 64  /* cells per side, a power of two */
#define TEXTURE_WAVES 8  /* mean number of wave lengths per side */
#define TEXTURE_COUNT 8  /* different tiles */

/* Tiles are made at the first call (about 0.2 s) and kept until the program ends. */
void texture_init(void);

/* Value of tile `t` (unit variance, mean 0, nearly normal) at x, y, z in cells, periodic. */
float texture_at(int t, float x, float y, float z);

#define TEXTURE_CELLS 6  /* cells per side of the foam */

/* A foam of rounded cells, periodic: how far (tile cells, 0 on it) a point is from the wall between the two nearest
 * cell centres, and from the edge where three cells meet. */
void texture_foam(float x, float y, float z, float *wall, float *edge);

/* Threshold v with P(normal > v) = p, 0 < p < 1. */
float texture_quantile(float p);

#endif

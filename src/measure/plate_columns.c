#include "measure/plate_parts.h"

void plate_fill_outside(int16_t *cost, int n)
{
	int most = -PLATE_COST_MAX, within = 0;

	for (int z = 0; z < n; z++)
		if (cost[z] != PLATE_OUTSIDE) {
			most = cost[z] > most ? cost[z] : most;
			within++;
		}
	for (int z = 0; z < n; z++)
		if (cost[z] == PLATE_OUTSIDE)
			cost[z] = (int16_t)(within ? most : 0);
}

int plate_spread(const struct plate_columns *c, const int *height, const struct grid *g, double sigma, float *middle,
		 struct gppi_error *err)
{
	for (int y = 0; y < g->n[1]; y++)
		for (int x = 0; x < g->n[0]; x++) {
			const int h = height[(size_t)(y / c->every) * (size_t)c->nx + (size_t)(x / c->every)];
			middle[(size_t)y * (size_t)g->n[0] + (size_t)x] = c->first + c->step * (float)h;
		}
	return plate_smooth(g->n[0], g->n[1], NULL, middle, sigma, err);
}

#include "measure/layers.h"

#include <math.h>
#include <string.h>

struct layers layers_across(const struct grid *g, const double axis[2], double cx, double cy)
{
	struct layers l = { .cx = cx, .cy = cy };

	for (int i = 0; i < 2; i++)
		l.rise[i] = -axis[i] * g->mm[i] * g->mm[i] / (g->mm[2] * g->mm[2]);
	return l;
}

int layers_rise(const struct layers *l, int x, int y)
{
	return (int)floor(l->rise[0] * (x - l->cx) + l->rise[1] * (y - l->cy) + 0.5);
}

bool layers_span(const struct layers *l, const struct grid *g, const uint8_t *mask, int span[2])
{
	bool any = false;

	for (int z = 0; z < g->n[2]; z++)
		for (int y = 0; y < g->n[1]; y++)
			for (int x = 0; x < g->n[0]; x++) {
				if (!mask[grid_at(g, x, y, z)])
					continue;
				const int rise = layers_rise(l, x, y);
				span[0] = any && span[0] < rise ? span[0] : rise;
				span[1] = any && span[1] > rise ? span[1] : rise;
				any = true;
			}
	return any;
}

double layers_thin(const struct layers *l, const struct grid *g)
{
	const double a = l->rise[0] * g->mm[2] / g->mm[0], b = l->rise[1] * g->mm[2] / g->mm[1];

	return 1 / sqrt(1 + a * a + b * b);
}

void layers_cut(const struct layers *l, const struct grid *g, const uint8_t *mask, int first, int last, uint8_t *out)
{
	memset(out, 0, grid_voxels(g));
	for (int y = 0; y < g->n[1]; y++)
		for (int x = 0; x < g->n[0]; x++) {
			const int rise = layers_rise(l, x, y);
			const int from = first + rise < 0 ? 0 : first + rise,
				  to = last + rise < g->n[2] ? last + rise : g->n[2] - 1;
			for (int z = from; z <= to; z++)
				out[grid_at(g, x, y, z)] = mask[grid_at(g, x, y, z)] != 0;
		}
}

void layers_slice(const struct layers *l, const struct grid *g, const uint8_t *mask, int k, uint8_t *out)
{
	for (int y = 0; y < g->n[1]; y++)
		for (int x = 0; x < g->n[0]; x++) {
			const int z = k + layers_rise(l, x, y);
			*out++ = z >= 0 && z < g->n[2] && mask[grid_at(g, x, y, z)];
		}
}

struct lattice layers_lattice(const struct layers *l, const struct grid *g)
{
	const double up[2] = { l ? l->rise[0] * g->mm[2] : 0, l ? l->rise[1] * g->mm[2] : 0 };
	const double along = hypot(g->mm[0], up[0]), part = up[0] * up[1] / along;

	return (struct lattice){ { along, 0 }, { part, sqrt(g->mm[1] * g->mm[1] + up[1] * up[1] - part * part) } };
}

#include "measure/plate_seen.h"

#include <math.h>

#include "base/parallel.h"

#define BIN_MM 0.04
#define SLICE_MM 0.02
#define PLACE 25.0f   /* slices that the distance from the plane is counted in */
#define COMPACT 0.55f /* share of bone from which a bin is compact bone in part, and */
#define WIDTH 0.3f    /* by how much more in all */

struct job {
	const struct knee *knee;
	const struct plate_seen *seen;
};

/* What one bin of the knee adds to a voxel. */
static void add_bin(const struct knee *k, size_t at, float weight, float *to)
{
	const float share = k->inside[at] ? (float)k->share[at] / KNEE_ALL : 0, compact = (share - COMPACT) / WIDTH;

	to[PLATE_SHARE] += weight * share;
	to[PLATE_COMPACT] += weight * (compact < 0 ? 0 : compact > 1 ? 1 : compact);
	to[PLATE_INSIDE] += weight * (float)(k->inside[at] != 0);
}

static int fill_slice(void *arg, int z, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const struct plate_seen *s = job->seen;
	const struct grid *g = &job->knee->grid;
	const float weight = 1.0f / (float)(s->bins * s->bins * s->slices);

	(void)worker;
	(void)err;
	for (int y = 0; y < s->volume.n[1]; y++)
		for (int x = 0; x < s->volume.n[0]; x++)
			volume_at(&s->volume, x, y, z)[PLATE_PLACE] = ((float)(z - PLATE_BEFORE) + 0.25f) / PLACE;
	for (int k = 0; k < s->slices; k++) {
		const int from = s->first + z * s->slices + k;
		if (from < 0 || from >= g->n[2])
			continue;
		for (int y = 0; y < g->n[1]; y++)
			for (int x = 0; x < g->n[0]; x++)
				add_bin(job->knee, grid_at(g, x, y, from), weight,
					volume_at(&s->volume, x / s->bins, y / s->bins, z));
	}
	return 0;
}

static int whole(double v)
{
	return v < 1.5 ? 1 : (int)lrint(v);
}

int plate_seen_make(const struct knee *k, double plane, int threads, struct plate_seen *out, struct gppi_error *err)
{
	const struct grid *g = &k->grid;
	const struct job job = { k, out };

	*out = (struct plate_seen){ .bins = whole(BIN_MM / g->mm[0]), .slices = whole(SLICE_MM / g->mm[2]) };
	out->first = (int)lrint(plane) - PLATE_BEFORE * out->slices;
	const int side = 8 * out->bins;
	const int n[3] = { (g->n[0] + side - 1) / side * 8, (g->n[1] + side - 1) / side * 8, PLATE_SLICES };
	int rc = volume_make(n, PLATE_CHANNELS, &out->volume, err);
	return rc < 0 ? rc : parallel_for(threads, PLATE_SLICES, fill_slice, (void *)&job, err);
}

void plate_seen_free(struct plate_seen *s)
{
	volume_free(&s->volume);
}

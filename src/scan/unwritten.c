#include "scan/unwritten.h"

#include <stdlib.h>

#include "base/size.h"

#define PROBES 9 /* slices looked at, the first and the last among them */
/* Air that is cut off at the lowest value fills more than this share of the middle of a slice. */
#define BACKGROUND 0.05

struct look {
	struct scan *scan;
	int16_t *scratch;
	int nx, ny, nz;
};

static bool is_single(const int16_t *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (v[i] != v[0])
			return false;
	return true;
}

/* Does slice z hold a single value? Where rows are read apart, its middle one is asked first, which is all that is
 * read of most files. */
static bool is_empty(const struct look *l, int z, int16_t *value)
{
	const int16_t *v;
	size_t nx = (size_t)l->nx;
	if (l->scan->ops->rows && (scan_rows(l->scan, z, l->ny / 2, 1, l->scratch, &v, NULL) < 0 || !is_single(v, nx)))
		return false;
	if (scan_slab(l->scan, z, 1, l->scratch, &v, NULL) < 0)
		return false;
	*value = v[0];
	return is_single(v, nx * (size_t)l->ny);
}

/* Is the value usual in the middle of slice z? The corners may hold one that stands for "not measured". */
static bool is_background(const struct look *l, int z, int16_t value)
{
	const int16_t *v;
	size_t same = 0, all = 0;
	if (scan_slab(l->scan, z, 1, l->scratch, &v, NULL) < 0)
		return true;
	for (int y = l->ny / 4; y < l->ny - l->ny / 4; y++)
		for (int x = l->nx / 4; x < l->nx - l->nx / 4; x++, all++)
			same += v[(size_t)y * (size_t)l->nx + (size_t)x] == value;
	return (double)same >= BACKGROUND * (double)all;
}

/* The first of the empty slices at the end; slice `full` is not empty, the last one is. */
static int first_empty(const struct look *l, int full)
{
	int empty = l->nz - 1;
	int16_t value;
	while (empty - full > 1) {
		int z = full + (empty - full) / 2;
		if (is_empty(l, z, &value))
			empty = z;
		else
			full = z;
	}
	return empty;
}

static void look(const struct look *l)
{
	int empty = -1, full = -1, middle = -1, last = -1;
	int16_t value = 0, v;
	for (int k = 0; k < PROBES; k++) {
		int z = (int)((long long)k * (l->nz - 1) / (PROBES - 1));
		if (z == last)
			continue;
		last = z;
		if (is_empty(l, z, &v)) {
			empty = z;
			value = v;
		} else {
			full = z;
			middle = middle < 0 || z <= l->nz / 2 ? z : middle;
		}
	}
	if (empty < 0 || middle < 0 || is_background(l, middle, value))
		return;
	int first = empty == l->nz - 1 ? first_empty(l, full) : empty;
	if (first < empty)
		scan_doubt(&l->scan->info, "slices %d to %d hold a single value: is the scan copied to its end?", first,
			   empty);
	else
		scan_doubt(&l->scan->info, "slice %d holds a single value: is the scan copied completely?", first);
}

int unwritten_look(struct scan *scan, struct gppi_error *err)
{
	const struct scan_info *info = &scan->info;
	struct look l = { .scan = scan, .nx = info->nx, .ny = info->ny, .nz = info->nz };
	size_t bytes;
	if (!scan->ops->any_order || !scan->ops->any_order(scan->self))
		return 0;
	if (size_mul3((size_t)l.nx, (size_t)l.ny, sizeof *l.scratch, &bytes))
		l.scratch = malloc(bytes);
	if (!l.scratch)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for a slice", info->path);
	look(&l);
	free(l.scratch);
	return 0;
}

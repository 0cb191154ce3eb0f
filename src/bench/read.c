/* What any program has to do at least: the whole scan read and decoded once. */
#include <stdlib.h>

#include "base/parallel.h"
#include "base/size.h"
#include "bench/bench.h"
#include "scan/scan.h"

#define WORKERS_MAX 64
#define RUN 8 /* slices a worker reads in a row */

struct reading {
	struct scan *scan;
	int16_t *scratch[WORKERS_MAX];
};

static int read_run(void *arg, int item, int worker, struct gppi_error *err)
{
	struct reading *r = arg;
	int nz = scan_info(r->scan)->nz, rc = 0;
	const int16_t *slice;

	for (int z = item * RUN; z < (item + 1) * RUN && z < nz && rc >= 0; z++)
		rc = scan_slab(r->scan, z, 1, r->scratch[worker], &slice, err);
	return rc;
}

int bench_read(const char *path, int threads, double *seconds, struct gppi_error *err)
{
	struct reading r = { 0 };
	struct scan_set *set = NULL;
	int workers = threads < 1 ? 1 : threads > WORKERS_MAX ? WORKERS_MAX : threads;
	double start = bench_now();
	size_t bytes = 0;
	int rc = scan_set_open(path, &set, err);

	if (rc >= 0)
		rc = scan_open(set, 0, 0, &r.scan, err);
	if (rc < 0)
		goto out;
	const struct scan_info *info = scan_info(r.scan);
	for (int i = 0; i < workers; i++)
		if (!size_mul3((size_t)info->nx, (size_t)info->ny, sizeof(int16_t), &bytes) ||
		    !(r.scratch[i] = malloc(bytes))) {
			rc = err_set(err, GPPI_E_NOMEM, "%s: not enough memory for a slice", path);
			goto out;
		}
	rc = parallel_for(workers, (info->nz + RUN - 1) / RUN, read_run, &r, err);
	if (rc >= 0)
		rc = scan_settle(r.scan, err);
	*seconds = bench_now() - start;
out:
	for (int i = 0; i < workers; i++)
		free(r.scratch[i]);
	scan_close(r.scan);
	scan_set_free(set);
	return rc < 0 ? rc : 0;
}

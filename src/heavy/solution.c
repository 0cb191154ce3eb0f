#include "heavy/solution.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "base/stop.h"

const struct heavy_solution heavy_solutions[HEAVY_SOLUTIONS] = {
	{ "sn", "SafetyNNet", heavy_sn, { 5, { 0, 1, 32, 224, 224 }, 2 }, { .stride = 32 }, true },
	{ "mh", "Matterhorn", heavy_mh, { 4, { 0, 9, 300, 300 }, 1 }, { .draws = 3 }, false },
	{ "ek", "Exploding Kittens", heavy_ek, { 4, { 0, 3, 512, 512 }, 1 }, { 0 }, false },
	{ "bm", "ByteMeIfYouCan", heavy_bm, { 4, { 0, 64, 224, 224 }, 1 }, { .stride = 1, .pixels = 224 }, true },
	{ "cw", "CodeWarriors2", heavy_cw, { 4, { 0, 1, 0, 0 }, 1 }, { 0 }, false },
};

const struct heavy_solution *heavy_solution(const char *name)
{
	for (int i = 0; i < HEAVY_SOLUTIONS; i++)
		if (strcmp(heavy_solutions[i].name, name) == 0)
			return &heavy_solutions[i];
	return NULL;
}

float *heavy_floats(size_t a, size_t b, size_t c, struct gppi_error *err)
{
	size_t n, bytes;
	float *p = size_mul3(a, b, c, &n) && size_mul(n, sizeof *p, &bytes) ? malloc(bytes ? bytes : 1) : NULL;

	if (!p)
		err_set(err, GPPI_E_NOMEM, "not enough memory for the input of a heavy network");
	return p;
}

int heavy_short(const struct heavy_run *run, int slices, struct gppi_error *err)
{
	return err_set(err, GPPI_E_UNSUPPORTED, "%s: %d slices of 10 um are too few for this network, which needs %d",
		       scan_info(run->volume->scan)->path, run->volume->nz, slices);
}

int heavy_forward(struct heavy_run *run, float *in, int n, const int64_t *shape, int rank, float *const *out,
		  const size_t *each, int outputs, struct gppi_error *err)
{
	int64_t dims[ONNX_RANK_MAX] = { n };
	size_t count[ONNX_OUTPUTS_MAX] = { 0 };

	memcpy(dims + 1, shape, (size_t)rank * sizeof *shape);
	for (int i = 0; i < outputs; i++)
		count[i] = each[i] * (size_t)n;
	int rc = stop_asked(err);
	if (rc == 0)
		rc = onnx_run(run->model, in, dims, out, count, err);
	run->inferences += n;
	for (int i = 0; i < outputs && rc == 0 && run->raw; i++)
		run->raw(run->raw_user, out[i], (int)count[i]);
	return rc;
}

struct heavy_fit heavy_fit(int n, int wanted, int extra)
{
	int more = n < wanted ? wanted - n : n - wanted;
	int before = (more + extra) / 2;

	if (n < wanted)
		return (struct heavy_fit){ .to = before, .from = 0, .count = n };
	return (struct heavy_fit){ .to = 0, .from = before, .count = wanted };
}

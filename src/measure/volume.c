#include "measure/volume.h"

#include <stdlib.h>

#include "base/cpu.h"
#include "base/parallel.h"
#include "base/size.h"

#define VOLUME_SIDE 4
#include "measure/volume_row.h"

int volume_make(const int n[3], int channels, struct volume *out, struct gppi_error *err)
{
	size_t all = (size_t)channels;
	bool fits = true;

	*out = (struct volume){ .n = { n[0], n[1], n[2] }, .channels = channels };
	for (int i = 0; i < 3; i++)
		fits = fits && size_mul(all, (size_t)n[i] + 2, &all);
	if (fits)
		out->v = calloc(all, sizeof *out->v);
	return out->v ? 0 : err_set(err, GPPI_E_NOMEM, "out of memory for the growth plate");
}

void volume_free(struct volume *a)
{
	free(a->v);
	*a = (struct volume){ .v = NULL };
}

void volume_row_c(const float *const row[9], const struct volume_layer *layer, int n, float *out)
{
	volume_row(row, layer, n, out);
}

static volume_row_fn row_fn(void)
{
#ifdef __x86_64__
	if (cpu_features() & CPU_AVX2)
		return volume_row_avx2;
#endif
	return volume_row_c;
}

struct job {
	const struct volume *a;
	const struct volume *out;
	const struct volume_layer *layer;
	volume_row_fn row;
	void (*voxel)(const struct job *job, int x, int y, int z, float *to); /* of out */
};

static int conv_slice(void *arg, int z, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const float *row[9];

	(void)worker;
	(void)err;
	for (int y = 0; y < job->out->n[1]; y++) {
		for (int k = 0; k < 9; k++)
			row[k] = volume_at(job->a, -1, y + k % 3 - 1, z + k / 3 - 1);
		job->row(row, job->layer, job->out->n[0], volume_at(job->out, 0, y, z));
	}
	return 0;
}

int volume_conv(const struct volume *a, const struct volume_layer *layer, int threads, struct volume *out,
		struct gppi_error *err)
{
	const struct job job = { .a = a, .out = out, .layer = layer, .row = row_fn() };
	int rc = volume_make(a->n, layer->out, out, err);

	return rc < 0 ? rc : parallel_for(threads, out->n[2], conv_slice, (void *)&job, err);
}

static int each_voxel(void *arg, int z, int worker, struct gppi_error *err)
{
	const struct job *job = arg;

	(void)worker;
	(void)err;
	for (int y = 0; y < job->out->n[1]; y++)
		for (int x = 0; x < job->out->n[0]; x++)
			job->voxel(job, x, y, z, volume_at(job->out, x, y, z));
	return 0;
}

static void mean_of_eight(const struct job *job, int x, int y, int z, float *to)
{
	for (int k = 0; k < 8; k++) {
		const float *from = volume_at(job->a, 2 * x + k % 2, 2 * y + k / 2 % 2, 2 * z + k / 4);
		for (int c = 0; c < job->a->channels; c++)
			to[c] += 0.125f * from[c];
	}
}

int volume_halve(const struct volume *a, int threads, struct volume *out, struct gppi_error *err)
{
	const int n[3] = { a->n[0] / 2, a->n[1] / 2, a->n[2] / 2 };
	const struct job job = { .a = a, .out = out, .voxel = mean_of_eight };
	int rc = volume_make(n, a->channels, out, err);

	return rc < 0 ? rc : parallel_for(threads, n[2], each_voxel, (void *)&job, err);
}

static void add_coarse(const struct job *job, int x, int y, int z, float *to)
{
	const float *from = volume_at(job->a, x / 2, y / 2, z / 2);

	for (int c = 0; c < job->a->channels; c++)
		to[c] += from[c];
}

int volume_add_up(struct volume *a, const struct volume *half, int threads, struct gppi_error *err)
{
	const struct job job = { .a = half, .out = a, .voxel = add_coarse };

	return parallel_for(threads, a->n[2], each_voxel, (void *)&job, err);
}

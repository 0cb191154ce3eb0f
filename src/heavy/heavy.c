#include "heavy/heavy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/os.h"
#include "base/sha256.h"
#include "base/stop.h"

#define KEPT_MAX ((uint64_t)512 << 20) /* bytes of files whose networks stay loaded between bones */

struct heavy {
	struct onnx *onnx;
	int n;
	uint64_t kept;
	struct {
		struct heavy_manifest manifest;
		struct onnx_model *model[HEAVY_MEMBERS_MAX]; /* NULL: not loaded */
	} solution[HEAVY_SOLUTIONS];
};

int heavy_open(const char *folder, const char *ort, enum onnx_device device, int number, int threads,
	       struct heavy **out, struct gppi_error *err)
{
	struct heavy *h = calloc(1, sizeof *h);
	int rc = 0;

	*out = NULL;
	if (!h)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for its networks", folder);
	for (int i = 0; i < HEAVY_SOLUTIONS && rc == 0; i++) {
		bool found;
		rc = heavy_manifest_read(folder, &heavy_solutions[i], &h->solution[h->n].manifest, &found, err);
		h->n += found;
	}
	if (rc == 0 && h->n == 0)
		rc = err_set(err, GPPI_E_WEIGHTS, "%s: no heavy networks here (sn.json, mh.json, ek.json, bm.json or "
			     "cw.json with their .onnx files); tools/heavy/convert.py makes them", folder);
	if (rc == 0)
		rc = onnx_open(ort, device, number, threads, &h->onnx, err);
	if (rc < 0)
		heavy_close(h);
	else
		*out = h;
	return rc;
}

void heavy_close(struct heavy *heavy)
{
	if (!heavy)
		return;
	for (int i = 0; i < heavy->n; i++)
		for (int k = 0; k < HEAVY_MEMBERS_MAX; k++)
			onnx_free(heavy->solution[i].model[k]);
	onnx_close(heavy->onnx);
	free(heavy);
}

int heavy_count(const struct heavy *heavy)
{
	return heavy->n;
}

const struct heavy_manifest *heavy_manifest(const struct heavy *heavy, int index)
{
	return &heavy->solution[index].manifest;
}

const struct onnx *heavy_onnx(const struct heavy *heavy)
{
	return heavy->onnx;
}

/* A whole file; its size is checked before memory is taken. Owned by the caller. */
static int slurp(const char *path, uint8_t **data, size_t *size, struct gppi_error *err)
{
	uint64_t bytes;
	int fd, rc = file_open(path, &fd, &bytes, err);

	if (rc < 0)
		return rc;
	*data = NULL;
	if (bytes == 0 || bytes > ONNX_FILE_MAX)
		rc = err_set(err, GPPI_E_WEIGHTS, "%s: a network of %llu bytes is not to be had", path,
			     (unsigned long long)bytes);
	else if (!(*data = malloc((size_t)bytes)))
		rc = err_set(err, GPPI_E_NOMEM, "%s: not enough memory to read it", path);
	for (uint64_t at = 0; rc == 0 && at < bytes;) {
		ssize_t n = os_read_at(fd, *data + at, (size_t)(bytes - at), at);
		if (n <= 0)
			rc = err_set(err, GPPI_E_IO, "%s: cannot be read", path);
		else
			at += (uint64_t)n;
	}
	close(fd);
	if (rc < 0)
		free(*data);
	*size = (size_t)bytes;
	return rc;
}

static int load(struct heavy *h, const struct heavy_manifest *m, int k, struct onnx_model **model, size_t *size,
		struct gppi_error *err)
{
	const char *path = m->member[k].file;
	struct sha256 sum;
	uint8_t *data, digest[32];
	char hex[65];
	int rc = slurp(path, &data, size, err);

	if (rc < 0)
		return rc;
	sha256_init(&sum);
	sha256_update(&sum, data, *size);
	sha256_final(&sum, digest);
	sha256_hex(digest, hex);
	if (strcmp(hex, m->member[k].sha256) != 0)
		rc = err_set(err, GPPI_E_WEIGHTS, "%s: is not the network that %s.json names (its SHA-256 differs); "
			     "convert or copy it again", path, m->solution->name);
	else
		rc = onnx_load(h->onnx, data, *size, path, &m->want, model, err);
	free(data);
	return rc;
}

/* One member's plane; its network stays loaded if that is not too much. */
static int ask_member(struct heavy *h, int index, int k, struct heavy_run *run, double *plane, struct gppi_error *err)
{
	const struct heavy_manifest *m = &h->solution[index].manifest;
	struct onnx_model **kept = &h->solution[index].model[k];
	size_t size = 0;
	int rc = 0;

	run->model = *kept;
	if (!*kept)
		rc = load(h, m, k, &run->model, &size, err);
	if (rc < 0)
		return rc;
	run->inferences = 0;
	rc = m->solution->plane(run, plane, err);
	if (!*kept && h->kept + size <= KEPT_MAX) {
		*kept = run->model;
		h->kept += size;
	} else if (!*kept) {
		onnx_free(run->model);
	}
	return rc;
}

int heavy_ask(struct heavy *heavy, int index, struct scan *scan, const struct frame *frame, double near,
	      void (*raw)(void *user, const float *values, int n), void *user, struct heavy_answer *out,
	      struct gppi_error *err)
{
	const struct heavy_manifest *m = &heavy->solution[index].manifest;
	struct heavy_volume volume;
	struct heavy_run run = { .volume = &volume, .way = &m->way, .near = near, .raw = raw, .raw_user = user };
	double start = clock_now();
	int rc = heavy_volume_open(scan, frame, &volume, err);

	*out = (struct heavy_answer){ .manifest = m, .plane = 0 };
	if (rc < 0)
		return rc;
	for (int k = 0; k < m->members && rc == 0; k++) {
		rc = ask_member(heavy, index, k, &run, &out->member[k], err);
		out->plane += out->member[k] / m->members; /* NAN if one sees none */
		out->inferences = run.inferences;
		if (rc == 0)
			rc = stop_asked(err);
	}
	out->seconds = clock_now() - start;
	heavy_volume_close(&volume);
	return rc;
}

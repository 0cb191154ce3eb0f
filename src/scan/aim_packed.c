#include "scan/aim_packed.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "base/stop.h"
#include "scan/budget.h"
#include "scan/flat.h"
#include "scan/scanco.h"

/* Where the runs stand at the beginning of a slice. */
struct cursor {
	size_t at;     /* next byte of data */
	int left;      /* voxels of the current run still to come */
	int16_t value; /* of the current run */
	bool toggle;   /* binary: the other value follows the current run */
	bool second;   /* binary: the current value is the second */
};

struct packed {
	enum aim_kind kind;
	int dim[3], off[3], inner[3];
	uint8_t *data;
	size_t bytes;
	struct cursor *slices; /* one for each inner slice, of runs */
	int16_t values[2];     /* binary runs; bits: 0 and the value of set ones */
};

static void packed_close(void *self)
{
	struct packed *p = self;
	free(p->data);
	free(p->slices);
	free(p);
}

static int16_t as_signed(uint8_t byte)
{
	return (int16_t)((byte ^ 0x80) - 0x80);
}

/* The next run; false at the end of the data. Runs of length 0 occur. */
static bool next_run(const struct packed *p, struct cursor *c)
{
	if (p->kind == AIM_CHAR_RUNS) {
		if (p->bytes - c->at < 2)
			return false;
		c->value = as_signed(p->data[c->at]);
		c->left = p->data[c->at + 1];
		c->at += 2;
		return true;
	}
	if (c->at == p->bytes)
		return false;
	c->second ^= c->toggle;
	c->value = p->values[c->second];
	c->left = p->data[c->at++];
	c->toggle = c->left != 255;
	c->left -= c->left == 255;
	return true;
}

/* Passes n voxels; writes them to dst unless that is NULL. */
static bool take_runs(const struct packed *p, struct cursor *c, size_t n, int16_t *dst)
{
	while (n) {
		if (!c->left && !next_run(p, c))
			return false;
		size_t part = n < (size_t)c->left ? n : (size_t)c->left;
		for (size_t i = 0; dst && i < part; i++)
			*dst++ = c->value;
		c->left -= (int)part;
		n -= part;
	}
	return true;
}

static void runs_slice(const struct packed *p, int z, int16_t *dst)
{
	size_t nx = (size_t)p->dim[0], ny = (size_t)p->dim[1];
	memset(dst, 0, nx * ny * sizeof *dst);
	z -= p->off[2];
	if (z < 0 || z >= p->inner[2])
		return;
	struct cursor c = p->slices[z];
	for (int y = 0; y < p->inner[1]; y++)
		if (!take_runs(p, &c, (size_t)p->inner[0],
			       dst + (size_t)(y + p->off[1]) * nx + p->off[0]))
			return; /* not reached: all runs were counted when the file was opened */
}

static void bits_slice(const struct packed *p, int z, int16_t *dst)
{
	size_t bx = ((size_t)p->dim[0] + 1) / 2, by = ((size_t)p->dim[1] + 1) / 2;
	for (int y = 0; y < p->dim[1]; y++) {
		const uint8_t *row = p->data + bx * (by * (size_t)(z / 2) + (size_t)(y / 2));
		int shift = 4 * (z & 1) + 2 * (y & 1);
		for (int x = 0; x < p->dim[0]; x++)
			*dst++ = p->values[row[x / 2] >> (shift + (x & 1)) & 1];
	}
}

static int packed_slab(void *self, int z0, int nz, int16_t *scratch, const int16_t **out, struct gppi_error *err)
{
	const struct packed *p = self;
	size_t slice = (size_t)p->dim[0] * (size_t)p->dim[1];
	(void)err;
	for (int z = 0; z < nz; z++) {
		int16_t *dst = scratch + slice * (size_t)z;
		if (p->kind == AIM_BITS)
			bits_slice(p, z0 + z, dst);
		else
			runs_slice(p, z0 + z, dst);
	}
	*out = scratch;
	return 0;
}

static const struct scan_ops packed_ops = { .slab = packed_slab, .close = packed_close };

static int short_of(const struct aim_packed *a, struct gppi_error *err)
{
	return err_set(err, GPPI_E_FORMAT, "%s: the header promises %d x %d x %d voxels, but their packed data end "
		       "too early; the file is cut or damaged", a->path, a->dim[0], a->dim[1], a->dim[2]);
}

/* The size that runs tell of themselves, 0 where it does not fit the data. Everything in an AIM file is little-endian,
 * but for this number in files that were written under VMS in the nineties. */
static size_t size_of_runs(const struct packed *p, size_t head)
{
	for (int big = 0; big < 2; big++) {
		uint64_t size = 0;
		for (size_t i = 0; i < head; i++)
			size = size << 8 | p->data[big ? i : head - 1 - i];
		if (size >= head + 2 && size <= p->bytes)
			return (size_t)size;
	}
	return 0;
}

/* No byte of runs stands for more than 255 voxels. */
static int check_runs(struct packed *p, const struct aim_packed *a, size_t *first, struct gppi_error *err)
{
	size_t head = a->wide ? 8 : 4, voxels, most;
	p->bytes = p->bytes < head + 2 ? 0 : size_of_runs(p, head);
	if (!p->bytes)
		return short_of(a, err);
	*first = head;
	if (p->kind == AIM_BINARY_RUNS) {
		p->values[0] = as_signed(p->data[head]);
		p->values[1] = as_signed(p->data[head + 1]);
		*first += 2;
	}
	if (!size_mul3((size_t)p->inner[0], (size_t)p->inner[1], (size_t)p->inner[2], &voxels) ||
	    (size_mul(p->bytes, 255, &most) && voxels > most))
		return short_of(a, err);
	return 0;
}

/* Goes through all runs once: where every slice begins, and that all are there. */
static int index_runs(struct packed *p, const struct aim_packed *a, struct gppi_error *err)
{
	struct cursor c = { 0 };
	int rc = check_runs(p, a, &c.at, err);
	if (rc < 0)
		return rc;
	p->slices = malloc((size_t)p->inner[2] * sizeof *p->slices);
	if (!p->slices)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", a->path);
	for (int z = 0; z < p->inner[2]; z++) {
		if ((rc = stop_asked(err)) < 0)
			return rc;
		p->slices[z] = c;
		if (!take_runs(p, &c, (size_t)p->inner[0] * (size_t)p->inner[1], NULL))
			return short_of(a, err);
	}
	if (c.left)
		return err_set(err, GPPI_E_FORMAT, "%s: its packed voxels are more than the %d x %d x %d of the "
			       "header; the file is damaged", a->path, a->dim[0], a->dim[1], a->dim[2]);
	return 0;
}

static int check_bits(struct packed *p, const struct aim_packed *a, struct gppi_error *err)
{
	size_t need;
	if (!size_mul3(((size_t)p->dim[0] + 1) / 2, ((size_t)p->dim[1] + 1) / 2, ((size_t)p->dim[2] + 1) / 2,
		       &need) || need >= p->bytes)
		return short_of(a, err);
	p->values[1] = as_signed(p->data[need]);
	return 0;
}

/* The packed data, as far as the file holds them. */
static int load(struct packed *p, const struct aim_packed *a, size_t *file_bytes, struct gppi_error *err)
{
	int rc = flat_file_size(a->path, file_bytes, err);
	if (rc < 0)
		return rc;
	if (a->at > *file_bytes || a->bytes > *file_bytes - a->at || !a->bytes)
		return short_of(a, err);
	p->bytes = a->bytes;
	p->data = malloc(p->bytes);
	if (!p->data)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for its packed voxels", a->path);
	size_t got;
	rc = flat_read_file(a->path, a->at, p->data, p->bytes, &got, err);
	return rc < 0 ? rc : got < p->bytes ? short_of(a, err) : 0;
}

int aim_packed_open(const struct aim_packed *a, struct scan *scan, struct gppi_error *err)
{
	struct packed *p = calloc(1, sizeof *p);
	struct scan_info *info = &scan->info;
	if (!p)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to open it", a->path);
	p->kind = a->kind;
	for (int i = 0; i < 3; i++) {
		p->dim[i] = a->dim[i];
		p->off[i] = a->off[i];
		p->inner[i] = a->dim[i] - 2 * a->off[i];
	}
	int rc = load(p, a, &info->file_bytes, err);
	if (rc == 0)
		rc = p->kind == AIM_BITS ? check_bits(p, a, err) : index_runs(p, a, err);
	if (rc == 0)
		rc = budget_volume(a->path, a->dim[0], a->dim[1], a->dim[2], 1, info->file_bytes, err);
	if (rc < 0) {
		packed_close(p);
		return rc;
	}
	info->nx = a->dim[0];
	info->ny = a->dim[1];
	info->nz = a->dim[2];
	info->slope = 1.0;
	info->intercept = 0.0;
	info->unit = SCAN_UNIT_UNKNOWN;
	snprintf(info->voxel_type, sizeof info->voxel_type, "int8");
	snprintf(info->encoding, sizeof info->encoding, "%s", p->kind == AIM_BITS ? "bits of 2 x 2 x 2 voxels"
		 : p->kind == AIM_BINARY_RUNS ? "runs of two values" : "runs of values");
	scan->ops = &packed_ops;
	scan->self = p;
	return 0;
}

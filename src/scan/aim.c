/* SCANCO AIM, versions 2 and 3: a header, the text of the processing log, the voxels. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "scan/aim_packed.h"
#include "scan/flat.h"
#include "scan/format.h"
#include "scan/scanco.h"

#define MAGIC_3 "AIMDATA_V030   "
#define HEAD_BYTES 280
#define LOG_MAX ((size_t)1 << 20) /* bytes looked at */

struct header {
	int version; /* 2 or 3 */
	int type;
	int64_t dim[3], off[3];
	double um[3];
	size_t log_at, log_bytes, data_at, data_bytes;
};

enum {
	INT8 = 0x00010001, INT16 = 0x00020002, VAX_FLOAT = 0x00040004, IEEE_FLOAT = 0x001a0004,
	BITS = 0x00060001, BINARY_RUNS = 0x00150001, CHAR_RUNS = 0x00080002,
	UINT8 = 0x00160001, UINT8_OLD = 0x000d0001, UINT16 = 0x00170002, INT32 = 0x00030004
};

static bool version_2(const uint8_t *h, size_t n)
{
	return n >= 8 && scanco_i32(h) == 20 && scanco_i32(h + 4) == 140;
}

/* Versions before 2: recognised, so that the error can name them; not read. */
static bool version_1(const uint8_t *h, size_t n)
{
	return n >= 8 && (scanco_i32(h) == 16 || scanco_i32(h) == 20) &&
	       (scanco_i32(h + 4) == 92 || scanco_i32(h + 4) == 96);
}

static bool aim_sniff(const uint8_t *head, size_t n)
{
	return (n >= 16 && !memcmp(head, MAGIC_3, 16)) || version_2(head, n) || version_1(head, n);
}

static double vax_float_um(const uint8_t *p)
{
	struct voxel_map map = { .type = VOXEL_VAX32, .file_slope = 1000.0 };
	struct voxel_range range;
	voxels_range_start(&range, 1);
	voxels_range(&map, p, 1, &range);
	return range.min;
}

static int parse(const uint8_t *h, size_t n, const char *path, struct header *out, struct gppi_error *err)
{
	bool three = n >= 16 && !memcmp(h, MAGIC_3, 16);
	int64_t pre[4]; /* sizes: struct, log, data, associated data */
	if (!three && version_1(h, n))
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: is an AIM file of version 1; convert it to version "
			       "2 or 3 with SCANCO's software", path);
	if ((!three && !version_2(h, n)) || n < (three ? 280u : 160u))
		return err_set(err, GPPI_E_FORMAT, "%s: ends inside its AIM header; the file is cut", path);
	for (size_t i = 0; i < 4; i++)
		pre[i] = three ? scanco_i64(h + 24 + 8 * i) : scanco_i32(h + 4 + 4 * i);
	if (pre[0] != (three ? 224 : 140) || (three && scanco_i64(h + 16) != 40) || pre[1] < 0 || pre[2] < 0 ||
	    pre[1] > INT64_MAX / 4 || pre[2] > INT64_MAX / 4)
		return err_set(err, GPPI_E_FORMAT, "%s: the sizes in its AIM header mean nothing; the file is "
			       "damaged", path);
	out->version = three ? 3 : 2;
	out->type = scanco_i32(h + (three ? 68 : 40));
	for (size_t i = 0; i < 3; i++) {
		out->dim[i] = three ? scanco_i64(h + 96 + 8 * i) : scanco_i32(h + 56 + 4 * i);
		out->off[i] = three ? scanco_i64(h + 120 + 8 * i) : scanco_i32(h + 68 + 4 * i);
		out->um[i] = three ? (double)scanco_i64(h + 240 + 8 * i) / 1000.0 : vax_float_um(h + 128 + 4 * i);
		if (out->dim[i] < 1 || out->dim[i] > 65535)
			return err_set(err, GPPI_E_FORMAT, "%s: the header claims a size of %lld voxels along "
				       "axis %zu; the file is damaged", path, (long long)out->dim[i], i + 1);
	}
	out->log_at = three ? 280 : 160;
	out->log_bytes = (size_t)pre[1];
	out->data_at = out->log_at + out->log_bytes;
	out->data_bytes = (size_t)pre[2];
	return 0;
}

/* The value behind `key` in the log: at least two spaces lie between. */
static const char *log_value(const char *log, const char *key)
{
	size_t n = strlen(key);
	for (const char *line = log; line; line = strchr(line, '\n')) {
		line += strspn(line, "\r\n \t");
		if (!strncmp(line, key, n) && !strncmp(line + n, "  ", 2))
			return line + n + strspn(line + n, " ");
		if (!*line)
			break;
	}
	return NULL;
}

static double log_number(const char *log, const char *key)
{
	const char *v = log_value(log, key), *end;
	double number;
	bool whole = v && number_at(v, &number, &end) && (!*end || isspace((unsigned char)*end));
	return whole ? number : 0.0;
}

static void log_text(const char *log, const char *key, char *out, size_t room)
{
	const char *v = log_value(log, key);
	scanco_text(v ? v : "", v ? strcspn(v, "\r\n") : 0, out, room);
}

static void identify(const char *log, struct gppi_identity *who)
{
	char text[64];
	log_text(log, "Patient Name", who->patient_name, sizeof who->patient_name);
	log_text(log, "Index Patient", who->sample, sizeof who->sample);
	log_text(log, "Index Measurement", who->measurement, sizeof who->measurement);
	log_text(log, "Original Creation-Date", text, sizeof text);
	scanco_text_day(text, who->date);
}

static int read_log(const char *path, const struct header *h, struct scanco_calibration *c,
		    struct scan_info *info, struct gppi_error *err)
{
	size_t n = h->log_bytes < LOG_MAX ? h->log_bytes : LOG_MAX, got;
	char *log = calloc(1, n + 1), text[64];
	if (!log)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path);
	int rc = flat_read_file(path, h->log_at, log, n, &got, err);
	if (rc == 0 && got < n)
		rc = err_set(err, GPPI_E_FORMAT, "%s: ends inside its processing log; the file is cut", path);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (!log[i])
			log[i] = '\n';
	log[n] = '\0';
	if (rc == 0) {
		c->mu_scaling = log_number(log, "Mu_Scaling");
		c->mu_water = log_number(log, "HU: mu water");
		c->slope = log_number(log, "Density: slope");
		c->intercept = log_number(log, "Density: intercept");
		log_text(log, "Density: unit", c->unit, sizeof c->unit);
		identify(log, &info->identity);
		log_text(log, "Calibration Data", text, sizeof text);
		if (text[0])
			scan_note(info, "calibration data: %s", text);
	}
	free(log);
	return rc;
}

static bool flat_type(int type, enum voxel_type *out)
{
	switch (type) {
	case INT8: *out = VOXEL_INT8; return true;
	case UINT8: case UINT8_OLD: *out = VOXEL_UINT8; return true;
	case INT16: *out = VOXEL_INT16; return true;
	case UINT16: *out = VOXEL_UINT16; return true;
	case INT32: *out = VOXEL_INT32; return true;
	case VAX_FLOAT: *out = VOXEL_VAX32; return true;
	case IEEE_FLOAT: *out = VOXEL_FLOAT32; return true;
	default: return false;
	}
}

/* Voxels as they are. Those of 8 bits are segmentations: no calibration applies. */
static int open_flat(const char *path, const struct header *h, const struct scanco_calibration *c,
		     struct scan *scan, struct gppi_error *err)
{
	struct flat_layout l = { .nx = (int)h->dim[0], .ny = (int)h->dim[1], .nz = (int)h->dim[2],
				 .offset = h->data_at,
				 .map = { .swap = flat_must_swap(false), .file_slope = 1.0 } };
	bool hu = false;
	size_t bytes;
	flat_type(h->type, &l.map.type);
	snprintf(l.path, sizeof l.path, "%s", path);
	if (flat_bytes(&l, &bytes) && bytes > h->data_bytes)
		return err_set(err, GPPI_E_FORMAT, "%s: the header promises %d x %d x %d %s voxels, but only %zu "
			       "bytes of them; the file is damaged", path, l.nx, l.ny, l.nz,
			       voxel_name(l.map.type), h->data_bytes);
	if (voxel_bytes(l.map.type) > 1)
		hu = scanco_scale(c, &l.map, &scan->info);
	int rc = flat_open(&l, scan, err);
	if (rc < 0)
		return rc;
	if (hu)
		scan->info.unit = SCAN_UNIT_HU;
	else if (c->mu_scaling > 1.0 || voxel_bytes(l.map.type) == 1)
		scan->info.unit = SCAN_UNIT_UNKNOWN;
	return 0;
}

static int open_packed(const char *path, const struct header *h, struct scan *scan, struct gppi_error *err)
{
	struct aim_packed p = { .path = path, .at = h->data_at, .bytes = h->data_bytes, .wide = h->version == 3,
				.kind = h->type == BITS ? AIM_BITS : h->type == BINARY_RUNS ? AIM_BINARY_RUNS
					: AIM_CHAR_RUNS };
	if (scan->need)
		return scan_tell_need(scan, path, h->data_at + h->data_bytes);
	for (int i = 0; i < 3; i++) {
		p.dim[i] = (int)h->dim[i];
		p.off[i] = p.kind == AIM_BITS ? 0 : (int)h->off[i];
		/* The frame is the only part that no bytes stand for: its size must be sane. */
		if (p.kind != AIM_BITS && (h->off[i] < 0 || h->off[i] > 255 || 2 * h->off[i] >= h->dim[i]))
			return err_set(err, GPPI_E_FORMAT, "%s: the header claims a frame of %lld voxels around "
				       "%lld; the file is damaged", path, (long long)h->off[i],
				       (long long)h->dim[i]);
	}
	return aim_packed_open(&p, scan, err);
}

static int aim_open(const char *path, struct scan *scan, struct gppi_error *err)
{
	uint8_t head[HEAD_BYTES];
	size_t got;
	struct header h = { 0 };
	struct scanco_calibration c = { 0 };
	struct scan_info *info = &scan->info;
	enum voxel_type type;
	int rc = flat_read_file(path, 0, head, sizeof head, &got, err);
	if (rc < 0 || (rc = parse(head, got, path, &h, err)) < 0 ||
	    (rc = read_log(path, &h, &c, info, err)) < 0)
		return rc;
	if (h.type == BITS || h.type == BINARY_RUNS || h.type == CHAR_RUNS)
		rc = open_packed(path, &h, scan, err);
	else if (flat_type(h.type, &type))
		rc = open_flat(path, &h, &c, scan, err);
	else
		rc = err_set(err, GPPI_E_UNSUPPORTED, "%s: AIM voxels of type 0x%08x are not read; save it as "
			     "short", path, (unsigned)h.type);
	if (rc < 0)
		return rc;
	snprintf(info->format, sizeof info->format, "SCANCO AIM v0%d0", h.version);
	snprintf(info->path, sizeof info->path, "%s", path);
	spacing_take(info, h.um);
	if (info->spacing_known == SCAN_ASSUMED)
		spacing_zero(info, h.um);
	return 0;
}

const struct scan_format aim_format = {
	.name = "AIM", .sniff = aim_sniff, .open = aim_open, .alone = true, .suffixes = { ".aim" },
};

/* SCANCO ISQ: the reconstructed slices of a measurement, int16 behind a header of 512-byte blocks. */
#include <stdio.h>
#include <string.h>

#include "scan/flat.h"
#include "scan/format.h"
#include "scan/scanco.h"

#define BLOCK 512
#define MAGIC "CTDATA-HEADER_V1"
#define EXTENDED_MAX 64 /* blocks looked at */
#define CALIBRATION_BYTES 696

enum { TYPE_RSQ = 1, TYPE_ISQ = 3, TYPE_GOBJ = 6, TYPE_RAD = 9 };

static bool isq_sniff(const uint8_t *head, size_t n)
{
	return n >= 16 && !memcmp(head, MAGIC, 16);
}

static int refuse_type(const uint8_t *h, const char *path, struct gppi_error *err)
{
	int type = scanco_i32(h + 16);
	if (type == TYPE_RAD || (type == TYPE_ISQ && scanco_i32(h + 64) == 0))
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: is a RAD file (projections, a scout view); give the ISQ file of the "
			       "measurement", path);
	if (type == TYPE_RSQ)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: is an RSQ file (raw detector counts); reconstruct it, then give the ISQ "
			       "file", path);
	if (type == TYPE_GOBJ)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: is a GOBJ file (contours); give the ISQ file of the measurement", path);
	if (type != TYPE_ISQ)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: holds SCANCO data of type %d, not an image; give the ISQ file", path, type);
	return 0;
}

/* Directory entry `index` of the extended header: name and size in blocks. */
static int entry(const uint8_t *dir, size_t index, const uint8_t **name)
{
	*name = dir + 128 * index + 8;
	return scanco_i32(dir + 128 * index + 24);
}

/* Finds "Calibration     " in the extended header of `blocks` blocks; absent or damaged ones are no
 * calibration. */
static int read_extended(const char *path, int blocks, struct scanco_calibration *c, struct gppi_error *err)
{
	uint8_t ext[EXTENDED_MAX * BLOCK];
	size_t got, at = BLOCK, n = (size_t)(blocks < EXTENDED_MAX ? blocks : EXTENDED_MAX);
	int rc = flat_read_file(path, BLOCK, ext, n * BLOCK, &got, err);
	if (rc < 0 || got < 2 * (size_t)BLOCK || memcmp(ext + 8, "MultiHeader     ", 16) != 0)
		return rc;
	const uint8_t *dir = ext + BLOCK, *name;
	at += BLOCK;
	for (size_t i = 0; i < BLOCK / 128; i++) {
		int size = entry(dir, i, &name);
		if (size < 0 || size > EXTENDED_MAX)
			break;
		if (!memcmp(name, "Calibration     ", 16) && at + CALIBRATION_BYTES <= got &&
		    (size_t)size * BLOCK >= CALIBRATION_BYTES) {
			const uint8_t *p = ext + at;
			c->slope = scanco_vax_double(p + 664);
			c->intercept = scanco_vax_double(p + 672);
			c->mu_water = scanco_vax_double(p + 688);
			memcpy(c->unit, p + 648, 16);
			for (int k = 15; k >= 0 && (c->unit[k] == ' ' || !c->unit[k]); k--)
				c->unit[k] = '\0';
			break;
		}
		at += (size_t)size * BLOCK;
	}
	return 0;
}

static int check_dims(const uint8_t *h, struct flat_layout *l, struct gppi_error *err)
{
	l->nx = scanco_i32(h + 44);
	l->ny = scanco_i32(h + 48);
	l->nz = scanco_i32(h + 52);
	int block = scanco_i32(h + 508);
	if (block < 0)
		return err_set(err, GPPI_E_FORMAT, "%s: the header puts the voxels at block %d; the file is "
			       "damaged", l->path, block);
	l->offset = BLOCK * ((size_t)block + 1);
	return 0;
}

static void describe(const uint8_t *h, struct scan_info *info)
{
	struct gppi_identity *who = &info->identity;
	scanco_text((const char *)h + 128, 40, who->patient_name, sizeof who->patient_name);
	snprintf(who->sample, sizeof who->sample, "%d", scanco_i32(h + 28));
	snprintf(who->measurement, sizeof who->measurement, "%d", scanco_i32(h + 112));
	scanco_vms_day(h + 36, who->date);
	snprintf(info->format, sizeof info->format, "SCANCO ISQ");
	scan_note(info, "scanner: %d", scanco_i32(h + 32));
	scan_note(info, "tube: %.3g kV, %d uA", scanco_i32(h + 168) / 1000.0, scanco_i32(h + 172));
}

static int isq_open(const char *path, struct scan *scan, struct gppi_error *err)
{
	uint8_t h[BLOCK];
	size_t got;
	struct scan_info *info = &scan->info;
	struct flat_layout l = { .map = { .type = VOXEL_INT16, .swap = flat_must_swap(false) } };
	struct scanco_calibration c = { 0 };
	int rc = flat_read_file(path, 0, h, sizeof h, &got, err);
	if (rc < 0)
		return rc;
	if (got < BLOCK || !isq_sniff(h, got))
		return err_set(err, GPPI_E_FORMAT, "%s: ends inside its SCANCO header; the file is cut", path);
	snprintf(l.path, sizeof l.path, "%s", path);
	if ((rc = refuse_type(h, path, err)) < 0 || (rc = check_dims(h, &l, err)) < 0 ||
	    (rc = read_extended(path, scanco_i32(h + 508), &c, err)) < 0)
		return rc;
	c.mu_scaling = scanco_i32(h + 88);
	describe(h, info);
	bool hu = scanco_scale(&c, &l.map, info);
	rc = flat_open(&l, scan, err);
	if (rc < 0)
		return rc;
	snprintf(info->path, sizeof info->path, "%s", path);
	if (hu)
		info->unit = SCAN_UNIT_HU;
	else if (c.mu_scaling > 1.0)
		info->unit = SCAN_UNIT_UNKNOWN;
	double um[3];
	const int dims[3] = { l.nx, l.ny, l.nz };
	for (size_t i = 0; i < 3; i++)
		um[i] = (double)scanco_i32(h + 56 + 4 * i) / dims[i];
	spacing_take(info, um);
	if (info->spacing_known == SCAN_ASSUMED)
		spacing_zero(info, um);
	return 0;
}

const struct scan_format isq_format = {
	.name = "ISQ", .sniff = isq_sniff, .open = isq_open, .alone = true, .suffixes = { ".isq" },
};

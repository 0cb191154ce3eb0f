/* Inputs: a file or folder and the scans in it. */
#include "api/input.h"

#include <math.h>
#include <stdlib.h>

#include "api/fail.h"
#include "base/size.h"

struct gppi_input {
	struct scan_set *set;
	struct scan_info *info; /* per scan, filled when asked for: owns the strings given out */
};

const struct scan_set *input_set(const struct gppi_input *input)
{
	return input->set;
}

int gppi_input_open(const char *path, struct gppi_input **out, struct gppi_error *error)
{
	struct err err = { 0 };
	struct gppi_input *in = calloc(1, sizeof *in);
	int rc;

	*out = NULL;
	if (!in) {
		rc = err_set(&err, GPPI_E_NOMEM, "%s: out of memory", path);
		goto error;
	}
	rc = scan_set_open(path, &in->set, &err);
	if (rc < 0)
		goto error;
	in->info = calloc((size_t)scan_set_count(in->set), sizeof *in->info);
	if (!in->info) {
		rc = err_set(&err, GPPI_E_NOMEM, "%s: out of memory for %d scans", path,
			     scan_set_count(in->set));
		goto error;
	}
	*out = in;
	return GPPI_OK;
error:
	gppi_input_free(in);
	return api_fail(rc, &err, error);
}

int gppi_input_count(const struct gppi_input *input)
{
	return scan_set_count(input->set);
}

void gppi_input_free(struct gppi_input *input)
{
	if (!input)
		return;
	if (input->set)
		scan_set_free(input->set);
	free(input->info);
	free(input);
}

/* Smallest and largest raw value, slice by slice. */
static int raw_range(struct scan *scan, int16_t *low, int16_t *high, struct err *err)
{
	const struct scan_info *info = scan_info(scan);
	size_t n = 0, bytes = 0;
	int16_t *scratch = NULL;
	int rc = 0;

	if (size_mul((size_t)info->nx, (size_t)info->ny, &n) && size_mul(n, sizeof *scratch, &bytes))
		scratch = malloc(bytes);
	if (!scratch)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for a slice of %d x %d",
			       info->path, info->nx, info->ny);
	*low = INT16_MAX;
	*high = INT16_MIN;
	for (int z = 0; z < info->nz && rc >= 0; z++) {
		const int16_t *v;
		rc = scan_slab(scan, z, 1, scratch, &v, err);
		for (size_t i = 0; rc >= 0 && i < n; i++) {
			*low = v[i] < *low ? v[i] : *low;
			*high = v[i] > *high ? v[i] : *high;
		}
	}
	free(scratch);
	return rc;
}

int gppi_input_info(struct gppi_input *input, int index, double voxel_um,
		    struct gppi_scan_info *out, struct gppi_error *error)
{
	struct err err = { 0 };
	struct scan *scan = NULL;
	int16_t low = 0, high = 0;
	int rc;

	if (index < 0 || index >= gppi_input_count(input)) {
		rc = err_set(&err, GPPI_E_USAGE, "scan %d does not exist; there are %d", index,
			     gppi_input_count(input));
		goto done;
	}
	rc = scan_open(input->set, index, voxel_um, &scan, &err);
	if (rc < 0)
		goto done;
	rc = raw_range(scan, &low, &high, &err);
	if (rc >= 0)
		rc = scan_settle(scan, &err);
	if (rc < 0)
		goto done;

	struct scan_info *i = &input->info[index];
	*i = *scan_info(scan);
	double a = low * i->slope + i->intercept, b = high * i->slope + i->intercept;
	*out = (struct gppi_scan_info){
		.name = i->name, .path = i->path, .format = i->format, .voxel_type = i->voxel_type,
		.encoding = i->encoding, .detail = i->detail,
		.dims = { i->nx, i->ny, i->nz },
		.spacing_um = { i->spacing_um[0], i->spacing_um[1], i->spacing_um[2] },
		.spacing_known = (enum gppi_spacing)i->spacing_known,
		.slope = i->slope, .intercept = i->intercept,
		.is_hu = i->unit == SCAN_UNIT_HU,
		.value_min = fmin(a, b), .value_max = fmax(a, b),
		.file_bytes = i->file_bytes,
	};
done:
	if (scan)
		scan_close(scan);
	return api_fail(rc, &err, error);
}

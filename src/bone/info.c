/* input_info(): what the reader understood of a scan. */
#include <math.h>
#include <stdlib.h>

#include "base/size.h"
#include "bone/input.h"

/* Smallest and largest raw value, slice by slice. */
static int raw_range(struct scan *scan, int16_t *low, int16_t *high, struct gppi_error *err)
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

static int read_all(struct scan *scan, int16_t *low, int16_t *high, struct gppi_error *err)
{
	int rc = raw_range(scan, low, high, err);

	return rc < 0 ? rc : scan_settle(scan, err);
}

int input_info(struct gppi_input *input, int index, double voxel_um, struct gppi_scan_info *out, struct gppi_error *err)
{
	struct bone *bone;
	int16_t low = 0, high = 0;
	int rc = input_bone(input, index, voxel_um, &bone, err);

	if (rc == 0)
		rc = read_all(bone->scan, &low, &high, err);
	if (rc < 0)
		return rc;
	struct input_bone *item = input->bone[index];
	struct scan_info *i = item->info ? item->info : (item->info = malloc(sizeof *i));
	if (!i)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", scan_info(bone->scan)->path);
	*i = *scan_info(bone->scan);
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
		.identity = &i->identity,
	};
	return 0;
}

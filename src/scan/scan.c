#include "scan/scan.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "base/stop.h"
#include "scan/budget.h"
#include "scan/reader.h"

#define HU_STEP_MIN 1e-3 /* 16 bits then span 65 HU */
#define HU_STEP_MAX 40.0 /* exports of 8 bits have 10 to 20 */

const struct scan_info *scan_info(const struct scan *scan)
{
	return &scan->info;
}

void scan_close(struct scan *scan)
{
	if (!scan)
		return;
	if (scan->ops && scan->ops->close)
		scan->ops->close(scan->self);
	free(scan);
}

void scan_note(struct scan_info *info, const char *fmt, ...)
{
	size_t used = strlen(info->detail), size = sizeof info->detail;
	int n = used ? snprintf(info->detail + used, size - used, "; ") : 0;
	va_list ap;
	va_start(ap, fmt);
	if (used + (size_t)n < size)
		n += vsnprintf(info->detail + used + n, size - used - (size_t)n, fmt, ap);
	va_end(ap);
	/* A note that does not fit is left out whole; those of files are made safe to print. */
	if (used + (size_t)n >= size)
		info->detail[used] = '\0';
	printable(info->detail + used);
}

void scan_doubt(struct scan_info *info, const char *fmt, ...)
{
	char text[sizeof info->doubt[0]];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	printable(text);
	for (char *c = text; *c; c++) /* notes are separated by semicolons */
		*c = *c == ';' ? ',' : *c;
	if (info->ndoubts < SCAN_DOUBTS_MAX)
		memcpy(info->doubt[info->ndoubts++], text, sizeof text);
	scan_note(info, "doubt: %s", text);
}

void scan_place_of(const struct scan *scan, struct scan_place *out)
{
	const struct scan_info *info = &scan->info;
	*out = info->place;
	if (info->place.known)
		return;
	*out = (struct scan_place){ .known = false };
	for (int i = 0; i < 3; i++)
		out->step[i][i] = info->spacing_um[i] / 1000.0;
}

bool scan_place_is_sound(const struct scan_place *place)
{
	const double *a = place->step[0], *b = place->step[1], *c = place->step[2];
	double volume = a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) +
			a[2] * (b[0] * c[1] - b[1] * c[0]);
	double box = 1.0;
	for (int i = 0; i < 3; i++) {
		const double *s = place->step[i];
		if (!isfinite(place->origin[i]))
			return false;
		box *= sqrt(s[0] * s[0] + s[1] * s[1] + s[2] * s[2]);
	}
	return isfinite(box) && box > 0.0 && fabs(volume) > 0.1 * box;
}

bool scan_dicom_slice(const struct scan *scan, int z, struct scan_slice_file *out)
{
	return z >= 0 && z < scan->info.nz && scan->ops->dicom_slice &&
	       scan->ops->dicom_slice(scan->self, z, out);
}

int scan_settle(struct scan *scan, struct gppi_error *err)
{
	if (scan->info.unit != SCAN_UNIT_PENDING)
		return 0;
	int rc = scan->ops->settle(scan->self, &scan->info, err);
	scan_doubt_unit(&scan->info);
	return rc;
}

bool scan_steps_of_hu(const struct scan_info *info)
{
	double step = fabs(info->slope);

	return step >= HU_STEP_MIN && step <= HU_STEP_MAX && info->intercept >= -HU_STEP_MAX * 32768;
}

void scan_doubt_unit(struct scan_info *info)
{
	if (info->unit != SCAN_UNIT_HU || scan_steps_of_hu(info))
		return;
	info->unit = SCAN_UNIT_UNKNOWN;
	scan_note(info, "unit: values in steps of %.3g are no Hounsfield units", fabs(info->slope));
}

int scan_threads(const struct scan *scan, int threads)
{
	const struct scan_info *info = &scan->info;

	return budget_threads(threads, info->nx, info->ny, info->decoded_bytes, info->file_bytes);
}

int scan_slab(struct scan *scan, int z0, int nz, int16_t *scratch, const int16_t **out,
	      struct gppi_error *err)
{
	const struct scan_info *info = &scan->info;
	if (z0 < 0 || nz < 1 || z0 >= info->nz || nz > info->nz - z0)
		return err_set(err, GPPI_E_USAGE, "%s: slices %d..%lld were asked for, it has 0..%d",
			       info->path, z0, (long long)z0 + nz - 1, info->nz - 1);
	int rc = stop_asked(err);
	return rc < 0 ? rc : scan->ops->slab(scan->self, z0, nz, scratch, out, err);
}

int scan_rows(struct scan *scan, int z, int y0, int ny, int16_t *scratch, const int16_t **out,
	      struct gppi_error *err)
{
	const struct scan_info *info = &scan->info;
	if (z < 0 || z >= info->nz || y0 < 0 || ny < 0 || y0 > info->ny || ny > info->ny - y0)
		return err_set(err, GPPI_E_USAGE, "%s: rows %d..%lld of slice %d were asked for, it has "
			       "%d slices of %d rows", info->path, y0, (long long)y0 + ny - 1, z,
			       info->nz, info->ny);
	int rc = stop_asked(err);
	if (rc < 0)
		return rc;
	if (scan->ops->rows)
		return scan->ops->rows(scan->self, z, y0, ny, scratch, out, err);
	rc = scan->ops->slab(scan->self, z, 1, scratch, out, err);
	*out += rc < 0 ? 0 : (size_t)y0 * (size_t)info->nx;
	return rc;
}

bool scan_rows_apart(const struct scan *scan)
{
	return scan->ops->rows_apart && scan->ops->rows_apart(scan->self);
}

static int wrap_slab(void *self, int z0, int nz, int16_t *scratch, const int16_t **out,
		     struct gppi_error *err)
{
	const struct scan_source *source = self;
	*out = scratch;
	return source->read(source->user, z0, nz, scratch, err);
}

static void wrap_close(void *self)
{
	struct scan_source *source = self;
	if (source->close)
		source->close(source->user);
	free(source);
}

static const struct scan_ops wrap_ops = { .slab = wrap_slab, .close = wrap_close };

int scan_wrap(const struct scan_info *info, const struct scan_source *source, struct scan **out,
	      struct gppi_error *err)
{
	*out = NULL;
	if (info->nx < 1 || info->ny < 1 || info->nz < 1 || info->nx > 65535 ||
	    info->ny > 65535 || info->nz > 65535)
		return err_set(err, GPPI_E_USAGE, "%s: a volume of %d x %d x %d voxels is not possible",
			       info->path, info->nx, info->ny, info->nz);
	struct scan *scan = calloc(1, sizeof *scan);
	struct scan_source *copy = malloc(sizeof *copy);
	if (!scan || !copy) {
		free(scan);
		free(copy);
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", info->path);
	}
	*copy = *source;
	scan->info = *info;
	scan->ops = &wrap_ops;
	scan->self = copy;
	*out = scan;
	return 0;
}

/* Order and distance of the slices of a series. */
#include "scan/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"

enum key { BY_POSITION, BY_LOCATION, BY_INSTANCE, BY_NAME };

static const char *const key_names[] = { "position", "SliceLocation", "InstanceNumber",
					 "file name" };

/* Fills `where` of every slice; false where a slice lacks the key or none differ in it. */
static bool measure(struct series_slice *s, int n, enum key key)
{
	double lo = INFINITY, hi = -INFINITY;
	for (int i = 0; i < n; i++) {
		const struct dicom_object *o = s[i].object;
		const struct dicom_frame *f = &o->frame[s[i].frame];
		const double *r = o->orientation, *c = r + 3, *p = f->position;
		/* Frames of one file share its location and instance number. */
		if ((key == BY_POSITION && !(f->has_position && o->has_orientation)) ||
		    (key == BY_LOCATION && (!o->has_location || o->frames > 1)) ||
		    (key == BY_INSTANCE && (!o->has_instance || o->frames > 1)))
			return false;
		if (key == BY_POSITION)
			s[i].where = p[0] * (r[1] * c[2] - r[2] * c[1]) +
				     p[1] * (r[2] * c[0] - r[0] * c[2]) +
				     p[2] * (r[0] * c[1] - r[1] * c[0]);
		else
			s[i].where = key == BY_LOCATION ? o->location : o->instance;
		lo = fmin(lo, s[i].where);
		hi = fmax(hi, s[i].where);
	}
	return hi - lo > 1e-6 && isfinite(hi - lo);
}

static int by_where(const void *pa, const void *pb)
{
	const struct series_slice *a = pa, *b = pb;
	if (a->where < b->where || a->where > b->where)
		return a->where < b->where ? -1 : 1;
	return a->frame != b->frame ? (a->frame > b->frame) - (a->frame < b->frame)
				    : os_compare_names(a->object->path, b->object->path);
}

static int by_name(const void *pa, const void *pb)
{
	const struct series_slice *a = pa, *b = pb;
	int c = os_compare_names(a->object->path, b->object->path);
	return c ? c : (a->frame > b->frame) - (a->frame < b->frame);
}

static int by_size(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;
	return (a > b) - (a < b);
}

static double median_step(const struct series_slice *s, int n, double *work)
{
	for (int i = 0; i + 1 < n; i++)
		work[i] = s[i + 1].where - s[i].where;
	qsort(work, (size_t)(n - 1), sizeof *work, by_size);
	return work[(n - 1) / 2];
}

static bool even(const struct series_slice *s, int n, double step)
{
	for (int i = 0; i + 1 < n; i++)
		if (fabs(s[i + 1].where - s[i].where - step) > 0.25 * step)
			return false;
	return true;
}

/* Positions written with two decimals make 10.5 um look uneven: are all slices where the
 * spacing of the header puts them, but for such rounding? A missing slice shifts those behind
 * it by a whole step, which is more than is forgiven here. */
static bool rounded(const struct series_slice *s, int n)
{
	double step = s[0].object->spacing_mm[2], lo = INFINITY, hi = -INFINITY;
	for (int i = 0; i < n; i++) {
		double off = s[i].where - i * step;
		lo = fmin(lo, off);
		hi = fmax(hi, off);
	}
	return hi - lo <= fmin(0.0101, 0.98 * step);
}

static int check_steps(const struct series_slice *s, int n, enum key key, double step,
		       const char *path, struct err *err)
{
	for (int i = 0; i + 1 < n; i++) {
		const char *a = s[i].object->path, *b = s[i + 1].object->path;
		double d = s[i + 1].where - s[i].where;
		if (d < 0.1 * step || !(step > 0.0))
			return err_set(err, GPPI_E_FORMAT,
				       "%s and %s: two slices of the series have the same %s (%g); "
				       "remove one or export the series anew", a, b, key_names[key],
				       s[i].where);
	}
	for (int i = 0; i + 1 < n; i++) {
		const char *a = s[i].object->path, *b = s[i + 1].object->path;
		double d = s[i + 1].where - s[i].where;
		if (d > 1.5 * step)
			return err_set(err, GPPI_E_FORMAT,
				       "%s: slices are missing between %s and %s (%s %g to %g, others "
				       "are %g apart); copy the whole series again", path, a, b,
				       key_names[key], s[i].where, s[i + 1].where, step);
	}
	return 0;
}

void series_place(const struct series_slice *s, int n, double z_mm, struct scan_place *out)
{
	const struct dicom_object *o = s[0].object;
	const double *p = o->frame[s[0].frame].position, *q = s[n - 1].object->frame[s[n - 1].frame].position;
	const double *r = o->orientation, *c = r + 3;
	const double normal[3] = { r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2],
				   r[0] * c[1] - r[1] * c[0] };

	*out = (struct scan_place){ .known = o->has_orientation };
	for (int i = 0; i < n && out->known; i++)
		out->known = s[i].object->frame[s[i].frame].has_position;
	for (int i = 0; i < 3; i++) {
		out->origin[i] = p[i];
		out->step[0][i] = r[i] * o->spacing_mm[0];
		out->step[1][i] = c[i] * o->spacing_mm[1];
		out->step[2][i] = n > 1 ? (q[i] - p[i]) / (n - 1) : normal[i] * z_mm;
	}
	out->known = out->known && scan_place_is_sound(out);
}

int series_order(struct series_slice *slices, int n, const char *path, double *z_mm,
		 struct err *err)
{
	enum key key = BY_POSITION;
	while (key < BY_NAME && !measure(slices, n, key))
		key++;
	*z_mm = slices[0].object->spacing_mm[2];
	if (key == BY_NAME) {
		qsort(slices, (size_t)n, sizeof *slices, by_name);
		return 0;
	}
	double *work = malloc((size_t)n * sizeof *work);
	if (!work)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path);
	qsort(slices, (size_t)n, sizeof *slices, by_where);
	double step = median_step(slices, n, work);
	free(work);
	if (key != BY_INSTANCE && !even(slices, n, step) && rounded(slices, n))
		return 0;
	if (key != BY_INSTANCE)
		*z_mm = (slices[n - 1].where - slices[0].where) / (n - 1);
	return check_steps(slices, n, key, step, path, err);
}

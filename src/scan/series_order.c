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
	int c = (a->object->part > b->object->part) - (a->object->part < b->object->part);

	c = c ? c : os_compare_names(a->object->path, b->object->path);
	return c ? c : (a->frame > b->frame) - (a->frame < b->frame);
}

static int by_size(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;
	return (a > b) - (a < b);
}

/* The step that `share` of all steps reach at most; work has room for n. */
static double step_at(const struct series_slice *s, int n, double share, double *work)
{
	for (int i = 0; i + 1 < n; i++)
		work[i] = s[i + 1].where - s[i].where;
	qsort(work, (size_t)(n - 1), sizeof *work, by_size);
	return work[(int)(share * (n - 2))];
}

/* How far slices lie from where `step` puts them, from the first on: the width of that range. */
static double range_off(const struct series_slice *s, int n, double step)
{
	double lo = INFINITY, hi = -INFINITY;
	for (int i = 0; i < n; i++) {
		double off = s[i].where - i * step;
		lo = fmin(lo, off);
		hi = fmax(hi, off);
	}
	return hi - lo;
}

/* Positions written with two decimals make 10.5 um look uneven: are all slices where the
 * spacing of the header puts them, but for such rounding? A missing slice shifts those behind
 * it by a whole step, which is more than is forgiven here. */
static double forgiven(double step)
{
	return fmin(0.0101, 0.98 * step);
}

/* The last digit of all positions, where it is 10 or 1 um; 0 where it is less. */
static double last_digit(const struct series_slice *s, int n)
{
	static const double digits[] = { 0.01, 0.001 };
	for (size_t k = 0; k < sizeof digits / sizeof *digits; k++) {
		int i = 0;
		while (i < n && fabs(s[i].where / digits[k] - round(s[i].where / digits[k])) < 1e-4)
			i++;
		if (i == n)
			return digits[k];
	}
	return 0.0;
}

/* Is every slice within a quarter of a step of its place in an even row? */
static bool even(const struct series_slice *s, int n, double step)
{
	return range_off(s, n, step) <= 0.25 * step;
}

/* The same, as near as its position is written, where the header's spacing is of no help. */
static bool even_but_rounded(const struct series_slice *s, int n, double step, double header)
{
	double digit = last_digit(s, n);
	return !(fabs(header - step) <= digit) && range_off(s, n, step) <= fmin(1.01 * digit, 0.98 * step);
}

/* Two even rows with one step, a part of it apart. */
static bool in_pairs(const struct series_slice *s, int n)
{
	int pairs = (n - 1) / 2;
	double step = n > 4 ? (s[2 * (size_t)pairs].where - s[0].where) / pairs : 0.0;
	for (int first = 0; first < 2; first++) {
		double lo = INFINITY, hi = -INFINITY;
		for (int i = first; i < n; i += 2) {
			int pair = i / 2;
			double off = s[i].where - pair * step;
			lo = fmin(lo, off);
			hi = fmax(hi, off);
		}
		if (!(hi - lo < 0.1 * step))
			return false;
	}
	return true;
}

/* Does every second slice carry the same AcquisitionNumber, and its neighbours another? */
static bool acquired_in_turn(const struct series_slice *s, int n)
{
	int turns = 0;
	for (int i = 0; i + 2 < n; i++) {
		const struct dicom_object *o = s[i].object, *next = s[i + 1].object, *same = s[i + 2].object;
		turns += o->has_acquisition && next->has_acquisition && same->has_acquisition &&
			 o->acquisition == same->acquisition && o->acquisition != next->acquisition;
	}
	return turns > 0.9 * (n - 2);
}

/* InstanceNumber, or the number of a frame in its file. */
static int number_of(const struct series_slice *s)
{
	return s->object->frames > 1 ? s->frame : s->object->instance;
}

/* Are the numbers monotonic over every second slice, but not over all slices? */
static bool numbered_in_turn(const struct series_slice *s, int n)
{
	int along = 0, back = 0, up = 0, down = 0;
	for (int i = 0; i + 2 < n; i++) {
		const struct dicom_object *o = s[i].object;
		if (o->frames > 1 ? s[i + 1].object != o || s[i + 2].object != o : !o->has_instance)
			return false;
		int here = number_of(&s[i]), next = number_of(&s[i + 1]), same = number_of(&s[i + 2]);
		along += same > here;
		back += same < here;
		up += next > here;
		down += next < here;
	}
	bool one_way = up >= 0.9 * (n - 2) || down >= 0.9 * (n - 2);
	return (along == n - 2 || back == n - 2) && !one_way;
}

static int check_same_place(const struct series_slice *s, int n, enum key key, double step, struct gppi_error *err)
{
	for (int i = 0; i + 1 < n; i++) {
		double d = s[i + 1].where - s[i].where;
		if (d < 0.1 * step || !(step > 0.0))
			return err_set(err, GPPI_E_FORMAT,
				       "%s and %s: two slices of the series have the same %s (%g); "
				       "remove one or export the series anew", s[i].object->path,
				       s[i + 1].object->path, key_names[key], s[i].where);
	}
	return 0;
}

static int name_gap(const struct series_slice *s, int i, enum key key, double step, int missing, const char *path,
		    struct gppi_error *err)
{
	return err_set(err, GPPI_E_FORMAT,
		       "%s: slices are missing between %s and %s (%s %g to %g, others are %g apart; %d missing "
		       "in all); copy the whole series again", path, s[i].object->path, s[i + 1].object->path,
		       key_names[key], s[i].where, s[i + 1].where, step, missing);
}

/* Does a distance vary where positions are written to this digit? */
static bool is_rounded(double step, double digit)
{
	return digit > 0.4 * step && step > 0.4 * digit && fabs(step / digit - round(step / digit)) > 1e-3;
}

/* Rounded positions with a gap: those in front of it are where `step` puts them. */
static int check_rounded(const struct series_slice *s, int n, enum key key, double step, const char *path,
			 struct gppi_error *err)
{
	int i = 1;
	while (i + 1 < n && range_off(s, i + 2, step) <= forgiven(step))
		i++;
	int missing = (int)fmin(round((s[n - 1].where - s[0].where) / step), 1e6) - (n - 1);
	return missing > 0 && missing < n ? name_gap(s, i, key, step, missing, path, err) : 0;
}

/* Steps of twice, three times ... the usual one, and any other wide one where these are few or very wide: slices are
 * missing there. Else the distances change. */
static int check_gaps(const struct series_slice *s, int n, enum key key, double step, const char *path,
		      struct gppi_error *err)
{
	int first = -1, wide = 0;
	double missing = 0.0, widest = 0.0;
	bool whole = true;
	for (int i = 0; i + 1 < n; i++) {
		double d = (s[i + 1].where - s[i].where) / step;
		if (d <= 1.5)
			continue;
		first = first < 0 ? i : first;
		wide++;
		widest = fmax(widest, d);
		whole = whole && fabs(d - round(d)) <= 0.08;
		missing += round(d) - 1.0;
	}
	if (first < 0 || (!whole && wide > 1 && wide > n / 20 && widest < 4.0))
		return 0;
	return name_gap(s, first, key, step, (int)fmin(fmax(missing, 1.0), 1e6), path, err);
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

/* Uneven slices: gaps and rows in pairs are refused, other distances are told. */
static int judge_uneven(const struct series_slice *s, int n, enum key key, const char *path, double *work,
			struct series_steps *out, struct gppi_error *err)
{
	double low = step_at(s, n, 0.1, work), header = s[0].object->spacing_mm[2];
	int rc = 0;
	if (in_pairs(s, n))
		return err_set(err, GPPI_E_FORMAT,
			       "%s: the slices come in pairs (%s %g, %g, %g ...), as from two passes; "
			       "keep one of them",
			       path, key_names[key], s[0].where, s[1].where, s[2].where);
	if (is_rounded(header, last_digit(s, n)))
		rc = check_rounded(s, n, key, header, path, err);
	if (rc == 0)
		rc = check_gaps(s, n, key, low, path, err);
	out->uneven = rc == 0;
	out->least_mm = low;
	out->most_mm = step_at(s, n, 1.0, work);
	return rc;
}

static int judge_steps(const struct series_slice *s, int n, enum key key, const char *path, double *work,
		       struct series_steps *out, struct gppi_error *err)
{
	double mean = (s[n - 1].where - s[0].where) / (n - 1), header = out->z_mm;
	if (key == BY_INSTANCE) {
		double step = step_at(s, n, 0.5, work);
		int rc = check_same_place(s, n, key, step, err);
		return rc < 0 ? rc : check_gaps(s, n, key, step, path, err);
	}
	bool is_even = even(s, n, mean);
	if (!is_even && range_off(s, n, header) <= forgiven(header))
		return 0;
	out->z_mm = mean;
	int rc = check_same_place(s, n, key, step_at(s, n, 0.5, work), err);
	if (rc == 0 && !is_even && !even_but_rounded(s, n, mean, header))
		rc = judge_uneven(s, n, key, path, work, out, err);
	return rc;
}

int series_order(struct series_slice *slices, int n, const char *path, struct series_steps *steps,
		 struct gppi_error *err)
{
	enum key key = BY_POSITION;
	while (key < BY_NAME && !measure(slices, n, key))
		key++;
	*steps = (struct series_steps){ .z_mm = slices[0].object->spacing_mm[2], .by_position = key == BY_POSITION };
	if (key == BY_NAME) {
		qsort(slices, (size_t)n, sizeof *slices, by_name);
		return 0;
	}
	double *work = malloc((size_t)n * sizeof *work);
	if (!work)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path);
	qsort(slices, (size_t)n, sizeof *slices, by_where);
	int rc = judge_steps(slices, n, key, path, work, steps, err);
	free(work);
	steps->two_passes = rc == 0 && key != BY_INSTANCE && n > 4 &&
			    (acquired_in_turn(slices, n) || numbered_in_turn(slices, n));
	return rc;
}

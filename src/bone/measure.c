#include "bone/measure.h"

#include <math.h>

#include "base/clock.h"

/* The unit of thresholds, and the threshold in the scan's own. */
static int take_unit(const struct scan_info *info, struct segment_options *o, struct bone_measures *out,
		     struct gppi_error *err)
{
	static const struct { const char *name, *in_a_sentence; } unit[] = {
		[SEGMENT_MGHA] = { "mg HA/cm3", "mg HA/cm3, as SCANCO ISQ and AIM files have" },
		[SEGMENT_PERMILLE] = { "permille", "SCANCO's permille" },
	};

	if (o->rule != SEGMENT_FIXED || o->unit == SEGMENT_SCAN) {
		bool mgha = info->mgha.slope == 1.0 && info->mgha.intercept == 0.0;
		out->unit = info->unit == SCAN_UNIT_HU ? "HU" : mgha ? unit[SEGMENT_MGHA].name : "file units";
		out->scale = (struct scan_scale){ 1, 0 };
		return 0;
	}
	out->unit = unit[o->unit].name;
	out->scale = o->unit == SEGMENT_MGHA ? info->mgha : info->permille;
	if (out->scale.slope == 0)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: has no calibration to %s; give --threshold in the scan's own unit, or as "
			       "dual or otsu",
			       info->path, unit[o->unit].in_a_sentence);
	o->threshold = (o->threshold - out->scale.intercept) / out->scale.slope;
	return 0;
}

/* Grey values of the block once more, not smoothed; nothing where there is no calibration for them. */
static int read_raw(struct scan *scan, const struct segment *s, int threads, struct grey *out, struct gppi_error *err)
{
	if (scan_info(scan)->mgha.slope == 0)
		return 0;
	return grey_read(scan, s->grey.first, s->grey.grid.n, threads, out, err);
}

static int measure(struct scan *scan, const struct segment *s, int threads, struct bone_measures *out,
		   struct gppi_error *err)
{
	const struct scan_scale *mgha = &scan_info(scan)->mgha;
	struct grey raw = { .v = NULL };
	struct measure_input in = { .grid = s->grey.grid, .bone = s->bone, .tv = s->tv, .cortex = s->cortex, .wall = s->wall,
				    .first = s->first, .last = s->last, .around = MEASURE_AROUND, .threads = threads };
	int rc = read_raw(scan, s, threads, &raw, err);

	in.raw = raw.v;
	in.mgha = (struct scan_scale){ mgha->slope * raw.slope, mgha->slope * raw.intercept + mgha->intercept };
	if (rc >= 0)
		rc = measures_make(&in, &out->measures, err);
	grey_free(&raw);

	for (int side = 0; side < 2 && rc >= 0; side++)
		if (!measures_moved(&out->measures, side ? MEASURE_AROUND : -MEASURE_AROUND, out->moved[side]))
			for (int i = 0; i < MEASURES; i++)
				out->moved[side][i] = NAN;
	return rc;
}

int bone_measure(struct bone *bone, const struct segment_options *how, struct bone_measures *out,
		 struct gppi_error *err)
{
	const struct gppi_result *r = &bone->result;
	const struct frame *f = &bone->frame;
	const struct segment_place at = { f->cx, f->cy, f->side_x, f->side_y, r->voi_first, r->voi_last, f->bone_value,
					  f->medium_value };
	struct segment_options options = *how;
	const double start = clock_now();

	*out = (struct bone_measures){ .unit = NULL };
	if (r->gppi < 0 || r->voi_first < 0)
		return err_set(err, GPPI_E_NOBONE, "%s: there is no plane, or its VOI lies outside of the scan: nothing is measured",
			       bone->result.name);
	options.threads = plane_workers(bone->threads);
	int rc = take_unit(scan_info(bone->scan), &options, out, err);
	if (rc >= 0)
		rc = segment_make(bone->scan, &at, &options, &out->segment, err);
	if (rc >= 0)
		rc = measure(bone->scan, &out->segment, options.threads, out, err);
	out->seconds = clock_now() - start;
	return rc;
}

void bone_measures_free(struct bone_measures *m)
{
	segment_free(&m->segment);
	measures_free(&m->measures);
}

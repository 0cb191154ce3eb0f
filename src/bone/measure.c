#include "bone/measure.h"

#include <math.h>

#include "base/clock.h"

static int measure(const struct segment *s, int threads, struct bone_measures *out, struct err *err)
{
	struct measure_input in = { .grid = s->grey.grid, .bone = s->bone, .tv = s->tv, .cortex = s->cortex, .wall = s->wall,
				    .first = s->first, .last = s->last, .around = MEASURE_AROUND, .threads = threads };
	int rc = measures_make(&in, &out->measures, err);

	for (int side = 0; side < 2 && rc >= 0; side++)
		if (!measures_moved(&out->measures, side ? MEASURE_AROUND : -MEASURE_AROUND, out->moved[side]))
			for (int i = 0; i < MEASURES; i++)
				out->moved[side][i] = NAN;
	return rc;
}

int bone_measure(struct bone *bone, const struct segment_options *how, struct bone_measures *out, struct err *err)
{
	const struct gppi_result *r = &bone->result;
	const struct frame *f = &bone->frame;
	const struct segment_place at = { f->cx, f->cy, f->side_x, f->side_y, r->voi_first, r->voi_last, f->bone_value,
					  f->medium_value };
	struct segment_options options = *how;
	const double start = clock_now();

	*out = (struct bone_measures){ .unit = scan_info(bone->scan)->unit };
	if (r->gppi < 0 || r->voi_first < 0)
		return err_set(err, GPPI_E_NOBONE, "%s: there is no plane, or its VOI lies outside of the scan: nothing is measured",
			       bone->result.name);
	options.threads = plane_workers(bone->threads);
	int rc = segment_make(bone->scan, &at, &options, &out->segment, err);
	if (rc >= 0)
		rc = measure(&out->segment, options.threads, out, err);
	out->seconds = clock_now() - start;
	return rc;
}

void bone_measures_free(struct bone_measures *m)
{
	segment_free(&m->segment);
	measures_free(&m->measures);
}

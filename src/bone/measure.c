#include "bone/measure.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/parallel.h"

#define LANDMARK_SURE 0.3 /* confidence below which a VOI that begins there is marked */

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
			       "dual, local or otsu",
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

/* The measures of the VOI at each place that the plane may have, unless it is the landmark's. */
static void move_voi(struct bone_measures *out)
{
	double value[MEASURES];

	for (int i = 0; i < MEASURES; i++) {
		const bool moves = i < MEASURE_PLATE_TH && !out->secondary;
		out->effect[i] = moves ? (struct plane_effect){ { NAN, NAN }, INFINITY, -INFINITY }
				       : (struct plane_effect){ { NAN, NAN }, NAN, NAN };
	}
	for (int by = -MEASURE_AROUND; by <= MEASURE_AROUND && !out->secondary; by++) {
		const bool there = measures_moved(&out->measures, by, value);
		for (int i = 0; i < MEASURE_PLATE_TH; i++) {
			struct plane_effect *e = &out->effect[i];
			const double v = there ? value[i] : NAN;
			e->low = v < e->low || isnan(v) ? v : e->low;
			e->high = v > e->high || isnan(v) ? v : e->high;
			if (by == -MEASURE_AROUND || by == MEASURE_AROUND)
				e->moved[by > 0] = v;
		}
	}
}

double plane_effect_slope(const struct plane_effect *effect)
{
	return (effect->moved[1] - effect->moved[0]) / (2 * MEASURE_AROUND);
}

static int measure(struct scan *scan, bool maps, unsigned also, int threads, struct bone_measures *out,
		   struct gppi_error *err)
{
	const struct segment *s = &out->segment;
	const struct scan_scale *mgha = &scan_info(scan)->mgha;
	struct grey raw = { .v = NULL };
	int rc = read_raw(scan, s, threads, &raw, err);

	if (rc >= 0 && maps) {
		out->thickness = grid_alloc(&s->grey.grid, sizeof *out->thickness, err);
		out->spacing = grid_alloc(&s->grey.grid, sizeof *out->spacing, err);
		rc = out->thickness && out->spacing ? 0 : GPPI_E_NOMEM;
	}
	struct measure_input in = { .grid = s->grey.grid, .bone = s->bone, .tv = s->tv, .cortex = s->cortex,
				    .wall = s->wall,
				    .layers = out->shaft ? &out->turned.layers : NULL,
				    .first = out->shaft ? out->turned.first : s->first,
				    .last = out->shaft ? out->turned.last : s->last, .around = MEASURE_AROUND,
				    .raw = raw.v,
				    .mgha = { mgha->slope * raw.slope, mgha->slope * raw.intercept + mgha->intercept },
				    .also = also, .thickness = out->thickness, .spacing = out->spacing,
				    .threads = threads };
	if (rc >= 0)
		rc = measures_make(&in, &out->measures, err);
	grey_free(&raw);
	if (rc >= 0)
		move_voi(out);
	return rc;
}

/* The VOI from the landmark on, as long as was asked for. */
static int begin_voi(struct gppi_result *r, const struct bone_knee *knee, int nz, struct gppi_error *err)
{
	const int length = r->voi_count - 1, first = (int)lrint(knee->secondary.slice),
		far = first + knee->place.step * length;

	if (knee->secondary.why)
		return err_set(err, GPPI_E_NOBONE,
			       "%s: no VOI, because the beginning of the secondary spongiosa is not known: %s", r->name,
			       knee->secondary.why);
	r->voi_first = knee->place.step > 0 ? first : far;
	r->voi_last = knee->place.step > 0 ? far : first;
	if (r->voi_first >= 0 && r->voi_last < nz)
		return 0;
	return err_set(err, GPPI_E_NOBONE, "%s: the VOI from the secondary spongiosa on (slice %d) leaves the scan",
		       r->name, first);
}

static void put_plate(struct measures *m, const struct bone_knee *knee)
{
	const struct plate *p = &knee->plate;
	const double value[] = {
		[MEASURE_PLATE_TH - MEASURE_PLATE_TH] = p->thick,
		[MEASURE_PLATE_TH_SD - MEASURE_PLATE_TH] = p->thick_sd,
		[MEASURE_PLATE_LEVEL - MEASURE_PLATE_TH] = p->level,
		[MEASURE_PLATE_LEVEL_SD - MEASURE_PLATE_TH] = p->level_sd,
		[MEASURE_PLATE_TILT - MEASURE_PLATE_TH] = p->tilt_deg,
		[MEASURE_PLATE_AR - MEASURE_PLATE_TH] = p->area_mm2,
		[MEASURE_BRIDGES - MEASURE_PLATE_TH] = p->bridges,
		[MEASURE_BRIDGE_AR - MEASURE_PLATE_TH] = p->bridge_share,
		[MEASURE_PLATE_BEGIN - MEASURE_PLATE_TH] = rint(knee->begin.slice),
		[MEASURE_SECONDARY_BEGIN - MEASURE_PLATE_TH] = rint(knee->secondary.slice),
	};

	for (int i = MEASURE_PLATE_TH; i < MEASURES; i++) {
		m->value[i] = value[i - MEASURE_PLATE_TH];
		m->why[i] = NULL;
	}
	if (p->why)
		measures_none(m, MEASURE_PLATE_TH, MEASURE_PLATE_BEGIN, p->why);
	else if (p->why_bridges)
		measures_none(m, MEASURE_BRIDGES, MEASURE_BRIDGE_AR, p->why_bridges);
	if (knee->secondary.why)
		measures_none(m, MEASURE_SECONDARY_BEGIN, MEASURE_SECONDARY_BEGIN, knee->secondary.why);
}

/* The VOI, segmented and measured. */
static int segment_and_measure(struct bone *bone, const struct bone_measuring *how, struct bone_measures *out,
			       struct gppi_error *err)
{
	const struct gppi_result *r = &bone->result;
	const struct frame *f = &bone->frame;
	int slices[2] = { r->voi_first, r->voi_last };

	out->shaft = how->shaft && !(f->flags & FRAME_NO_AXIS);
	out->secondary = how->secondary;
	if (out->shaft)
		out->turned = turned_make(bone, slices);
	const struct segment_place at = { f->cx, f->cy, f->side_x, f->side_y, slices[0], slices[1], f->bone_value,
					  f->medium_value };
	int rc = segment_make(bone->scan, &at, &out->how, &out->segment, err);
	out->given_bone = how->given.bone != NULL;
	out->given_tv = how->given.tv != NULL;
	if (rc >= 0 && (out->given_bone || out->given_tv))
		given_masks_take(&how->given, &out->segment);
	if (rc >= 0 && !out->given_tv)
		rc = segment_check(&out->segment, out->how.threads, err);
	if (rc >= 0 && out->shaft)
		rc = turned_enter(&out->turned, r->name, &out->segment, err);
	if (rc >= 0 && how->shaft && !out->shaft)
		segment_doubt(&out->segment, "the bone is too short to show the axis of its shaft: the VOI lies along "
					     "the slices");
	if (rc >= 0)
		rc = measure(bone->scan, how->maps, how->also, out->how.threads, out, err);
	if (rc >= 0 && !out->given_bone && !out->given_tv)
		segment_check_thickness(&out->segment, out->measures.value[MEASURE_TB_TH],
					out->measures.value[MEASURE_TB_TH_SD]);
	if (rc >= 0 && out->shaft)
		rc = turned_cut(&out->turned, &out->segment, err);
	return rc;
}

struct both {
	struct bone *bone;
	const struct bone_measuring *how;
	struct bone_measures *out;
	struct grey *around; /* the plane; freed when it has been looked at */
};

static int do_part(void *arg, int part, int worker, struct gppi_error *err)
{
	const struct both *b = arg;

	(void)worker;
	if (part == 1)
		return segment_and_measure(b->bone, b->how, b->out, err);
	int rc = bone_knee_find(b->bone, b->around, b->out->how.threads, &b->out->knee, err);
	grey_free(b->around);
	return rc;
}

/* The growth plate and the VOI: at the same time, unless the VOI begins where the plate's surroundings say. */
static int find_and_measure(struct bone *bone, const struct bone_measuring *how, struct bone_measures *out,
			    struct gppi_error *err)
{
	const int threads = out->how.threads;
	struct grey around;
	struct both both = { bone, how, out, &around };
	int rc = bone_knee_read(bone, threads, &out->knee, &around, err);

	if (rc >= 0 && how->secondary) {
		rc = do_part(&both, 0, 0, err);
		if (rc >= 0)
			rc = begin_voi(&bone->result, &out->knee, scan_info(bone->scan)->nz, err);
		if (rc >= 0)
			rc = do_part(&both, 1, 0, err);
		if (rc >= 0 && out->knee.secondary.confidence < LANDMARK_SURE)
			segment_doubt(&out->segment,
				      "where the secondary spongiosa begins, and with it the VOI, is unsure");
	} else if (rc >= 0) {
		rc = parallel_together(threads, 2, do_part, &both, err);
	}
	grey_free(&around);
	return rc;
}

/* All lengths hang on it; where the VOI does as well, the plane's result says so. */
static void doubt_size(const struct bone *bone, struct segment *s)
{
	const struct gppi_voi *voi = &bone->result.voi;

	if (scan_info(bone->scan)->spacing_known == SCAN_ASSUMED && voi->offset_unit != GPPI_VOI_UM &&
	    voi->length_unit != GPPI_VOI_UM)
		segment_doubt(s, "the file does not state its voxel size, 10 um are assumed: give it with --voxel-um");
}

int bone_measure(struct bone *bone, const struct bone_measuring *how, struct gppi_error *err)
{
	const double start = clock_now();

	bone_measures_drop(bone);
	if (bone->result.gppi < 0 || bone->result.voi_first < 0)
		return err_set(err, GPPI_E_NOBONE,
			       "%s: there is no plane, or its VOI lies outside of the scan: nothing is measured",
			       bone->result.name);
	bone->measures = calloc(1, sizeof *bone->measures);
	if (!bone->measures)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for measures", bone->result.name);
	struct bone_measures *out = bone->measures;
	out->how = how->segment;
	out->how.threads = plane_workers(bone->threads);
	int rc = given_masks_check(&how->given, bone->scan, err);
	if (rc >= 0)
		rc = take_unit(scan_info(bone->scan), &out->how, out, err);
	if (rc >= 0)
		rc = find_and_measure(bone, how, out, err);
	out->segment.plate = &out->knee.place;
	if (rc >= 0) {
		put_plate(&out->measures, &out->knee);
		doubt_size(bone, &out->segment);
	}
	out->seconds = clock_now() - start;
	if (rc < 0)
		bone_measures_drop(bone);
	return rc;
}

void bone_measures_drop(struct bone *bone)
{
	bone_drawn_drop(bone); /* it shows them */
	if (!bone->measures)
		return;
	segment_free(&bone->measures->segment);
	bone_knee_free(&bone->measures->knee);
	measures_free(&bone->measures->measures);
	free(bone->measures->thickness);
	free(bone->measures->spacing);
	free(bone->measures);
	bone->measures = NULL;
}

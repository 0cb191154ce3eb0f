/* One detection: open, locate the bone, score its slices, map the plane to the file's index. */
#define _POSIX_C_SOURCE 199309L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "api/detect.h"
#include "api/fail.h"
#include "api/input.h"
#include "api/models.h"
#include "api/result.h"
#include "api/voi.h"
#include "base/stop.h"
#include "slices/cache.h"
#include "slices/holder_slices.h"

#define LOCATE_SHARE 0.05 /* of the progress */

struct job {
	struct scan *scan;
	struct frame frame;
	struct slices_cache cache; /* slices of the bone, if they are not too many */
	struct input_kept *kept;   /* NULL: nothing is kept for pictures */
	const struct gppi_options *opt;
	int workers;
	void *scratch[64]; /* per worker, made when first used */
	double from, to;   /* part of the progress of the current run */
};
#define WORKERS_MAX (int)(sizeof ((struct job *)0)->scratch / sizeof(void *))

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double gppi_score(double predicted, double truth)
{
	return plane_score(predicted, truth);
}

void gppi_options_default(struct gppi_options *opt)
{
	*opt = (struct gppi_options){ .model = GPPI_MODEL_ALL, .engine = GPPI_ENGINE_INT8,
				      .voi = { .offset = 300, .length = 1000 },
				      .margin_um = 500 };
}

static int check_options(const struct gppi_options *opt, struct err *err)
{
	if (opt->model != GPPI_MODEL_SV && opt->model != GPPI_MODEL_CW &&
	    opt->model != GPPI_MODEL_LONGAXIS && opt->model != GPPI_MODEL_ALL)
		return err_set(err, GPPI_E_USAGE, "model %d does not exist", (int)opt->model);
	if (opt->engine != GPPI_ENGINE_INT8 && opt->engine != GPPI_ENGINE_FP32)
		return err_set(err, GPPI_E_USAGE, "engine %d does not exist", (int)opt->engine);
	if (!isfinite(opt->voxel_um) || opt->voxel_um < 0)
		return err_set(err, GPPI_E_USAGE, "a voxel size of %g um makes no sense", opt->voxel_um);
	return voi_check(&opt->voi, err);
}

/* ---- what the plane room asks for ---- */

static int get_slices(void *user, int worker, int k0, int n, uint8_t *out, struct err *err)
{
	struct job *job = user;

	if (!job->scratch[worker])
		job->scratch[worker] = malloc(slices_scratch(job->scan, &job->frame));
	if (!job->scratch[worker])
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for slices",
			       scan_info(job->scan)->path);
	return slices_cache_get(&job->cache, job->scan, &job->frame, k0, n, job->scratch[worker], out, err);
}

static double file_number(void *user, double canonical)
{
	const struct job *job = user;
	return frame_to_native(&job->frame, canonical);
}

static int progress(void *user, double done)
{
	struct job *job = user;

	return stop_tell(job->from + (job->to - job->from) * done, NULL);
}

static int run(struct job *job, const struct gppi_models *models, double from, double to,
	       struct plane_result *out, struct err *err)
{
	const struct frame *f = &job->frame;
	struct plane_source source = { .user = job, .nslices = f->nslices,
				       .bone_first = f->bone_first, .bone_last = f->bone_last,
				       .get = get_slices, .number = file_number,
				       .um_per_px = f->side_um / SLICE_PX };
	struct plane_options options = {
		.choice = (enum plane_choice)job->opt->model,
		.engine = job->opt->engine == GPPI_ENGINE_FP32 ? NET_FP32 : NET_INT8,
		.threads = job->workers, .exhaustive = job->opt->exhaustive, .progress = progress, .progress_user = job,
	};

	job->from = from;
	job->to = to;
	return plane_detect(models_plane(models), &source, &options, out, err);
}

/* Chooses the frame that is asked next and makes its slices, unless they are there. */
static int use_frame(struct job *job, const struct frame *frame, struct err *err)
{
	job->frame = *frame;
	for (int i = 0; i < WORKERS_MAX; i++) { /* the size depends on the square */
		free(job->scratch[i]);
		job->scratch[i] = NULL;
	}
	if (slices_cache_fits(&job->cache, frame))
		return 0;
	if (job->kept && !job->kept->known && job->opt->pictures && !scan_rows_apart(job->scan)) {
		struct holder_slices_bone bone = { .box = crop_all(scan_info(job->scan)), .frame = *frame,
					    .sections = &job->kept->sections };
		int rc = holder_slices_make(job->scan, &bone, 1, job->workers, err);
		slices_cache_free(&job->cache);
		job->cache = bone.cache;
		if (rc < 0 || job->cache.u7)
			return rc;
	}
	return slices_cache_fill(&job->cache, job->scan, frame, job->workers, err);
}

static int locate_and_run(struct job *job, const struct gppi_models *models,
			  struct gppi_result *out, struct err *err)
{
	struct plane_result plane = { 0 }, other = { 0 };
	double start = now();
	struct frame first = job->cache.frame;
	int rc = job->cache.u7 ? 0 : frame_locate(job->scan, job->workers, &first, err);

	if (rc >= 0)
		rc = use_frame(job, &first, err);
	if (rc >= 0 && job->kept) {
		job->kept->frame = first;
		job->kept->known = true;
	}
	out->seconds_locate = now() - start;
	if (rc < 0)
		return rc;
	int unsure = (job->frame.flags & FRAME_END_UNSURE) != 0;
	rc = run(job, models, LOCATE_SHARE, unsure ? (1 + LOCATE_SHARE) / 2 : 1, &plane, err);
	if (rc >= 0 && unsure) {
		struct frame turned = frame_turned(&first);
		rc = use_frame(job, &turned, err);
		if (rc >= 0)
			rc = run(job, models, (1 + LOCATE_SHARE) / 2, 1, &other, err);
		if (rc >= 0 && other.confidence > plane.confidence) {
			struct plane_result swap = plane;
			plane = other;
			other = swap;
		} else {
			job->frame = first;
		}
		out->seconds_longaxis = other.seconds_long;
		out->seconds_sv = other.seconds_sv;
		out->seconds_regress = other.seconds_regress;
		out->seconds_cw = other.seconds_cw;
	}
	if (rc >= 0)
		result_fill(out, &job->frame, &plane, job->opt);
	if (rc >= 0)
		result_doubt(out, scan_info(job->scan));
	plane_result_free(&plane);
	plane_result_free(&other);
	return rc;
}

static void describe(struct gppi_result *out, const struct scan_info *info,
		     const struct gppi_options *opt)
{
	snprintf(out->name, sizeof out->name, "%s", info->name);
	snprintf(out->input, sizeof out->input, "%s", info->path);
	snprintf(out->format, sizeof out->format, "%s", info->format);
	out->identity = info->identity;
	out->dims[0] = info->nx;
	out->dims[1] = info->ny;
	out->dims[2] = info->nz;
	for (int i = 0; i < 3; i++)
		out->spacing_um[i] = info->spacing_um[i];
	out->spacing_known = (enum gppi_spacing)info->spacing_known;
	snprintf(out->spacing_doubt, sizeof out->spacing_doubt, "%s", info->spacing_doubt);
	out->axis = opt->axis;
	out->model = opt->model;
	out->engine = opt->engine;
	out->isa = opt->engine == GPPI_ENGINE_FP32 ? "openblas" : net_isa();
}

int detect_ready(const struct gppi_models *models, struct scan *scan, struct slices_cache *ready, struct input_kept *kept,
		 const struct gppi_options *opt, struct gppi_result **out, struct err *err)
{
	struct gppi_result *result = calloc(1, sizeof *result);
	struct job job = { .scan = scan, .opt = opt, .kept = kept };
	double start = now();
	int rc;

	*out = NULL;
	if (ready) {
		job.cache = *ready;
		*ready = (struct slices_cache){ 0 };
	}
	if (!result) {
		slices_cache_free(&job.cache);
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for a result", scan_info(scan)->path);
	}
	job.workers = plane_workers(opt->threads);
	job.workers = scan_threads(scan, job.workers < WORKERS_MAX ? job.workers : WORKERS_MAX);
	describe(result, scan_info(scan), opt);
	snprintf(result->trained_on, sizeof result->trained_on, "%s", gppi_models_trained_on(models));
	rc = opt->engine == GPPI_ENGINE_FP32 ? models_floats(models, err) : 0;
	if (rc >= 0)
		rc = locate_and_run(&job, models, result, err);
	if (err && (rc == GPPI_E_CANCELLED || rc == GPPI_E_NOMEM)) {
		/* these may come from rooms that do not know the file */
		struct err inner = *err;
		if (!strstr(inner.text, scan_info(scan)->path))
			err_set(err, rc, "%s: %.300s", scan_info(scan)->path, inner.text);
	}
	if (rc >= 0) {
		result->seconds_total = now() - start;
		*out = result;
		result = NULL;
	}
	for (int i = 0; i < WORKERS_MAX; i++)
		free(job.scratch[i]);
	slices_cache_free(&job.cache);
	free(result);
	return rc;
}

int detect_scan(const struct gppi_models *models, struct scan *scan, const struct gppi_options *opt,
		struct gppi_result **out, struct err *err)
{
	return detect_ready(models, scan, NULL, NULL, opt, out, err);
}

static void describe_part(struct gppi_result *out, const struct input_part *part)
{
	out->bone = part->bone;
	out->bones = part->bones;
	if (part->bone) {
		out->offset[0] = part->box.x0;
		out->offset[1] = part->box.y0;
	}
}

int gppi_detect(const struct gppi_models *models, struct gppi_input *input, int index,
		const struct gppi_options *opt, struct gppi_result **out, struct gppi_error *error)
{
	struct gppi_options standard;
	struct slices_cache ready = { 0 };
	struct scan *scan = NULL;
	struct err err = { 0 };
	double start = now();
	int rc = opt ? input_check_axis(input, opt, &err) : 0;

	*out = NULL;
	if (!opt) {
		gppi_options_default(&standard);
		opt = &standard;
	}
	struct stop_before before = input_begin(input, opt);
	if (rc >= 0)
		rc = check_options(opt, &err);
	if (rc >= 0)
		rc = input_scan(input, index, opt->voxel_um, &scan, &err);
	if (rc >= 0)
		rc = input_slices(input, index, plane_workers(opt->threads), opt->pictures, &ready, &err);
	if (rc >= 0) {
		struct input_part part = input_part(input, index);
		double opened = now() - start + part.seconds;
		rc = detect_ready(models, scan, &ready, input_kept(input, index), opt, out, &err);
		if (rc >= 0 && *out) {
			describe_part(*out, &part);
			(*out)->seconds_open = opened;
			(*out)->seconds_total += opened;
		}
	}
	scan_close(scan);
	return api_fail(input_end(input, before, rc, &err), &err, error);
}

void gppi_result_free(struct gppi_result *result)
{
	free(result);
}

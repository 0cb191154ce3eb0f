/* bone_detect(): one plane from a bone, and the result that is told of it. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/stop.h"
#include "bone/bone.h"
#include "bone/measure.h"
#include "bone/opinion.h"
#include "bone/result.h"
#include "slices/slices.h"

#define LOCATE_SHARE 0.4 /* of the progress: locating the bone and making its slices */

struct job {
	struct bone *bone;
	const struct gppi_models *models;
	const struct gppi_options *opt;
	double from, to; /* part of the progress that the networks take */
};

static double file_number(void *user, double canonical)
{
	return frame_to_native(user, canonical);
}

static int progress(void *user, double done)
{
	const struct job *job = user;

	return stop_tell(job->from + (job->to - job->from) * done, NULL);
}

/* In a thread of its own while the bone is located. Where it is late the first runs wait; what it cannot do they do,
 * and tell. */
static void *prepare(void *arg)
{
	const struct job *job = arg;

	(void)plane_prepare(models_plane(job->models), (enum plane_choice)job->opt->model,
			    (enum net_engine)job->opt->engine, NULL);
	return NULL;
}

static int locate(struct job *job, bool turned, struct gppi_error *err)
{
	double start = clock_now();
	int rc = bone_locate(job->bone, turned, job->opt->pictures, err);

	job->bone->result.seconds_locate += clock_now() - start;
	return rc;
}

/* Asks the networks about the bone as it is turned. */
static int run(struct job *job, struct plane_result *out, struct gppi_error *err)
{
	struct bone *bone = job->bone;
	struct gppi_result *result = &bone->result;
	const struct frame *f = &bone->frame;
	struct plane_source source = { .slices = bone->slices.u7, .first = bone->slices.first, .n = bone->slices.n,
				       .nslices = f->nslices, .bone_first = f->bone_first, .bone_last = f->bone_last,
				       .number = file_number, .user = &bone->frame,
				       .um_per_px = f->side_um / SLICE_PX };
	struct plane_options options = { .choice = (enum plane_choice)job->opt->model,
					 .engine = (enum net_engine)job->opt->engine,
					 .threads = bone->threads, .exhaustive = job->opt->exhaustive,
					 .progress = progress, .progress_user = job };
	int rc = plane_detect(models_plane(job->models), &source, &options, out, err);
	if (rc == 0) {
		result->seconds_longaxis += out->seconds_longaxis;
		result->seconds_sv += out->seconds_sv;
		result->seconds_regress += out->seconds_regress;
		result->seconds_cw += out->seconds_cw;
	}
	return rc;
}

/* Where either end could be the knee, the way round with the greater confidence counts. */
static int run_both(struct job *job, struct gppi_error *err)
{
	struct bone *bone = job->bone;
	struct plane_result other = { 0 };
	int rc = locate(job, false, err);

	if (rc < 0)
		return rc;
	bool unsure = (bone->found.flags & FRAME_END_UNSURE) != 0;
	job->from = LOCATE_SHARE;
	job->to = unsure ? (1 + LOCATE_SHARE) / 2 : 1;
	rc = run(job, &bone->plane, err);
	if (rc < 0 || !unsure)
		return rc;
	job->from = job->to;
	job->to = 1;
	rc = locate(job, true, err);
	if (rc == 0)
		rc = run(job, &other, err);
	if (rc == 0 && other.confidence > bone->plane.confidence) {
		struct plane_result swap = bone->plane;
		bone->plane = other;
		other = swap;
	} else if (rc == 0) {
		bone_turn(bone, false);
	}
	plane_result_free(&other);
	return rc;
}

static int prepare_and_run(struct job *job, struct gppi_error *err)
{
	pthread_t thread;
	bool apart = plane_workers(job->bone->threads) > 1 && pthread_create(&thread, NULL, prepare, job) == 0;
	int rc = run_both(job, err);

	if (apart)
		pthread_join(thread, NULL);
	return rc;
}

static void describe(struct gppi_result *out, const struct bone *bone, const struct gppi_models *models,
		     const struct gppi_options *opt)
{
	const struct scan_info *info = scan_info(bone->scan);

	*out = (struct gppi_result){ .dims = { info->nx, info->ny, info->nz },
				     .spacing_known = (enum gppi_spacing)info->spacing_known,
				     .identity = info->identity,
				     .bone = bone->number, .bones = bone->of, .axis = opt->axis, .model = opt->model,
				     .engine = opt->engine, .seconds_open = bone->seconds_open };
	out->isa = net_isa((enum net_engine)opt->engine);
	snprintf(out->name, sizeof out->name, "%s", info->name);
	snprintf(out->input, sizeof out->input, "%s", info->path);
	snprintf(out->format, sizeof out->format, "%s", info->format);
	snprintf(out->spacing_doubt, sizeof out->spacing_doubt, "%s", info->spacing_doubt);
	snprintf(out->trained_on, sizeof out->trained_on, "%s", models ? models_trained_on(models, false) : "");
	memcpy(out->spacing_um, info->spacing_um, sizeof out->spacing_um);
	if (bone->number) {
		out->offset[0] = bone->box.x0;
		out->offset[1] = bone->box.y0;
	}
}

int bone_given(struct bone *bone, double plane, const struct gppi_options *opt, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(bone->scan);
	struct plane_result given = { .confidence = 1, .longaxis_plane = NAN, .rival = NAN, .sv_rough = -1,
				      .sv_plane = NAN,
				      .cw_plane = NAN, .cw_likelihood_plane = NAN };

	if (!(plane >= 0 && plane <= info->nz - 1))
		return err_set(err, GPPI_E_USAGE, "%s: has slices 0 to %d, the plane cannot lie in slice %g",
			       info->path, info->nz - 1, plane);
	bone_measures_drop(bone);
	bone->threads = opt->threads;
	int rc = bone->located ? 0 : frame_locate(bone->scan, plane_workers(opt->threads), &bone->frame, err);
	if (rc < 0)
		return rc;
	given.plane = frame_to_canonical(&bone->frame, plane);
	describe(&bone->result, bone, NULL, opt);
	result_fill(&bone->result, &bone->frame, &given, opt);
	result_doubt(&bone->result, info);
	bone->result.confidence = NAN; /* nobody was asked */
	return 0;
}

int bone_detect(struct bone *bone, const struct gppi_models *models, const struct gppi_options *opt,
		struct gppi_error *err)
{
	struct job job = { .bone = bone, .models = models, .opt = opt };
	const char *path = scan_info(bone->scan)->path;
	double start = clock_now();

	bone_measures_drop(bone);
	bone->threads = opt->threads;
	bone->detected = false;
	plane_result_free(&bone->plane);
	describe(&bone->result, bone, models, opt);
	int rc = models_ready(models, (enum net_engine)opt->engine, err);
	if (rc >= 0)
		rc = prepare_and_run(&job, err);
	if (err && (rc == GPPI_E_CANCELLED || rc == GPPI_E_NOMEM) && !strstr(err->text, path)) {
		/* from rooms that do not know the file */
		struct gppi_error inner = *err;
		err_set(err, rc, "%s: %.300s", path, inner.text);
	}
	if (rc == 0)
		rc = opinion_alone(bone, opt, err);
	if (rc < 0)
		return rc;
	result_fill(&bone->result, &bone->frame, &bone->plane, opt);
	result_doubt(&bone->result, scan_info(bone->scan));
	rc = opinion_ask(bone, opt, err);
	if (rc < 0)
		return rc;
	bone->detected = true;
	bone->result.seconds_total = bone->seconds_open + clock_now() - start;
	bone->seconds_open = 0; /* told once */
	return 0;
}

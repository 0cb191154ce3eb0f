#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "api/fail.h"
#include "api/sized.h"
#include "base/clock.h"
#include "bone/input.h"
#include "bone/opinion.h"
#include "bone/voi.h"
#include "flat/detect.h"

double gppi_score(double predicted, double truth)
{
	return plane_score(predicted, truth);
}

int gppi_voi_parse(const char *text, struct gppi_voi *out, struct gppi_error *error)
{
	return api_fail(voi_parse(text, out, error), error);
}

const char *gppi_voi_text(const struct gppi_voi *voi, char *buf, size_t size)
{
	return voi_text(voi, buf, size);
}

void gppi_options_init(struct gppi_options *opt, size_t size)
{
	const struct gppi_options whole = { .size = size, .model = GPPI_MODEL_ALL, .engine = GPPI_ENGINE_INT8,
					    .voi = { .offset = 300, .length = 1000 }, .margin_um = 500 };

	sized_give(opt, size, &whole, sizeof whole);
}

int api_options(const struct gppi_options *given, struct gppi_options *whole, struct gppi_error *err)
{
	gppi_options_default(whole);
	if (!given)
		return 0;
	if (given->size < offsetof(struct gppi_options, engine))
		return err_set(err, GPPI_E_USAGE,
			       "the options have no size: gppi_options_default() must set them first");
	int rc = sized_take(whole, sizeof *whole, given, given->size, err);
	whole->size = sizeof *whole;
	return rc;
}

_Static_assert((int)GPPI_ENGINE_INT8 == (int)NET_INT8 && (int)GPPI_ENGINE_FP32 == (int)NET_FP32,
	       "engines are those of net/");

static int check_engine(enum gppi_engine engine, struct gppi_error *err)
{
	if ((int)engine >= 0 && (int)engine < NET_ENGINES)
		return 0;
	return err_set(err, GPPI_E_USAGE, "engine %d does not exist", (int)engine);
}

static int check_options(const struct gppi_options *opt, struct gppi_error *err)
{
	if (opt->model != GPPI_MODEL_SV && opt->model != GPPI_MODEL_CW &&
	    opt->model != GPPI_MODEL_LONGAXIS && opt->model != GPPI_MODEL_ALL)
		return err_set(err, GPPI_E_USAGE, "model %d does not exist", (int)opt->model);
	if (!isfinite(opt->voxel_um) || opt->voxel_um < 0)
		return err_set(err, GPPI_E_USAGE, "a voxel size of %g um makes no sense", opt->voxel_um);
	int rc = check_engine(opt->engine, err);
	if (rc == 0)
		rc = opinion_check(opt, err);
	return rc < 0 ? rc : voi_check(&opt->voi, err);
}

static int detect(const struct gppi_models *models, struct gppi_input *input, int index, const struct gppi_options *opt,
		  struct gppi_result **out, struct gppi_error *err)
{
	double start = clock_now();
	struct bone *bone = NULL;
	int rc = check_options(opt, err);

	if (rc >= 0)
		rc = input_bone(input, index, opt->voxel_um, &bone, err);
	if (rc >= 0)
		rc = input_locate(input, index, plane_workers(opt->threads), opt->pictures, err);
	if (rc < 0)
		return rc;
	bone->seconds_open += clock_now() - start;
	rc = bone_detect(bone, models, opt, err);
	if (rc < 0)
		return rc;
	*out = malloc(sizeof **out);
	if (!*out)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for a result", bone->result.input);
	**out = bone->result;
	return 0;
}

int gppi_detect(const struct gppi_models *models, struct gppi_input *input, int index,
		const struct gppi_options *opt, struct gppi_result **out, struct gppi_error *error)
{
	struct gppi_options whole;

	*out = NULL;
	int rc = api_options(opt, &whole, error);
	if (!opt)
		whole.axis = input->axis;
	if (rc == 0)
		rc = input_check_axis(input, &whole, error);
	if (rc < 0)
		return api_fail(rc, error);
	struct stop_before before = input_begin(input, opt ? &whole : NULL);
	rc = detect(models, input, index, &whole, out, error);
	return api_fail(input_end(input, before, rc, error), error);
}

void gppi_result_free(struct gppi_result *result)
{
	free(result);
}

int gppi_longaxis_sized(const struct gppi_models *models, const char *const *paths, int n,
			const struct gppi_picture_options *opt, size_t opt_size, struct gppi_picture_result *out,
			size_t size, struct gppi_error *error)
{
	struct gppi_picture_options asked = { 0 };
	struct gppi_picture_result found = { .row = -1, .row_exact = NAN, .mm = NAN };
	int rc = opt ? sized_take(&asked, sizeof asked, opt, opt_size, error) : 0;

	if (rc == 0)
		rc = check_engine(asked.engine, error);
	if (rc == 0)
		rc = models_ready(models, (enum net_engine)asked.engine, error);
	if (rc == 0)
		rc = flat_detect(models_plane(models), paths, n, &asked, &found, error);
	sized_give(out, size, &found, sizeof found);
	return api_fail(rc, error);
}

#include <math.h>
#include <stdlib.h>

#include "api/fail.h"
#include "base/clock.h"
#include "bone/input.h"
#include "bone/voi.h"
#include "flat/detect.h"

double gppi_score(double predicted, double truth)
{
	return plane_score(predicted, truth);
}

int gppi_voi_parse(const char *text, struct gppi_voi *out, struct gppi_error *error)
{
	struct err err = { 0 };

	return api_fail(voi_parse(text, out, &err), &err, error);
}

const char *gppi_voi_text(const struct gppi_voi *voi, char *buf, size_t size)
{
	return voi_text(voi, buf, size);
}

void gppi_options_default(struct gppi_options *opt)
{
	*opt = (struct gppi_options){ .model = GPPI_MODEL_ALL, .engine = GPPI_ENGINE_INT8,
				      .voi = { .offset = 300, .length = 1000 },
				      .margin_um = 500 };
}

_Static_assert((int)GPPI_ENGINE_INT8 == (int)NET_INT8 && (int)GPPI_ENGINE_FP32 == (int)NET_FP32, "engines are those of net/");

static int check_engine(enum gppi_engine engine, struct err *err)
{
	if ((int)engine >= 0 && (int)engine < NET_ENGINES)
		return 0;
	return err_set(err, GPPI_E_USAGE, "engine %d does not exist", (int)engine);
}

static int check_options(const struct gppi_options *opt, struct err *err)
{
	if (opt->model != GPPI_MODEL_SV && opt->model != GPPI_MODEL_CW &&
	    opt->model != GPPI_MODEL_LONGAXIS && opt->model != GPPI_MODEL_ALL)
		return err_set(err, GPPI_E_USAGE, "model %d does not exist", (int)opt->model);
	if (!isfinite(opt->voxel_um) || opt->voxel_um < 0)
		return err_set(err, GPPI_E_USAGE, "a voxel size of %g um makes no sense", opt->voxel_um);
	int rc = check_engine(opt->engine, err);
	return rc < 0 ? rc : voi_check(&opt->voi, err);
}

static int detect(const struct gppi_models *models, struct gppi_input *input, int index, const struct gppi_options *opt,
		  struct gppi_result **out, struct err *err)
{
	double start = clock_now();
	struct bone *bone = NULL;
	int rc = check_options(opt, err);

	if (rc == 0)
		rc = input_bone(input, index, opt->voxel_um, &bone, err);
	if (rc == 0)
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
	struct gppi_options standard;
	struct err err = { 0 };

	*out = NULL;
	gppi_options_default(&standard);
	int rc = opt ? input_check_axis(input, opt, &err) : 0;
	if (rc < 0)
		return api_fail(rc, &err, error);
	struct stop_before before = input_begin(input, opt);
	rc = detect(models, input, index, opt ? opt : &standard, out, &err);
	return api_fail(input_end(input, before, rc, &err), &err, error);
}

void gppi_result_free(struct gppi_result *result)
{
	free(result);
}

int gppi_longaxis(const struct gppi_models *models, const char *const *paths, int n,
		  const struct gppi_picture_options *opt, struct gppi_picture_result *out,
		  struct gppi_error *error)
{
	struct err err = { 0 };
	int rc = check_engine(opt->engine, &err);


	*out = (struct gppi_picture_result){ .row = -1 };
	if (rc == 0)
		rc = models_ready(models, (enum net_engine)opt->engine, &err);
	if (rc == 0)
		rc = flat_detect(models_plane(models), paths, n, opt, out, &err);
	return api_fail(rc, &err, error);
}

/* beliefs: what every model believes of synthetic bones, as JSON Lines for tools/train/fit.py, which
 * chooses the constants of src/plane/combine.c and confidence.c from it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/models.h"
#include "base/parallel.h"
#include "gppi/gppi.h"
#include "phantom/render.h"
#include "phantom/texture.h"
#include "plane/parts.h"
#include "slices/slices.h"

struct job {
	struct scan *scan;
	struct frame frame;
	void *scratch;
};

static int get(void *user, int worker, int k0, int n, uint8_t *out, struct err *err)
{
	struct job *job = user;

	(void)worker;
	return slices_extract(job->scan, &job->frame, k0, n, job->scratch, out, err);
}

static void print_number(const char *name, double v)
{
	if (isfinite(v))
		printf(", \"%s\": %.4f", name, v);
	else
		printf(", \"%s\": null", name);
}

static void print_belief(const char *name, const struct plane_belief *b)
{
	printf(", \"%s\": {\"first\": %d, \"logit\": [", name, b->first);
	for (int i = 0; i < b->n; i++)
		printf("%s%.3f", i ? ", " : "", b->logit[i]);
	printf("]}");
}

static void print_bone(uint64_t seed, const char *condition, double truth, const struct frame *f,
		       const struct plane_result *r)
{
	printf("{\"seed\": %llu, \"condition\": \"%s\"", (unsigned long long)seed, condition);
	print_number("truth", truth);
	print_number("plane", r->plane);
	print_number("near", r->near);
	print_number("confidence", r->confidence);
	print_number("longaxis", r->long_plane);
	print_number("none", r->long_none);
	print_number("rough", r->sv_rough);
	print_number("peak", r->sv_peak);
	print_number("sv", r->sv_plane);
	print_number("inner", r->inner_plane);
	print_number("spread", r->sv_spread);
	print_number("cw_closing", r->cw_plane);
	print_number("cw", r->cw_likelihood_plane);
	print_number("sharpness", r->cw_sharpness);
	print_number("rival", r->rival);
	print_number("bone_first", f->bone_first);
	print_number("bone_last", f->bone_last);
	printf(", \"flags\": %u", f->flags);
	print_belief("belief_longaxis", &r->beliefs->along);
	print_belief("belief_sv", &r->beliefs->sv);
	print_belief("belief_inner", &r->beliefs->inner);
	print_belief("belief_cw", &r->beliefs->cw);
	printf(", \"reasons\": %d}\n", r->nreasons);
	fflush(stdout);
}

static int one(const struct gppi_models *models, uint64_t seed, enum phantom_condition condition,
	       struct err *err)
{
	struct phantom_params p;
	struct job job = { 0 };
	struct plane_result r;
	float truth;

	phantom_params_draw(&p, seed, condition);
	p.floor_z = fmaxf(p.floor_z, 60); /* as in validate: the whole knee end is in view */
	int rc = phantom_scan(&p, 2, 0, NULL, &job.scan, &truth, NULL, err);
	if (rc < 0)
		return rc;
	rc = frame_locate(job.scan, 1, &job.frame, err);
	if (rc < 0)
		goto end;
	job.scratch = malloc(slices_scratch(job.scan, &job.frame));
	struct plane_source source = { .user = &job, .nslices = job.frame.nslices,
				       .bone_first = job.frame.bone_first,
				       .bone_last = job.frame.bone_last, .get = get };
	struct plane_options options = { .choice = PLANE_ALL, .engine = NET_INT8, .threads = 1 };
	rc = job.scratch ? plane_detect(models_plane(models), &source, &options, &r, err) : GPPI_E_NOMEM;
	if (rc < 0)
		goto end;
	double canonical = job.frame.flags & FRAME_FLIPPED_Z ? p.nz - 1 - (double)truth : (double)truth;
	print_bone(seed, phantom_condition_name(condition), canonical, &job.frame, &r);
	plane_result_free(&r);
end:
	free(job.scratch);
	scan_close(job.scan);
	return rc;
}

int main(int argc, char **argv)
{
	struct gppi_models *models;
	struct gppi_error error;

	if (argc < 4) {
		fputs("usage: beliefs SEED COUNT CONDITION|all [WEIGHTS_DIR]\n", stderr);
		return 2;
	}
	if (gppi_models_open(argc > 4 ? argv[4] : NULL, &models, &error) < 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	texture_init();
	uint64_t seed = strtoull(argv[1], NULL, 10);
	for (int i = 0, n = atoi(argv[2]); i < n; i++) {
		struct err err = { 0 };
		int condition = i % PHANTOM_CONDITIONS;
		for (int c = 0; c < PHANTOM_CONDITIONS; c++)
			if (strcmp(argv[3], phantom_condition_name((enum phantom_condition)c)) == 0)
				condition = c;
		if (one(models, seed + (uint64_t)i, (enum phantom_condition)condition, &err) < 0)
			fprintf(stderr, "%llu: %s\n", (unsigned long long)seed + (unsigned)i, err.text);
	}
	gppi_models_free(models);
	return 0;
}

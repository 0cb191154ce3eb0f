/* beliefs: what every model believes of synthetic bones, or of scans whose plane is known, as JSON Lines for
 * tools/train/fit.py, which chooses the constants of src/plane/combine.c and confidence.c from it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "bone/bone.h"
#include "gppi/gppi.h"
#include "phantom/render.h"
#include "phantom/texture.h"
#include "plane/parts.h"
#include "plane/table.h"

static void print_number(const char *name, double v)
{
	if (isfinite(v))
		printf(", \"%s\": %.4f", name, v);
	else
		printf(", \"%s\": null", name);
}

static void print_belief(const char *name, const struct plane_belief *b)
{
	printf(", \"belief_%s\": {\"first\": %d, \"logit\": [", name, b->first);
	for (int i = 0; i < b->n; i++)
		printf("%s%.3f", i ? ", " : "", b->logit[i]);
	printf("]}");
}

static void print_bone(const char *name, const char *condition, double truth, const struct frame *f,
		       const struct plane_result *r)
{
	printf("{\"name\": \"%s\", \"condition\": \"%s\"", name, condition);
	print_number("truth", truth);
	print_number("plane", r->plane);
	print_number("near", r->near);
	print_number("confidence", r->confidence);
	print_number("longaxis", r->longaxis_plane);
	print_number("none", r->longaxis_none);
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
	for (int k = 0; k < PLANE_KINDS; k++)
		if (plane_table[k].belief)
			print_belief(plane_table[k].belief, &r->beliefs->of[k]);
	if (r->beliefs->around_known) {
		printf(", \"around\": [");
		for (int i = 0; i < PLANE_AROUND; i++)
			printf("%s%.2f", i ? ", " : "", (double)r->beliefs->around[i]);
		putchar(']');
	}
	print_number("unlike", r->unlike);
	printf(", \"reasons\": %d}\n", r->nreasons);
	fflush(stdout);
}

/* What the models believe of a scan whose plane is slice `truth` of the file. */
static int ask(const struct gppi_models *models, struct scan *scan, const char *name, const char *condition,
	       double truth, struct gppi_error *err)
{
	struct bone bone = { .voxel_um = 0 };
	struct gppi_options options;
	int rc = bone_open(&bone, scan, NULL, err);

	gppi_options_default(&options);
	options.threads = 1;
	if (rc == 0)
		rc = bone_detect(&bone, models, &options, err);
	if (rc == 0)
		print_bone(name, condition, frame_to_canonical(&bone.frame, truth), &bone.frame, &bone.plane);
	bone_free(&bone);
	return rc;
}

static int one(const struct gppi_models *models, uint64_t seed, enum phantom_condition condition,
	       struct gppi_error *err)
{
	struct phantom_params p;
	struct scan *scan;
	char name[24];
	float truth;

	phantom_params_draw(&p, seed, condition);
	p.floor_z = fmaxf(p.floor_z, 60); /* as in validate: the whole knee end is in view */
	int rc = phantom_scan(&p, 2, 0, NULL, &scan, &truth, NULL, err);
	if (rc < 0)
		return rc;
	snprintf(name, sizeof name, "%llu", (unsigned long long)seed);
	rc = ask(models, scan, name, phantom_condition_name(condition), truth, err);
	scan_close(scan);
	return rc;
}

/* Every row of a table with the challenge's columns: FOLDER/NAME.nii. */
static int files(const struct gppi_models *models, const char *folder, const char *table, struct gppi_error *err)
{
	struct csv csv = { 0 };
	int rc = csv_read(table, &csv, err);
	int name = rc < 0 ? -1 : csv_column(&csv, "Image Name"),
	    plane = rc < 0 ? -1 : csv_column(&csv, "Growth Plate Index");

	if (rc == 0 && (name < 0 || plane < 0))
		rc = err_set(err, GPPI_E_FORMAT, "%s: needs the columns Image Name and Growth Plate Index", table);
	for (size_t i = 0; rc == 0 && i < csv.nrows; i++) {
		struct scan_set *set = NULL;
		struct scan *scan = NULL;
		char path[1024];
		snprintf(path, sizeof path, "%s/%s.nii", folder, csv_cell(&csv, i, name));
		if (scan_set_open(path, &set, err) < 0 || scan_open(set, 0, 0, &scan, err) < 0 ||
		    ask(models, scan, csv_cell(&csv, i, name), "scan", strtod(csv_cell(&csv, i, plane), NULL), err) < 0)
			fprintf(stderr, "%s\n", err->text);
		scan_close(scan);
		scan_set_free(set);
	}
	csv_free(&csv);
	return rc;
}

static void drawn(const struct gppi_models *models, uint64_t seed, int n, const char *wanted)
{
	texture_init();
	for (int i = 0; i < n; i++) {
		struct gppi_error err = { 0 };
		int condition = i % PHANTOM_CONDITIONS;
		for (int c = 0; c < PHANTOM_CONDITIONS; c++)
			if (strcmp(wanted, phantom_condition_name((enum phantom_condition)c)) == 0)
				condition = c;
		if (one(models, seed + (uint64_t)i, (enum phantom_condition)condition, &err) < 0)
			fprintf(stderr, "%llu: %s\n", (unsigned long long)seed + (unsigned)i, err.text);
	}
}

int main(int argc, char **argv)
{
	int scans = argc > 1 && strcmp(argv[1], "--truth") == 0;
	struct gppi_models *models;
	struct gppi_error error;
	struct gppi_error err = { 0 };
	int rc = 0;

	if (argc < 4 || argc > 5) {
		fputs("usage: beliefs SEED COUNT CONDITION|all [WEIGHTS]\n"
		      "       beliefs --truth TABLE.csv FOLDER [WEIGHTS]\n", stderr);
		return 2;
	}
	if (gppi_models_open(argc > 4 ? argv[4] : NULL, &models, &error) < 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	if (scans)
		rc = files(models, argv[3], argv[2], &err);
	else
		drawn(models, strtoull(argv[1], NULL, 10), atoi(argv[2]), argv[3]);
	if (rc < 0)
		fprintf(stderr, "%s\n", err.text);
	gppi_models_free(models);
	return rc < 0;
}

/* Prints the growth plate plane of every bone in the scans that are named:
 *
 *     cc planes.c -o planes $(pkg-config --cflags --libs gppi)
 *     ./planes bone.nii study/
 *
 * A line a bone: name, slice (0-based, in the file's own order), confidence, and why a person should look.
 * Statically: put libgppi.a in the place of -lgppi and add what `pkg-config --libs --static gppi` names; link with
 * g++, since some of those libraries are C++. */
#include <gppi/gppi.h>
#include <stdio.h>

static int show(const struct gppi_models *models, struct gppi_input *input, int index, const struct gppi_options *opt,
		struct gppi_error *err)
{
	struct gppi_result *r;
	int rc = gppi_detect(models, input, index, opt, &r, err);

	if (rc < 0)
		return rc;
	printf("%s\t%d\t%.2f\t%s\n", r->name, r->gppi, r->confidence, r->nreasons ? r->reason[0] : "ok");
	gppi_result_free(r);
	return GPPI_OK;
}

static int file(const struct gppi_models *models, const char *path, const struct gppi_options *opt,
		struct gppi_error *err)
{
	struct gppi_input *input;
	int rc = gppi_input_open_with(path, opt, &input, err);

	if (rc < 0)
		return rc;
	/* A holder's bones take the place of the scan: the count grows. */
	for (int i = 0; i < gppi_input_count(input) && rc >= 0; i++) {
		rc = gppi_input_split(input, i, opt, err);
		if (rc >= 0)
			rc = show(models, input, i, opt, err);
	}
	gppi_input_free(input);
	return rc;
}

int main(int argc, char **argv)
{
	struct gppi_models *models;
	struct gppi_options opt;
	struct gppi_error err;
	int failed = 0;

	gppi_options_default(&opt);
	if (gppi_models_open(NULL, &models, &err) < 0) {
		fprintf(stderr, "planes: %s\n", err.text);
		return 1;
	}
	for (int i = 1; i < argc; i++)
		if (file(models, argv[i], &opt, &err) < 0) {
			fprintf(stderr, "planes: %s\n", err.text);
			failed = 1;
		}
	gppi_models_free(models);
	return failed;
}

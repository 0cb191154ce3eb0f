/* locate_pictures: where the bone is in long-axis pictures, and how far each passes its middle, as `gppi longaxis` sees
 * them. One JSON object for the pictures of one bone, for real_pictures.py.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "flat/flat_plane.h"

#define MOST 16
static const char usage[] = "usage: locate_pictures UM_PER_ROW PICTURE...   (at most 16, of one bone, knee above)\n";

/* Columns of SLICE_PX by which picture i passes the bone's middle in every slice; null: no other picture shows it. */
static json_t *beside(const struct strip_frame *frames, const struct plane_crossings *c, double *const *middle, int n,
		      int i)
{
	json_t *out = json_array();

	for (int s = 0; s < frames[i].nslices; s++) {
		double most = NAN;
		for (int k = 0; k < n && k < c->n; k++)
			most = fmax(most,
				    fabs(middle[k][s] - c->at[k][i]) * SLICE_PX / (STRIP_MARGIN * frames[k].width));
		json_array_append_new(out, isnan(most) ? json_null() : json_real(most));
	}
	return out;
}

static int locate(char **paths, int n, double um, json_t *list, struct gppi_error *err)
{
	struct picture pictures[MOST] = { 0 };
	struct strip_frame frames[MOST];
	struct plane_crossings crossings;
	double *middle[MOST] = { 0 };
	int rc = 0;

	for (int i = 0; i < n && rc == 0; i++) {
		rc = picture_read(paths[i], &pictures[i], err);
		if (rc == 0)
			rc = strip_locate(&pictures[i], um, 0, paths[i], &frames[i], err);
		if (rc == 0 && !(middle[i] = calloc((size_t)frames[i].nslices, sizeof *middle[i])))
			rc = err_set(err, GPPI_E_NOMEM, "not enough memory");
		if (rc == 0)
			rc = strip_middles(&pictures[i], &frames[i], 0, frames[i].nslices, middle[i], err);
	}
	if (rc == 0)
		rc = plane_pictures_cross(pictures, frames, n, &crossings, err);
	for (int i = 0; i < n && rc == 0; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:f, s:f, s:f, s:f, s:i, s:o}", "file", paths[i], "centre",
						frames[i].centre, "width", frames[i].width, "dark", frames[i].dark,
						"bright", frames[i].bright, "slices", frames[i].nslices, "beside",
						beside(frames, &crossings, middle, n, i)));
	for (int i = 0; i < n; i++) {
		free(middle[i]);
		picture_free(&pictures[i]);
	}
	return rc;
}

int main(int argc, char **argv)
{
	double um = argc > 2 ? strtod(argv[1], NULL) : 0;
	struct gppi_error err = { 0 };
	json_t *list = json_array();

	if (argc < 3 || argc > 2 + MOST || !(um >= 0.5 && um <= 200)) {
		fputs(usage, stderr);
		return 2;
	}
	int rc = locate(argv + 2, argc - 2, um, list, &err);
	if (rc < 0)
		fprintf(stderr, "%s\n", err.text);
	else
		json_dumpf(list, stdout, JSON_COMPACT);
	json_decref(list);
	return rc < 0;
}

/* prepare: turns a folder of scans and a CSV of their planes into a shard of training slices.
 *
 * CSV: the challenge's columns `Image Name,Growth Plate Index[,fold]`; names with or without suffix.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/csv.h"
#include "base/parallel.h"
#include "train/samples.h"

#define BLOBS_BEFORE 45 /* slices before the plane from which four mounds show, where nobody noted it */

static const char usage[] =
	"usage: prepare --images FOLDER --truth CSV --out PREFIX [--voxel-um X]\n"
	"CSV columns: Image Name,Growth Plate Index[,fold]\n";

static const char *option(int argc, char **argv, const char *name)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	return NULL;
}

/* Opens FOLDER/NAME, trying the usual suffixes. */
static int open_scan(const char *folder, const char *name, double voxel_um, struct scan **scan, struct gppi_error *err)
{
	static const char *const suffix[] = { "", ".nii", ".nii.gz" };
	struct scan_set *set = NULL;
	char path[1024];
	int rc = -1;

	for (size_t i = 0; rc < 0 && i < sizeof suffix / sizeof *suffix; i++) {
		snprintf(path, sizeof path, "%s/%s%s", folder, name, suffix[i]);
		rc = scan_set_open(path, &set, err);
	}
	if (rc < 0)
		return rc;
	rc = scan_open(set, 0, voxel_um, scan, err);
	scan_set_free(set);
	return rc;
}

static int add_bone(struct samples *samples, struct samples_bone *bone, int item, const char *folder,
		    double native, double voxel_um, struct gppi_error *err)
{
	struct scan *scan;
	struct frame frame;
	int rc = open_scan(folder, bone->name, voxel_um, &scan, err);

	bone->plane = -1;
	if (rc < 0)
		return rc;
	rc = frame_locate(scan, parallel_cpus(), &frame, err);
	if (rc == 0) {
		bone->plane = (float)frame_to_canonical(&frame, native);
		bone->blobs_from = bone->plane - BLOBS_BEFORE;
		rc = samples_put(samples, item, scan, &frame, (uint64_t)item, 0, err);
	}
	scan_close(scan);
	if (rc < 0)
		bone->plane = -1;
	return rc;
}

int main(int argc, char **argv)
{
	const char *folder = option(argc, argv, "--images"), *truth = option(argc, argv, "--truth");
	const char *out = option(argc, argv, "--out"), *voxel = option(argc, argv, "--voxel-um");
	struct gppi_error err = { 0 };
	struct csv csv = { 0 };
	struct samples *samples = NULL;
	struct samples_bone *bones = NULL;
	int failed = 0;

	if (!folder || !truth || !out) {
		fputs(usage, stderr);
		return 2;
	}
	if (csv_read(truth, &csv, &err) < 0)
		goto fail;
	int name = csv_column(&csv, "Image Name"), plane = csv_column(&csv, "Growth Plate Index");
	int fold = csv_column(&csv, "fold"), n = (int)csv.nrows;
	if (name < 0 || plane < 0 || n < 1) {
		err_set(&err, GPPI_E_FORMAT,
			"%s: needs the columns Image Name and Growth Plate Index and a row per bone", truth);
		goto fail;
	}
	bones = calloc((size_t)n, sizeof *bones);
	if (!bones || samples_open(out, bones, n, &samples, &err) < 0)
		goto fail;
	for (int i = 0; i < n; i++) {
		const char *f = fold >= 0 ? csv_cell(&csv, (size_t)i, fold) : "";
		snprintf(bones[i].name, sizeof bones[i].name, "%s", csv_cell(&csv, (size_t)i, name));
		snprintf(bones[i].condition, sizeof bones[i].condition, "scan");
		bones[i].fold = *f ? atoi(f) : -1;
		if (add_bone(samples, &bones[i], i, folder, strtod(csv_cell(&csv, (size_t)i, plane), NULL),
			     voxel ? strtod(voxel, NULL) : 0, &err) < 0) {
			fprintf(stderr, "left out: %s\n", err.text);
			failed++;
		}
	}
	if (samples_close(samples, &err) < 0)
		goto fail;
	printf("%d of %d bones written to %s.u8\n", n - failed, n, out);
	free(bones);
	csv_free(&csv);
	return failed ? 1 : 0;
fail:
	fprintf(stderr, "%s\n", err.text);
	free(bones);
	csv_free(&csv);
	return 1;
}

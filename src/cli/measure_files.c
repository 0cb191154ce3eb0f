#define _GNU_SOURCE
#include "cli/measure_files.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bone/measure.h"
#include "report/dicom_results.h"
#include "report/label_map.h"
#include "report/outputs.h"

#define DICOM_ENDING "-segments.dcm"
#define SLICER_ENDING ".seg.nrrd"

const struct measure_folder measure_folders[] = {
	{ offsetof(struct measure_args, masks), ".nii.gz" },
	{ offsetof(struct measure_args, crop), ".nii" },
	{ offsetof(struct measure_args, qc), ".jpg" },
	{ offsetof(struct measure_args, dicom), DICOM_ENDING },
	{ offsetof(struct measure_args, slicer), SLICER_ENDING },
	{ 0, NULL },
};

int measure_files_open(struct measure_files *files, const struct measure_args *args, const struct names *names,
		       const struct gppi_models *models, struct gppi_error *err)
{
	const char *const outputs[] = { args->output, args->per_slice, args->report };
	int rc = 0;

	*files = (struct measure_files){ .args = args, .models = models,
					 .read = { args->mask, args->tv, args->planes, args->list.path } };
	files->spare = (struct spare){ .names = names, .more = files->read,
				       .nmore = sizeof files->read / sizeof *files->read };
	for (size_t i = 0; i < sizeof outputs / sizeof *outputs && rc >= 0; i++)
		rc = spare_check(&files->spare, outputs[i], err);
	for (const struct measure_folder *f = measure_folders; f->ending && rc >= 0; f++) {
		files->names[f - measure_folders].folder = measure_folder(args, f);
		if (measure_folder(args, f))
			rc = qc_folder(measure_folder(args, f), err);
	}
	return rc < 0 || !args->report ? rc : page_open(args->report, &files->page, err);
}

static int write_mask(const struct measure_files *files, const char *path, struct bone *bone, struct gppi_error *err)
{
	(void)files;
	return label_map_write(path, bone->scan, &bone->measures->segment, err);
}

static int write_crop(const struct measure_files *files, const char *path, struct bone *bone, struct gppi_error *err)
{
	(void)files;
	return label_crop_write(path, bone->scan, &bone->measures->segment, err);
}

static int write_picture(const struct measure_files *files, const char *path, struct bone *bone, struct gppi_error *err)
{
	return qc_output.write(files->models, bone, &bone->result, path, err);
}

/* The path with another ending in place of its own; caller frees. NULL: out of memory, said. */
static char *with_ending(const char *path, const char *own, const char *other, struct gppi_error *err)
{
	char *other_path = NULL;

	if (asprintf(&other_path, "%.*s%s", (int)(strlen(path) - strlen(own)), path, other) >= 0)
		return other_path;
	err_set(err, GPPI_E_NOMEM, "out of memory while naming a file");
	return NULL;
}

/* STEM-report.dcm and others, for the path of the last of them. */
static int write_dicom(const struct measure_files *files, const char *path, struct bone *bone, struct gppi_error *err)
{
	struct gppi_dicom_files written;
	char *stem = with_ending(path, DICOM_ENDING, "", err);
	int rc = stem ? dicom_results_write(files->models, bone, &bone->result, stem, &written, err) : GPPI_E_NOMEM;

	free(stem);
	return rc;
}

/* Markups of plane and VOI beside the segmentation. */
static int write_slicer(const struct measure_files *files, const char *path, struct bone *bone, struct gppi_error *err)
{
	char *markups = with_ending(path, SLICER_ENDING, ".mrk.json", err);
	int rc = markups ? slicer_output.write(files->models, bone, &bone->result, markups, err) : GPPI_E_NOMEM;

	free(markups);
	return rc < 0 ? rc : label_nrrd_write(path, bone->scan, &bone->measures->segment, err);
}

static int (*const write_file[MEASURE_FOLDERS])(const struct measure_files *, const char *, struct bone *,
						struct gppi_error *) = {
	write_mask, write_crop, write_picture, write_dicom, write_slicer
};

static int write_one(struct measure_files *files, int i, struct bone *bone, struct gppi_error *err)
{
	struct qc_names *names = &files->names[i];

	if (!names->folder)
		return 0;
	char *path = out_path(names, bone->result.name, measure_folders[i].ending);
	int rc = path ? spare_check(&files->spare, path, err) :
			err_set(err, GPPI_E_NOMEM, "out of memory while naming a file");
	if (rc >= 0)
		rc = write_file[i](files, path, bone, err);
	free(path);
	return rc;
}

static int add_to_page(struct page *page, struct bone *bone, struct gppi_error *err)
{
	struct page_part part = { 0 };
	int rc = page ? page_part_bone(bone, &bone->result, &part, err) : 0;

	if (page && rc >= 0)
		page_add(page, &part);
	page_part_free(&part);
	return rc;
}

int measure_files_put(struct measure_files *files, struct bone *bone, struct gppi_error *err)
{
	int rc = 0;

	for (int i = 0; i < MEASURE_FOLDERS && rc >= 0; i++)
		rc = write_one(files, i, bone, err);
	return rc < 0 ? rc : add_to_page(files->page, bone, err);
}

int measure_files_failure(struct measure_files *files, const char *name, const char *input, int index, const char *why,
			  struct gppi_error *err)
{
	struct page_part part = { 0 };
	int rc = files->page ? page_part_failure(name, input, index, why, &part, err) : 0;

	if (files->page && rc >= 0)
		page_add(files->page, &part);
	page_part_free(&part);
	return rc;
}

static void free_names(struct measure_files *files)
{
	spare_free(&files->spare);
	for (int i = 0; i < MEASURE_FOLDERS; i++) {
		qc_names_free(&files->names[i]);
		files->names[i] = (struct qc_names){ .folder = NULL };
	}
}

int measure_files_finish(struct measure_files *files, struct gppi_error *err)
{
	int rc = files->page ? page_finish(files->page, err) : 0;

	files->page = NULL;
	free_names(files);
	return rc;
}

void measure_files_abort(struct measure_files *files)
{
	page_abort(files->page);
	files->page = NULL;
	free_names(files);
}

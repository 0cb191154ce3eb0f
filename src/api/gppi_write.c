/* Outputs: each is given the bone of the input, as the detection left it. */
#include "api/fail.h"
#include "api/outputs.h"
#include "api/sized.h"
#include "bone/input.h"
#include "report/dicom_results.h"

int output_write(const struct gppi_models *models, struct gppi_input *input, int index,
		 const struct gppi_result *result, const struct report_output *what, const char *path,
		 struct gppi_error *err)
{
	struct bone *bone;
	struct stop_before before = input_begin(input, NULL);
	int rc = input_bone_of(input, index, result, &bone, err);

	if (rc == 0)
		rc = what->write(models, bone, result, path, err);
	return api_fail(input_end(input, before, rc, err), err);
}

int gppi_write_qc(struct gppi_input *input, int index, const struct gppi_result *result,
		  const char *path, struct gppi_error *error)
{
	return output_write(NULL, input, index, result, &qc_output, path, error);
}

int gppi_write_dicom_sized(const struct gppi_models *models, struct gppi_input *input, int index,
			   const struct gppi_result *result, const char *stem, struct gppi_dicom_files *files,
			   size_t size, struct gppi_error *error)
{
	struct gppi_dicom_files written = { .report = "" };
	struct bone *bone;
	struct stop_before before = input_begin(input, NULL);
	int rc = input_bone_of(input, index, result, &bone, error);

	if (rc == 0)
		rc = dicom_results_write(models, bone, result, stem, &written, error);
	if (files)
		sized_give(files, size, &written, sizeof written);
	return api_fail(input_end(input, before, rc, error), error);
}

int gppi_write_slicer(struct gppi_input *input, int index, const struct gppi_result *result, const char *path,
		      struct gppi_error *error)
{
	return output_write(NULL, input, index, result, &slicer_output, path, error);
}

int output_page_part(struct gppi_input *input, int index, const struct gppi_result *result, struct page_part *out,
		     struct gppi_error *err)
{
	struct bone *bone;
	struct stop_before before = input_begin(input, NULL);
	int rc = input_bone_of(input, index, result, &bone, err);

	*out = (struct page_part){ 0 };
	if (rc == 0)
		rc = page_part_bone(bone, result, out, err);
	return input_end(input, before, rc, err);
}

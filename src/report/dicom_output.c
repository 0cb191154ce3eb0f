#include "report/dicom_results.h"
#include "report/outputs.h"

static int dicom_write(const struct gppi_models *models, struct bone *bone, const struct gppi_result *result,
		       const char *path, struct gppi_error *err)
{
	struct gppi_dicom_files files;

	return dicom_results_write(models, bone, result, path, &files, err);
}

const struct report_output dicom_output = {
	.option = "dicom-results", .ending = "", .pictures = true, .write = dicom_write,
	.help = "      --dicom-results DIR   for scans in DICOM: a Structured Report, a Key Object Selection and\n"
		"                      the picture as DICOM files, in the scan's own patient and study\n",
};

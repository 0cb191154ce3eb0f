/* In place of dicom_*.cc where gppi is built without dcmtk (DICOM=no). */
#include "report/dicom_results.h"

int dicom_results_write(const struct gppi_models *models, struct bone *bone, const struct gppi_result *result,
			const char *stem, struct gppi_dicom_files *files, struct gppi_error *err)
{
	(void)models, (void)bone, (void)result;
	*files = (struct gppi_dicom_files){ .report = "" };
	return err_set(err, GPPI_E_UNSUPPORTED, "%s: this build of gppi cannot write DICOM; use a complete build",
		       stem);
}

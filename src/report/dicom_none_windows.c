/* In place of dicom_*.cc where gppi is built without dcmtk (DICOM=no). */
#include <string.h>

#include "api/fail.h"
#include "api/input.h"
#include "gppi/gppi.h"

int gppi_write_dicom(const struct gppi_models *models, struct gppi_input *input, int index,
		     const struct gppi_result *result, const char *stem, struct gppi_dicom_files *files,
		     struct gppi_error *error)
{
	struct err err;

	(void)models, (void)input, (void)index, (void)result;
	if (files)
		memset(files, 0, sizeof *files);
	int rc = err_set(&err, GPPI_E_UNSUPPORTED, "%s: this build of gppi cannot write DICOM; use a complete build", stem);
	return api_fail(rc, &err, error);
}

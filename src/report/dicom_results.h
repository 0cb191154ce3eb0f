/* DICOM results of a bone that came from DICOM. C and C++. */
#ifndef REPORT_DICOM_RESULTS_H
#define REPORT_DICOM_RESULTS_H

#include "bone/bone.h"

/* What gppi_write_dicom() writes; files must not be NULL. */
int dicom_results_write(const struct gppi_models *models, struct bone *bone, const struct gppi_result *result,
			const char *stem, struct gppi_dicom_files *files, struct gppi_error *err);

#endif

#include "scan/dicom_load.h"

#include "scan/dicom_walk.h"

int dicom_load(DcmFileFormat &file, const char *path, const DcmTagKey &until, struct gppi_error *err)
{
	const int rc = dicom_walk(path, err);
	if (rc < 0)
		return rc;
	const OFCondition cond =
		file.loadFileUntilTag(path, EXS_Unknown, EGL_noChange, dicom_keep_bytes, ERM_autoDetect, until);
	if (cond.bad())
		return err_set(err, GPPI_E_FORMAT, "%s: is a damaged DICOM file (%s); copy it again or remove it", path,
			       cond.text());
	return 0;
}

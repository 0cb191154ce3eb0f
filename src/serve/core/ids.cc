#include "serve/core/ids.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmnet/dul.h>

#include "scan/dicom_walk.h"

int dicom_ids_read(const char *path, struct dicom_ids *out, struct gppi_error *err)
{
	*out = dicom_ids();
	const struct dicom_text wanted[] = {
		{ 0x00080018, out->sop, sizeof out->sop },
		{ 0x0020000d, out->study, sizeof out->study },
		{ 0x0020000e, out->series, sizeof out->series },
		{ 0x00280008, out->frames, sizeof out->frames },
	};
	const int rc = dicom_walk_texts(path, wanted, 4, err);
	if (rc < 0)
		return rc;
	if (!out->sop[0] || !out->series[0])
		return err_set(err, GPPI_E_FORMAT, "%s: does not say which series it belongs to (SeriesInstanceUID); export "
			       "it again", path);
	return 0;
}

void dicom_quiet(void)
{
	OFLog::configure(OFLogger::OFF_LOG_LEVEL);
	dcmDisableGethostbyaddr.set(OFTrue);
}

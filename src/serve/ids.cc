#include "serve/ids.h"

#include <dcmtk/dcmnet/dul.h>

#include <cstdio>
#include <exception>

#include "scan/dicom_load.h"

namespace {

bool text(DcmDataset &ds, const DcmTagKey &tag, char *out, size_t size)
{
	OFString value;
	if (ds.findAndGetOFString(tag, value).bad() || value.empty())
		return false;
	snprintf(out, size, "%s", value.c_str());
	return true;
}

int read_ids(const char *path, struct dicom_ids *out, struct err *err)
{
	DcmFileFormat file;
	const int rc = dicom_load(file, path, DCM_FrameOfReferenceUID, err);
	if (rc < 0)
		return rc;
	DcmDataset &ds = *file.getDataset();
	if (!text(ds, DCM_SOPInstanceUID, out->sop, sizeof out->sop) ||
	    !text(ds, DCM_SeriesInstanceUID, out->series, sizeof out->series))
		return err_set(err, GPPI_E_FORMAT, "%s: does not say which series it belongs to (SeriesInstanceUID); export "
			       "it again", path);
	(void)text(ds, DCM_StudyInstanceUID, out->study, sizeof out->study);
	return 0;
}

} // namespace

int dicom_ids_read(const char *path, struct dicom_ids *out, struct err *err)
{
	*out = dicom_ids();
	/* No C++ exception may cross into C. */
	try {
		return read_ids(path, out, err);
	} catch (const std::exception &e) {
		return err_set(err, GPPI_E_FORMAT, "%s: cannot be read: %s", path, e.what());
	} catch (...) {
		return err_set(err, GPPI_E_FORMAT, "%s: cannot be read; the file is damaged", path);
	}
}

void dicom_quiet(void)
{
	OFLog::configure(OFLogger::OFF_LOG_LEVEL);
	dcmDisableGethostbyaddr.set(OFTrue);
}

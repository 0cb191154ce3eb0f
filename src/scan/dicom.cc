#include "scan/dicom.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcfcache.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <sys/stat.h>

#include "scan/dicom_frame.h"
#include "scan/dicom_header.h"
#include "scan/dicom_load.h"
#include "scan/dicom_text.h"

struct dicom_pixels {
	std::string path;
	DcmFileFormat file;
	DcmFileCache cache;
	DcmDataset *dataset = nullptr;
	DcmElement *pixels = nullptr;
};

namespace {

void register_decoders()
{
	static std::once_flag once;
	std::call_once(once, [] {
		OFLog::configure(OFLogger::OFF_LOG_LEVEL);
		DcmRLEDecoderRegistration::registerCodecs();
		DJDecoderRegistration::registerCodecs();
		DJLSDecoderRegistration::registerCodecs();
	});
}

int read_object(const char *path, struct dicom_object **out, struct gppi_error *err)
{
	register_decoders();
	struct stat st;
	DcmFileFormat ff;
	const int rc = dicom_load(ff, path, DCM_PixelData, err);
	if (rc < 0)
		return rc;
	if (stat(path, &st) < 0)
		return err_set(err, GPPI_E_IO, "%s: is gone", path);
	DcmDataset &ds = *ff.getDataset();
	const int rows = dicom_whole(ds, DCM_Rows, 0), cols = dicom_whole(ds, DCM_Columns, 0);
	if (dicom_code(*ff.getMetaInfo(), DCM_MediaStorageSOPClassUID) == UID_MediaStorageDirectoryStorage)
		return DICOM_DIRECTORY;
	if (rows < 1 || cols < 1)
		return DICOM_OTHER;
	double frames = 1.0;
	if (dicom_number(ds, DCM_NumberOfFrames, 0, &frames) == DICOM_NO_NUMBER || !(frames >= 0.0 && frames <= 65535.0))
		return err_set(err, GPPI_E_FORMAT, "%s: claims %s frames; the header is damaged", path,
			       dicom_code(ds, DCM_NumberOfFrames).c_str());
	frames = std::fmax(frames, 1.0); /* some writers put 0 into files of one slice */
	size_t bytes = sizeof(struct dicom_object) + (size_t)frames * sizeof(struct dicom_frame);
	std::unique_ptr<struct dicom_object, decltype(&free)> o(
		(struct dicom_object *)calloc(1, bytes), &free);
	if (!o)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to open it", path);
	snprintf(o->path, sizeof o->path, "%s", path);
	o->rows = rows;
	o->cols = cols;
	o->frames = (int)frames;
	o->file_bytes = (size_t)st.st_size;
	dicom_describe(ff, o.get());
	*out = o.release();
	return DICOM_IMAGE;
}

int read_frame(struct dicom_pixels *px, int frame, void *buf, size_t bytes, struct gppi_error *err)
{
	Uint32 fragment = 0;
	OFString model;
	if (bytes > 0xffffffffu)
		bytes = 0xffffffffu;
	if (!dicom_frame_is_sound(*px->dataset, *px->pixels, frame))
		return err_set(err, GPPI_E_FORMAT, "%s: the compressed pixels of frame %d are damaged; copy the file again",
			       px->path.c_str(), frame);
	OFCondition cond = px->pixels->getUncompressedFrame(px->dataset, (Uint32)frame, fragment, buf,
							    (Uint32)bytes, model, &px->cache);
	if (cond.bad())
		return err_set(err, GPPI_E_FORMAT,
			       "%s: frame %d cannot be read (%s); the file is cut or damaged",
			       px->path.c_str(), frame, cond.text());
	return 0;
}

/* No C++ exception may cross into C. */
template <typename F>
int guarded(const char *path, struct gppi_error *err, F f)
{
	try {
		return f();
	} catch (const std::bad_alloc &) {
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to read it", path);
	} catch (const std::exception &e) {
		return err_set(err, GPPI_E_FORMAT, "%s: cannot be read: %s", path, e.what());
	} catch (...) {
		return err_set(err, GPPI_E_FORMAT, "%s: cannot be read; the file is damaged", path);
	}
}

} // namespace

int dicom_object_read(const char *path, struct dicom_object **out, struct gppi_error *err)
{
	*out = nullptr;
	return guarded(path, err, [&] { return read_object(path, out, err); });
}

void dicom_identity_read(const char *path, struct gppi_identity *out)
{
	*out = gppi_identity();
	(void)guarded(path, nullptr, [&] {
		DcmFileFormat ff;
		register_decoders();
		/* Patient data lie before Rows. */
		if (dicom_load(ff, path, DCM_Rows, nullptr) == 0)
			dicom_identify_patient(*ff.getDataset(), out);
		return 0;
	});
}

int dicom_pixels_open(const char *path, struct dicom_pixels **out, struct gppi_error *err)
{
	*out = nullptr;
	return guarded(path, err, [&] {
		register_decoders();
		std::unique_ptr<struct dicom_pixels> px(new dicom_pixels);
		px->path = path;
		const int rc = dicom_load(px->file, path, DCM_UndefinedTagKey, err);
		if (rc < 0)
			return rc;
		px->dataset = px->file.getDataset();
		const OFCondition cond = px->dataset->findAndGetElement(DCM_PixelData, px->pixels);
		if (cond.bad() || !px->pixels)
			return err_set(err, GPPI_E_FORMAT,
				       "%s: its pixels cannot be read (%s); the file is cut or damaged",
				       path, cond.text());
		*out = px.release();
		return 0;
	});
}

int dicom_pixels_frame(struct dicom_pixels *px, int frame, void *buf, size_t bytes,
		       struct gppi_error *err)
{
	return guarded(px->path.c_str(), err,
		       [&] { return read_frame(px, frame, buf, bytes, err); });
}

void dicom_pixels_close(struct dicom_pixels *px)
{
	try {
		delete px;
	} catch (...) {
	}
}

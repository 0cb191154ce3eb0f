/* Frames of DICOM files that dcmtk decodes, or looks for where they do not lie at the end of the file. */
#include "scan/dicom.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcfcache.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>

#include <exception>
#include <memory>
#include <mutex>
#include <string>

#include "scan/dicom_frame.h"
#include "scan/dicom_load.h"

struct dicom_pixels {
	std::string path;
	DcmFileFormat file;
	DcmFileCache cache;
	DcmDataset *dataset = nullptr;
	DcmElement *pixels = nullptr;
	DicomFragments fragments;
	size_t held = 0;
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

int read_frame(struct dicom_pixels *px, int frame, void *buf, size_t bytes, struct gppi_error *err)
{
	Uint32 fragment = 0;
	OFString model;
	if (bytes > 0xffffffffu)
		bytes = 0xffffffffu;
	px->held += px->fragments.unread(frame);
	if (!dicom_frame_is_sound(*px->dataset, px->fragments, frame))
		return err_set(err, GPPI_E_FORMAT,
			       "%s: the compressed pixels of frame %d are damaged; copy the file again",
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
		px->fragments.find(*px->dataset, *px->pixels);
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

size_t dicom_pixels_held(const struct dicom_pixels *px)
{
	return px->held;
}

void dicom_pixels_close(struct dicom_pixels *px)
{
	try {
		delete px;
	} catch (...) {
	}
}

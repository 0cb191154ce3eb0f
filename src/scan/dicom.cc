#include "scan/dicom.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcfcache.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>

#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <sys/stat.h>

#include "scan/dicom_frame.h"

extern "C" {
#include "scan/dicom_plain.h"
}

struct dicom_pixels {
	std::string path;
	DcmFileFormat file;
	DcmFileCache cache;
	DcmDataset *dataset = nullptr;
	DcmElement *pixels = nullptr;
};

namespace {

/* Elements longer than this stay in the file until they are asked for. */
const Uint32 keep_bytes = 4096;

const DcmTagKey scanco_mu_scaling(0x0029, 0x1000);
const DcmTagKey scanco_slope(0x0029, 0x1004);
const DcmTagKey scanco_intercept(0x0029, 0x1005);

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

/* Text of an element (all values), blanks trimmed, anything but printable ASCII as '_'. */
std::string text(DcmItem &item, const DcmTagKey &tag)
{
	OFString raw;
	std::string s;
	DcmElement *element = nullptr;
	if (item.findAndGetElement(tag, element).bad() || !element)
		return s;
	/* Private elements of implicit files have no type and come as bytes. */
	Uint8 *bytes = nullptr;
	if (element->getUint8Array(bytes).good()) {
		if (bytes)
			s.assign((const char *)bytes, element->getLength());
	} else if (element->getOFStringArray(raw).good()) {
		s.assign(raw.c_str(), raw.length());
	}
	s.resize(std::strlen(s.c_str()));
	for (char &c : s)
		if (c < 0x20 || c > 0x7e)
			c = '_';
	size_t a = s.find_first_not_of(' '), b = s.find_last_not_of(' ');
	return a == std::string::npos ? std::string() : s.substr(a, b - a + 1);
}

void copy(char *dst, size_t size, const std::string &src)
{
	snprintf(dst, size, "%s", src.c_str());
}

/* Value `pos` of a numeric element. */
bool number(DcmItem &item, const DcmTagKey &tag, unsigned long pos, double *out)
{
	Float64 v;
	Sint32 n;
	if (item.findAndGetFloat64(tag, v, pos).bad()) {
		/* Integer strings have no floating-point access. */
		if (item.findAndGetSint32(tag, n, pos).bad())
			return false;
		v = n;
	}
	if (!std::isfinite(v))
		return false;
	*out = v;
	return true;
}

bool numbers(DcmItem &item, const DcmTagKey &tag, int n, double *out)
{
	for (int i = 0; i < n; i++)
		if (!number(item, tag, (unsigned long)i, out + i))
			return false;
	return true;
}

int whole(DcmItem &item, const DcmTagKey &tag, int otherwise)
{
	Uint16 u;
	Sint32 s;
	if (item.findAndGetUint16(tag, u).good())
		return u;
	return item.findAndGetSint32(tag, s).good() ? (int)s : otherwise;
}

/* A functional group macro of a frame, or the one shared by all frames. */
DcmItem *group(DcmItem &ds, int frame, const DcmTagKey &macro)
{
	DcmItem *item = nullptr, *inner = nullptr;
	if (frame >= 0 &&
	    ds.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, item, frame).good() &&
	    item->findAndGetSequenceItem(macro, inner).good())
		return inner;
	if (ds.findAndGetSequenceItem(DCM_SharedFunctionalGroupsSequence, item).good() &&
	    item->findAndGetSequenceItem(macro, inner).good())
		return inner;
	return &ds;
}

/* The sentence for pixels that cannot be read. */
void refuse(struct dicom_object *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void refuse(struct dicom_object *o, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(o->refusal, sizeof o->refusal, fmt, ap);
	va_end(ap);
}

void read_transfer(DcmDataset &ds, struct dicom_object *o)
{
	const E_TransferSyntax xfer = ds.getOriginalXfer();
	copy(o->transfer, sizeof o->transfer, DcmXfer(xfer).getXferName());
	switch (xfer) {
	case EXS_LittleEndianImplicit:
	case EXS_LittleEndianExplicit:
	case EXS_BigEndianExplicit:
		o->plain = true;
		o->big_endian = xfer == EXS_BigEndianExplicit;
		return;
	case EXS_JPEGLSLossless:
	case EXS_JPEGLSLossy:
		o->most = 8 * (size_t)o->cols; /* a line of equal voxels takes a bit */
		return;
	case EXS_RLELossless:
	case EXS_JPEGProcess1:
	case EXS_JPEGProcess2_4:
	case EXS_JPEGProcess6_8:
	case EXS_JPEGProcess10_12:
	case EXS_JPEGProcess14:
	case EXS_JPEGProcess14SV1:
		o->most = 1032; /* none packs more */
		return;
	default:
		refuse(o, "is compressed as \"%s\", which is not read; unpack it first, for example "
		       "with gdcmconv --raw IN OUT", o->transfer);
	}
}

void read_pixel_format(DcmDataset &ds, struct dicom_object *o)
{
	const int samples = whole(ds, DCM_SamplesPerPixel, 1);
	const std::string photometric = text(ds, DCM_PhotometricInterpretation);
	o->bits_allocated = whole(ds, DCM_BitsAllocated, 0);
	o->bits_stored = whole(ds, DCM_BitsStored, o->bits_allocated);
	o->high_bit = whole(ds, DCM_HighBit, o->bits_stored - 1);
	o->is_signed = whole(ds, DCM_PixelRepresentation, 0) != 0;
	o->inverted = photometric == "MONOCHROME1";
	if (o->refusal[0])
		return;
	if (samples != 1 || (!photometric.empty() && photometric.compare(0, 10, "MONOCHROME")))
		refuse(o, "is a colour picture (%s), not a scan; export grey values", photometric.c_str());
	else if (o->bits_allocated != 8 && o->bits_allocated != 16)
		refuse(o, "has %d bits per voxel; export 8 or 16 bits", o->bits_allocated);
	else if (o->bits_stored < 1 || o->bits_stored > o->bits_allocated ||
		 o->high_bit >= o->bits_allocated || o->high_bit + 1 < o->bits_stored)
		refuse(o, "claims %d bits stored with %d as the highest, in %d; the header is damaged",
		       o->bits_stored, o->high_bit, o->bits_allocated);
	else if ((double)o->cols * o->rows > 134217728.0)
		refuse(o, "has slices of %d x %d voxels, more than is read", o->cols, o->rows);
}

void read_geometry(DcmDataset &ds, struct dicom_object *o)
{
	DcmItem *measures = group(ds, 0, DCM_PixelMeasuresSequence);
	DcmItem *plane = group(ds, 0, DCM_PlaneOrientationSequence);
	double yx[2];
	if (numbers(*measures, DCM_PixelSpacing, 2, yx) ||
	    numbers(ds, DCM_ImagerPixelSpacing, 2, yx) ||
	    numbers(ds, DCM_NominalScannedPixelSpacing, 2, yx)) {
		o->spacing_mm[0] = yx[1];
		o->spacing_mm[1] = yx[0];
	}
	if (!number(*measures, DCM_SpacingBetweenSlices, 0, &o->spacing_mm[2]))
		number(*measures, DCM_SliceThickness, 0, &o->spacing_mm[2]);
	for (double &mm : o->spacing_mm)
		mm = mm > 0.0 ? mm : 0.0;
	o->has_orientation = numbers(*plane, DCM_ImageOrientationPatient, 6, o->orientation);
	o->has_location = number(ds, DCM_SliceLocation, 0, &o->location);
	double n;
	o->has_instance = number(ds, DCM_InstanceNumber, 0, &n) && std::fabs(n) < 1e9;
	o->instance = o->has_instance ? (int)n : 0;
}

/* Every frame's own position only: one position for many frames says nothing about them. */
void read_frames(DcmDataset &ds, struct dicom_object *o)
{
	for (int f = 0; f < o->frames; f++) {
		struct dicom_frame *fr = &o->frame[f];
		DcmItem *place = group(ds, f, DCM_PlanePositionSequence);
		DcmItem *scale = group(ds, f, DCM_PixelValueTransformationSequence);
		if (o->frames == 1 || place != &ds)
			fr->has_position = numbers(*place, DCM_ImagePositionPatient, 3, fr->position);
		fr->slope = 1.0;
		number(*scale, DCM_RescaleSlope, 0, &fr->slope);
		number(*scale, DCM_RescaleIntercept, 0, &fr->intercept);
		if (fr->slope == 0.0 && !o->refusal[0])
			refuse(o, "has a rescale slope of 0; the header is damaged");
	}
}

void add_fact(std::string &facts, const char *key, const std::string &value)
{
	if (!value.empty())
		facts += (facts.empty() ? "" : "; ") + std::string(key) + ": " + value;
}

/* A calibration value, whatever its type. */
std::string calibration(DcmItem &ds, const DcmTagKey &tag)
{
	double v;
	char s[32];
	if (!number(ds, tag, 0, &v))
		return text(ds, tag);
	snprintf(s, sizeof s, "%.9g", v);
	return s;
}

void read_meaning(DcmDataset &ds, struct dicom_object *o)
{
	const std::string modality = text(ds, DCM_Modality);
	const std::string maker = text(ds, DCM_Manufacturer);
	DcmItem *scale = group(ds, 0, DCM_PixelValueTransformationSequence);
	const std::string type = text(*scale, DCM_RescaleType);
	/* CT without a rescale type means Hounsfield units (PS3.3 C.8.2.1). */
	const bool ct = modality == "CT" && o->bits_stored > 8 &&
			(o->is_signed || o->frame[0].intercept < 0.0);
	o->hu = type == "HU" || ((type.empty() || type == "US") && ct);

	std::string facts;
	add_fact(facts, "modality", modality);
	add_fact(facts, "manufacturer", maker);
	add_fact(facts, "model", text(ds, DCM_ManufacturerModelName));
	add_fact(facts, "rescale type", type);
	if (o->inverted)
		add_fact(facts, "photometric", "MONOCHROME1, inverted");
	if (maker.find("SCANCO") != std::string::npos) {
		add_fact(facts, "mu scaling", calibration(ds, scanco_mu_scaling));
		add_fact(facts, "density slope", calibration(ds, scanco_slope));
		add_fact(facts, "density intercept", calibration(ds, scanco_intercept));
	}
	copy(o->facts, sizeof o->facts, facts);

	copy(o->series_uid, sizeof o->series_uid, text(ds, DCM_SeriesInstanceUID));
	copy(o->series_name, sizeof o->series_name, text(ds, DCM_SeriesDescription));
	std::string patient = text(ds, DCM_PatientName);
	copy(o->patient, sizeof o->patient, patient.empty() ? text(ds, DCM_PatientID) : patient);
	double n;
	o->series_number = number(ds, DCM_SeriesNumber, 0, &n) && std::fabs(n) < 1e9 ? (int)n : 0;
}

int read_object(const char *path, struct dicom_object **out, struct err *err)
{
	register_decoders();
	/* dcmtk asks for as much memory as an element of it claims to need, before anything is there. */
	if (dicom_is_deflated(path))
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: its data are deflated as a whole, which is not read; "
			       "convert it first, for example with dcmconv +te IN OUT", path);
	struct stat st;
	DcmFileFormat ff;
	OFCondition cond = ff.loadFileUntilTag(path, EXS_Unknown, EGL_noChange, keep_bytes,
					       ERM_autoDetect, DCM_PixelData);
	if (cond.bad() || stat(path, &st) < 0)
		return err_set(err, GPPI_E_FORMAT,
			       "%s: is a damaged DICOM file (%s); copy it again or remove it", path,
			       cond.text());
	DcmDataset &ds = *ff.getDataset();
	const int rows = whole(ds, DCM_Rows, 0), cols = whole(ds, DCM_Columns, 0);
	if (rows < 1 || cols < 1)
		return 0;
	double frames = 1.0;
	if (number(ds, DCM_NumberOfFrames, 0, &frames) && !(frames >= 1.0 && frames <= 65535.0))
		return err_set(err, GPPI_E_FORMAT, "%s: claims %g frames; the header is damaged", path,
			       frames);
	size_t bytes = sizeof(struct dicom_object) + (size_t)frames * sizeof(struct dicom_frame);
	std::unique_ptr<struct dicom_object, decltype(&free)> o(
		(struct dicom_object *)calloc(1, bytes), &free);
	if (!o)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to open it", path);
	copy(o->path, sizeof o->path, path);
	o->rows = rows;
	o->cols = cols;
	o->frames = (int)frames;
	o->file_bytes = (size_t)st.st_size;
	read_transfer(ds, o.get());
	read_pixel_format(ds, o.get());
	read_geometry(ds, o.get());
	read_frames(ds, o.get());
	read_meaning(ds, o.get());
	*out = o.release();
	return 1;
}

int read_frame(struct dicom_pixels *px, int frame, void *buf, size_t bytes, struct err *err)
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
int guarded(const char *path, struct err *err, F f)
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

int dicom_object_read(const char *path, struct dicom_object **out, struct err *err)
{
	*out = nullptr;
	return guarded(path, err, [&] { return read_object(path, out, err); });
}

int dicom_pixels_open(const char *path, struct dicom_pixels **out, struct err *err)
{
	*out = nullptr;
	return guarded(path, err, [&] {
		register_decoders();
		std::unique_ptr<struct dicom_pixels> px(new dicom_pixels);
		px->path = path;
		OFCondition cond = px->file.loadFile(path, EXS_Unknown, EGL_noChange, keep_bytes);
		px->dataset = px->file.getDataset();
		if (cond.good())
			cond = px->dataset->findAndGetElement(DCM_PixelData, px->pixels);
		if (cond.bad() || !px->pixels)
			return err_set(err, GPPI_E_FORMAT,
				       "%s: its pixels cannot be read (%s); the file is cut or damaged",
				       path, cond.text());
		*out = px.release();
		return 0;
	});
}

int dicom_pixels_frame(struct dicom_pixels *px, int frame, void *buf, size_t bytes,
		       struct err *err)
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

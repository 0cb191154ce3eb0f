#include "phantom/write.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcrleerg.h>
#include <dcmtk/dcmdata/dcrlerp.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpeg/djrplol.h>
#include <dcmtk/dcmjpls/djencode.h>
#include <dcmtk/dcmjpls/djrparam.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <vector>
#include <sys/stat.h>
#include <unistd.h>

namespace {

struct job {
	std::string folder, patient, series;
	int nx, ny, nz;
	double step_mm;
	struct write_dicom_options opt;
};

void register_encoders()
{
	static std::once_flag once;
	std::call_once(once, [] {
		OFLog::configure(OFLogger::OFF_LOG_LEVEL);
		DcmRLEEncoderRegistration::registerCodecs();
		DJEncoderRegistration::registerCodecs();
		DJLSEncoderRegistration::registerCodecs();
	});
}

/* A UID below 2.25 (ISO/IEC 9834-8) from the words of its object: the same input gives the
 * same files. FNV-1a. */
std::string uid(const job &j, const char *what, int number)
{
	std::string text = j.patient + '\n' + j.series + '\n' +
			   std::to_string(j.opt.series_number) + '\n' + what +
			   std::to_string(number);
	uint64_t h = 14695981039346656037u;
	for (unsigned char c : text)
		h = (h ^ c) * 1099511628211u;
	return "2.25." + std::to_string(h | 1u);
}

std::string decimal(double v)
{
	char s[17];
	snprintf(s, sizeof s, "%.9g", v);
	return s;
}

std::string position(const job &j, int z)
{
	return "0\\0\\" + decimal((z + j.opt.first) * j.step_mm);
}

void common_tags(const job &j, const char *sop_class, int number, DcmDataset *ds)
{
	const std::string step = decimal(j.step_mm);
	const std::string instance = uid(j, "instance", number);
	ds->putAndInsertString(DCM_SOPClassUID, sop_class);
	ds->putAndInsertString(DCM_SOPInstanceUID, instance.c_str());
	ds->putAndInsertString(DCM_ImageType, "DERIVED\\PRIMARY\\AXIAL");
	ds->putAndInsertString(DCM_Modality, "CT");
	ds->putAndInsertString(DCM_Manufacturer, "synthetic");
	ds->putAndInsertString(DCM_PatientName, j.patient.c_str());
	ds->putAndInsertString(DCM_PatientID, j.patient.c_str());
	ds->putAndInsertString(DCM_SeriesDescription, j.series.c_str());
	ds->putAndInsertString(DCM_StudyInstanceUID, uid(j, "study", 0).c_str());
	ds->putAndInsertString(DCM_SeriesInstanceUID, uid(j, "series", 0).c_str());
	ds->putAndInsertString(DCM_FrameOfReferenceUID, uid(j, "space", 0).c_str());
	ds->putAndInsertString(DCM_StudyID, "1");
	ds->putAndInsertString(DCM_SeriesNumber, std::to_string(j.opt.series_number).c_str());
	ds->putAndInsertString(DCM_InstanceNumber, std::to_string(number + 1).c_str());
	ds->putAndInsertString(DCM_SliceThickness, step.c_str());
	ds->putAndInsertString(DCM_SpacingBetweenSlices, step.c_str());
	ds->putAndInsertString(DCM_PixelSpacing, (step + "\\" + step).c_str());
	ds->putAndInsertString(DCM_ImageOrientationPatient, "1\\0\\0\\0\\1\\0");
	ds->putAndInsertUint16(DCM_SamplesPerPixel, 1);
	ds->putAndInsertString(DCM_PhotometricInterpretation, "MONOCHROME2");
	ds->putAndInsertUint16(DCM_Rows, (Uint16)j.ny);
	ds->putAndInsertUint16(DCM_Columns, (Uint16)j.nx);
	ds->putAndInsertUint16(DCM_BitsAllocated, 16);
	ds->putAndInsertUint16(DCM_BitsStored, 16);
	ds->putAndInsertUint16(DCM_HighBit, 15);
	ds->putAndInsertUint16(DCM_PixelRepresentation, 1);
	ds->putAndInsertString(DCM_RescaleIntercept, "0");
	ds->putAndInsertString(DCM_RescaleSlope, "1");
	ds->putAndInsertString(DCM_RescaleType, "HU");
}

OFCondition save(const job &j, DcmFileFormat &ff, const std::string &name)
{
	E_TransferSyntax xfer = EXS_LittleEndianExplicit;
	std::unique_ptr<DcmRepresentationParameter> param;
	if (j.opt.syntax == WRITE_RLE) {
		xfer = EXS_RLELossless;
		param.reset(new DcmRLERepresentationParameter());
	} else if (j.opt.syntax == WRITE_JPEG_LOSSLESS) {
		xfer = EXS_JPEGProcess14SV1;
		param.reset(new DJ_RPLossless());
	} else if (j.opt.syntax == WRITE_JPEG_LS) {
		xfer = EXS_JPEGLSLossless;
		param.reset(new DJLSRepresentationParameter(0, OFTrue));
	}
	OFCondition cond = ff.getDataset()->chooseRepresentation(xfer, param.get());
	if (cond.bad())
		return cond;
	const std::string path = j.folder + "/" + name, tmp = path + ".tmp";
	cond = ff.saveFile(tmp.c_str(), xfer);
	if (cond.good() && rename(tmp.c_str(), path.c_str()) == 0)
		return cond;
	unlink(tmp.c_str());
	return cond.bad() ? cond : EC_InvalidStream;
}

int write_series(const job &j, slice_fn fn, void *user, struct gppi_error *err)
{
	std::vector<int16_t> voxels((size_t)j.nx * (size_t)j.ny);
	for (int z = 0; z < j.nz; z++) {
		int rc = fn(user, z + j.opt.first, voxels.data());
		if (rc < 0)
			return err_set(err, rc, "%s: slice %d could not be made", j.folder.c_str(), z);
		int number = j.opt.first + (j.opt.reversed ? j.nz - 1 - z : z);
		DcmFileFormat ff;
		DcmDataset *ds = ff.getDataset();
		common_tags(j, UID_CTImageStorage, number, ds);
		ds->putAndInsertString(DCM_ImagePositionPatient, position(j, z).c_str());
		ds->putAndInsertString(DCM_SliceLocation, decimal((z + j.opt.first) * j.step_mm).c_str());
		ds->putAndInsertUint16Array(DCM_PixelData, (const Uint16 *)voxels.data(),
					    (unsigned long)voxels.size());
		char name[32];
		snprintf(name, sizeof name, "IM%05d.dcm", number + 1);
		const OFCondition cond = save(j, ff, name);
		if (cond.bad())
			return err_set(err, GPPI_E_IO, "%s/%s: cannot be written: %s", j.folder.c_str(),
				       name, cond.text());
	}
	return 0;
}

/* One position per frame, as in the enhanced CT object. */
void frame_positions(const job &j, DcmDataset *ds)
{
	for (int f = 0; f < j.nz; f++) {
		DcmItem *frame = nullptr, *plane = nullptr;
		ds->findOrCreateSequenceItem(DCM_PerFrameFunctionalGroupsSequence, frame, f);
		frame->findOrCreateSequenceItem(DCM_PlanePositionSequence, plane, 0);
		int z = j.opt.reversed ? j.nz - 1 - f : f;
		plane->putAndInsertString(DCM_ImagePositionPatient, position(j, z).c_str());
	}
}

int write_frames(const job &j, slice_fn fn, void *user, struct gppi_error *err)
{
	DcmFileFormat ff;
	DcmDataset *ds = ff.getDataset();
	const bool placed = j.opt.multiframe == 2;
	common_tags(j, placed ? UID_EnhancedCTImageStorage
			      : UID_MultiframeGrayscaleWordSecondaryCaptureImageStorage, j.opt.first, ds);
	ds->putAndInsertString(DCM_NumberOfFrames, std::to_string(j.nz).c_str());
	if (placed)
		frame_positions(j, ds);
	size_t slice = (size_t)j.nx * (size_t)j.ny;
	if (slice * 2 > 0xfffffffeu / (size_t)j.nz)
		return err_set(err, GPPI_E_USAGE, "%s: too large for one file", j.folder.c_str());
	std::unique_ptr<DcmPixelData> pixels(new DcmPixelData(DCM_PixelData));
	pixels->setVR(EVR_OW);
	Uint16 *all = nullptr;
	if (pixels->createUint16Array((Uint32)(slice * (size_t)j.nz), all).bad())
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", j.folder.c_str());
	for (int z = 0; z < j.nz; z++) {
		int f = placed && j.opt.reversed ? j.nz - 1 - z : z;
		int rc = fn(user, z + j.opt.first, (int16_t *)all + slice * (size_t)f);
		if (rc < 0)
			return err_set(err, rc, "%s: slice %d could not be made", j.folder.c_str(), z);
	}
	ds->insert(pixels.release());
	const std::string name = j.opt.first ? "volume" + std::to_string(j.opt.first) + ".dcm" : "volume.dcm";
	OFCondition cond = save(j, ff, name);
	if (cond.bad())
		return err_set(err, GPPI_E_IO, "%s/%s: cannot be written: %s",
			       j.folder.c_str(), name.c_str(), cond.text());
	return 0;
}

} // namespace

int write_dicom(const char *folder, int nx, int ny, int nz, double spacing_um,
		const struct write_dicom_options *options, slice_fn fn, void *user,
		struct gppi_error *err)
{
	if (nx < 1 || ny < 1 || nz < 1 || nx > 65535 || ny > 65535)
		return err_set(err, GPPI_E_USAGE, "%s: DICOM cannot hold %d x %d x %d voxels", folder,
			       nx, ny, nz);
	if (mkdir(folder, 0777) < 0 && errno != EEXIST)
		return err_set(err, GPPI_E_IO, "%s: the folder cannot be made: %s", folder,
			       strerror(errno));
	try {
		register_encoders();
		job j = { folder, options->patient ? options->patient : "phantom",
			  options->series ? options->series : "femur", nx, ny, nz,
			  (spacing_um > 0.0 ? spacing_um : 10.0) / 1000.0, *options };
		return options->multiframe ? write_frames(j, fn, user, err)
					   : write_series(j, fn, user, err);
	} catch (const std::exception &e) {
		return err_set(err, GPPI_E_NOMEM, "%s: cannot be written: %s", folder, e.what());
	}
}

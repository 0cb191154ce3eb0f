/* The QC picture as Secondary Capture. Its pixels are JPEG baseline, the one compression that all archives and viewers
 * of colour pictures are bound to read (PS3.5 section 10.2), a tenth of the size of plain ones. */
#include "report/dicom_parts.h"

#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>

#include <cstdlib>
#include <memory>

extern "C" {
#include "base/number.h"
#include "report/jpeg.h"
}

namespace {

const int quality = 90;

const dicom_kind kind = { "picture", "OT", 3, "GPPI picture" };

/* The slice of the plane, or the first one where there is no plane. */
OFCondition refer(dicom_source &source, DcmDataset &out)
{
	DcmItem *item = nullptr, *purpose = nullptr;
	OFCondition cond = out.findOrCreateSequenceItem(DCM_SourceImageSequence, item);
	if (cond.good())
		cond = item->putAndInsertString(DCM_ReferencedSOPClassUID,
						dicom_text(source.data(), DCM_SOPClassUID).c_str());
	if (cond.good())
		cond = item->putAndInsertString(DCM_ReferencedSOPInstanceUID,
						dicom_text(source.data(), DCM_SOPInstanceUID).c_str());
	if (cond.good() && source.frame)
		cond = item->putAndInsertString(DCM_ReferencedFrameNumber, std::to_string(source.frame).c_str());
	if (cond.good())
		cond = item->findOrCreateSequenceItem(DCM_PurposeOfReferenceCodeSequence, purpose);
	const struct { DcmTagKey tag; const char *value; } code[] = {
		{ DCM_CodeValue, "121322" }, { DCM_CodingSchemeDesignator, "DCM" },
		{ DCM_CodeMeaning, "Source image for image processing operation" },
	};
	for (const auto &c : code)
		if (cond.good())
			cond = purpose->putAndInsertString(c.tag, c.value);
	return cond;
}

OFCondition fill(const dicom_job &job, dicom_source &source, DcmDataset &out)
{
	const std::string side = dicom_text(source.data(), DCM_Laterality);
	const struct { DcmTagKey tag; const char *value; } words[] = {
		{ DCM_SOPClassUID, UID_SecondaryCaptureImageStorage },
		{ DCM_ConversionType, "WSD" },
		{ DCM_ImageType, "DERIVED\\SECONDARY" },
		{ DCM_PatientOrientation, "" },
		{ DCM_Laterality, side.c_str() }, /* femurs are a pair: there, if only empty */
		{ DCM_BurnedInAnnotation, "YES" }, /* the bone's name, which may be the patient's */
		{ DCM_DerivationDescription, "views of the bone with growth plate plane and VOI drawn in" },
		{ DCM_PhotometricInterpretation, "YBR_FULL_422" },
		{ DCM_LossyImageCompression, "01" },
		{ DCM_LossyImageCompressionMethod, "ISO_10918_1" },
	};
	const struct { DcmTagKey tag; int value; } numbers[] = {
		{ DCM_SamplesPerPixel, 3 }, { DCM_PlanarConfiguration, 0 },
		{ DCM_Rows, job.picture->height }, { DCM_Columns, job.picture->width },
		{ DCM_BitsAllocated, 8 }, { DCM_BitsStored, 8 }, { DCM_HighBit, 7 },
		{ DCM_PixelRepresentation, 0 },
	};
	OFCondition cond = EC_Normal;
	for (const auto &w : words)
		if (cond.good())
			cond = out.putAndInsertString(w.tag, w.value);
	for (const auto &n : numbers)
		if (cond.good())
			cond = out.putAndInsertUint16(n.tag, (Uint16)n.value);
	return cond;
}

/* The JPEG as the only fragment of the only frame. */
OFCondition encapsulate(unsigned char *jpeg, size_t size, DcmDataset &out)
{
	std::unique_ptr<DcmPixelSequence> sequence(new DcmPixelSequence(DCM_PixelSequenceTag));
	std::unique_ptr<DcmPixelData> pixels(new DcmPixelData(DCM_PixelData));
	DcmOffsetList offsets;
	OFCondition cond = sequence->insert(new DcmPixelItem(DCM_PixelItemTag)); /* the offset table, empty */
	if (cond.good())
		cond = sequence->storeCompressedFrame(offsets, jpeg, (Uint32)size, 0);
	if (cond.bad())
		return cond;
	pixels->putOriginalRepresentation(EXS_JPEGProcess1, nullptr, sequence.release());
	cond = out.insert(pixels.get(), OFTrue);
	if (cond.good())
		(void)pixels.release();
	return cond;
}

int pack(const dicom_job &job, DcmDataset &out, OFCondition &cond, struct gppi_error *err)
{
	unsigned char *data = nullptr;
	unsigned long size = 0;
	int rc = jpeg_colour(job.picture, quality, &data, &size, err);
	std::unique_ptr<unsigned char, decltype(&free)> jpeg(data, &free);
	if (rc < 0)
		return rc;
	char ratio[17];
	number_fixed(ratio, sizeof ratio, 1, job.picture->width * 3.0 * job.picture->height / (double)size);
	cond = out.putAndInsertString(DCM_LossyImageCompressionRatio, ratio);
	if (cond.good())
		cond = encapsulate(data, size, out);
	return 0;
}

} // namespace

int dicom_picture(const dicom_job &job, const char *path, struct gppi_error *err)
{
	dicom_source source;
	DcmFileFormat file;

	int rc = dicom_source_read(job, job.result->gppi >= 0 ? job.result->gppi : 0, &source, err);
	if (rc < 0)
		return rc;
	OFCondition cond = fill(job, source, *file.getDataset());
	if (cond.good())
		cond = refer(source, *file.getDataset());
	if (cond.good())
		cond = dicom_identify(job, source, kind, *file.getDataset());
	if (cond.good())
		rc = pack(job, *file.getDataset(), cond, err);
	if (rc < 0)
		return rc;
	if (cond.bad())
		return err_set(err, GPPI_E_IO, "%s: the picture could not be made: %s", path, cond.text());
	return dicom_save(file, EXS_JPEGProcess1, path, err);
}

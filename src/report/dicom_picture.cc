/* The QC picture as Secondary Capture: RGB, not compressed, since every viewer shows that. */
#include "report/dicom_parts.h"

namespace {

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
		{ DCM_PhotometricInterpretation, "RGB" },
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
	const size_t bytes = (size_t)job.picture->width * (size_t)job.picture->height * 3;
	if (cond.good())
		cond = out.putAndInsertUint8Array(DCM_PixelData, job.picture->rgb, (unsigned long)bytes);
	return cond;
}

} // namespace

int dicom_picture(const dicom_job &job, const char *path, struct err *err)
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
	if (cond.bad())
		return err_set(err, GPPI_E_IO, "%s: the picture could not be made: %s", path, cond.text());
	return dicom_save(file, path, err);
}

/* The Key Object Selection (TID 2010): marks the slice of the plane. */
#include "report/dicom_parts.h"

#include <dcmtk/dcmsr/codes/dcm.h>
#include <dcmtk/dcmsr/dsrdoc.h>

namespace {

const dicom_kind kind = { "key", "KO", 2, "GPPI key slice" };

OFCondition fill_tree(DSRDocumentTree &tree, const dicom_job &job, dicom_source &source)
{
	const std::string text = "Growth plate plane of " + dicom_ascii(job.result->name) + ": slice " +
				 std::to_string(job.result->gppi) + " of the series, counted from 0" +
				 (job.result->nreasons ? "; review by a person advised" : "");
	DSRImageReferenceValue image(dicom_text(source.data(), DCM_SOPClassUID).c_str(),
				     dicom_text(source.data(), DCM_SOPInstanceUID).c_str());
	if (source.frame)
		image.getFrameList().addItem(source.frame);
	if (!tree.addContentItem(DSRTypes::RT_isRoot, DSRTypes::VT_Container))
		return EC_CorruptedData;
	OFCondition cond = tree.getCurrentContentItem().setConceptName(CODE_DCM_OfInterest);
	if (cond.good())
		cond = tree.getCurrentContentItem().setTemplateIdentification("2010", "DCMR");
	if (cond.good() && !tree.addContentItem(DSRTypes::RT_contains, DSRTypes::VT_Text, DSRTypes::AM_belowCurrent))
		return EC_CorruptedData;
	if (cond.good())
		cond = tree.getCurrentContentItem().setConceptName(CODE_DCM_KeyObjectDescription);
	if (cond.good())
		cond = tree.getCurrentContentItem().setStringValue(text.c_str());
	if (cond.good() && !tree.addContentItem(DSRTypes::RT_contains, DSRTypes::VT_Image))
		return EC_CorruptedData;
	if (cond.good())
		cond = tree.getCurrentContentItem().setImageReference(image);
	return cond;
}

} // namespace

int dicom_key(const dicom_job &job, const char *path, struct gppi_error *err)
{
	DSRDocument document(DSRTypes::DT_KeyObjectSelectionDocument);
	dicom_source source;
	DcmFileFormat file;

	int rc = dicom_source_read(job, job.result->gppi, &source, err);
	if (rc < 0)
		return rc;
	OFCondition cond = fill_tree(document.getTree(), job, source);
	if (cond.good())
		cond = document.getCurrentRequestedProcedureEvidence().addItem(source.data());
	if (cond.good())
		cond = document.write(*file.getDataset());
	if (cond.good())
		cond = dicom_identify(job, source, kind, *file.getDataset());
	if (cond.bad())
		return err_set(err, GPPI_E_IO, "%s: the key object selection could not be made: %s", path,
			       cond.text());
	return dicom_save(file, EXS_LittleEndianExplicit, path, err);
}

/* Whose bone a DICOM file shows. */
#include "scan/dicom_header.h"

#include "scan/dicom_text.h"

namespace {

/* "20240229", or "2024.02.29" as before 1993; empty where it is no day. */
std::string day(DcmItem &dataset, const DcmTagKey &tag)
{
	std::string digits;
	for (const char c : dicom_code(dataset, tag))
		if (c >= '0' && c <= '9')
			digits += c;
		else if (c != '.')
			break;
	if (digits.length() < 8)
		return "";
	return digits.substr(0, 4) + "-" + digits.substr(4, 2) + "-" + digits.substr(6, 2);
}

} // namespace

void dicom_identify_patient(DcmItem &dataset, struct gppi_identity *out)
{
	static const DcmTagKey dates[] = { DCM_StudyDate, DCM_SeriesDate, DCM_AcquisitionDate, DCM_ContentDate };
	std::string date;

	for (size_t i = 0; i < sizeof dates / sizeof *dates && date.empty(); i++)
		date = day(dataset, dates[i]);
	*out = gppi_identity();
	dicom_put(out->patient_id, sizeof out->patient_id, dicom_words(dataset, DCM_PatientID));
	dicom_put(out->patient_name, sizeof out->patient_name, dicom_words(dataset, DCM_PatientName));
	dicom_put(out->date, sizeof out->date, date);
	dicom_put(out->study, sizeof out->study, dicom_words(dataset, DCM_StudyDescription));
	dicom_put(out->series, sizeof out->series, dicom_words(dataset, DCM_SeriesDescription));
	dicom_put(out->accession, sizeof out->accession, dicom_words(dataset, DCM_AccessionNumber));
	dicom_put(out->study_uid, sizeof out->study_uid, dicom_code(dataset, DCM_StudyInstanceUID));
	dicom_put(out->series_uid, sizeof out->series_uid, dicom_code(dataset, DCM_SeriesInstanceUID));
}

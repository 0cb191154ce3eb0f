#include "report/dicom_parts.h"

#include "scan/dicom_load.h"

extern "C" {
#include "base/atomic.h"
#include "report/uid.h"
}

#include <dcmtk/dcmdata/dcostrmb.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

/* Copied from the source where it has them: the modules Patient, Clinical Trial Subject, General Study,
 * Patient Study and Clinical Trial Study, in which all instances of a study must agree. */
const DcmTagKey copied[] = {
	DCM_SpecificCharacterSet, DCM_TimezoneOffsetFromUTC,
	DCM_PatientName, DCM_PatientID, DCM_IssuerOfPatientID, DCM_TypeOfPatientID,
	DCM_IssuerOfPatientIDQualifiersSequence, DCM_PatientBirthDate, DCM_PatientBirthTime, DCM_PatientSex,
	DCM_QualityControlSubject, DCM_OtherPatientIDsSequence, DCM_OtherPatientNames, DCM_EthnicGroup,
	DCM_PatientComments, DCM_PatientSpeciesDescription, DCM_PatientSpeciesCodeSequence,
	DCM_PatientBreedDescription, DCM_PatientBreedCodeSequence, DCM_BreedRegistrationSequence,
	DCM_StrainDescription, DCM_StrainNomenclature, DCM_StrainStockSequence, DCM_StrainAdditionalInformation,
	DCM_StrainCodeSequence, DCM_GeneticModificationsSequence, DCM_ResponsiblePerson,
	DCM_ResponsiblePersonRole, DCM_ResponsibleOrganization, DCM_PatientIdentityRemoved,
	DCM_DeidentificationMethod, DCM_DeidentificationMethodCodeSequence,
	DCM_ClinicalTrialSponsorName, DCM_ClinicalTrialProtocolID, DCM_ClinicalTrialProtocolName,
	DCM_ClinicalTrialSiteID, DCM_ClinicalTrialSiteName, DCM_ClinicalTrialSubjectID,
	DCM_ClinicalTrialSubjectReadingID, DCM_ClinicalTrialTimePointID, DCM_ClinicalTrialTimePointDescription,
	DCM_StudyInstanceUID, DCM_StudyDate, DCM_StudyTime, DCM_ReferringPhysicianName, DCM_StudyID,
	DCM_AccessionNumber, DCM_IssuerOfAccessionNumberSequence, DCM_StudyDescription, DCM_PhysiciansOfRecord,
	DCM_NameOfPhysiciansReadingStudy, DCM_ProcedureCodeSequence,
	DCM_AdmittingDiagnosesDescription, DCM_PatientAge, DCM_PatientSize, DCM_PatientWeight,
	DCM_PatientSexNeutered, DCM_AdditionalPatientHistory,
};

/* Must be there, if only empty. */
const DcmTagKey needed[] = {
	DCM_PatientName, DCM_PatientID, DCM_PatientBirthDate, DCM_PatientSex, DCM_StudyDate, DCM_StudyTime,
	DCM_ReferringPhysicianName, DCM_StudyID, DCM_AccessionNumber,
};

/* Must be there, if only empty, where the patient is an animal. */
const DcmTagKey needed_of_animals[] = {
	DCM_PatientSpeciesDescription, DCM_PatientBreedDescription, DCM_PatientBreedCodeSequence,
	DCM_BreedRegistrationSequence, DCM_ResponsiblePerson, DCM_ResponsibleOrganization,
	DCM_PatientSexNeutered,
};

OFCondition put(DcmDataset &out, const DcmTagKey &tag, const std::string &value)
{
	return out.putAndInsertString(tag, value.c_str());
}

OFCondition copy_study(dicom_source &source, DcmDataset &out)
{
	OFCondition cond = EC_Normal;
	for (const DcmTagKey &tag : copied) {
		out.findAndDeleteElement(tag);
		if (cond.good() && source.data().tagExists(tag))
			cond = source.data().findAndInsertCopyOfElement(tag, &out);
	}
	for (const DcmTagKey &tag : needed)
		if (cond.good() && !out.tagExists(tag))
			cond = out.insertEmptyElement(tag);
	const bool animal = out.tagExists(DCM_PatientSpeciesDescription) ||
			    out.tagExists(DCM_PatientSpeciesCodeSequence);
	for (const DcmTagKey &tag : needed_of_animals)
		if (cond.good() && animal && !out.tagExists(tag))
			cond = out.insertEmptyElement(tag);
	return cond;
}

/* Sorts behind the scan: series 3 has its results in 3901 to 3903. */
std::string series_number(dicom_source &source, int digit)
{
	long n = strtol(dicom_text(source.data(), DCM_SeriesNumber).c_str(), nullptr, 10);
	return std::to_string((n > 0 && n < 2000000 ? n * 1000 : 0) + 900 + digit);
}

/* Times without a zone of their own are in that of the source, where it names one. */
void clock_of(const dicom_job &job, dicom_source &source, char date[16], char clock[16])
{
	const std::string zone = dicom_text(source.data(), DCM_TimezoneOffsetFromUTC);
	struct tm t;
	int hours, minutes;
	char sign;
	if (sscanf(zone.c_str(), "%c%2d%2d", &sign, &hours, &minutes) == 3 && (sign == '+' || sign == '-')) {
		const time_t shifted = job.now + (time_t)(sign == '-' ? -60 : 60) * (hours * 60 + minutes);
		gmtime_r(&shifted, &t);
	} else {
		localtime_r(&job.now, &t);
	}
	strftime(date, 16, "%Y%m%d", &t);
	strftime(clock, 16, "%H%M%S", &t);
}

} // namespace

std::string dicom_text(DcmItem &item, const DcmTagKey &tag)
{
	OFString value;
	item.findAndGetOFString(tag, value);
	return value.c_str();
}

std::string dicom_ascii(const char *text)
{
	std::string s(text);
	for (char &c : s)
		if (c < 0x20 || c > 0x7e || c == '\\')
			c = '_';
	return s;
}

int dicom_source_read(const dicom_job &job, int slice, dicom_source *out, struct gppi_error *err)
{
	struct scan_slice_file f;
	if (job.result->axis != GPPI_AXIS_Z)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: its slices were taken along another axis, so that DICOM results "
			       "cannot refer to its images; reslice it in DICOM",
			       scan_info(job.scan)->path);
	if (!scan_dicom_slice(job.scan, slice, &f))
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: is %s, not DICOM: DICOM results need a DICOM scan, whose patient and study "
			       "they join; use --json, --csv or --qc, or detect the DICOM export of this scan",
			       scan_info(job.scan)->path, scan_info(job.scan)->format);
	const int rc = dicom_load(out->file, f.path, DCM_PixelData, err);
	if (rc < 0)
		return rc;
	out->frame = f.frames > 1 ? f.frame + 1 : 0;
	/* References name both; a file without them is no DICOM instance. */
	if (dicom_text(out->data(), DCM_SOPInstanceUID).empty() || dicom_text(out->data(), DCM_SOPClassUID).empty() ||
	    dicom_text(out->data(), DCM_SeriesInstanceUID).empty() ||
	    dicom_text(out->data(), DCM_StudyInstanceUID).empty())
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: lacks the UID of its study, series or instance, so that DICOM results cannot "
			       "refer to it; export the series anew", f.path);
	return 0;
}

std::string dicom_uid(const dicom_job &job, dicom_source &source, const char *what)
{
	const std::string series = dicom_text(source.data(), DCM_SeriesInstanceUID);
	const bool instance = std::strncmp(what, "series", 6) != 0;
	const char *words[] = { series.c_str(), GPPI_VERSION, what, instance ? job.facts.c_str() : "" };
	char uid[UID_SIZE];
	uid_from_words(words, 4, uid);
	return uid;
}

OFCondition dicom_identify(const dicom_job &job, dicom_source &source, const dicom_kind &kind, DcmDataset &out)
{
	const std::string series = dicom_uid(job, source, (std::string("series ") + kind.word).c_str());
	const std::string instance = dicom_uid(job, source, kind.word);
	char date[16], clock[16];
	clock_of(job, source, date, clock);
	const struct { DcmTagKey tag; std::string value; } own[] = {
		{ DCM_Modality, kind.modality },
		{ DCM_SeriesInstanceUID, series },
		{ DCM_SeriesNumber, series_number(source, kind.series) },
		{ DCM_SeriesDescription, kind.description },
		{ DCM_SOPInstanceUID, instance },
		{ DCM_InstanceNumber, "1" },
		{ DCM_InstanceCreationDate, date },
		{ DCM_InstanceCreationTime, clock },
		{ DCM_SeriesDate, date },
		{ DCM_SeriesTime, clock },
		{ DCM_ContentDate, date },
		{ DCM_ContentTime, clock },
		{ DCM_Manufacturer, "gppi" },
		{ DCM_ManufacturerModelName, "gppi" },
		{ DCM_SoftwareVersions, GPPI_VERSION },
	};
	OFCondition cond = copy_study(source, out);
	for (const auto &o : own)
		if (cond.good())
			cond = put(out, o.tag, o.value);
	return cond;
}

int dicom_save(DcmFileFormat &file, E_TransferSyntax xfer, const char *path, struct gppi_error *err)
{
	std::vector<char> buffer(1 << 16);
	DcmOutputBufferStream stream(buffer.data(), (offile_off_t)buffer.size());
	struct atomic_file *target;
	int rc = atomic_open(path, &target, err);
	if (rc < 0)
		return rc;
	OFCondition cond = file.validateMetaInfo(xfer);
	file.transferInit();
	for (bool more = cond.good(); more;) {
		void *block;
		offile_off_t size;
		cond = file.write(stream, xfer, EET_ExplicitLength, nullptr, EGL_recalcGL);
		more = cond == EC_StreamNotifyClient;
		stream.flushBuffer(block, size);
		/* a failure stays in the stream until the commit, which tells of it */
		fwrite(block, 1, (size_t)size, atomic_stream(target));
	}
	file.transferEnd();
	if (cond.bad()) {
		atomic_abort(target);
		return err_set(err, GPPI_E_IO, "%s: could not be written: %s", path, cond.text());
	}
	return atomic_commit(target, err);
}

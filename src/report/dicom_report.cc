/* The Structured Report: TID 1500 with one measurement group (TID 1501) for the plane, and one for its VOI
 * where that was measured. */
#include "base/number.h"
#include "report/dicom_codes.h"
#include "report/dicom_measures.h"
extern "C" {
#include "report/report.h"
#include "report/uid.h"
}

#include <dcmtk/dcmsr/cmr/tid1500.h>
#include <dcmtk/dcmsr/codes/dcm.h>
#include <dcmtk/dcmsr/dsrdoc.h>

#include <cmath>
#include <cstdio>
#include <cstring>

namespace {

typedef TID1500_MeasurementReport::TID1501_Measurements Group;
typedef Group::TID300_Measurement::MeasurementValue Value;
typedef CID7181_AbstractMultiDimensionalImageModelComponentUnits Units;

const dicom_kind kind = { "report", "SR", 1, "GPPI report" };

/* Errors of a chain of calls: the first one stays. */
struct steps {
	OFCondition cond = EC_Normal;
	bool good() const { return cond.good(); }
	void operator()(const OFCondition &c)
	{
		if (cond.good())
			cond = c;
	}
};

/* The images a report refers to must be in its evidence list as well. */
struct images {
	const dicom_job &job;
	DSRSOPInstanceReferenceList &evidence;
	struct gppi_error *err;
	int rc;
};

std::string decimal(double value, int places)
{
	char s[32];
	return number_fixed(s, sizeof s, places, value);
}

/* One number; slice >= 0: inferred from that slice's image. */
void measure(Group &group, const dicom_code &name, const std::string &value, Units::EnumType unit, int slice,
	     images &in, steps &done)
{
	CID7469_GenericIntensityAndSizeMeasurements concept_name;
	Value number;
	done(number.setValue(value.c_str(), Units(unit)));
	done(concept_name.selectValue(name.entry(), OFTrue, OFFalse));
	if (!done.good() || in.rc < 0)
		return;
	done(group.addMeasurement(concept_name, number));
	if (slice < 0 || !done.good())
		return;
	dicom_source source;
	in.rc = dicom_source_read(in.job, slice, &source, in.err);
	if (in.rc < 0)
		return;
	DSRImageReferenceValue image(dicom_text(source.data(), DCM_SOPClassUID).c_str(),
				     dicom_text(source.data(), DCM_SOPInstanceUID).c_str());
	if (source.frame)
		image.getFrameList().addItem(source.frame);
	done(group.getMeasurement().addImage(CODE_DCM_SourceOfMeasurement, image));
	done(in.evidence.addItem(source.data()));
}

void measure_all(Group &group, images &in, steps &done)
{
	const struct gppi_result &r = *in.job.result;
	if (r.gppi >= 0) {
		measure(group, code_index, std::to_string(r.gppi), Units::NoUnits, r.gppi, in, done);
		measure(group, code_exact, decimal(r.gppi_exact, 3), Units::NoUnits, -1, in, done);
	}
	if (std::isfinite(r.gppi_mm))
		measure(group, code_position, decimal(r.gppi_mm, 5), Units::Millimeter, -1, in, done);
	if (std::isfinite(r.confidence))
		measure(group, code_confidence, decimal(100 * r.confidence, 1), Units::Percent, -1, in, done);
	if (r.voi_first >= 0) {
		measure(group, code_voi_first, std::to_string(r.voi_first), Units::NoUnits, r.voi_first, in, done);
		measure(group, code_voi_last, std::to_string(r.voi_last), Units::NoUnits, r.voi_last, in, done);
	}
}

void review(Group &group, const struct gppi_result &r, steps &done)
{
	char voi[96];
	if (r.voi_first >= 0)
		done(group.addQualitativeEvaluation(code_voi.entry(),
						    OFString(gppi_voi_text(&r.voi, voi, sizeof voi))));
	const DSRCodedEntryValue yes("373066001", "SCT", "Yes"), no("373067005", "SCT", "No");
	done(group.addQualitativeEvaluation(code_review.entry(), r.nreasons > 0 ? yes : no));
	for (int i = 0; i < r.nreasons && i < GPPI_MAX_REASONS; i++)
		done(group.addQualitativeEvaluation(code_reason.entry(), OFString(dicom_ascii(r.reason[i]).c_str())));
}

void describe(TID1500_MeasurementReport &report, images &in, dicom_source &source, steps &done)
{
	const DSRCodedEntryValue femur("71341001", "SCT", "Femur");
	const char *device[] = { "device", GPPI_VERSION };
	char device_uid[UID_SIZE];
	uid_from_words(device, 2, device_uid);
	done(report.setLanguage(CID5000_Languages::English));
	done(report.getObservationContext().addDeviceObserver(
		device_uid, "gppi", "gppi", "gppi", GPPI_VERSION));
	done(report.addProcedureReported(CID100_QuantitativeDiagnosticImagingProcedures::CTUnspecifiedBodyRegion));
	Group &group = report.getIndividualMeasurements();
	done(group.setActivitySession("1"));
	done(group.setTrackingIdentifier(("Growth plate plane of " + dicom_ascii(in.job.result->name)).c_str()));
	done(group.setTrackingUniqueIdentifier(dicom_uid(in.job, source, "tracking").c_str()));
	done(group.setFinding(code_plane.entry()));
	done(group.addFindingSite(femur));
	measure_all(group, in, done);
	review(group, *in.job.result, done);
	if (!in.job.measures || !done.good() || in.rc < 0)
		return;
	done(report.addIndividualMeasurements());
	if (done.good())
		done(dicom_measures(in.job, dicom_uid(in.job, source, "tracking VOI"),
				    report.getIndividualMeasurements()));
}

/* TID 4019, of the group as a whole: name, version, and the weights' hashes as parameters. */
void name_algorithm(DSRDocumentTree &tree, const dicom_job &job, steps &done)
{
	if (!tree.gotoNamedNode(CODE_DCM_MeasurementGroup)) {
		done(EC_CorruptedData);
		return;
	}
	auto add = [&](const DSRCodedEntryValue &name, const std::string &value, bool first) {
		done(tree.addContentItem(DSRTypes::RT_hasConceptMod, DSRTypes::VT_Text,
					 first ? DSRTypes::AM_belowCurrentBeforeFirstChild
					       : DSRTypes::AM_afterCurrent) ? EC_Normal : EC_CorruptedData);
		if (!done.good())
			return;
		done(tree.getCurrentContentItem().setConceptName(name));
		done(tree.getCurrentContentItem().setStringValue(value.c_str()));
	};
	add(CODE_DCM_AlgorithmName, "gppi", true);
	add(CODE_DCM_AlgorithmVersion, GPPI_VERSION, false);
	const std::string engine = std::string("engine ") + report_engine_word(job.result->engine);
	add(CODE_DCM_AlgorithmParameters, engine.c_str(), false);
	for (int i = 0; job.models && i < models_count(job.models); i++) {
		const struct gppi_model_info *m = models_info(job.models, i);
		if (!report_used_model(job.result, m))
			continue;
		add(CODE_DCM_AlgorithmParameters,
		    "weights " + dicom_ascii(m->name) + " SHA-256 " + m->hash, false);
	}
}

} // namespace

int dicom_report(const dicom_job &job, const char *path, struct gppi_error *err)
{
	TID1500_MeasurementReport report(CID7021_MeasurementReportDocumentTitles::ImagingMeasurementReport);
	DSRDocument document(DSRTypes::DT_EnhancedSR);
	images in = { job, document.getCurrentRequestedProcedureEvidence(), err, 0 };
	dicom_source source;
	DcmFileFormat file;
	steps done;

	int rc = dicom_source_read(job, job.result->gppi >= 0 ? job.result->gppi : 0, &source, err);
	if (rc < 0)
		return rc;
	describe(report, in, source, done);
	if (in.rc < 0)
		return in.rc;
	if (job.result->gppi < 0) /* what was looked at, at least */
		done(in.evidence.addItem(source.data()));
	if (done.good())
		done(document.setTreeFromRootTemplate(report, OFTrue));
	if (done.good())
		name_algorithm(document.getTree(), job, done);
	done(document.getCodingSchemeIdentification().addItem(DICOM_SCHEME));
	done(document.getCodingSchemeIdentification().setCodingSchemeName("gppi, growth plate plane index"));
	done(document.setPreliminaryFlag(DSRTypes::PF_Preliminary));
	done(document.completeDocument());
	if (done.good())
		done(document.write(*file.getDataset()));
	if (done.good())
		done(dicom_identify(job, source, kind, *file.getDataset()));
	if (!done.good())
		return err_set(err, GPPI_E_IO, "%s: the report could not be made: %s", path, done.cond.text());
	return dicom_save(file, EXS_LittleEndianExplicit, path, err);
}

#include "report/dicom_measures.h"
#include "report/dicom_codes.h"

extern "C" {
#include "base/number.h"
}

#include <cmath>

namespace {

typedef TID1500_MeasurementReport::TID1501_Measurements Group;
typedef Group::TID300_Measurement::MeasurementValue Value;
typedef CID7181_AbstractMultiDimensionalImageModelComponentUnits Units;

/* Codes and units (UCUM) of measures; lengths as the JSON names have them, shares in percent. */
const struct {
	enum measure which;
	dicom_code code;
	const char *unit, *unit_meaning;
} coded[] = {
	{ MEASURE_TV, { "M01", "Total volume (TV)" }, "mm3", "cubic millimeter" },
	{ MEASURE_BV, { "M02", "Bone volume (BV)" }, "mm3", "cubic millimeter" },
	{ MEASURE_BV_TV, { "M03", "Bone volume fraction (BV/TV)" }, "%", "Percent" },
	{ MEASURE_TB_TH, { "M04", "Trabecular thickness (Tb.Th)" }, "mm", "millimeter" },
	{ MEASURE_TB_TH_SD, { "M05", "Trabecular thickness, standard deviation" }, "mm", "millimeter" },
	{ MEASURE_TB_TH_MAX, { "M06", "Trabecular thickness, maximum" }, "mm", "millimeter" },
	{ MEASURE_TB_SP, { "M07", "Trabecular separation (Tb.Sp)" }, "mm", "millimeter" },
	{ MEASURE_TB_SP_SD, { "M08", "Trabecular separation, standard deviation" }, "mm", "millimeter" },
	{ MEASURE_TB_SP_MAX, { "M09", "Trabecular separation, maximum" }, "mm", "millimeter" },
	{ MEASURE_TB_N, { "M10", "Trabecular number (Tb.N), (BV/TV) / Tb.Th" }, "/mm", "per millimeter" },
	{ MEASURE_BS, { "M11", "Bone surface (BS)" }, "mm2", "square millimeter" },
	{ MEASURE_BS_BV, { "M12", "Specific bone surface (BS/BV)" }, "/mm", "per millimeter" },
	{ MEASURE_BS_TV, { "M13", "Bone surface density (BS/TV)" }, "/mm", "per millimeter" },
	{ MEASURE_CONN_D, { "M14", "Connectivity density (Conn.D)" }, "/mm3", "per cubic millimeter" },
	{ MEASURE_DA, { "M15", "Degree of anisotropy (DA)" }, "{ratio}", "ratio" },
	{ MEASURE_TB_BMD, { "M16", "Trabecular bone mineral density (Tb.BMD)" }, "mg/cm3",
	  "milligram per cubic centimeter" },
	{ MEASURE_TMD, { "M17", "Tissue mineral density (TMD)" }, "mg/cm3", "milligram per cubic centimeter" },
	{ MEASURE_TT_AR, { "M18", "Total cross-sectional area (Tt.Ar)" }, "mm2", "square millimeter" },
	{ MEASURE_CT_AR, { "M19", "Cortical bone area (Ct.Ar)" }, "mm2", "square millimeter" },
	{ MEASURE_MA_AR, { "M20", "Marrow area (Ma.Ar)" }, "mm2", "square millimeter" },
	{ MEASURE_CT_AR_TT_AR, { "M21", "Cortical area fraction (Ct.Ar/Tt.Ar)" }, "%", "Percent" },
	{ MEASURE_CT_TH, { "M22", "Cortical thickness (Ct.Th)" }, "mm", "millimeter" },
	{ MEASURE_CT_TH_SD, { "M23", "Cortical thickness, standard deviation" }, "mm", "millimeter" },
	{ MEASURE_CT_PO, { "M24", "Cortical porosity (Ct.Po), not biology at 10 um" }, "%", "Percent" },
	{ MEASURE_IMIN, { "M25", "Minimum moment of area (Imin)" }, "mm4", "millimeter to the fourth power" },
	{ MEASURE_IMAX, { "M26", "Maximum moment of area (Imax)" }, "mm4", "millimeter to the fourth power" },
	{ MEASURE_J, { "M27", "Polar moment of area (J)" }, "mm4", "millimeter to the fourth power" },
	{ MEASURE_BS_CLOSED, { "M28", "Bone surface with the faces of the cut" }, "mm2", "square millimeter" },
	{ MEASURE_DA_UNIT, { "M29", "Degree of anisotropy, 0 to 1" }, "{ratio}", "ratio" },
	{ MEASURE_CT_TH_2D, { "M30", "Cortical thickness by areas and perimeters" }, "mm", "millimeter" },
	{ MEASURE_TB_N_MID, { "M31", "Trabecular number (Tb.N), mid-axes" }, "/mm", "per millimeter" },
	{ MEASURE_SMI, { "M32", "Structure model index (SMI), follows BV/TV" }, "{ratio}", "ratio" },
	{ MEASURE_PLATE_TH, { "M33", "Growth plate thickness" }, "mm", "millimeter" },
	{ MEASURE_PLATE_TH_SD, { "M34", "Growth plate thickness, standard deviation" }, "mm", "millimeter" },
	{ MEASURE_PLATE_LEVEL, { "M35", "Growth plate level from the plane" }, "mm", "millimeter" },
	{ MEASURE_PLATE_LEVEL_SD, { "M36", "Growth plate level, standard deviation" }, "mm", "millimeter" },
	{ MEASURE_PLATE_TILT, { "M37", "Growth plate tilt" }, "deg", "degree" },
	{ MEASURE_PLATE_AR, { "M38", "Growth plate area" }, "mm2", "square millimeter" },
	{ MEASURE_BRIDGES, { "M39", "Growth plate bridges" }, "{count}", "count" },
	{ MEASURE_BRIDGE_AR, { "M40", "Growth plate area share of bridges" }, "%", "Percent" },
	{ MEASURE_PLATE_BEGIN, { "M41", "Slice where the growth plate begins" }, "{slice}", "slice" },
	{ MEASURE_SECONDARY_BEGIN, { "M42", "Slice where the secondary spongiosa begins" }, "{slice}", "slice" },
};
static_assert(sizeof coded / sizeof *coded == MEASURES, "every measure has one code");

OFCondition add(Group &group, const dicom_code &code, double number, const char *unit, const char *meaning)
{
	CID7469_GenericIntensityAndSizeMeasurements name;
	char text[32];
	Units units;
	Value value;
	OFCondition cond = units.selectValue(DSRCodedEntryValue(unit, "UCUM", meaning), OFTrue, OFFalse);

	if (cond.good())
		cond = value.setValue(number_short(text, sizeof text, REPORT_MEASURE_DIGITS, number), units);
	if (cond.good())
		cond = name.selectValue(code.entry(), OFTrue, OFFalse);
	return cond.good() ? group.addMeasurement(name, value) : cond;
}

} // namespace

OFCondition dicom_measures(const dicom_job &job, const std::string &tracking_uid, Group &group)
{
	const struct report_measures &r = *job.measures;
	const DSRCodedEntryValue yes("373066001", "SCT", "Yes"), no("373067005", "SCT", "No");
	OFCondition cond = group.setActivitySession("1");

	if (cond.good())
		cond = group.setTrackingIdentifier(("VOI of " + dicom_ascii(r.name)).c_str());
	if (cond.good())
		cond = group.setTrackingUniqueIdentifier(tracking_uid.c_str());
	if (cond.good())
		cond = group.setFinding(code_voi_measured.entry());
	if (cond.good())
		cond = group.addFindingSite(DSRCodedEntryValue("71341001", "SCT", "Femur"));
	for (const auto &c : coded) {
		const double value = r.measures->value[c.which] * measure_name(c.which)->scale;
		if (cond.good() && std::isfinite(value))
			cond = add(group, c.code, value, c.unit, c.unit_meaning);
	}
	if (cond.good())
		cond = group.addQualitativeEvaluation(code_review.entry(), report_measures_reason(&r, 0) ? yes : no);
	for (int i = 0; cond.good() && report_measures_reason(&r, i); i++)
		cond = group.addQualitativeEvaluation(code_reason.entry(),
						      OFString(dicom_ascii(report_measures_reason(&r, i)).c_str()));
	return cond;
}

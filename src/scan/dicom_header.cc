#include "scan/dicom_header.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>

#include "scan/dicom_text.h"

namespace {

const DcmTagKey scanco_mu_scaling(0x0029, 0x1000);
const DcmTagKey scanco_slope(0x0029, 0x1004);
const DcmTagKey scanco_intercept(0x0029, 0x1005);

/* Where the values of a frame are looked up: in its own functional groups, in those shared by all frames, in the
 * data set. */
struct groups {
	DcmItem *dataset, *shared, *frame;

	DcmItem *item(const DcmTagKey &macro) const
	{
		DcmItem *inner = nullptr;
		for (DcmItem *outer : { frame, shared })
			if (outer && outer->findAndGetSequenceItem(macro, inner).good())
				return inner;
		return dataset;
	}
};

DcmItem *first_item(DcmItem &item, const DcmTagKey &sequence)
{
	DcmItem *first = nullptr;
	return item.findAndGetSequenceItem(sequence, first).good() ? first : nullptr;
}

/* The same numbers as dicom_numbers(); what is none is noted in *o. */
bool numbers(struct dicom_object *o, DcmItem &item, const DcmTagKey &tag, int n, double *out)
{
	const enum dicom_found found = dicom_numbers(item, tag, n, out);
	if (found == DICOM_NO_NUMBER && !o->odd[0])
		dicom_put(o->odd, sizeof o->odd,
			  std::string(DcmTag(tag).getTagName()) + " is " + dicom_words(item, tag));
	return found == DICOM_NUMBER;
}

bool whole_number(struct dicom_object *o, DcmItem &item, const DcmTagKey &tag, int *out)
{
	double n;
	if (!numbers(o, item, tag, 1, &n) || std::fabs(n) > 1e9)
		return false;
	*out = (int)n;
	return true;
}

/* Stored values that stand for nothing; their type is that of the pixels, whatever the file says. */
void read_padding(DcmItem &ds, struct dicom_object *o)
{
	o->has_padding = whole_number(o, ds, DCM_PixelPaddingValue, &o->padding[0]);
	if (!o->has_padding)
		return;
	if (!whole_number(o, ds, DCM_PixelPaddingRangeLimit, &o->padding[1]))
		o->padding[1] = o->padding[0];
	for (int &v : o->padding)
		v = o->is_signed ? (int16_t)v : (uint16_t)v;
	if (o->padding[0] > o->padding[1])
		std::swap(o->padding[0], o->padding[1]);
}

void read_pixel_format(DcmItem &ds, struct dicom_object *o)
{
	const int samples = dicom_whole(ds, DCM_SamplesPerPixel, 1);
	const std::string photometric = dicom_code(ds, DCM_PhotometricInterpretation);
	o->bits_allocated = dicom_whole(ds, DCM_BitsAllocated, 0);
	o->bits_stored = dicom_whole(ds, DCM_BitsStored, o->bits_allocated);
	o->high_bit = dicom_whole(ds, DCM_HighBit, o->bits_stored - 1);
	o->is_signed = dicom_whole(ds, DCM_PixelRepresentation, 0) != 0;
	o->monochrome1 = photometric == "MONOCHROME1";
	read_padding(ds, o);
	if (samples != 1 || (!photometric.empty() && photometric.compare(0, 10, "MONOCHROME")))
		dicom_refuse(o, "is a colour picture (%s), not a scan; export grey values", photometric.c_str());
	else if (o->bits_allocated != 8 && o->bits_allocated != 16)
		dicom_refuse(o, "has %d bits per voxel; export 8 or 16 bits", o->bits_allocated);
	else if (o->bits_stored < 1 || o->bits_stored > o->bits_allocated ||
		 o->high_bit >= o->bits_allocated || o->high_bit + 1 < o->bits_stored)
		dicom_refuse(o, "claims %d bits stored with %d as the highest, in %d; the header is damaged",
			     o->bits_stored, o->high_bit, o->bits_allocated);
}

/* Distances have no direction; some exporters write negative ones. */
bool distance(struct dicom_object *o, DcmItem &item, const DcmTagKey &tag, double *mm)
{
	double v;
	if (!numbers(o, item, tag, 1, &v) || !(std::fabs(v) > 0.0))
		return false;
	*mm = std::fabs(v);
	return true;
}

void read_geometry(const struct groups &of, struct dicom_object *o)
{
	DcmItem &ds = *of.dataset, &measures = *of.item(DCM_PixelMeasuresSequence);
	DcmItem &plane = *of.item(DCM_PlaneOrientationSequence);
	double yx[2];
	if (numbers(o, measures, DCM_PixelSpacing, 2, yx) || numbers(o, ds, DCM_ImagerPixelSpacing, 2, yx) ||
	    numbers(o, ds, DCM_NominalScannedPixelSpacing, 2, yx)) {
		o->spacing_mm[0] = std::fabs(yx[1]);
		o->spacing_mm[1] = std::fabs(yx[0]);
	}
	if (distance(o, measures, DCM_SpacingBetweenSlices, &o->between_mm))
		o->spacing_mm[2] = o->between_mm;
	else
		(void)distance(o, measures, DCM_SliceThickness, &o->spacing_mm[2]);
	o->has_orientation = numbers(o, plane, DCM_ImageOrientationPatient, 6, o->orientation);
	o->has_location = numbers(o, ds, DCM_SliceLocation, 1, &o->location);
	o->has_instance = whole_number(o, ds, DCM_InstanceNumber, &o->instance);
	o->has_acquisition = whole_number(o, ds, DCM_AcquisitionNumber, &o->acquisition);
}

/* A value that is no number must not pass for the usual one. */
void read_scale(DcmItem &item, const DcmTagKey &tag, double *out, struct dicom_object *o)
{
	if (dicom_number(item, tag, 0, out) == DICOM_NO_NUMBER)
		dicom_refuse(o, "has a %s of \"%s\", which is no number; export the series anew",
			     DcmTag(tag).getTagName(), dicom_words(item, tag).c_str());
}

void read_frame(const struct groups &of, struct dicom_object *o, struct dicom_frame *fr)
{
	DcmItem *place = of.item(DCM_PlanePositionSequence);
	DcmItem *scale = of.item(DCM_PixelValueTransformationSequence);
	/* One position for many frames does not place them. */
	if (o->frames == 1 || place != of.dataset)
		fr->has_position = numbers(o, *place, DCM_ImagePositionPatient, 3, fr->position);
	fr->slope = 1.0;
	read_scale(*scale, DCM_RescaleSlope, &fr->slope, o);
	read_scale(*scale, DCM_RescaleIntercept, &fr->intercept, o);
	if (!(std::fabs(fr->slope) > 0.0))
		dicom_refuse(o, "has a rescale slope of 0; the header is damaged");
}

/* One pass over the items: access by index is linear in the index. */
void read_frames(struct groups of, struct dicom_object *o)
{
	DcmSequenceOfItems *per_frame = nullptr;
	DcmObject *item = nullptr;
	if (of.dataset->findAndGetSequence(DCM_PerFrameFunctionalGroupsSequence, per_frame).bad())
		per_frame = nullptr;
	for (int f = 0; f < o->frames; f++) {
		if (per_frame && (f == 0 || item))
			item = per_frame->nextInContainer(item);
		of.frame = dynamic_cast<DcmItem *>(item);
		read_frame(of, o, &o->frame[f]);
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
	if (dicom_number(ds, tag, 0, &v) != DICOM_NUMBER)
		return dicom_code(ds, tag);
	snprintf(s, sizeof s, "%.9g", v);
	return s;
}

void read_meaning(const struct groups &of, struct dicom_object *o)
{
	DcmItem &ds = *of.dataset;
	const std::string modality = dicom_code(ds, DCM_Modality);
	const std::string maker = dicom_words(ds, DCM_Manufacturer);
	const std::string type = dicom_code(*of.item(DCM_PixelValueTransformationSequence), DCM_RescaleType);
	o->hu = type == "HU";
	o->ct = modality == "CT" && (type.empty() || type == "US") && o->bits_stored > 8;

	std::string facts;
	add_fact(facts, "modality", modality);
	add_fact(facts, "manufacturer", maker);
	add_fact(facts, "model", dicom_words(ds, DCM_ManufacturerModelName));
	add_fact(facts, "rescale type", type);
	if (maker.find("SCANCO") != std::string::npos) {
		add_fact(facts, "mu scaling", calibration(ds, scanco_mu_scaling));
		add_fact(facts, "density slope", calibration(ds, scanco_slope));
		add_fact(facts, "density intercept", calibration(ds, scanco_intercept));
	}
	dicom_put(o->facts, sizeof o->facts, facts);
}

void read_series(DcmItem &ds, struct dicom_object *o)
{
	const std::string patient = dicom_words(ds, DCM_PatientID);
	dicom_put(o->study_uid, sizeof o->study_uid, dicom_code(ds, DCM_StudyInstanceUID));
	dicom_put(o->series_uid, sizeof o->series_uid, dicom_code(ds, DCM_SeriesInstanceUID));
	dicom_put(o->concatenation_uid, sizeof o->concatenation_uid, dicom_code(ds, DCM_ConcatenationUID));
	dicom_put(o->series_name, sizeof o->series_name, dicom_words(ds, DCM_SeriesDescription));
	dicom_put(o->patient, sizeof o->patient, patient.empty() ? dicom_words(ds, DCM_PatientName) : patient);
	(void)whole_number(o, ds, DCM_SeriesNumber, &o->series_number);
	(void)whole_number(o, ds, DCM_InConcatenationNumber, &o->part);
	(void)whole_number(o, ds, DCM_InConcatenationTotalNumber, &o->parts);
}

} // namespace

void dicom_refuse(struct dicom_object *o, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	if (!o->refusal[0])
		vsnprintf(o->refusal, sizeof o->refusal, fmt, ap);
	va_end(ap);
}

void dicom_describe(DcmFileFormat &file, struct dicom_object *o)
{
	DcmItem &ds = *file.getDataset();
	DcmItem *frames = first_item(ds, DCM_PerFrameFunctionalGroupsSequence);
	const struct groups of = { &ds, first_item(ds, DCM_SharedFunctionalGroupsSequence), frames };
	dicom_describe_transfer(file, o);
	read_pixel_format(ds, o);
	read_geometry(of, o);
	read_frames({ of.dataset, of.shared, nullptr }, o);
	read_meaning(of, o);
	read_series(ds, o);
}

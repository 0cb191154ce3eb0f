/* What the header of a DICOM file says of its image. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/printable.h"
#include "scan/dicom_header.h"

/* The sentence for pixels that are not read; the first one stays. */
static void refuse(struct dicom_object *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void refuse(struct dicom_object *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!o->refusal[0])
		vsnprintf(o->refusal, sizeof o->refusal, fmt, ap);
	va_end(ap);
}

/* The same numbers as dicom_numbers(); what is none is noted in *o. */
static bool numbers(const struct dicom_header *h, struct dicom_object *o, struct dicom_given e, int n, double *out)
{
	const enum dicom_found found = dicom_numbers(&e, n, out);
	char words[DICOM_TEXT], note[DICOM_TEXT + 64];

	if (found == DICOM_NO_NUMBER && !o->odd[0]) {
		dicom_words(&e, h->alphabet, words);
		snprintf(note, sizeof note, "%s is %s", e.name->name, words);
		(void)printable_copy(note, o->odd, sizeof o->odd);
	}
	return found == DICOM_NUMBER;
}

static bool in_dataset(const struct dicom_header *h, struct dicom_object *o, enum dicom_wanted tag, int n, double *out)
{
	return numbers(h, o, dicom_in_dataset(h, tag), n, out);
}

static bool whole_number(const struct dicom_header *h, struct dicom_object *o, enum dicom_wanted tag, int *out)
{
	double n;

	if (!in_dataset(h, o, tag, 1, &n) || fabs(n) > 1e9)
		return false;
	*out = (int)n;
	return true;
}

/* Stored values that stand for nothing; their type is that of the pixels, whatever the file says. */
static void read_padding(const struct dicom_header *h, struct dicom_object *o)
{
	o->has_padding = whole_number(h, o, DICOM_PixelPaddingValue, &o->padding[0]);
	if (!o->has_padding)
		return;
	if (!whole_number(h, o, DICOM_PixelPaddingRangeLimit, &o->padding[1]))
		o->padding[1] = o->padding[0];
	for (int i = 0; i < 2; i++)
		o->padding[i] = o->is_signed ? (int16_t)o->padding[i] : (uint16_t)o->padding[i];
	if (o->padding[0] > o->padding[1]) {
		int high = o->padding[0];
		o->padding[0] = o->padding[1];
		o->padding[1] = high;
	}
}

static void read_pixel_format(const struct dicom_header *h, struct dicom_object *o)
{
	const struct dicom_given shown = dicom_in_dataset(h, DICOM_PhotometricInterpretation);
	const int samples = dicom_whole(h, DICOM_SamplesPerPixel, 1);
	char photometric[DICOM_TEXT];

	dicom_code(&shown, photometric);
	o->bits_allocated = dicom_whole(h, DICOM_BitsAllocated, 0);
	o->bits_stored = dicom_whole(h, DICOM_BitsStored, o->bits_allocated);
	o->high_bit = dicom_whole(h, DICOM_HighBit, o->bits_stored - 1);
	o->is_signed = dicom_whole(h, DICOM_PixelRepresentation, 0) != 0;
	o->monochrome1 = !strcmp(photometric, "MONOCHROME1");
	read_padding(h, o);
	if (samples != 1 || (photometric[0] && strncmp(photometric, "MONOCHROME", 10) != 0))
		refuse(o, "is a colour picture (%s), not a scan; export grey values", photometric);
	else if (o->bits_allocated != 8 && o->bits_allocated != 16)
		refuse(o, "has %d bits per voxel; export 8 or 16 bits", o->bits_allocated);
	else if (o->bits_stored < 1 || o->bits_stored > o->bits_allocated || o->high_bit >= o->bits_allocated ||
		 o->high_bit + 1 < o->bits_stored)
		refuse(o, "claims %d bits stored with %d as the highest, in %d; the header is damaged", o->bits_stored,
		       o->high_bit, o->bits_allocated);
}

/* Distances have no direction; some exporters write negative ones. */
static bool distance(const struct dicom_header *h, struct dicom_object *o, struct dicom_given e, double *mm)
{
	double v;

	if (!numbers(h, o, e, 1, &v) || !(fabs(v) > 0.0))
		return false;
	*mm = fabs(v);
	return true;
}

static struct dicom_given of_measures(const struct dicom_header *h, enum dicom_wanted tag)
{
	return dicom_in_frame(h, 0, DICOM_PixelMeasuresSequence, tag, NULL);
}

static void read_geometry(const struct dicom_header *h, struct dicom_object *o)
{
	double yx[2];

	if (numbers(h, o, of_measures(h, DICOM_PixelSpacing), 2, yx) ||
	    in_dataset(h, o, DICOM_ImagerPixelSpacing, 2, yx) ||
	    in_dataset(h, o, DICOM_NominalScannedPixelSpacing, 2, yx)) {
		o->spacing_mm[0] = fabs(yx[1]);
		o->spacing_mm[1] = fabs(yx[0]);
		o->spacing_zero = yx[0] == 0.0 || yx[1] == 0.0;
	}
	if (distance(h, o, of_measures(h, DICOM_SpacingBetweenSlices), &o->between_mm))
		o->spacing_mm[2] = o->between_mm;
	else
		(void)distance(h, o, of_measures(h, DICOM_SliceThickness), &o->spacing_mm[2]);
	o->has_orientation = numbers(h, o, dicom_in_frame(h, 0, DICOM_PlaneOrientationSequence,
							  DICOM_ImageOrientationPatient, NULL),
				     6, o->orientation);
	o->has_location = in_dataset(h, o, DICOM_SliceLocation, 1, &o->location);
	o->has_instance = whole_number(h, o, DICOM_InstanceNumber, &o->instance);
	o->has_acquisition = whole_number(h, o, DICOM_AcquisitionNumber, &o->acquisition);
}

/* A value that is no number must not pass for the usual one. */
static void read_scale(const struct dicom_header *h, int frame, enum dicom_wanted tag, double *out,
		       struct dicom_object *o)
{
	const struct dicom_given e = dicom_in_frame(h, frame, DICOM_PixelValueTransformationSequence, tag, NULL);
	char words[DICOM_TEXT];

	if (dicom_numbers(&e, 1, out) != DICOM_NO_NUMBER)
		return;
	dicom_words(&e, h->alphabet, words);
	refuse(o, "has a %s of \"%s\", which is no number; export the series anew", e.name->name, words);
}

static void read_frame(const struct dicom_header *h, int frame, struct dicom_object *o)
{
	struct dicom_frame *fr = &o->frame[frame];
	bool own;
	const struct dicom_given place =
		dicom_in_frame(h, frame, DICOM_PlanePositionSequence, DICOM_ImagePositionPatient, &own);

	/* One position for many frames does not place them. */
	if (o->frames == 1 || own)
		fr->has_position = numbers(h, o, place, 3, fr->position);
	fr->slope = 1.0;
	read_scale(h, frame, DICOM_RescaleSlope, &fr->slope, o);
	read_scale(h, frame, DICOM_RescaleIntercept, &fr->intercept, o);
	if (!(fabs(fr->slope) > 0.0))
		refuse(o, "has a rescale slope of 0; the header is damaged");
}

static void add_fact(struct dicom_object *o, const char *key, const char *value)
{
	const size_t used = strlen(o->facts);
	char fact[DICOM_TEXT + 32];

	if (!value[0])
		return;
	snprintf(fact, sizeof fact, "%s%s: %s", used ? "; " : "", key, value);
	(void)printable_copy(fact, o->facts + used, sizeof o->facts - used);
}

/* A calibration value of SCANCO, whatever its type. */
static void add_calibration(const struct dicom_header *h, struct dicom_object *o, enum dicom_wanted tag)
{
	const struct dicom_given e = dicom_in_dataset(h, tag);
	char text[DICOM_TEXT];
	double v;

	if (dicom_numbers(&e, 1, &v) == DICOM_NUMBER)
		number_short(text, sizeof text, 9, v);
	else
		dicom_code(&e, text);
	add_fact(o, e.name->name, text);
}

static void read_meaning(const struct dicom_header *h, struct dicom_object *o)
{
	const struct dicom_given unit =
		dicom_in_frame(h, 0, DICOM_PixelValueTransformationSequence, DICOM_RescaleType, NULL);
	char modality[DICOM_TEXT], maker[DICOM_TEXT], model[DICOM_TEXT], type[DICOM_TEXT];

	dicom_put_code(h, DICOM_Modality, modality, sizeof modality);
	dicom_put_words(h, DICOM_Manufacturer, maker, sizeof maker);
	dicom_put_words(h, DICOM_ManufacturerModelName, model, sizeof model);
	dicom_code(&unit, type);
	o->hu = !strcmp(type, "HU");
	o->ct = !strcmp(modality, "CT") && (!type[0] || !strcmp(type, "US")) && o->bits_stored > 8;
	add_fact(o, "modality", modality);
	add_fact(o, "manufacturer", maker);
	add_fact(o, "model", model);
	add_fact(o, "rescale type", type);
	if (strstr(maker, "SCANCO")) {
		add_calibration(h, o, DICOM_ScancoMuScaling);
		add_calibration(h, o, DICOM_ScancoSlope);
		add_calibration(h, o, DICOM_ScancoIntercept);
	}
}

static void read_series(const struct dicom_header *h, struct dicom_object *o)
{
	dicom_put_code(h, DICOM_StudyInstanceUID, o->study_uid, sizeof o->study_uid);
	dicom_put_code(h, DICOM_SeriesInstanceUID, o->series_uid, sizeof o->series_uid);
	dicom_put_code(h, DICOM_ConcatenationUID, o->concatenation_uid, sizeof o->concatenation_uid);
	dicom_put_words(h, DICOM_SeriesDescription, o->series_name, sizeof o->series_name);
	dicom_put_words(h, DICOM_PatientID, o->patient, sizeof o->patient);
	if (!o->patient[0])
		dicom_put_words(h, DICOM_PatientName, o->patient, sizeof o->patient);
	(void)whole_number(h, o, DICOM_SeriesNumber, &o->series_number);
	(void)whole_number(h, o, DICOM_InConcatenationNumber, &o->part);
	(void)whole_number(h, o, DICOM_InConcatenationTotalNumber, &o->parts);
}

bool dicom_header_plain(const struct dicom_header *h)
{
	static const char root[] = "1.2.840.10008.1.2";
	const char *transfer = h->kept.transfer;
	const char *rest = strncmp(transfer, root, sizeof root - 1) ? NULL : transfer + sizeof root - 1;

	return !transfer[0] || (rest && (!*rest || !strcmp(rest, ".1") || !strcmp(rest, ".2")));
}

/* How the pixels are encoded, and whether that is read. */
static void read_transfer(const struct dicom_header *h, struct dicom_object *o)
{
	const struct dicom_kept *k = &h->kept;
	char refusal[sizeof o->refusal];

	o->plain = dicom_header_plain(h);
	o->big_endian = o->plain && k->big;
	if (!o->plain && !dicom_transfer(k->transfer, o->transfer, refusal))
		refuse(o, "%s", refusal);
	if (o->plain)
		snprintf(o->transfer, sizeof o->transfer, "%s Endian %s", k->big ? "Big" : "Little",
			 k->implicit ? "Implicit" : "Explicit");
}

void dicom_describe(const struct dicom_header *h, struct dicom_object *o)
{
	read_transfer(h, o);
	read_pixel_format(h, o);
	read_geometry(h, o);
	for (int f = 0; f < o->frames; f++)
		read_frame(h, f, o);
	read_meaning(h, o);
	read_series(h, o);
}

/* Our own codes: scheme 99GPPI, named in each object's Coding Scheme Identification Sequence. Codes are
 * never given a new meaning. (C++) */
#ifndef REPORT_DICOM_CODES_H
#define REPORT_DICOM_CODES_H

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmsr/dsrcodvl.h>

#include "report/dicom_parts.h"

struct dicom_code {
	const char *value, *meaning;
	DSRCodedEntryValue entry() const { return DSRCodedEntryValue(value, DICOM_SCHEME, meaning); }
};

const struct dicom_code
	code_plane = { "P01", "Growth plate plane" },
	code_index = { "P02", "Growth plate plane index (slice, counted from 0)" },
	code_exact = { "P03", "Growth plate plane index before rounding" },
	code_position = { "P04", "Distance of the growth plate plane from slice 0" },
	code_confidence = { "P05", "Probability of an error of at most 3 slices" },
	code_voi_first = { "V01", "First slice of the VOI (counted from 0)" },
	code_voi_last = { "V02", "Last slice of the VOI (counted from 0)" },
	code_voi = { "V03", "VOI: distance from the plane, length, side" },
	code_voi_measured = { "V04", "Segmented VOI" },
	code_trabecular = { "T01", "Trabecular" },
	code_cortical = { "T02", "Cortical" },
	code_growth_plate = { "T03", "Growth plate" },
	code_review = { "R01", "Review by a person advised" },
	code_reason = { "R02", "Reason for review" };

#endif

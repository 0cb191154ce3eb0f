/* Reports of single bones: files of one folder for each report. `gppi detect` has an option for each of them. A new
 * one is its file in this folder, with a `const struct report_output NAME_output`, and its NAME in REPORT_OUTPUTS. */
#ifndef REPORT_OUTPUTS_H
#define REPORT_OUTPUTS_H

#include <stdbool.h>

#include "bone/bone.h"

/* In the order in which they are written. */
#define REPORT_OUTPUTS(X) X(qc) X(dicom) X(slicer)

struct report_output {
	const char *option;  /* --option DIR */
	const char *ending;  /* of DIR/NAMEending; "": write() completes the names of several files */
	const char *help;    /* lines of `gppi detect --help` */
	bool needs_plane;    /* nothing is written for a bone without a plane */
	bool pictures;       /* shows slices, which the detection is to keep */
	/* GPPI_E_NOBONE where a plane is needed and missing. */
	int (*write)(const struct gppi_models *models, struct bone *bone, const struct gppi_result *result,
		     const char *path, struct gppi_error *err);
};

#define REPORT_NUMBER(name) REPORT_##name,
enum report_number { REPORT_OUTPUTS(REPORT_NUMBER) REPORT_COUNT };
#undef REPORT_NUMBER

#define REPORT_OUTPUT(name) extern const struct report_output name##_output;
REPORT_OUTPUTS(REPORT_OUTPUT)
#undef REPORT_OUTPUT

extern const struct report_output *const report_outputs[REPORT_COUNT];

#endif

/* The QC page of a bone as pixels: what gppi_write_qc() and the DICOM picture have in common. */
#ifndef REPORT_QC_H
#define REPORT_QC_H

#include "gppi/gppi.h"
#include "report/canvas.h"
#include "scan/scan.h"

/* Opens a scan with the spacing its result was computed with; owned by the caller: scan_close(). */
int qc_open_scan(struct gppi_input *input, int index, const struct gppi_result *result,
		 struct scan **scan, struct err *err);

/* What a detection left for the pictures of a bone: api/input.h. */
struct input_kept;
const struct input_kept *qc_kept(struct gppi_input *input, int index);

/* Draws the page; kept: qc_kept() of the bone, or NULL; owned by the caller: canvas_free(), also after a failure. */
int qc_draw(struct scan *scan, const struct gppi_result *result, const struct input_kept *kept, struct canvas *out,
	    struct err *err);

#endif

/* The QC page of a bone as pixels: what gppi_write_qc() and the DICOM picture have in common. */
#ifndef REPORT_QC_H
#define REPORT_QC_H

#include "gppi/gppi.h"
#include "report/canvas.h"
#include "scan/scan.h"

/* Opens a scan with the spacing its result was computed with; owned by the caller: scan_close(). */
int qc_open_scan(struct gppi_input *input, int index, const struct gppi_result *result,
		 struct scan **scan, struct err *err);

/* Draws the page; owned by the caller: canvas_free(), also after a failure. */
int qc_draw(struct scan *scan, const struct gppi_result *result, struct canvas *out, struct err *err);

#endif

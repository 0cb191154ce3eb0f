#include "serve/core/ids.h"

#include <stdio.h>
#include <string.h>

#include "scan/dicom_header.h"

/* The first value. */
static void put(const struct dicom_header *h, enum dicom_wanted tag, char *out, size_t size)
{
	const struct dicom_given e = dicom_in_dataset(h, tag);
	char text[DICOM_TEXT];

	dicom_raw(&e, text);
	snprintf(out, size, "%.*s", (int)strcspn(text, "\\"), text);
}

int dicom_ids_read(const char *path, struct dicom_ids *out, struct gppi_error *err)
{
	struct dicom_header h;

	memset(out, 0, sizeof *out);
	int rc = dicom_header_read(path, &h, err);
	if (rc < 0)
		return rc;
	put(&h, DICOM_SOPInstanceUID, out->sop, sizeof out->sop);
	put(&h, DICOM_StudyInstanceUID, out->study, sizeof out->study);
	put(&h, DICOM_SeriesInstanceUID, out->series, sizeof out->series);
	put(&h, DICOM_NumberOfFrames, out->frames, sizeof out->frames);
	dicom_header_free(&h);
	if (!out->sop[0] || !out->series[0])
		return err_set(err, GPPI_E_FORMAT,
			       "%s: does not say which series it belongs to (SeriesInstanceUID); export "
			       "it again", path);
	return 0;
}

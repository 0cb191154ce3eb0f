/* Pixels of uncompressed DICOM files, read from where they lie: nearly always at the very end. */
#ifndef SCAN_DICOM_PLAIN_H
#define SCAN_DICOM_PLAIN_H

#include "scan/dicom.h"

/* Can dicom_plain_read() be tried for the file? Its pixels must be in this processor's order. */
bool dicom_is_plain(const struct dicom_object *object);

struct dicom_place {
	const char *path;
	size_t bytes; /* of all pixels of the file */
	size_t at, n; /* the wanted part of them */
};

/* Puts n bytes at dst. Negative where the file does not end with an element of just these
 * pixels: not an error, the file is then for dcmtk to judge. */
int dicom_plain_read(const struct dicom_place *place, void *dst);

#endif

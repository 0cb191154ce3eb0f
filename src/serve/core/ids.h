/* What a DICOM file says of itself, as far as the spool needs it. */
#ifndef SERVE_RECEIVE_IDS_H
#define SERVE_RECEIVE_IDS_H

#ifdef __cplusplus
extern "C" {
#endif

#include "base/err.h"

struct dicom_ids {
	char sop[128], series[128], study[128]; /* as in the file: unchecked, perhaps cut; study may be empty */
	char frames[16];                        /* NumberOfFrames, empty where there is none */
};

/* dcmtk has no part in it, so that no fault of its parser ends the service while files come in.
 * GPPI_E_FORMAT where it is damaged or has no series. */
int dicom_ids_read(const char *path, struct dicom_ids *out, struct gppi_error *err);

#ifdef __cplusplus
}
#endif

#endif

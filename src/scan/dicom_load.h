/* The one way by which files reach dcmtk: walked first. */
#ifndef SCAN_DICOM_LOAD_H
#define SCAN_DICOM_LOAD_H

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

extern "C" {
#include "base/err.h"
}

/* Elements longer than this stay in the file until they are asked for. */
const Uint32 dicom_keep_bytes = 4096;

/* Reads the elements before `until`, or all of them (DCM_UndefinedTagKey). 0, or a negative code with a sentence. */
int dicom_load(DcmFileFormat &file, const char *path, const DcmTagKey &until, struct gppi_error *err);

#endif

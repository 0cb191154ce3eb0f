/* What the header of a DICOM file says of its image. C++ only. */
#ifndef SCAN_DICOM_HEADER_H
#define SCAN_DICOM_HEADER_H

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "scan/dicom.h"

/* Fills *o, whose path, size of the image and number of frames are set already. */
void dicom_describe(DcmFileFormat &file, struct dicom_object *o);

/* Patient, study and series, as far as they are told. */
void dicom_identify_patient(DcmItem &dataset, struct gppi_identity *out);

/* The sentence for pixels that are not read; the first one stays. */
void dicom_refuse(struct dicom_object *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* dicom_transfer.cc: how the pixels are encoded, and whether that is read. */
void dicom_describe_transfer(DcmFileFormat &file, struct dicom_object *o);

#endif

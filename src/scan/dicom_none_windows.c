/* In place of dicom_pixels.cc, dicom_transfer.cc and dicom_convert.cc where gppi is built without dcmtk (DICOM=no):
 * uncompressed files are read. */
#include "scan/dicom.h"

#include <stdio.h>

int dicom_pixels_open(const char *path, struct dicom_pixels **out, struct gppi_error *err)
{
	*out = NULL;
	return err_set(err, GPPI_E_UNSUPPORTED, "%s: its pixels are compressed, or do not lie at its end, which this "
		       "build of gppi cannot read; use a complete build, or export the scan as NIfTI or MetaImage",
		       path);
}

int dicom_pixels_frame(struct dicom_pixels *px, int frame, void *buf, size_t bytes, struct gppi_error *err)
{
	(void)px, (void)frame, (void)buf, (void)bytes;
	return err_set(err, GPPI_E_UNSUPPORTED, "compressed pixels cannot be read by this build of gppi");
}

size_t dicom_pixels_held(const struct dicom_pixels *px)
{
	(void)px;
	return 0;
}

void dicom_pixels_close(struct dicom_pixels *px)
{
	(void)px;
}

bool dicom_transfer(const char *uid, char name[64], char refusal[256])
{
	snprintf(name, 64, "compressed");
	snprintf(refusal, 256, "is compressed as %s, which this build of gppi cannot read; export it uncompressed",
		 uid);
	return false;
}

bool dicom_convert(const char *alphabet, const char *text, const char *delimiters, char *out, size_t size)
{
	(void)alphabet, (void)text, (void)delimiters, (void)out, (void)size;
	return false;
}

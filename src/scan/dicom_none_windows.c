/* In place of dicom.cc where gppi is built without dcmtk (DICOM=no). */
#include "scan/dicom.h"

static int refuse(const char *path, struct gppi_error *err)
{
	return err_set(err, GPPI_E_UNSUPPORTED, "%s: is DICOM, which this build of gppi cannot read; use a complete "
		       "build, or export the scan as NIfTI or MetaImage", path);
}

int dicom_object_read(const char *path, struct dicom_object **out, struct gppi_error *err)
{
	*out = NULL;
	return refuse(path, err);
}

void dicom_identity_read(const char *path, struct gppi_identity *out)
{
	(void)path;
	*out = (struct gppi_identity){ "" };
}

int dicom_pixels_open(const char *path, struct dicom_pixels **out, struct gppi_error *err)
{
	*out = NULL;
	return refuse(path, err);
}

int dicom_pixels_frame(struct dicom_pixels *px, int frame, void *buf, size_t bytes, struct gppi_error *err)
{
	(void)px, (void)frame, (void)buf, (void)bytes;
	return refuse("a scan", err);
}

void dicom_pixels_close(struct dicom_pixels *px)
{
	(void)px;
}

#include <png.h>

#include "picture/formats.h"

int picture_png(FILE *f, const char *path, struct picture *out, struct err *err)
{
	png_image image = { .version = PNG_IMAGE_VERSION };
	/* A transparent background of an exported figure becomes black, like the air around a bone. */
	png_color black = { 0, 0, 0 };
	int rc;

	if (!png_image_begin_read_from_stdio(&image, f))
		return err_set(err, GPPI_E_FORMAT, "%s: damaged PNG (%s)", path, image.message);
	rc = picture_alloc(out, image.width, image.height, path, err);
	image.format = PNG_FORMAT_GRAY;
	if (rc == 0 && !png_image_finish_read(&image, &black, out->grey, 0, NULL))
		rc = err_set(err, GPPI_E_FORMAT, "%s: damaged PNG (%s)", path, image.message);
	png_image_free(&image);
	return rc;
}

#include "report/jpeg.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/atomic.h"
#include "picture/jpeg_failure.h"

/* Everything that must outlive the longjmp lives in the caller. */
static int compress(const struct canvas *picture, FILE *out, int quality,
		    struct jpeg_compress_struct *c, struct jpeg_failure *f)
{
	if (setjmp(f->back))
		return -1;
	jpeg_create_compress(c);
	jpeg_stdio_dest(c, out);
	c->image_width = (JDIMENSION)picture->width;
	c->image_height = (JDIMENSION)picture->height;
	c->input_components = 3;
	c->in_color_space = JCS_RGB;
	jpeg_set_defaults(c);
	jpeg_set_quality(c, quality, TRUE);
	/* Thin coloured lines and text smear with halved colour resolution. */
	c->comp_info[0].h_samp_factor = c->comp_info[0].v_samp_factor = 1;
	jpeg_start_compress(c, TRUE);
	while (c->next_scanline < c->image_height) {
		JSAMPROW row = picture->rgb + (size_t)c->next_scanline * (size_t)picture->width * 3;
		jpeg_write_scanlines(c, &row, 1);
	}
	jpeg_finish_compress(c);
	return 0;
}

int jpeg_write(const struct canvas *picture, const char *path, int quality, struct err *err)
{
	struct jpeg_compress_struct c = { 0 };
	struct jpeg_failure f = { 0 };
	struct atomic_file *file;

	int rc = atomic_open(path, &file, err);
	if (rc)
		return rc;
	c.err = jpeg_failure_init(&f, false);
	rc = compress(picture, atomic_stream(file), quality, &c, &f);
	jpeg_destroy_compress(&c);
	if (rc) {
		atomic_abort(file);
		return err_set(err, GPPI_E_IO, "%s: the picture could not be written: %s", path, f.text);
	}
	return atomic_commit(file, err);
}

static int compress_grey(const uint8_t *grey, int w, int h, int quality, unsigned char **data,
			 unsigned long *size, struct jpeg_compress_struct *c, struct jpeg_failure *f)
{
	if (setjmp(f->back))
		return -1;
	jpeg_create_compress(c);
	jpeg_mem_dest(c, data, size);
	c->image_width = (JDIMENSION)w;
	c->image_height = (JDIMENSION)h;
	c->input_components = 1;
	c->in_color_space = JCS_GRAYSCALE;
	jpeg_set_defaults(c);
	jpeg_set_quality(c, quality, TRUE);
	c->optimize_coding = TRUE; /* one tenth smaller */
	jpeg_start_compress(c, TRUE);
	while (c->next_scanline < c->image_height) {
		/* libjpeg does not write through this pointer */
		JSAMPROW row = (JSAMPROW)(grey + (size_t)c->next_scanline * (size_t)w);
		jpeg_write_scanlines(c, &row, 1);
	}
	jpeg_finish_compress(c);
	return 0;
}

int jpeg_grey(const uint8_t *grey, int w, int h, int quality, unsigned char **data,
	      unsigned long *size, struct err *err)
{
	struct jpeg_compress_struct c = { 0 };
	struct jpeg_failure f = { 0 };

	*data = NULL;
	*size = 0;
	c.err = jpeg_failure_init(&f, false);
	int rc = compress_grey(grey, w, h, quality, data, size, &c, &f);
	jpeg_destroy_compress(&c);
	if (rc) {
		free(*data);
		*data = NULL;
		return err_set(err, GPPI_E_NOMEM, "a picture could not be packed: %s", f.text);
	}
	return 0;
}

#include "report/jpeg.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/atomic.h"
#include "picture/jpeg_failure.h"

/* Where a picture goes: a stream, or memory where that is NULL. */
struct target {
	FILE *out;
	unsigned char **data;
	unsigned long *size;
	int across; /* pixels that share a colour */
};

/* Everything that must outlive the longjmp lives in the caller. */
static int compress(const struct canvas *picture, const struct target *to, int quality,
		    struct jpeg_compress_struct *c, struct jpeg_failure *f)
{
	if (setjmp(f->back))
		return -1;
	jpeg_create_compress(c);
	if (to->out)
		jpeg_stdio_dest(c, to->out);
	else
		jpeg_mem_dest(c, to->data, to->size);
	c->image_width = (JDIMENSION)picture->width;
	c->image_height = (JDIMENSION)picture->height;
	c->input_components = 3;
	c->in_color_space = JCS_RGB;
	jpeg_set_defaults(c);
	jpeg_set_quality(c, quality, TRUE);
	c->comp_info[0].h_samp_factor = to->across;
	c->comp_info[0].v_samp_factor = 1;
	jpeg_start_compress(c, TRUE);
	while (c->next_scanline < c->image_height) {
		JSAMPROW row = picture->rgb + (size_t)c->next_scanline * (size_t)picture->width * 3;
		jpeg_write_scanlines(c, &row, 1);
	}
	jpeg_finish_compress(c);
	return 0;
}

int jpeg_write(const struct canvas *picture, const char *path, int quality, struct gppi_error *err)
{
	struct jpeg_compress_struct c = { 0 };
	struct jpeg_failure f = { 0 };
	struct atomic_file *file;

	int rc = atomic_open(path, &file, err);
	if (rc)
		return rc;
	c.err = jpeg_failure_init(&f, false);
	/* Thin coloured lines and text smear with halved colour resolution. */
	const struct target to = { .out = atomic_stream(file), .across = 1 };
	rc = compress(picture, &to, quality, &c, &f);
	jpeg_destroy_compress(&c);
	if (rc && !ferror(to.out)) {
		atomic_abort(file);
		return err_set(err, GPPI_E_IO, "%s: the picture could not be written: %s", path, f.text);
	}
	return atomic_commit(file, err);
}

int jpeg_colour(const struct canvas *picture, int quality, unsigned char **data, unsigned long *size,
		struct gppi_error *err)
{
	struct jpeg_compress_struct c = { 0 };
	struct jpeg_failure f = { 0 };
	const struct target to = { .data = data, .size = size, .across = 2 };

	*data = NULL;
	*size = 0;
	c.err = jpeg_failure_init(&f, false);
	int rc = compress(picture, &to, quality, &c, &f);
	jpeg_destroy_compress(&c);
	if (rc) {
		free(*data);
		*data = NULL;
		return err_set(err, GPPI_E_NOMEM, "a picture could not be packed: %s", f.text);
	}
	return 0;
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
	/* Tables of Huffman codes of its own would make each picture 5 % smaller and take three times as long. */
	c->optimize_coding = FALSE;
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
	      unsigned long *size, struct gppi_error *err)
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

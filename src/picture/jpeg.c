#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include "picture/formats.h"

struct failure {
	struct jpeg_error_mgr base; /* first: libjpeg hands back a pointer to it */
	jmp_buf back;
	char text[JMSG_LENGTH_MAX];
};

static void on_error(j_common_ptr cinfo)
{
	struct failure *f = (struct failure *)(void *)cinfo->err;
	cinfo->err->format_message(cinfo, f->text);
	longjmp(f->back, 1);
}

/* A cut file is only a warning to libjpeg, which fills the rest with grey. */
static void on_message(j_common_ptr cinfo, int level)
{
	if (level < 0)
		on_error(cinfo);
}

/* Everything that must outlive the longjmp lives in the caller. */
static int decompress(FILE *f, const char *path, struct picture *out,
		      struct jpeg_decompress_struct *c, struct failure *failure, struct err *err)
{
	if (setjmp(failure->back))
		return err_set(err, GPPI_E_FORMAT, "%s: damaged JPEG (%s)", path, failure->text);
	jpeg_create_decompress(c);
	jpeg_stdio_src(c, f);
	jpeg_read_header(c, TRUE);
	int rc = picture_alloc(out, (long)c->image_width, (long)c->image_height, path, err);
	if (rc < 0)
		return rc;
	c->out_color_space = JCS_GRAYSCALE;
	jpeg_start_decompress(c);
	while (c->output_scanline < c->output_height) {
		JSAMPROW row = out->grey + (size_t)c->output_scanline * (size_t)out->w;
		jpeg_read_scanlines(c, &row, 1);
	}
	jpeg_finish_decompress(c);
	return 0;
}

int picture_jpeg(FILE *f, const char *path, struct picture *out, struct err *err)
{
	struct jpeg_decompress_struct c = { 0 };
	struct failure failure = { 0 };

	c.err = jpeg_std_error(&failure.base);
	failure.base.error_exit = on_error;
	failure.base.emit_message = on_message;
	int rc = decompress(f, path, out, &c, &failure, err);
	jpeg_destroy_decompress(&c);
	return rc;
}

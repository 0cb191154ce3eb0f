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
static int decompress(const struct picture_job *job, struct jpeg_decompress_struct *c,
		      struct failure *failure, struct err *err)
{
	if (setjmp(failure->back))
		return err_set(err, GPPI_E_FORMAT, "%s: damaged JPEG (%s)", job->path, failure->text);
	jpeg_create_decompress(c);
	jpeg_stdio_src(c, job->f);
	jpeg_read_header(c, TRUE);
	/* a block of 64 pixels takes at least a bit or so */
	int rc = picture_alloc(job, (long)c->image_width, (long)c->image_height, 1, 1024, err);
	job->out->colour = c->num_components > 1;
	if (rc < 0 || job->head_only)
		return rc;
	c->out_color_space = JCS_GRAYSCALE;
	jpeg_start_decompress(c);
	while (c->output_scanline < c->output_height) {
		JSAMPROW row = (JSAMPROW)job->out->pixels + (size_t)c->output_scanline * (size_t)job->out->w;
		jpeg_read_scanlines(c, &row, 1);
	}
	jpeg_finish_decompress(c);
	return 0;
}

int picture_jpeg(const struct picture_job *job, struct err *err)
{
	struct jpeg_decompress_struct c = { 0 };
	struct failure failure = { 0 };

	c.err = jpeg_std_error(&failure.base);
	failure.base.error_exit = on_error;
	failure.base.emit_message = on_message;
	int rc = decompress(job, &c, &failure, err);
	jpeg_destroy_decompress(&c);
	return rc;
}

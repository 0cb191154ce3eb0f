#include <stdio.h>

#include "base/stop.h"
#include "picture/formats.h"
#include "picture/jpeg_failure.h"

/* Everything that must outlive the longjmp lives in the caller. */
static int decompress(const struct picture_job *job, struct jpeg_decompress_struct *c,
		      struct jpeg_failure *failure, struct err *err)
{
	if (setjmp(failure->back))
		return err_set(err, GPPI_E_FORMAT, "%s: damaged JPEG (%s)", job->path, failure->text);
	jpeg_create_decompress(c);
	jpeg_stdio_src(c, job->f);
	jpeg_read_header(c, TRUE);
	if (c->jpeg_color_space == JCS_CMYK || c->jpeg_color_space == JCS_YCCK)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: its colours are those of printing (CMYK); save it as grey", job->path);
	/* a block of 64 pixels takes at least a bit or so */
	int rc = picture_alloc(job, (long)c->image_width, (long)c->image_height, 1, 1024, err);
	job->out->colour = c->num_components > 1;
	if (rc < 0 || job->head_only)
		return rc;
	c->out_color_space = JCS_GRAYSCALE;
	jpeg_start_decompress(c);
	while (rc == 0 && c->output_scanline < c->output_height) {
		JSAMPROW row = (JSAMPROW)job->out->pixels + (size_t)c->output_scanline * (size_t)job->out->w;
		jpeg_read_scanlines(c, &row, 1);
		rc = stop_asked(err);
	}
	if (rc == 0)
		jpeg_finish_decompress(c);
	return rc;
}

int picture_jpeg(const struct picture_job *job, struct err *err)
{
	struct jpeg_decompress_struct c = { 0 };
	struct jpeg_failure failure = { 0 };

	c.err = jpeg_failure_init(&failure, true);
	int rc = decompress(job, &c, &failure, err);
	jpeg_destroy_decompress(&c);
	return rc;
}

#include <stdio.h>

#include "base/stop.h"
#include "picture/formats.h"
#include "picture/jpeg_failure.h"

/* A progressive picture comes in scans: each goes over all coefficients, which are kept, however few bytes it has.
 * Programs write some ten. */
#define SCANS_MAX 32
#define COEFFICIENTS_MAX PICTURE_PIXELS_MAX

/* libjpeg tells how far it is while it works on its own. */
struct watch {
	struct jpeg_progress_mgr base; /* first: libjpeg hands back a pointer to it */
	struct jpeg_failure *failure;
	const char *path;
	int rc;
	struct gppi_error *err;
};

static void look(j_common_ptr cinfo)
{
	struct watch *w = (struct watch *)(void *)cinfo->progress;

	w->rc = stop_asked(w->err);
	if (w->rc == 0 && cinfo->is_decompressor && ((j_decompress_ptr)cinfo)->input_scan_number > SCANS_MAX)
		w->rc = err_set(w->err, GPPI_E_UNSUPPORTED,
				"%s: is a JPEG of more than %d scans; save it as an ordinary "
				"one", w->path, SCANS_MAX);
	if (w->rc < 0)
		longjmp(w->failure->back, 1);
}

static int check_scans(const struct picture_job *job, struct jpeg_decompress_struct *c, struct gppi_error *err)
{
	long long coefficients = (long long)c->image_width * c->image_height * c->num_components;

	if (!jpeg_has_multiple_scans(c) || coefficients <= COEFFICIENTS_MAX)
		return 0;
	return err_set(err, GPPI_E_UNSUPPORTED,
		       "%s: is a progressive JPEG of %u x %u pixels, too large to be read; save it "
		       "as an ordinary one",
		       job->path, c->image_width, c->image_height);
}

/* Everything that must outlive the longjmp lives in the caller. */
static int decompress(const struct picture_job *job, struct jpeg_decompress_struct *c, struct watch *watch,
		      struct gppi_error *err)
{
	struct jpeg_failure *failure = watch->failure;

	if (setjmp(failure->back))
		return watch->rc < 0 ? watch->rc :
		       err_set(err, GPPI_E_FORMAT, "%s: damaged JPEG (%s)", job->path, failure->text);
	jpeg_create_decompress(c);
	c->progress = &watch->base;
	jpeg_stdio_src(c, job->f);
	jpeg_read_header(c, TRUE);
	if (c->jpeg_color_space == JCS_CMYK || c->jpeg_color_space == JCS_YCCK)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: its colours are those of printing (CMYK); save it as grey",
			       job->path);
	/* a block of 64 pixels takes at least a bit or so */
	int rc = picture_alloc(job, (long)c->image_width, (long)c->image_height, 1, 1024, err);
	job->out->colour = c->num_components > 1;
	double unit = c->density_unit == 1 ? 1 / 0.0254 : c->density_unit == 2 ? 100.0 : 0.0; /* inch, cm */
	job->out->per_metre[0] = c->X_density * unit;
	job->out->per_metre[1] = c->Y_density * unit;
	if (rc < 0 || job->head_only || (rc = check_scans(job, c, err)) < 0)
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

int picture_jpeg(const struct picture_job *job, struct gppi_error *err)
{
	struct jpeg_decompress_struct c = { 0 };
	struct jpeg_failure failure = { 0 };
	struct watch watch = { .base.progress_monitor = look, .failure = &failure, .path = job->path, .err = err };

	c.err = jpeg_failure_init(&failure, true);
	int rc = decompress(job, &c, &watch, err);
	jpeg_destroy_decompress(&c);
	return rc;
}

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include <png.h>

#include "base/stop.h"
#include "picture/formats.h"

#define DEFLATE_RATIO 1032

struct failure {
	char text[128];
};

static void on_error(png_structp png, png_const_charp text)
{
	struct failure *f = png_get_error_ptr(png);
	snprintf(f->text, sizeof f->text, "%s", text);
	png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

/* Grey of 8 or 16 bits whatever the file holds, never changed by a gamma. */
static void set_transforms(png_structp png, int type, int depth)
{
	png_color_16 black = { 0 };
	const uint16_t probe = 1;

	if (type == PNG_COLOR_TYPE_PALETTE)
		png_set_palette_to_rgb(png);
	else if (depth < 8)
		png_set_expand_gray_1_2_4_to_8(png);
	/* A transparent background of an exported figure becomes black, like the air around a bone. */
	png_set_tRNS_to_alpha(png);
	png_set_background(png, &black, PNG_BACKGROUND_GAMMA_SCREEN, 0, 1.0);
	if (type & PNG_COLOR_MASK_COLOR)
		png_set_rgb_to_gray_fixed(png, PNG_ERROR_ACTION_NONE, 29900, 58700);
	if (depth == 16 && *(const uint8_t *)&probe == 1)
		png_set_swap(png);
}

/* Everything that must outlive the longjmp lives in the caller. */
static int decode(const struct picture_job *job, png_structp png, png_infop info, struct failure *failure,
		  struct gppi_error *err)
{
	if (setjmp(png_jmpbuf(png)))
		return err_set(err, GPPI_E_FORMAT, "%s: damaged PNG (%s)", job->path, failure->text);
	png_init_io(png, job->f);
	png_read_info(png, info);
	int type = png_get_color_type(png, info), depth = png_get_bit_depth(png, info);
	long w = (long)png_get_image_width(png, info), h = (long)png_get_image_height(png, info);
	int rc = picture_alloc(job, w, h, depth == 16 ? 2 : 1, 8L * DEFLATE_RATIO, err);
	job->out->colour = type & PNG_COLOR_MASK_COLOR;
	job->out->per_metre[0] = png_get_x_pixels_per_meter(png, info); /* 0 where the unit is none */
	job->out->per_metre[1] = png_get_y_pixels_per_meter(png, info);
	if (rc < 0 || job->head_only)
		return rc;
	set_transforms(png, type, depth);
	int passes = png_set_interlace_handling(png);
	png_read_update_info(png, info);
	size_t row = (size_t)w * (size_t)job->out->bytes;
	if (png_get_rowbytes(png, info) != row)
		return err_set(err, GPPI_E_FORMAT, "%s: damaged PNG (odd rows)", job->path);
	for (int pass = 0; pass < passes; pass++)
		for (long y = 0; y < h; y++) {
			if ((rc = stop_asked(err)) < 0)
				return rc;
			png_read_row(png, (uint8_t *)job->out->pixels + row * (size_t)y, NULL);
		}
	png_read_end(png, NULL);
	return 0;
}

int picture_png(const struct picture_job *job, struct gppi_error *err)
{
	struct failure failure = { "" };
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &failure, on_error, on_warning);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	int rc = info ? decode(job, png, info, &failure, err)
		      : err_set(err, GPPI_E_NOMEM, "%s: not enough memory for the picture", job->path);
	png_destroy_read_struct(&png, &info, NULL);
	return rc;
}

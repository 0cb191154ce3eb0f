/* Writers of pictures for the tests of stacks: grey planes as PNG, JPEG, BMP, PGM and TIFF. */
#ifndef TESTS_PICTURE_FILES_H
#define TESTS_PICTURE_FILES_H

#include <math.h>

#include "scan_files.h"

#include <jpeglib.h>
#include <png.h>
#include <tiffio.h>

struct plane {
	int w, h, bytes; /* 1 or 2 for each pixel */
	const void *pixels;
	int per_metre; /* the resolution that PNG, BMP and JPEG (in cm) state; 0: none */
};

static inline void write_png(const char *path, const struct plane *p)
{
	FILE *f = fopen(path, "wb");
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	assert_non_null(f);
	if (setjmp(png_jmpbuf(png)))
		fail_msg("%s: cannot be written", path);
	png_init_io(png, f);
	png_set_IHDR(png, info, (png_uint_32)p->w, (png_uint_32)p->h, 8 * p->bytes, PNG_COLOR_TYPE_GRAY,
		     p->w % 2 ? PNG_INTERLACE_NONE : PNG_INTERLACE_ADAM7, PNG_COMPRESSION_TYPE_DEFAULT,
		     PNG_FILTER_TYPE_DEFAULT);
	png_set_gAMA_fixed(png, info, 100000); /* must not change a scan */
	if (p->per_metre)
		png_set_pHYs(png, info, (png_uint_32)p->per_metre, (png_uint_32)p->per_metre, PNG_RESOLUTION_METER);
	png_write_info(png, info);
	if (p->bytes == 2)
		png_set_swap(png);
	png_bytep rows[512];
	for (int y = 0; y < p->h; y++)
		rows[y] = (png_bytep)(uintptr_t)((const uint8_t *)p->pixels + (size_t)(y * p->w * p->bytes));
	png_write_image(png, rows);
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
	fclose(f);
}

static inline void write_jpeg(const char *path, const struct plane *p)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr e;
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	c.err = jpeg_std_error(&e);
	jpeg_create_compress(&c);
	jpeg_stdio_dest(&c, f);
	c.image_width = (JDIMENSION)p->w;
	c.image_height = (JDIMENSION)p->h;
	c.input_components = 1;
	c.in_color_space = JCS_GRAYSCALE;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, 95, TRUE);
	c.density_unit = p->per_metre ? 2 : 0;
	c.X_density = c.Y_density = (UINT16)(p->per_metre ? p->per_metre / 100 : 1);
	jpeg_start_compress(&c, TRUE);
	for (int y = 0; y < p->h; y++) {
		JSAMPROW row = (JSAMPROW)(uintptr_t)((const uint8_t *)p->pixels + (size_t)(y * p->w));
		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	fclose(f);
}

/* 8 bits with a grey palette, from the bottom up as usual; bits 24: as colours. */
static inline void write_bmp(const char *path, const struct plane *p, int bits)
{
	uint8_t h[54] = { 'B', 'M' }, zero[4] = { 0 };
	FILE *f = fopen(path, "wb");
	uint32_t at = bits == 8 ? 54 + 1024 : 54, size = 40;
	assert_non_null(f);
	memcpy(h + 10, &at, 4);
	memcpy(h + 14, &size, 4);
	memcpy(h + 18, &p->w, 4);
	memcpy(h + 22, &p->h, 4);
	h[26] = 1;
	h[28] = (uint8_t)bits;
	memcpy(h + 38, &p->per_metre, 4);
	memcpy(h + 42, &p->per_metre, 4);
	fwrite(h, 1, sizeof h, f);
	for (int i = 0; i < 256 && bits == 8; i++)
		fwrite((uint8_t[4]){ (uint8_t)i, (uint8_t)i, (uint8_t)i, 0 }, 1, 4, f);
	for (int y = p->h - 1; y >= 0; y--) {
		for (int x = 0; x < p->w; x++) {
			uint8_t v = ((const uint8_t *)p->pixels)[y * p->w + x];
			fwrite((uint8_t[4]){ v, v, v, 0 }, 1, (size_t)bits / 8, f);
		}
		fwrite(zero, 1, (size_t)(-(p->w * bits / 8) & 3), f);
	}
	fclose(f);
}

static inline void write_pgm(const char *path, const struct plane *p)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	fprintf(f, "P5\n%d %d\n%d\n", p->w, p->h, p->bytes == 1 ? 255 : 65535);
	for (int i = 0; i < p->w * p->h; i++) {
		int v = p->bytes == 1 ? ((const uint8_t *)p->pixels)[i] : ((const uint16_t *)p->pixels)[i];
		if (p->bytes == 2)
			fputc(v >> 8, f);
		fputc(v & 255, f);
	}
	fclose(f);
}

struct tiff_style {
	int compression, photometric, format, rows_per_strip;
	bool big, bigtiff;
	const char *description;
	double pixels_per_cm;
};

/* n pages, one behind the other in memory. */
static inline void write_tiff(const char *path, const struct plane *p, int n, const struct tiff_style *s)
{
	TIFF *t = TIFFOpen(path, s->big ? s->bigtiff ? "wb8" : "wb" : s->bigtiff ? "wl8" : "wl");
	size_t row = (size_t)(p->w * p->bytes);
	uint8_t line[4096];
	assert_non_null(t);
	for (int z = 0; z < n; z++) {
		TIFFSetField(t, TIFFTAG_IMAGEWIDTH, p->w);
		TIFFSetField(t, TIFFTAG_IMAGELENGTH, p->h);
		TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 8 * p->bytes);
		TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
		TIFFSetField(t, TIFFTAG_SAMPLEFORMAT, s->format);
		TIFFSetField(t, TIFFTAG_PHOTOMETRIC, s->photometric);
		TIFFSetField(t, TIFFTAG_COMPRESSION, s->compression);
		TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, s->rows_per_strip);
		TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
		if (s->description && z == 0)
			TIFFSetField(t, TIFFTAG_IMAGEDESCRIPTION, s->description);
		if (s->pixels_per_cm > 0) {
			TIFFSetField(t, TIFFTAG_XRESOLUTION, s->pixels_per_cm);
			TIFFSetField(t, TIFFTAG_YRESOLUTION, s->pixels_per_cm);
			TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER);
		}
		for (int y = 0; y < p->h; y++) {
			memcpy(line, (const uint8_t *)p->pixels + row * (size_t)(z * p->h + y), row);
			for (size_t i = 0; i < row && s->photometric == PHOTOMETRIC_MINISWHITE; i++)
				line[i] ^= 0xff;
			assert_int_equal(TIFFWriteScanline(t, line, (uint32_t)y, 0), 1);
		}
		assert_int_equal(TIFFWriteDirectory(t), 1);
	}
	TIFFClose(t);
}

static const struct tiff_style plain_tiff = { COMPRESSION_NONE, PHOTOMETRIC_MINISBLACK, SAMPLEFORMAT_UINT, 4,
					       false, false, NULL, 0 };

static const char *const formats[] = { "png", "jpg", "bmp", "pgm", "tif" };

static inline void write_slice(const char *path, int format, const struct plane *p)
{
	switch (format) {
	case 0: write_png(path, p); break;
	case 1: write_jpeg(path, p); break;
	case 2: write_bmp(path, p, 8); break;
	case 3: write_pgm(path, p); break;
	default: write_tiff(path, p, 1, &plain_tiff);
	}
}

#endif

#define _POSIX_C_SOURCE 200809L
#include "picture/tiff.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

#include "base/file.h"
#include "base/stop.h"
#include "picture/formats.h"

#define ALLOC_MAX ((tmsize_t)1 << 30) /* of libtiff at once */
#define PIXELS_PER_BYTE 2048L          /* of the densest compression */
#define DESCRIPTION_MAX ((size_t)1 << 20)

struct door {
	const char *path;
	char text[160]; /* the first complaint of libtiff */
};

static int on_error(TIFF *tif, void *user, const char *module, const char *fmt, va_list ap)
{
	struct door *d = user;
	(void)tif;
	(void)module;
	if (!d->text[0])
		vsnprintf(d->text, sizeof d->text, fmt, ap);
	return 1;
}

static int on_warning(TIFF *tif, void *user, const char *module, const char *fmt, va_list ap)
{
	(void)tif;
	(void)user;
	(void)module;
	(void)fmt;
	(void)ap;
	return 1;
}

/* Not mapped: a file cut while it is read must be an error, not a signal. `mode` "rmc": strips are left as they are,
 * where libtiff would make many small ones of a large one. */
static TIFF *open_tiff(struct door *d, const char *mode)
{
	TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
	if (!options)
		return NULL;
	TIFFOpenOptionsSetMaxSingleMemAlloc(options, ALLOC_MAX);
	TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, d);
	TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, d);
	TIFF *tif = TIFFOpenExt(d->path, mode, options);
	TIFFOpenOptionsFree(options);
	return tif;
}

static int damaged(const struct door *d, struct gppi_error *err)
{
	return err_set(err, GPPI_E_FORMAT, "%s: damaged TIFF (%s)", d->path,
		       d->text[0] ? d->text : "its pages cannot be read");
}

/* One page. */
struct page {
	uint32_t w, h;
	uint16_t bits, samples, format, photometric, planar;
	enum { PAGE_NUMBERS, PAGE_COLOUR, PAGE_TABLE } kind;
	int bytes; /* for each pixel of what is made of it */
};

static bool is_grey(const struct page *p)
{
	bool whole = p->format == SAMPLEFORMAT_UINT || p->format == SAMPLEFORMAT_INT || p->format == SAMPLEFORMAT_VOID;
	return p->samples == 1 &&
	       (p->photometric == PHOTOMETRIC_MINISBLACK || p->photometric == PHOTOMETRIC_MINISWHITE) &&
	       ((whole && (p->bits == 8 || p->bits == 16 || p->bits == 32)) ||
		(p->format == SAMPLEFORMAT_IEEEFP && (p->bits == 32 || p->bits == 64)));
}

static bool is_colour(const struct page *p)
{
	return (p->samples == 3 || p->samples == 4) && (p->bits == 8 || p->bits == 16) &&
	       p->planar == PLANARCONFIG_CONTIG && p->photometric == PHOTOMETRIC_RGB &&
	       (p->format == SAMPLEFORMAT_UINT || p->format == SAMPLEFORMAT_VOID);
}

static int refuse(TIFF *tif, const struct door *d, const struct page *p, struct gppi_error *err)
{
	char what[80];
	if (TIFFIsTiled(tif))
		snprintf(what, sizeof what, "its pixels are stored in tiles");
	else if (p->format > SAMPLEFORMAT_IEEEFP && p->format != SAMPLEFORMAT_VOID)
		snprintf(what, sizeof what, "its pixels are complex numbers");
	else if (p->photometric == PHOTOMETRIC_PALETTE)
		snprintf(what, sizeof what, "its colours stand in a table for %u bits", p->bits);
	else if (p->samples > 1 && p->photometric <= PHOTOMETRIC_MINISBLACK)
		snprintf(what, sizeof what, "each of its pixels has %u values", p->samples);
	else if (p->samples > 1 || p->photometric > PHOTOMETRIC_MINISBLACK)
		snprintf(what, sizeof what, "its colours are stored in another way than as red, green and blue");
	else if (p->bits == 1)
		snprintf(what, sizeof what, "its pixels are black or white, as in a mask");
	else
		snprintf(what, sizeof what, "its pixels have %u bits", p->bits);
	return err_set(err, GPPI_E_UNSUPPORTED, "%s: %s, which is not read; save it as grey of 8 or 16 bits, in strips",
		       d->path, what);
}

static int read_page(TIFF *tif, const struct door *d, struct page *p, struct gppi_error *err)
{
	*p = (struct page){ 0 };
	if (!TIFFGetField(tif, TIFFTAG_IMAGEWIDTH, &p->w) || !TIFFGetField(tif, TIFFTAG_IMAGELENGTH, &p->h))
		return damaged(d, err);
	TIFFGetFieldDefaulted(tif, TIFFTAG_BITSPERSAMPLE, &p->bits);
	TIFFGetFieldDefaulted(tif, TIFFTAG_SAMPLESPERPIXEL, &p->samples);
	TIFFGetFieldDefaulted(tif, TIFFTAG_SAMPLEFORMAT, &p->format);
	TIFFGetFieldDefaulted(tif, TIFFTAG_PLANARCONFIG, &p->planar);
	if (!TIFFGetField(tif, TIFFTAG_PHOTOMETRIC, &p->photometric))
		p->photometric = PHOTOMETRIC_MINISBLACK;
	bool table = p->samples == 1 && p->bits == 8 && p->photometric == PHOTOMETRIC_PALETTE;
	if (p->w < 1 || p->h < 1 || p->w > PICTURE_SIDE_MAX || p->h > PICTURE_SIDE_MAX)
		return err_set(err, GPPI_E_FORMAT, "%s: a picture of %u x %u pixels is not supported; export it "
			       "with at most %d per side", d->path, p->w, p->h, PICTURE_SIDE_MAX);
	if ((!is_grey(p) && !is_colour(p) && !table) || TIFFIsTiled(tif))
		return refuse(tif, d, p, err);
	p->kind = table ? PAGE_TABLE : is_colour(p) ? PAGE_COLOUR : PAGE_NUMBERS;
	p->bytes = p->bits / 8;
	return 0;
}

static void to_brightness(const struct page *p, const void *line, void *dst)
{
	const uint8_t *narrow = line;
	const uint16_t *wide = line;
	for (uint32_t x = 0; x < p->w; x++, narrow += p->samples, wide += p->samples) {
		if (p->bytes == 1)
			((uint8_t *)dst)[x] = (uint8_t)picture_brightness(narrow[0], narrow[1], narrow[2]);
		else
			((uint16_t *)dst)[x] = (uint16_t)picture_brightness(wide[0], wide[1], wide[2]);
	}
}

/* Brightness of the colours that a table has for each value; some programs write them with 8 bits instead of 16. */
static int read_table(TIFF *tif, const struct door *d, uint8_t grey[256], bool *colour, struct gppi_error *err)
{
	uint16_t *r, *g, *b;
	bool wide = false;
	if (!TIFFGetField(tif, TIFFTAG_COLORMAP, &r, &g, &b))
		return damaged(d, err);
	for (int i = 0; i < 256; i++) {
		wide = wide || r[i] > 255 || g[i] > 255 || b[i] > 255;
		*colour = *colour || r[i] != g[i] || g[i] != b[i];
	}
	for (int i = 0; i < 256; i++)
		grey[i] = (uint8_t)(wide ? picture_brightness(r[i] >> 8, g[i] >> 8, b[i] >> 8)
					 : picture_brightness(r[i], g[i], b[i]));
	return 0;
}

static int read_pixels(TIFF *tif, const struct door *d, const struct page *p, const uint8_t grey[256],
		       struct picture_stored *out, struct gppi_error *err)
{
	size_t row = (size_t)p->w * (size_t)out->bytes;
	tmsize_t line = TIFFScanlineSize(tif);
	uint8_t *buf = line > 0 && (size_t)line <= 4 * row + 64 ? malloc((size_t)line) : NULL;
	int rc = 0;

	if (!buf || (size_t)line < row * (p->kind == PAGE_COLOUR ? p->samples : 1)) {
		free(buf);
		return damaged(d, err);
	}
	for (uint32_t y = 0; y < p->h && rc == 0; y++) {
		uint8_t *dst = (uint8_t *)out->pixels + row * y;
		if ((rc = stop_asked(err)) < 0)
			break;
		if (TIFFReadScanline(tif, buf, y, 0) < 0)
			rc = damaged(d, err);
		else if (p->kind == PAGE_COLOUR)
			to_brightness(p, buf, dst);
		else if (p->kind == PAGE_TABLE)
			for (size_t x = 0; x < row; x++)
				dst[x] = grey[buf[x]];
		else
			memcpy(dst, buf, row);
	}
	free(buf);
	/* White is zero: whole numbers run the other way, -1-v where they are signed. */
	bool inverted = p->photometric == PHOTOMETRIC_MINISWHITE && p->format != SAMPLEFORMAT_IEEEFP;
	for (size_t i = 0, n = row * p->h; rc == 0 && inverted && i < n; i++)
		((uint8_t *)out->pixels)[i] ^= 0xff;
	return rc;
}

int picture_tiff(const struct picture_job *job, struct gppi_error *err)
{
	struct door d = { job->path, "" };
	TIFF *tif = open_tiff(&d, "rm");
	struct page p = { 0 };
	uint8_t grey[256];
	int rc;

	if (!tif || (job->ifd && !TIFFSetSubDirectory(tif, job->ifd)))
		rc = damaged(&d, err);
	else
		rc = read_page(tif, &d, &p, err);
	if (rc == 0)
		rc = picture_alloc(job, (long)p.w, (long)p.h, p.bytes, PIXELS_PER_BYTE, err);
	if (rc == 0) {
		job->out->is_signed = p.format == SAMPLEFORMAT_INT;
		job->out->is_float = p.format == SAMPLEFORMAT_IEEEFP;
		job->out->colour = p.kind == PAGE_COLOUR;
		if (p.kind == PAGE_TABLE)
			rc = read_table(tif, &d, grey, &job->out->colour, err);
	}
	if (rc == 0 && !job->head_only)
		rc = read_pixels(tif, &d, &p, grey, job->out, err);
	if (tif)
		TIFFClose(tif);
	return rc;
}

static int describe(TIFF *tif, const struct door *d, const struct page *p, struct tiff_file *out,
		    struct gppi_error *err)
{
	float x = 0, y = 0;
	uint16_t unit = RESUNIT_NONE, compression = COMPRESSION_NONE;
	char *text = NULL;
	uint64_t *offsets = NULL;

	out->w = (int)p->w;
	out->h = (int)p->h;
	out->bytes = p->bytes;
	out->is_signed = p->format == SAMPLEFORMAT_INT;
	out->is_float = p->format == SAMPLEFORMAT_IEEEFP;
	out->big_endian = TIFFIsBigEndian(tif);
	TIFFGetFieldDefaulted(tif, TIFFTAG_COMPRESSION, &compression);
	if (TIFFGetField(tif, TIFFTAG_STRIPOFFSETS, &offsets) && offsets)
		out->pixels_at = offsets[0];
	out->plain =
		compression == COMPRESSION_NONE && p->kind == PAGE_NUMBERS && TIFFNumberOfStrips(tif) == 1 && offsets;
	out->white_is_zero = p->photometric == PHOTOMETRIC_MINISWHITE && !out->is_float;
	if (TIFFGetField(tif, TIFFTAG_XRESOLUTION, &x) && TIFFGetField(tif, TIFFTAG_YRESOLUTION, &y)) {
		out->pixels_per[0] = (double)x;
		out->pixels_per[1] = (double)y;
	}
	if (TIFFGetField(tif, TIFFTAG_RESOLUTIONUNIT, &unit))
		out->unit_um = unit == RESUNIT_INCH ? 25400.0 : unit == RESUNIT_CENTIMETER ? 10000.0 : 0.0;
	size_t n = TIFFGetField(tif, TIFFTAG_IMAGEDESCRIPTION, &text) && text ? strlen(text) : 0;
	n = n < DESCRIPTION_MAX ? n : DESCRIPTION_MAX;
	out->description = malloc(n + 1);
	if (!out->description)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", d->path);
	memcpy(out->description, n ? text : "", n);
	out->description[n] = '\0';
	return 0;
}

static int add_page(struct tiff_file *out, uint64_t ifd, const struct door *d, struct gppi_error *err)
{
	if ((out->pages & (out->pages - 1)) == 0) { /* room for a power of two */
		size_t room = out->pages ? 2 * (size_t)out->pages : 1;
		uint64_t *grown = realloc(out->ifds, room * sizeof *grown);
		if (!grown)
			return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", d->path);
		out->ifds = grown;
	}
	out->ifds[out->pages++] = ifd;
	return 0;
}

/* Takes the bytes of a page's strips from those of the file: pages that share them would make a small file stand
 * for any number of pixels. */
static int take_strips(TIFF *tif, const struct door *d, uint64_t *left, struct gppi_error *err)
{
	uint64_t *bytes = NULL;
	uint32_t n = TIFFNumberOfStrips(tif);

	if (!TIFFGetField(tif, TIFFTAG_STRIPBYTECOUNTS, &bytes) || !bytes)
		return damaged(d, err);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t take = bytes[i] ? bytes[i] : 1;
		if (take > *left)
			return err_set(err, GPPI_E_FORMAT,
				       "%s: its pages ask for more pixels than the file has bytes for: "
				       "it is cut, or pages share their pixels; save it again", d->path);
		*left -= take;
	}
	return 0;
}

static int read_pages(TIFF *tif, const struct door *d, struct tiff_file *out, struct gppi_error *err)
{
	uint64_t left = TIFFGetSizeProc(tif)(TIFFClientdata(tif));
	int rc = 0;
	do {
		struct page p;
		uint32_t kind = 0;
		TIFFGetField(tif, TIFFTAG_SUBFILETYPE, &kind);
		if (kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK))
			continue;
		rc = stop_asked(err);
		if (rc == 0)
			rc = read_page(tif, d, &p, err);
		if (rc == 0)
			rc = take_strips(tif, d, &left, err);
		if (rc == 0 && !out->pages)
			rc = describe(tif, d, &p, out, err);
		if (rc == 0 && ((int)p.w != out->w || (int)p.h != out->h || p.bytes != out->bytes ||
				(p.format == SAMPLEFORMAT_INT) != out->is_signed ||
				(p.format == SAMPLEFORMAT_IEEEFP) != out->is_float))
			rc = err_set(err, GPPI_E_FORMAT, "%s: page %d has %u x %u pixels of %u bits, those before it "
				     "%d x %d of %d; save pages of one kind", d->path, out->pages + 1, p.w, p.h,
				     p.bits, out->w, out->h, 8 * out->bytes);
		if (rc == 0 && out->pages == TIFF_PAGES_MAX)
			rc = err_set(err, GPPI_E_UNSUPPORTED, "%s: has more than %d pages", d->path, TIFF_PAGES_MAX);
		if (rc == 0)
			rc = add_page(out, TIFFCurrentDirOffset(tif), d, err);
	} while (rc == 0 && TIFFReadDirectory(tif));
	/* libtiff ends the same way behind the last page and before a damaged one */
	if (rc == 0 && d->text[0])
		rc = damaged(d, err);
	return rc < 0 ? rc : out->pages ? 0 : damaged(d, err);
}

int tiff_file_read(const char *path, struct tiff_file *out, struct gppi_error *err)
{
	struct door d = { path, "" };
	TIFF *tif = open_tiff(&d, "rmc");
	memset(out, 0, sizeof *out);
	if (!tif)
		return damaged(&d, err);
	int rc = read_pages(tif, &d, out, err);
	TIFFClose(tif);
	return rc;
}

void tiff_file_free(struct tiff_file *file)
{
	free(file->ifds);
	free(file->description);
	file->ifds = NULL;
	file->description = NULL;
}

bool tiff_many(const char *path)
{
	struct door d = { path, "" };
	TIFF *tif = open_tiff(&d, "rm");
	char *text = NULL;
	bool many = false;
	if (tif) {
		many = !TIFFLastDirectory(tif);
		if (!many && TIFFGetField(tif, TIFFTAG_IMAGEDESCRIPTION, &text) && text) {
			const char *images = strstr(text, "images=");
			many = !strncmp(text, "ImageJ=", 7) && images && strtol(images + 7, NULL, 10) > 1;
		}
		TIFFClose(tif);
	}
	return many;
}

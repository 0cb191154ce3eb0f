#define _POSIX_C_SOURCE 200809L
#include "picture/picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/file.h"
#include "base/size.h"
#include "picture/formats.h"

static const struct {
	const char *name, *magic;
	size_t n;
	int (*read)(const struct picture_job *job, struct gppi_error *err);
} formats[] = {
	{ "PNG", "\x89PNG\r\n\x1a\n", 8, picture_png },
	{ "JPEG", "\xff\xd8\xff", 3, picture_jpeg },
	{ "PGM", "P2", 2, picture_pgm },
	{ "PGM", "P5", 2, picture_pgm },
	{ "BMP", "BM", 2, picture_bmp },
	{ "TIFF", "II*\0", 4, picture_tiff },
	{ "TIFF", "MM\0*", 4, picture_tiff },
	{ "TIFF", "II+\0", 4, picture_tiff },
	{ "TIFF", "MM\0+", 4, picture_tiff },
};

static int find(const uint8_t *head, size_t n)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (n >= formats[i].n && !memcmp(head, formats[i].magic, formats[i].n))
			return (int)i;
	return -1;
}

/* The size of the second header, and one plane. The reserved words are left alone: programs sign with them. */
static bool bmp_head(const uint8_t *head, size_t n)
{
	return n >= 54 && (head[14] == 12 || (head[14] >= 40 && head[14] <= 124)) && !head[15] && !head[16] &&
	       !head[17] && (head[14] == 12 || (head[26] == 1 && !head[27]));
}

const char *picture_sniff(const uint8_t *head, size_t n)
{
	int i = find(head, n);
	/* two letters alone are a weak sign */
	if (i < 0 || (!strcmp(formats[i].name, "PGM") && (n < 3 || !strchr(" \t\r\n#", head[2]))) ||
	    (!strcmp(formats[i].name, "BMP") && !bmp_head(head, n)))
		return NULL;
	return formats[i].name;
}

const char *picture_unread(const uint8_t *head, size_t n)
{
	static const struct { const char *name; size_t at; const char *magic; size_t n; } kinds[] = {
		{ "GIF", 0, "GIF8", 4 }, { "WebP", 8, "WEBP", 4 }, { "JPEG 2000", 4, "jP  \r\n\x87\n", 8 },
		{ "JPEG 2000", 0, "\xff\x4f\xff\x51", 4 }, { "JPEG XL", 0, "\0\0\0\x0cJXL ", 8 },
		{ "HEIF", 4, "ftypheic", 8 },
		{ "AVIF", 4, "ftypavif", 8 }, { "Photoshop", 0, "8BPS", 4 }, { "OpenEXR", 0, "\x76\x2f\x31\x01", 4 },
		{ "PPM", 0, "P6\n", 3 }, { "PPM", 0, "P3\n", 3 }, { "PBM", 0, "P4\n", 3 }, { "PBM", 0, "P1\n", 3 },
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (n >= kinds[i].at + kinds[i].n && !memcmp(head + kinds[i].at, kinds[i].magic, kinds[i].n))
			return kinds[i].name;
	return NULL;
}

int picture_alloc(const struct picture_job *job, long w, long h, int bytes, long most, struct gppi_error *err)
{
	struct picture_stored *p = job->out;
	size_t pixels, limit, size;

	if (w < 1 || h < 1 || w > PICTURE_SIDE_MAX || h > PICTURE_SIDE_MAX || (long long)w * h > PICTURE_PIXELS_MAX)
		return err_set(err, GPPI_E_FORMAT, "%s: a picture of %ld x %ld pixels is not supported; "
			       "export it with at most %d per side and %lld in all", job->path, w, h, PICTURE_SIDE_MAX,
			       PICTURE_PIXELS_MAX);
	p->w = (int)w;
	p->h = (int)h;
	p->bytes = bytes;
	p->top = bytes == 1 ? 255 : bytes == 2 ? 65535 : 0;
	off_t at = ftello(job->f), end = fseeko(job->f, 0, SEEK_END) == 0 ? ftello(job->f) : -1;
	if (at < 0 || end < 0 || fseeko(job->f, at, SEEK_SET) < 0)
		return err_set(err, GPPI_E_IO, "%s: cannot be read: %s", job->path, strerror(errno));
	if (!size_mul((size_t)w, (size_t)h, &pixels) || !size_mul((size_t)end, (size_t)most, &limit) ||
	    pixels > limit)
		return err_set(err, GPPI_E_FORMAT, "%s: a file of %lld bytes cannot hold %ld x %ld pixels; it is cut "
			       "or damaged", job->path, (long long)end, w, h);
	if (job->head_only)
		return 0;
	p->pixels = size_mul(pixels, (size_t)bytes, &size) ? malloc(size) : NULL;
	return p->pixels ? 0 : err_set(err, GPPI_E_NOMEM, "%s: not enough memory for the picture", job->path);
}

void picture_free(struct picture *p)
{
	free(p->grey);
	p->grey = NULL;
}

static int read_any(const char *path, uint64_t ifd, bool head_only, struct picture_stored *out, struct gppi_error *err)
{
	uint8_t magic[8] = { 0 };
	FILE *f;
	int i, rc = file_stream(path, &f, NULL, err);
	struct picture_job job = { f, path, ifd, head_only, out };

	memset(out, 0, sizeof *out);
	if (rc < 0)
		return rc;
	size_t n = fread(magic, 1, sizeof magic, f);
	if (n < sizeof magic && ferror(f)) {
		rc = err_set(err, GPPI_E_IO, "%s: cannot be read: %s", path, strerror(errno));
		goto end;
	}
	rewind(f);
	i = find(magic, n);
	if (i >= 0)
		rc = formats[i].read(&job, err);
	else
		rc = err_set(err, GPPI_E_FORMAT, "%s: not a PNG, JPEG, BMP, PGM or TIFF picture", path);
	if (i >= 0)
		snprintf(out->format, sizeof out->format, "%s", formats[i].name);
end:
	fclose(f);
	if (rc < 0) {
		free(out->pixels);
		out->pixels = NULL;
	}
	return rc;
}

int picture_read_stored(const char *path, uint64_t ifd, struct picture_stored *out, struct gppi_error *err)
{
	return read_any(path, ifd, false, out, err);
}

int picture_read_head(const char *path, struct picture_stored *out, struct gppi_error *err)
{
	return read_any(path, 0, true, out, err);
}

int picture_read(const char *path, struct picture *out, struct gppi_error *err)
{
	struct picture_stored p = { 0 };
	int rc = read_any(path, 0, false, &p, err);

	*out = (struct picture){ 0 };
	if (rc < 0)
		return rc;
	if (p.bytes > 2) {
		free(p.pixels);
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: its pixels are numbers of %d bits, not greys; save it with 8 or "
			       "16 bits (ImageJ: Image, Type, 8-bit)",
			       path, 8 * p.bytes);
	}
	/* To 8 bits in place: byte i is written when all up to pixel i have been read. */
	size_t n = (size_t)p.w * (size_t)p.h;
	uint8_t *grey = p.pixels;
	const uint16_t *deep = p.pixels;
	long low = p.is_signed ? 1L << (8 * p.bytes - 1) : 0;
	for (size_t i = 0; i < n && p.bytes == 2; i++)
		grey[i] = (uint8_t)((((p.is_signed ? (int16_t)deep[i] : deep[i]) + low) * 255 + p.top / 2) / p.top);
	for (size_t i = 0; i < n && p.bytes == 1 && (p.is_signed || p.top != 255); i++)
		grey[i] = (uint8_t)((((p.is_signed ? (int8_t)grey[i] : grey[i]) + low) * 255 + p.top / 2) / p.top);
	out->w = p.w;
	out->h = p.h;
	out->grey = grey;
	return 0;
}

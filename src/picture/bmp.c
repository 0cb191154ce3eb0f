/* BMP without compression: 8 bits with a palette, 24 and 32 bits. */
#include <stdlib.h>

#include "base/size.h"
#include "base/stop.h"
#include "picture/formats.h"

static long u32(const uint8_t *p)
{
	return (long)p[0] | (long)p[1] << 8 | (long)p[2] << 16 | (long)p[3] << 24;
}

static long i32(const uint8_t *p)
{
	return (int32_t)u32(p);
}

static int damaged(const struct picture_job *job, const char *what, struct gppi_error *err)
{
	return err_set(err, GPPI_E_FORMAT, "%s: damaged BMP (%s)", job->path, what);
}

/* Brightness of each palette entry; without one, grey levels stand for themselves. */
static int read_palette(const struct picture_job *job, const uint8_t *h, uint8_t grey[256], bool *colour,
			struct gppi_error *err)
{
	uint8_t p[4];
	long n = u32(h + 46);

	n = n == 0 || n > 256 ? 256 : n;
	for (int i = 0; i < 256; i++)
		grey[i] = (uint8_t)i;
	if (fseek(job->f, 14 + u32(h + 14), SEEK_SET) < 0)
		return damaged(job, "its palette is missing", err);
	for (long i = 0; i < n; i++) {
		if (fread(p, 1, 4, job->f) != 4)
			return damaged(job, "its palette is missing", err);
		grey[i] = (uint8_t)picture_brightness(p[2], p[1], p[0]);
		*colour = *colour || p[0] != p[1] || p[1] != p[2];
	}
	return 0;
}

static int read_rows(const struct picture_job *job, int bits, bool upside_down, const uint8_t grey[256],
		     struct gppi_error *err)
{
	struct picture_stored *out = job->out;
	size_t step = (size_t)bits / 8, bytes = ((size_t)out->w * step + 3) & ~(size_t)3;
	uint8_t *row = malloc(bytes);

	int rc = 0;

	if (!row)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for the picture", job->path);
	for (int y = 0; y < out->h && (rc = stop_asked(err)) == 0; y++) {
		uint8_t *dst = (uint8_t *)out->pixels + (size_t)(upside_down ? out->h - 1 - y : y) * (size_t)out->w;
		/* the padding of the last row may be missing */
		if (fread(row, 1, bytes, job->f) < (y == out->h - 1 ? (size_t)out->w * step : bytes)) {
			free(row);
			return damaged(job, "its end is missing", err);
		}
		for (int x = 0; x < out->w; x++) {
			const uint8_t *p = row + (size_t)x * step;
			dst[x] = bits == 8 ? grey[*p] : (uint8_t)picture_brightness(p[2], p[1], p[0]);
			out->colour = out->colour || (bits > 8 && (p[0] != p[1] || p[1] != p[2]));
		}
	}
	free(row);
	return rc;
}

/* 32 bits whose order is told by masks (method 3), which are mostly those of method 0. */
static bool plain_masks(const struct picture_job *job, int bits, long method)
{
	uint8_t m[12];
	return bits == 32 && method == 3 && fread(m, 1, sizeof m, job->f) == sizeof m && u32(m) == 0xff0000 &&
	       u32(m + 4) == 0xff00 && u32(m + 8) == 0xff;
}

int picture_bmp(const struct picture_job *job, struct gppi_error *err)
{
	uint8_t h[54], grey[256];

	if (fread(h, 1, sizeof h, job->f) != sizeof h)
		return damaged(job, "its header is missing", err);
	long w = i32(h + 18), high = i32(h + 22), at = u32(h + 10);
	int bits = h[28] | h[29] << 8;
	if (u32(h + 14) == 12)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: a BMP of OS/2 is not read; save it as PNG", job->path);
	if (u32(h + 14) < 40 || u32(h + 14) > 1024)
		return damaged(job, "its header is no valid one", err);
	if ((u32(h + 30) != 0 && !plain_masks(job, bits, u32(h + 30))) || (bits != 8 && bits != 24 && bits != 32))
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: a BMP of %d bits, method %ld, is not read; save it with 8 "
			       "bits and no compression, or as PNG", job->path, bits, u32(h + 30));
	job->out->per_metre[0] = (double)i32(h + 38);
	job->out->per_metre[1] = (double)i32(h + 42);
	int rc = picture_alloc(job, w, labs(high), 1, 1, err);
	if (rc < 0)
		return rc;
	rc = bits == 8 ? read_palette(job, h, grey, &job->out->colour, err) : 0;
	if (rc < 0 || job->head_only)
		return rc;
	if (fseek(job->f, at, SEEK_SET) < 0)
		return damaged(job, "its pixels are missing", err);
	return read_rows(job, bits, high > 0, grey, err);
}

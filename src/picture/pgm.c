/* PGM, plain (P2) and raw (P5), 8 or 16 bit. */
#include <ctype.h>
#include <stdlib.h>

#include "base/size.h"
#include "base/stop.h"
#include "picture/formats.h"

/* Next number of a header or of plain pixels; comments run from # to the end of the line. */
static long number(FILE *f)
{
	long v = 0;
	int c = getc(f), digits = 0;

	while (isspace(c) || c == '#') {
		if (c == '#')
			while (c != '\n' && c != EOF)
				c = getc(f);
		c = getc(f);
	}
	for (; isdigit(c) && digits < 9; digits++, c = getc(f))
		v = 10 * v + (c - '0');
	return digits && (isspace(c) || c == EOF) ? v : -1;
}

int picture_pgm(const struct picture_job *job, struct gppi_error *err)
{
	FILE *f = job->f;
	getc(f);
	int plain = getc(f) == '2', rc;
	long w = number(f), h = number(f), top = number(f);

	if (w < 1 || h < 1 || top < 1 || top > 65535)
		return err_set(err, GPPI_E_FORMAT, "%s: damaged PGM (its header is no valid one)", job->path);
	rc = picture_alloc(job, w, h, top > 255 ? 2 : 1, 1, err);
	job->out->top = (int)top;
	if (rc < 0 || job->head_only)
		return rc;
	uint8_t *narrow = job->out->pixels;
	uint16_t *wide = job->out->pixels;
	for (size_t i = 0, n = (size_t)w * (size_t)h; i < n; i++) {
		long v;
		if (i % (size_t)w == 0 && (rc = stop_asked(err)) < 0)
			return rc;
		if (plain) {
			v = number(f);
		} else {
			int high = top > 255 ? getc(f) : 0, low = getc(f);
			v = high == EOF || low == EOF ? -1 : 256L * high + low;
		}
		if (v < 0 || v > top)
			return err_set(err, GPPI_E_FORMAT, "%s: damaged PGM (%s)", job->path,
				       v < 0 ? "its end is missing" : "a pixel is brighter than its maximum");
		if (top > 255)
			wide[i] = (uint16_t)v;
		else
			narrow[i] = (uint8_t)v;
	}
	return 0;
}

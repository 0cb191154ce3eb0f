#define _GNU_SOURCE
#include "train/samples.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "phantom/rng.h"

struct samples {
	char path[2][1024]; /* pixels, table */
	struct samples_bone *bones;
	int count, pixels;
};

int samples_open(const char *prefix, struct samples_bone *bones, int count,
		 struct samples **out, struct gppi_error *err)
{
	static const char *const suffix[2] = { "u8", "csv" };
	struct samples *s = calloc(1, sizeof *s);

	if (!s)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", prefix);
	for (int i = 0; i < 2; i++)
		snprintf(s->path[i], sizeof s->path[i], "%s.%s", prefix, suffix[i]);
	s->bones = bones;
	s->count = count;
	s->pixels = open(s->path[0], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	off_t n = count;
	if (s->pixels < 0 || ftruncate(s->pixels, n * (off_t)SAMPLES_SLICES * (off_t)SLICE_BYTES) < 0) {
		int rc = err_set(err, GPPI_E_IO, "%s: cannot be written: %s", s->path[0], strerror(errno));
		s->count = 0;
		samples_close(s, NULL);
		return rc;
	}
	*out = s;
	return 0;
}

static int write_at(int fd, const void *data, size_t n, size_t at)
{
	const char *p = data;
	while (n > 0) {
		ssize_t k = pwrite(fd, p, n, (off_t)at);
		if (k <= 0)
			return -1;
		p += k, at += (size_t)k, n -= (size_t)k;
	}
	return 0;
}

static void disturb(struct frame *frame, struct rng *rng)
{
	double grow = (double)rng_range(rng, 0.92f, 1.12f);

	frame->cx += frame->side_x * (double)rng_range(rng, -0.045f, 0.045f);
	frame->cy += frame->side_y * (double)rng_range(rng, -0.045f, 0.045f);
	frame->side_x *= grow;
	frame->side_y *= grow;
}

int samples_put(struct samples *s, int item, struct scan *scan, const struct frame *frame,
		uint64_t seed, int jitter, struct gppi_error *err)
{
	struct rng rng = { seed };
	struct frame f = *frame;
	size_t bytes = (size_t)SAMPLES_SLICES * (size_t)SLICE_BYTES;
	uint8_t *out = malloc(bytes);
	int rc;

	if (jitter)
		disturb(&f, &rng);
	void *scratch = malloc(slices_scratch(scan, &f));
	if (!out || !scratch) {
		rc = err_set(err, GPPI_E_NOMEM, "%s: not enough memory", s->path[0]);
		goto end;
	}
	s->bones[item].slices = f.nslices < SAMPLES_SLICES ? f.nslices : SAMPLES_SLICES;
	slices_begin(scan, &f, scratch);
	rc = slices_extract(scratch, 0, SAMPLES_SLICES, out, err);
	if (rc == 0 && write_at(s->pixels, out, bytes, bytes * (size_t)item) < 0)
		rc = err_set(err, GPPI_E_IO, "%s: cannot be written: %s", s->path[0], strerror(errno));
end:
	free(out);
	free(scratch);
	return rc;
}

static int write_table(const struct samples *s, struct gppi_error *err)
{
	FILE *csv = fopen(s->path[1], "w");
	int bad = !csv;

	if (csv) {
		fprintf(csv, "name,condition,plane,blobs_from,slices,fold\n");
		for (int i = 0; i < s->count; i++) {
			const struct samples_bone *b = &s->bones[i];
			fprintf(csv, "%s,%s,%.3f,%.3f,%d,", b->name, b->condition, (double)b->plane,
				(double)b->blobs_from, b->slices);
			if (b->fold >= 0)
				fprintf(csv, "%d", b->fold);
			fputc('\n', csv);
		}
		bad = ferror(csv);
		bad |= fclose(csv) != 0;
	}
	return bad ? err_set(err, GPPI_E_IO, "%s: cannot be written: %s", s->path[1], strerror(errno)) : 0;
}

int samples_close(struct samples *s, struct gppi_error *err)
{
	int rc = s->count > 0 ? write_table(s, err) : 0;

	if (s->pixels >= 0)
		close(s->pixels);
	free(s);
	return rc;
}

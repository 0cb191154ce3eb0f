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
	char path[3][1024]; /* pixels, slice numbers, table */
	struct samples_bone *bones;
	int count, pixels, index;
};

int samples_open(const char *prefix, struct samples_bone *bones, int count,
		 struct samples **out, struct err *err)
{
	static const char *const suffix[3] = { "u8", "i16", "csv" };
	struct samples *s = calloc(1, sizeof *s);

	if (!s)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", prefix);
	for (int i = 0; i < 3; i++)
		snprintf(s->path[i], sizeof s->path[i], "%s.%s", prefix, suffix[i]);
	s->bones = bones;
	s->count = count;
	s->pixels = open(s->path[0], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	s->index = open(s->path[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	off_t n = count;
	if (s->pixels < 0 || s->index < 0 ||
	    ftruncate(s->pixels, n * SAMPLES_SLICES * SAMPLES_PIXELS) < 0 ||
	    ftruncate(s->index, n * SAMPLES_SLICES * (off_t)sizeof(int16_t)) < 0) {
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
		uint64_t seed, int jitter, struct err *err)
{
	struct rng rng = { seed };
	struct frame f = *frame;
	int plane = (int)lrintf(s->bones[item].plane), rc;
	int16_t index[SAMPLES_SLICES];
	uint8_t *out = malloc((size_t)SAMPLES_SLICES * SAMPLES_PIXELS);
	void *scratch = malloc(slices_scratch(scan, frame));

	if (!out || !scratch) {
		rc = err_set(err, GPPI_E_NOMEM, "%s: not enough memory", s->path[0]);
		goto end;
	}
	if (jitter)
		disturb(&f, &rng);
	for (int i = 0; i < SAMPLES_SLICES; i++) {
		int z = plane - SAMPLES_DENSE / 2 + i;
		for (int tries = 0; i >= SAMPLES_DENSE && tries < 100; tries++) {
			z = (int)rng_range(&rng, 0, (float)f.nslices);
			if (abs(z - plane) > SAMPLES_DENSE / 2)
				break;
		}
		index[i] = (int16_t)z;
		rc = slices_extract(scan, &f, z, 1, scratch, out + (size_t)i * SAMPLES_PIXELS, err);
		if (rc < 0)
			goto end;
	}
	size_t bytes = (size_t)SAMPLES_SLICES * SAMPLES_PIXELS;
	rc = 0;
	if (write_at(s->pixels, out, bytes, bytes * (size_t)item) < 0 ||
	    write_at(s->index, index, sizeof index, sizeof index * (size_t)item) < 0)
		rc = err_set(err, GPPI_E_IO, "%s: cannot be written: %s", s->path[0], strerror(errno));
end:
	free(out);
	free(scratch);
	return rc;
}

static int write_table(const struct samples *s, struct err *err)
{
	FILE *csv = fopen(s->path[2], "w");
	int bad = !csv;

	if (csv) {
		fprintf(csv, "name,condition,plane,blobs_from,fold\n");
		for (int i = 0; i < s->count; i++) {
			const struct samples_bone *b = &s->bones[i];
			fprintf(csv, "%s,%s,%.3f,%.3f,", b->name, b->condition, (double)b->plane,
				(double)b->blobs_from);
			if (b->fold >= 0)
				fprintf(csv, "%d", b->fold);
			fputc('\n', csv);
		}
		bad = ferror(csv);
		bad |= fclose(csv) != 0;
	}
	return bad ? err_set(err, GPPI_E_IO, "%s: cannot be written: %s", s->path[2], strerror(errno)) : 0;
}

int samples_close(struct samples *s, struct err *err)
{
	int rc = s->count > 0 ? write_table(s, err) : 0;

	if (s->pixels >= 0)
		close(s->pixels);
	if (s->index >= 0)
		close(s->index);
	free(s);
	return rc;
}

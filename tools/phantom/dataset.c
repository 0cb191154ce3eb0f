#define _GNU_SOURCE
#include "phantom/dataset.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/parallel.h"
#include "phantom/render.h"
#include "phantom/rng.h"
#include "phantom/texture.h"
#include "slices/slices.h"

struct job {
	const char *prefix;
	uint64_t first;
	enum phantom_condition condition;
	int jitter, pixels, index;
	float *truth, *blobs; /* one per bone, -1 where unusable */
};

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

/* The coarse pass averages to about 40 um anyway: locate the bone on a cheaper rendering. */
static int locate(const struct phantom_params *p, struct frame *frame, struct err *err)
{
	struct scan *coarse;
	int rc = phantom_scan(p, 4, 0, &coarse, NULL, NULL, err);

	if (rc < 0)
		return rc;
	rc = frame_locate(coarse, 1, frame, err);
	scan_close(coarse);
	frame->cx *= 2;
	frame->cy *= 2;
	frame->side_x *= 2;
	frame->side_y *= 2;
	return rc;
}

static int extract(struct job *job, const struct phantom_params *p, struct scan *scan, int item,
		   float truth, struct rng *rng)
{
	struct frame frame;
	struct err err;
	int rc = -1, plane = (int)lrintf(truth);
	int16_t index[DATASET_SLICES];
	uint8_t *out = NULL;
	void *scratch = NULL;

	if (locate(p, &frame, &err) < 0) {
		fprintf(stderr, "bone %llu: %s\n", (unsigned long long)job->first + (unsigned)item, err.text);
		return 1;
	}
	if (frame.flags & FRAME_FLIPPED_Z) {
		fprintf(stderr, "bone %llu: taken for shaft first\n", (unsigned long long)job->first + (unsigned)item);
		return 1;
	}
	if (job->jitter) {
		double grow = rng_range(rng, 0.92f, 1.12f);
		frame.cx += frame.side_x * rng_range(rng, -0.045f, 0.045f);
		frame.cy += frame.side_y * rng_range(rng, -0.045f, 0.045f);
		frame.side_x *= grow;
		frame.side_y *= grow;
	}
	out = malloc((size_t)DATASET_SLICES * SLICE_BYTES);
	scratch = malloc(slices_scratch(scan, &frame));
	if (!out || !scratch)
		goto end;
	for (int i = 0; i < DATASET_SLICES; i++) {
		int z = plane - DATASET_DENSE / 2 + i;
		if (i >= DATASET_DENSE) {
			do
				z = (int)rng_range(rng, 0, (float)frame.nslices);
			while (abs(z - plane) <= DATASET_DENSE / 2);
		}
		index[i] = (int16_t)z;
		if (slices_extract(scan, &frame, z, 1, scratch, out + (size_t)i * SLICE_BYTES, &err) < 0)
			goto end;
	}
	size_t bytes = (size_t)DATASET_SLICES * SLICE_BYTES;
	if (write_at(job->pixels, out, bytes, bytes * (size_t)item) < 0 ||
	    write_at(job->index, index, sizeof index, sizeof index * (size_t)item) < 0)
		goto end;
	rc = 0;
end:
	free(out);
	free(scratch);
	return rc;
}

static int make_bone(void *arg, int item, int worker)
{
	struct job *job = arg;
	struct phantom_params p;
	struct scan *scan;
	struct err err;
	float truth, blobs;
	struct rng rng = { job->first + (uint64_t)item + 0xabcdef };

	(void)worker;
	phantom_params_draw(&p, job->first + (uint64_t)item, job->condition);
	if (phantom_scan(&p, 2, 0, &scan, &truth, &blobs, &err) < 0)
		return -1;
	int rc = truth > 5 && truth < (float)p.nz - 60 ? extract(job, &p, scan, item, truth, &rng) : 1;
	scan_close(scan);
	job->truth[item] = rc == 0 ? truth : -1;
	job->blobs[item] = rc == 0 ? blobs : -1;
	return rc < 0 ? rc : 0;
}

int dataset_write(const char *prefix, uint64_t first, int count, enum phantom_condition condition,
		  int jitter, int threads, struct err *err)
{
	char path[3][1024];
	static const char *const suffix[3] = { "u8", "i16", "csv" };
	struct job job = { .prefix = prefix, .first = first, .condition = condition, .jitter = jitter,
			   .pixels = -1, .index = -1 };
	FILE *csv = NULL;
	int rc = GPPI_E_IO;

	texture_init();
	for (int i = 0; i < 3; i++)
		snprintf(path[i], sizeof path[i], "%s.%s", prefix, suffix[i]);
	job.truth = calloc((size_t)count, 2 * sizeof *job.truth);
	if (!job.truth)
		return err_set(err, GPPI_E_NOMEM, "phantom: not enough memory");
	job.blobs = job.truth + count;
	job.pixels = open(path[0], O_RDWR | O_CREAT | O_TRUNC, 0666);
	job.index = open(path[1], O_RDWR | O_CREAT | O_TRUNC, 0666);
	if (job.pixels < 0 || job.index < 0 || parallel_for(threads, count, make_bone, &job) < 0) {
		err_set(err, rc, "%s: cannot be written: %s", path[0], strerror(errno));
		goto end;
	}
	csv = fopen(path[2], "w");
	if (!csv) {
		err_set(err, rc, "%s: cannot be written: %s", path[2], strerror(errno));
		goto end;
	}
	fprintf(csv, "seed,condition,plane,blobs_from\n");
	for (int i = 0; i < count; i++)
		fprintf(csv, "%llu,%s,%.3f,%.3f\n", (unsigned long long)first + (unsigned)i,
			phantom_condition_name(condition), (double)job.truth[i], (double)job.blobs[i]);
	rc = 0;
end:
	if (csv && fclose(csv) != 0)
		rc = err_set(err, GPPI_E_IO, "%s: cannot be written: %s", path[2], strerror(errno));
	if (job.pixels >= 0)
		close(job.pixels);
	if (job.index >= 0)
		close(job.index);
	free(job.truth);
	return rc;
}

#define PROFILE_POINTS 21

struct profile {
	uint64_t first;
	enum phantom_condition condition;
	double (*grey)[PROFILE_POINTS];
	double *length;
};

static double grey255(int16_t hu)
{
	double g = (hu + 500) * 255.0 / 2000;
	return g < 0 ? 0 : g > 255 ? 255 : g;
}

/* Mean grey of the inner half between the first and last bright voxel of a line; -1: no bone. */
static double inner_half(const int16_t *line, int n, int stride)
{
	int a = 0, b = n - 1, m = 0;
	double sum = 0;
	while (a < n && grey255(line[(size_t)a * (size_t)stride]) < 140)
		a++;
	while (b > a && grey255(line[(size_t)b * (size_t)stride]) < 140)
		b--;
	for (int i = a + (b - a) / 4; i <= b - (b - a) / 4 && b > a; i++, m++)
		sum += grey255(line[(size_t)i * (size_t)stride]);
	return m > 5 ? sum / m : -1;
}

static int profile_bone(void *arg, int item, int worker)
{
	struct profile *pr = arg;
	struct phantom_params p;
	struct scan *scan;
	float truth;

	(void)worker;
	phantom_params_draw(&p, pr->first + (uint64_t)item, pr->condition);
	/* the grey values of the real pictures: only structure is compared */
	p.cartilage_grey += -760 - p.marrow;
	p.marrow = -760;
	p.bone = 1680;
	p.nloose = 0;
	p.gain = 1;
	p.offset = 0;
	p.eight_bit = 0;
	if (p.medium > -500)
		p.medium = -1000;
	p.tissue_depth = p.holder_radius = p.neighbour[2] = 0;
	if (phantom_scan(&p, 1, 0, &scan, &truth, NULL, NULL) < 0)
		return -1;
	int nx = scan_info(scan)->nx, ny = scan_info(scan)->ny;
	int16_t *img = malloc((size_t)nx * (size_t)ny * sizeof *img);
	const int16_t *at;
	for (int i = 0; img && i < PROFILE_POINTS; i++) {
		int z = (int)lrintf(truth) - 40 + 4 * i;
		if (z < 0 || z >= p.nz || scan_slab(scan, z, 1, img, &at, NULL) < 0) {
			pr->grey[item][i] = -1;
			continue;
		}
		double gx = inner_half(at + (size_t)p.centre[1] * (size_t)nx, nx, 1);
		double gy = inner_half(at + (size_t)p.centre[0], ny, nx);
		pr->grey[item][i] = gx < 0 || gy < 0 ? -1 : 0.5 * (gx + gy);
	}
	pr->length[item] = (double)(truth - p.floor_z) - (double)(p.distal_end * p.stretch);
	free(img);
	scan_close(scan);
	return 0;
}

int dataset_profile(uint64_t first, int count, enum phantom_condition condition, int threads,
		    struct err *err)
{
	struct profile pr = { .first = first, .condition = condition };
	pr.grey = calloc((size_t)count, sizeof *pr.grey);
	pr.length = calloc((size_t)count, sizeof *pr.length);
	int rc = GPPI_E_NOMEM;
	if (!pr.grey || !pr.length) {
		err_set(err, rc, "phantom: not enough memory");
		goto end;
	}
	texture_init();
	rc = parallel_for(threads, count, profile_bone, &pr);
	double mean = 0;
	for (int b = 0; b < count; b++)
		mean += pr.length[b] / count;
	printf("plane minus distal end of the body: mean %.1f\noffset mean s.d.\n", mean);
	for (int i = 0; i < PROFILE_POINTS; i++) {
		double s = 0, q = 0;
		int n = 0;
		for (int b = 0; b < count; b++)
			if (pr.grey[b][i] >= 0)
				s += pr.grey[b][i], q += pr.grey[b][i] * pr.grey[b][i], n++;
		if (n > 0)
			printf("%+4d %5.0f %5.0f\n", -40 + 4 * i, s / n, sqrt(fmax(0, q / n - s / n * s / n)));
	}
end:
	free(pr.grey);
	free(pr.length);
	return rc;
}

#include "phantom/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "phantom/render.h"
#include "phantom/texture.h"
#include "train/samples.h"

struct job {
	uint64_t first;
	enum phantom_condition condition;
	enum phantom_kind kind;
	int jitter;
	struct samples *samples;
	struct samples_bone *bones;
};

#define STEP 2   /* voxels of 20 x 20 x 10 um */
#define COARSE 4 /* the coarse pass averages to about 40 um anyway: the bone is found on a cheaper rendering */
#define AROUND 0.62 /* of the square's side, each way from its middle: as far as samples_put() may move and widen it */

static int locate(struct scan *coarse, struct frame *frame, struct gppi_error *err)
{
	int rc = frame_locate(coarse, 1, frame, err);
	double scale = (double)COARSE / STEP;

	frame->cx *= scale;
	frame->cy *= scale;
	frame->side_x *= scale;
	frame->side_y *= scale;
	return rc;
}

static int within(double v, int n)
{
	return v < 0 ? 0 : v > n ? n : (int)v;
}

/* Only what the slices show is drawn: less than half of a volume. */
static int put_slices(struct job *job, int item, const struct phantom_params *p, const struct frame *frame,
		      uint64_t seed, struct gppi_error *err)
{
	int nx = p->nx / STEP, ny = p->ny / STEP;
	int x0 = within(frame->cx - AROUND * frame->side_x, nx), y0 = within(frame->cy - AROUND * frame->side_y, ny);
	struct crop only = { x0, y0, within(frame->cx + AROUND * frame->side_x + 1, nx) - x0,
			     within(frame->cy + AROUND * frame->side_y + 1, ny) - y0 };
	struct scan *scan;
	int rc = phantom_scan(p, STEP, 0, &only, &scan, NULL, NULL, err);

	if (rc < 0)
		return rc;
	rc = samples_put(job->samples, item, scan, frame, seed + 0xabcdef, job->jitter, err);
	scan_close(scan);
	return rc;
}

static int make_bone(void *arg, int item, int worker, struct gppi_error *err)
{
	struct job *job = arg;
	struct samples_bone *bone = &job->bones[item];
	struct phantom_params p;
	struct frame frame;
	struct scan *coarse;
	uint64_t seed = job->first + (uint64_t)item;
	int rc = 0;

	(void)worker;
	int femur = job->kind == PHANTOM_FEMUR;
	if (femur)
		phantom_params_draw(&p, seed, job->condition);
	else
		phantom_params_draw_kind(&p, seed, job->kind);
	snprintf(bone->name, sizeof bone->name, "%llu", (unsigned long long)seed);
	snprintf(bone->condition, sizeof bone->condition, "%s",
		 femur ? phantom_condition_name(job->condition) : phantom_kind_name(job->kind));
	bone->fold = -1;
	if (phantom_scan(&p, COARSE, 0, NULL, &coarse, &bone->plane, &bone->blobs_from, err) < 0)
		return -1;
	if (!femur)
		bone->plane = bone->blobs_from = NAN;
	if (bone->plane < 5 || bone->plane > (float)p.nz - 60) {
		bone->plane = -1; /* too little of the bone in view to be a lesson */
	} else if (locate(coarse, &frame, err) < 0 || (femur && (frame.flags & FRAME_FLIPPED_Z))) {
		fprintf(stderr, "bone %s: %s\n", bone->name, err->code < 0 ? err->text : "taken for shaft first");
		bone->plane = -1;
	} else {
		rc = put_slices(job, item, &p, &frame, seed, err);
		if (rc < 0)
			fprintf(stderr, "%s\n", err->text);
	}
	scan_close(coarse);
	return rc;
}

int dataset_write(const char *prefix, uint64_t first, int count, enum phantom_condition condition,
		  enum phantom_kind kind, int jitter, int threads, struct gppi_error *err)
{
	struct job job = { .first = first, .condition = condition, .kind = kind, .jitter = jitter };
	int rc = GPPI_E_NOMEM, closed;

	texture_init();
	job.bones = calloc((size_t)count, sizeof *job.bones);
	if (!job.bones)
		return err_set(err, rc, "phantom: not enough memory");
	rc = samples_open(prefix, job.bones, count, &job.samples, err);
	if (rc < 0)
		goto end;
	rc = parallel_for(threads, count, make_bone, &job, NULL);
	if (rc < 0)
		err_set(err, rc, "%s: not every bone could be written", prefix);
	closed = samples_close(job.samples, err);
	if (rc == 0)
		rc = closed;
end:
	free(job.bones);
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

static int profile_bone(void *arg, int item, int worker, struct gppi_error *err)
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
	if (phantom_scan(&p, 1, 0, NULL, &scan, &truth, NULL, err) < 0)
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
		    struct gppi_error *err)
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
	rc = parallel_for(threads, count, profile_bone, &pr, NULL);
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

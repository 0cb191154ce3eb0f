#include "phantom/render.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "phantom/image.h"
#include "phantom/texture.h"
#include "phantom/tissue.h"

struct renderer {
	struct phantom_params p;
	struct shape shape;
	struct tissue tissue;
	int step, reverse, nx, ny, labels;
	struct crop only; /* outside of it is nothing but medium */
};

static float clamp01(float v)
{
	return v < 0 ? 0 : v > 1 ? 1 : v;
}

/* Everything around the bone: medium, soft tissue, holder, neighbour, bubbles. x, y, z: volume
 * voxels; depth: of the bone, negative outside. */
static float around(const struct phantom_params *p, float x, float y, float z, float depth, float soft)
{
	float v = p->medium;
	const float *shift = p->texture_shift;

	if (p->tissue_depth > 0 && depth > -1.5f * p->tissue_depth) {
		float k = TEXTURE_WAVES / 90.0f;
		float t = texture_at(1, x * k + shift[2], y * k + shift[0], z * k);
		float edge = clamp01(0.5f + (depth + p->tissue_depth * (1 + 0.4f * t)) / 4);
		float kind = texture_at(2, x * k * 1.5f + shift[2], y * k * 1.5f, z * k) > 0.4f ? p->fat : p->tissue;
		v += (kind - v) * edge;
	}
	if (p->holder_radius > 0) {
		float dx = x - 0.5f * (float)p->nx - p->holder_centre[0];
		float dy = y - 0.5f * (float)p->ny - p->holder_centre[1];
		float in = fabsf(sqrtf(dx * dx + dy * dy) - p->holder_radius) - 0.5f * p->holder_wall;
		v += (p->holder_grey - v) * clamp01(0.5f - in / soft);
	}
	if (p->neighbour[2] > 0) {
		float dx = x - p->neighbour[0], dy = y - p->neighbour[1];
		float d = p->neighbour[2] * (1 + 0.0004f * z) - sqrtf(dx * dx + dy * dy);
		float wall = clamp01(0.5f + d / soft) * clamp01(0.5f + (p->neighbour[3] - d) / soft);
		v += (p->bone - v) * wall;
		if (d > p->neighbour[3])
			v = p->marrow;
	}
	for (int i = 0; i < p->nbubbles; i++) {
		const float *b = p->bubble[i];
		float dx = x - b[0], dy = y - b[1], dz = z - b[2];
		float d = b[3] * b[3] - dx * dx - dy * dy - dz * dz;
		if (d > 0)
			v = -1050;
	}
	return v;
}

static float loose(const struct phantom_params *p, float u, float v, float w, float soft, float value)
{
	for (int i = 0; i < p->nloose; i++) {
		const struct loose_bone *l = &p->loose[i];
		if (fabsf(w - l->e.c[2]) > l->e.r[2] + 2 || fabsf(u - l->e.c[0]) > l->e.r[0] + 2 ||
		    fabsf(v - l->e.c[1]) > l->e.r[1] + 2)
			continue;
		float d = shape_ellipsoid_depth(&l->e, u, v, w);
		float cover = clamp01(0.5f + d / soft);
		if (cover <= 0)
			continue;
		float wall = clamp01(0.5f + (l->shell - d) / soft);
		float k = TEXTURE_WAVES / 32.0f;
		float t = texture_at(3, u * k + (float)i * 7, v * k, w * k);
		float in = p->marrow + (p->bone - p->marrow) * clamp01(0.5f + (l->density - 0.5f + 0.4f * t) * 2);
		in += (p->bone - in) * wall;
		value += (in - value) * cover;
	}
	return value;
}

/* A twig: rings of cells, no marrow. */
static float plant(const struct phantom_params *p, float u, float v, float w, float value)
{
	float r = sqrtf(u * u + v * v), k = TEXTURE_WAVES / 16.0f;
	float outer = 130 + 10 * texture_at(1, w * 0.05f, p->texture_shift[0], 0);
	if (r > outer)
		return value;
	float cell = fabsf(texture_at(2, u * k, v * k, w * k * 0.3f)) < 0.35f ? 1 : 0;
	return -700 + cell * (900 + 500 * sinf(r * 0.25f));
}

/* A voxel's place in the bone's frame, and its depth below the surface (-100: far outside). */
struct place {
	float u, v, w, depth;
};

static struct place place_of(const struct renderer *r, float dx, float dy, float dz)
{
	const struct phantom_params *p = &r->p;
	const struct shape *s = &r->shape;
	struct place at = { .depth = -100 };

	at.u = s->rot[0][0] * dx + s->rot[0][1] * dy + s->rot[0][2] * dz;
	at.v = s->rot[1][0] * dx + s->rot[1][1] * dy + s->rot[1][2] * dz;
	at.w = s->rot[2][0] * dx + s->rot[2][1] * dy + s->rot[2][2] * dz;
	if (p->kind <= PHANTOM_HEAD && at.u * at.u + at.v * at.v < s->reach * s->reach) {
		const float inv_size = 1 / p->size, inv_stretch = 1 / p->stretch;
		at.depth = shape_depth(s, at.u * inv_size, at.v * inv_size, at.w * inv_stretch) * p->size;
	}
	return at;
}

static void render_slice(const struct renderer *r, int z, float *img)
{
	const struct phantom_params *p = &r->p;
	float soft = r->tissue.soft, shift[2], gain, step = (float)r->step;
	float dz = (float)z - p->floor_z;

	image_joint(p, z, shift, &gain);
	for (size_t i = 0; i < (size_t)r->nx * (size_t)r->ny; i++)
		img[i] = p->medium;
	for (int j = r->only.y0; j < r->only.y0 + r->only.ny; j++) {
		float y = ((float)j + 0.5f) * step, dy = y - p->centre[1] - shift[1];
		for (int i = r->only.x0; i < r->only.x0 + r->only.nx; i++) {
			float x = ((float)i + 0.5f) * step, dx = x - p->centre[0] - shift[0];
			struct place at = place_of(r, dx, dy, dz);
			float u = at.u, v = at.v, w = at.w, depth = at.depth, value;

			float cover = clamp01(0.5f + depth / soft);
			value = cover < 1 ? around(p, x, y, (float)z, depth, soft) : 0;
			if (cover < 1 && p->nloose)
				value = loose(p, u, v, w, soft, value);
			if (p->kind == PHANTOM_PLANT)
				value = plant(p, u, v, w, value);
			if (cover > 0)
				value += (tissue_at(&r->tissue, u, v, w, depth, NULL) - value) * cover;
			if (p->cupping != 0 && cover > 0) /* beam hardening */
				value -= p->cupping * (value + 1000) * cover * clamp01(depth / (70 * p->size));
			img[(size_t)j * (size_t)r->nx + (size_t)i] = value;
		}
	}
}

static enum phantom_label label_of(const struct renderer *r, const struct place *at)
{
	struct tissue_share share;

	if (at->depth < 0)
		return PHANTOM_OUTSIDE;
	tissue_at(&r->tissue, at->u, at->v, at->w, at->depth, &share);
	if (share.cartilage >= 0.5f)
		return PHANTOM_CARTILAGE;
	if (share.cortex >= 0.5f)
		return PHANTOM_CORTEX;
	return share.inside >= 0.5f ? PHANTOM_SPONGIOSA : PHANTOM_MARROW;
}

static void label_slice(const struct renderer *r, int z, int16_t *out)
{
	const struct phantom_params *p = &r->p;
	float shift[2], gain, dz = (float)z - p->floor_z;

	image_joint(p, z, shift, &gain);
	for (int j = 0; j < r->ny; j++)
		for (int i = 0; i < r->nx; i++) {
			struct place at = place_of(r, (float)i + 0.5f - p->centre[0] - shift[0],
						   (float)j + 0.5f - p->centre[1] - shift[1], dz);
			*out++ = (int16_t)label_of(r, &at);
		}
}

static int read_slices(void *user, int z0, int nz, int16_t *dst, struct gppi_error *err)
{
	const struct renderer *r = user;
	size_t n = (size_t)r->nx * (size_t)r->ny;
	float *img = malloc(2 * n * sizeof *img);

	if (!img)
		return err_set(err, GPPI_E_NOMEM, "phantom: not enough memory for one slice");
	for (int k = 0; k < nz; k++) {
		int z = r->reverse ? r->p.nz - 1 - (z0 + k) : z0 + k;
		if (r->labels) {
			label_slice(r, z, dst + (size_t)k * n);
			continue;
		}
		render_slice(r, z, img);
		image_degrade(&r->p, r->nx, r->ny, r->step, z, img, img + n);
		image_store(&r->p, (int)n, img, dst + (size_t)k * n);
	}
	free(img);
	return 0;
}

static int open_renderer(const struct phantom_params *p, int step, int reverse, int labels, const struct crop *only,
			 struct scan **out, float *truth, float *blobs_from, struct gppi_error *err)
{
	struct renderer *r = calloc(1, sizeof *r);
	if (!r)
		return err_set(err, GPPI_E_NOMEM, "phantom: not enough memory");
	r->p = *p;
	r->step = step;
	r->reverse = reverse;
	r->labels = labels;
	r->nx = p->nx / step;
	r->ny = p->ny / step;
	r->only = only ? *only : (struct crop){ 0, 0, r->nx, r->ny };
	shape_init(&r->shape, &r->p);
	tissue_init(&r->tissue, &r->shape, 0.9f + 0.9f * p->blur + 0.5f * (float)(step - 1));

	struct scan_info info = {
		.nx = r->nx, .ny = r->ny, .nz = p->nz,
		.spacing_um = { 10.0 * step, 10.0 * step, 10.0 }, .spacing_known = SCAN_READ,
		.slope = 1, .intercept = 0, .unit = p->eight_bit || labels ? SCAN_UNIT_UNKNOWN : SCAN_UNIT_HU,
	};
	snprintf(info.format, sizeof info.format, "phantom");
	snprintf(info.name, sizeof info.name, "phantom-%06llu", (unsigned long long)p->seed);
	if (truth)
		*truth = r->shape.truth;
	if (blobs_from)
		*blobs_from = r->shape.blobs_from;
	struct scan_source source = { .user = r, .read = read_slices, .close = free };
	int rc = scan_wrap(&info, &source, out, err);
	if (rc < 0)
		free(r);
	return rc;
}

int phantom_scan(const struct phantom_params *p, int step, int reverse, const struct crop *only,
		 struct scan **out, float *truth, float *blobs_from, struct gppi_error *err)
{
	return open_renderer(p, step, reverse, 0, only, out, truth, blobs_from, err);
}

int phantom_labels(const struct phantom_params *p, int reverse, struct scan **out, struct gppi_error *err)
{
	return open_renderer(p, 1, reverse, 1, NULL, out, NULL, NULL, err);
}

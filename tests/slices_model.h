/* Bones made of a few formulas, for tests: a wide end full of speckle on a hollow, narrower tube,
 * laid into a volume in any orientation. Include after cmocka.h. */
#ifndef TESTS_SLICES_MODEL_H
#define TESTS_SLICES_MODEL_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "scan/scan.h"
#include "slices/slices.h"

struct ball { double x, y, z, r; }; /* um; a loose bone */

struct model {
	int n, nz;             /* voxels of a side, slices */
	double um;             /* voxel size */
	double first;          /* um from the distal face to the bone; may be negative */
	double length;         /* um; what lies beyond the volume is cut */
	double tilt;           /* tangent, along x */
	double bend;           /* of it, for each um from the distal end */
	double cx, cy;         /* centre of the bone, share of the side */
	double medium, bone;   /* values */
	double noise;
	unsigned seed;
	int no_bone, tube_only, plate_um;
	struct ball ball[4];
	int nballs;
	int arcs;              /* holder: bright arcs along the side faces */
	int streak;            /* metal: a few extreme voxels */
	double tissue;         /* share of bone's brightness of a coat around it, 0 none */
	int byte_type;         /* the file says uint8 */
	/* orientation of the file */
	int swap, mirror_x, mirror_y, flip_z;
	double slope, intercept;
	enum scan_unit unit;
};

static const struct model adult = {
	.n = 420, .nz = 642, .um = 10, .first = 300, .length = 9000, .cx = 0.47, .cy = 0.54,
	.medium = -760, .bone = 1680, .noise = 120, .seed = 7, .plate_um = 80,
	.slope = 1, .intercept = 0, .unit = SCAN_UNIT_HU,
};

static unsigned hash(unsigned a, unsigned b, unsigned c, unsigned d)
{
	unsigned h = a * 0x9e3779b1u ^ b * 0x85ebca6bu ^ c * 0xc2b2ae35u ^ d * 0x27d4eb2fu;
	h = (h ^ (h >> 15)) * 0x2c1b3c6du;
	h = (h ^ (h >> 12)) * 0x297a2d39u;
	return h ^ (h >> 15);
}

static double uniform(unsigned a, unsigned b, unsigned c, unsigned d)
{
	return hash(a, b, c, d) / 4294967296.0;
}

/* Half widths of the outline by distance from the distal end. */
static void half_widths(const struct model *m, double t, double *a, double *b)
{
	static const double at[] = { 0, 200, 600, 1000, 1300, 1600, 2000, 2500, 3500, 20000 };
	static const double wa[] = { 500, 950, 1250, 1340, 1250, 1000, 850, 770, 650, 600 };
	static const double wb[] = { 400, 700, 850, 990, 980, 900, 780, 660, 520, 500 };
	int i = 0;

	if (m->tube_only) {
		*a = 620 + 1e-3 * t;
		*b = 560;
		return;
	}
	while (i < 8 && t > at[i + 1])
		i++;
	double f = (t - at[i]) / (at[i + 1] - at[i]);
	*a = wa[i] + f * (wa[i + 1] - wa[i]);
	*b = wb[i] + f * (wb[i + 1] - wb[i]);
}

/* Share of bone at a point, um in bone coordinates (distal first). */
static double share(const struct model *m, double x, double y, double z)
{
	double side = m->n * m->um;

	for (int i = 0; i < m->nballs; i++) {
		const struct ball *k = &m->ball[i];
		double d = sqrt((x - k->x) * (x - k->x) + (y - k->y) * (y - k->y) + (z - k->z) * (z - k->z));
		if (d < k->r)
			return d > k->r - 100 ? 1 : 0.3;
	}
	if (m->arcs && (x < 100 || y > side - 100) && fmod(z, 4000) < 3000)
		return 0.9;
	double t = z - m->first, a, b;
	if (m->no_bone || t < 0 || t > m->length)
		return 0;
	half_widths(m, t, &a, &b);
	double dx = x - m->cx * side - (m->tilt + m->bend / 2 * t) * t, dy = y - m->cy * side;
	double r = hypot(dx / a, dy / b);
	if (r > 1)
		return r < 1.5 ? m->tissue : 0;
	double depth = (1 - r) * b, plate = 1350 + 150 * sin(dx / 130) * sin(dy / 130);
	if (m->plate_um && !m->tube_only && fabs(t - plate) < m->plate_um / 2.0)
		return 0.05;
	if (depth < 110 || (t < 110 && !m->tube_only))
		return 1;
	double fill = m->tube_only ? 0.02 : t < plate ? 0.34 : t < plate + 400 ? 0.15 : 0.03;
	return uniform((unsigned)(x / 40), (unsigned)(y / 40), (unsigned)(z / 60), m->seed) < fill;
}

static int read_model(void *user, int z0, int nz, int16_t *dst, struct gppi_error *err)
{
	const struct model *m = user;

	(void)err;
	for (int z = z0; z < z0 + nz; z++)
		for (int y = 0; y < m->n; y++)
			for (int x = 0; x < m->n; x++) {
				int bx = m->swap ? y : x, by = m->swap ? x : y, bz = z;
				bx = m->mirror_x ? m->n - 1 - bx : bx;
				by = m->mirror_y ? m->n - 1 - by : by;
				bz = m->flip_z ? m->nz - 1 - bz : bz;
				double s = share(m, (bx + 0.5) * m->um, (by + 0.5) * m->um, (bz + 0.5) * m->um);
				double v = m->medium + s * (m->bone - m->medium);
				v += m->noise * 3.46 *
				     (uniform((unsigned)bx, (unsigned)by, (unsigned)bz, m->seed + 1) - 0.5);
				if (m->streak && bz > 100 && bz < 104 && by < 3)
					v = 32000;
				*dst++ = (int16_t)lround(fmin(fmax((v - m->intercept) / m->slope, -32768), 32767));
			}
	return 0;
}

static struct scan *open_model(struct model *m)
{
	struct scan_info info = { .nx = m->n, .ny = m->n, .nz = m->nz, .spacing_um = { m->um, m->um, m->um },
				  .spacing_known = SCAN_READ, .slope = m->slope, .intercept = m->intercept,
				  .unit = m->unit, .format = "test", .path = "test.nii", .name = "test" };
	struct scan_source source = { .user = m, .read = read_model };
	snprintf(info.voxel_type, sizeof info.voxel_type, m->byte_type ? "uint8" : "int16");
	struct scan *scan = NULL;
	struct gppi_error err = { 0 };

	assert_int_equal(scan_wrap(&info, &source, &scan, &err), 0);
	return scan;
}

static inline struct frame locate(struct model m)
{
	struct scan *scan = open_model(&m);
	struct frame f;
	struct gppi_error err = { 0 };
	int rc = frame_locate(scan, 2, &f, &err);

	if (rc < 0)
		print_message("%s\n", err.text);
	assert_int_equal(rc, 0);
	scan_close(scan);
	return f;
}

/* The adult bone at 20 um, eight times less work. */
static inline struct model coarse_adult(void)
{
	struct model m = adult;

	m.um = 20;
	m.n = 210;
	m.nz = 321;
	return m;
}

static inline void assert_same_square(const struct frame *a, const struct frame *b, double tolerance)
{
	assert_true(fabs(a->cx - b->cx) <= tolerance);
	assert_true(fabs(a->cy - b->cy) <= tolerance);
	assert_true(fabs(a->side_um - b->side_um) <= 10 * tolerance);
}

/* Slice z holds the value 40 z; from 900 on it cannot be read. */
static inline int read_ramp(void *user, int z0, int nz, int16_t *dst, struct gppi_error *err)
{
	int n = *(const int *)user;

	if (z0 >= 900)
		return err_set(err, GPPI_E_IO, "ramp.nii: cut at slice %d", z0);
	for (int z = z0; z < z0 + nz; z++)
		for (int i = 0; i < n * n; i++)
			*dst++ = (int16_t)(40 * z);
	return 0;
}

#endif

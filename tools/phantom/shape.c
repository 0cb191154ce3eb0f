#include "phantom/shape.h"

#include <math.h>
#include <stdlib.h>

#include "phantom/texture.h"

/* Half widths of the body without condyles (medio-lateral u, antero-posterior v) by height;
 * with the condyles joined they give the outline measured on real bones. */
static const float body[] = {
	-150, 40, 42, -120, 62, 66, -80, 84, 88, -40, 96, 96, -20, 98, 98,
	0, 95, 97, 20, 90, 92, 40, 85, 88, 60, 79, 83, 100, 70, 75,
	150, 63, 70, 200, 58, 66, 300, 55, 60, 500, 54, 58, 700, 54, 58,
};

/* Cortex thickness by height above the plate. */
static const float wall[] = {
	0, 7, 20, 9, 40, 10, 60, 12, 90, 14, 150, 16, 300, 18, 700, 20,
};

static float lerp_table(const float *t, size_t n, size_t stride, size_t col, float x)
{
	if (x <= t[0])
		return t[col];
	for (size_t i = 1; i < n; i++)
		if (x < t[i * stride]) {
			const float *a = t + (i - 1) * stride, *b = t + i * stride;
			return a[col] + (b[col] - a[col]) * (x - a[0]) / (b[0] - a[0]);
		}
	return t[(n - 1) * stride + col];
}

/* Smooth maximum and minimum (polynomial, blend length k). */
static float smooth_max(float a, float b, float k)
{
	float d = fabsf(a - b), m = a > b ? a : b;
	float h = k - d;
	return h > 0 ? m + h * h / (4 * k) : m;
}

static void make_frame(struct shape *s)
{
	const struct phantom_params *p = s->p;
	float ct = cosf(p->tilt), st = sinf(p->tilt), cd = cosf(p->tilt_dir), sd = sinf(p->tilt_dir);
	/* rotation by tilt about the horizontal axis (-sd, cd, 0) */
	float m[3][3] = {
		{ ct + sd * sd * (1 - ct), -sd * cd * (1 - ct), cd * st },
		{ -sd * cd * (1 - ct), ct + cd * cd * (1 - ct), sd * st },
		{ -cd * st, -sd * st, ct },
	};
	float c = cosf(p->turn), n = sinf(p->turn), f = p->mirror ? -1 : 1;
	for (int j = 0; j < 3; j++) {
		s->rot[0][j] = f * (c * m[0][j] - n * m[1][j]);
		s->rot[1][j] = n * m[0][j] + c * m[1][j];
		s->rot[2][j] = m[2][j];
	}
}

static void make_outline(struct shape *s)
{
	const struct phantom_params *p = s->p;
	const float *shift = p->texture_shift;
	for (int i = 0; i < SHAPE_LUT; i++) {
		float w = SHAPE_LUT_LO + SHAPE_LUT_STEP * (float)i;
		float cell = w * TEXTURE_WAVES / TEXTURE_SIDE / 20;
		float wob_u = 1 + 0.03f * texture_at(0, cell + shift[0], shift[1], shift[2]);
		float wob_v = 1 + 0.03f * texture_at(1, cell + shift[0], shift[1], shift[2]);
		float cap = 1, over = (w - p->distal_end) / 45;
		if (over < 1)
			cap = over <= 0 ? 0 : sqrtf(1 - (1 - over) * (1 - over));
		s->half_u[i] = lerp_table(body, 15, 3, 1, w) * wob_u * cap * p->aspect;
		s->half_v[i] = lerp_table(body, 15, 3, 2, w) * wob_v * cap / p->aspect;
		float up = w > 0 ? (w < 600 ? w : 600) / 300 : 0, down = w < 0 ? w / 100 : 0;
		s->off_u[i] = p->bend[0] * up * up + p->sway[0] * (up + down * down);
		s->off_v[i] = p->bend[1] * up * up + p->sway[1] * (up + down * down);
		s->cortex[i] = w < 0 ? p->cortex_epi :
			p->cortex * lerp_table(wall, 8, 2, 1, w);
	}
}

/* A bound on the distance of the surface from the body's axis, by height. */
static void make_reach(struct shape *s)
{
	const struct phantom_params *p = s->p;
	float waves = 1;
	for (int i = 0; i < 4; i++)
		waves += p->harmonic[i][0];
	for (int i = 0; i < SHAPE_LUT; i++) {
		float w = SHAPE_LUT_LO + SHAPE_LUT_STEP * (float)i;
		float far = fmaxf(s->half_u[i], s->half_v[i]) * waves;
		for (int k = 0; k < 4 && w < 64; k++) {
			const struct ellipsoid *e = k < 2 ? &p->condyle[k] : &p->trochlea[k - 2];
			if (fabsf(w - e->c[2]) > e->r[2] + 16)
				continue;
			float du = e->c[0] - s->off_u[i], dv = e->c[1] - s->off_v[i];
			far = fmaxf(far, sqrtf(du * du + dv * dv) + fmaxf(e->r[0], e->r[1]));
		}
		s->reach_at[i] = far + 16;
	}
}

static float mound_height(const struct phantom_params *p, float u, float v)
{
	float sum = 0;
	for (int i = 0; i < PHANTOM_MOUNDS; i++) {
		const float *m = p->mound[i];
		float c = cosf(m[5]), n = sinf(m[5]);
		float a = (c * (u - m[0]) + n * (v - m[1])) / m[2];
		float b = (c * (v - m[1]) - n * (u - m[0])) / m[3];
		float t = a * a + b * b;
		if (p->mound_bell || t < 1) {
			float d = m[4] * (p->mound_bell ? expf(-2.2f * t) : powf(1 - t, p->mound_power));
			sum += d * d * d * d;
		}
	}
	return sqrtf(sqrtf(sum));
}

static float edge_height(const struct shape *s, float u, float v)
{
	const struct phantom_params *p = s->p;
	int at = (int)(-SHAPE_LUT_LO / SHAPE_LUT_STEP);
	float rho = sqrtf(u * u / (s->half_u[at] * s->half_u[at]) + v * v / (s->half_v[at] * s->half_v[at]));
	float t = (rho - p->edge_start) / (1.02f - p->edge_start);
	if (t <= 0)
		return 0;
	if (t > 1)
		t = 1;
	float along = 0.5f + 0.5f * cosf(atan2f(v, u) - p->edge_dir);
	float h = p->edge[0] * powf(along, p->edge_focus) + p->edge[1] + p->edge[2] * (1 - along);
	return h * t * t * (3 - 2 * t);
}

static int compare_float(const void *a, const void *b)
{
	float d = *(const float *)a - *(const float *)b;
	return (d > 0) - (d < 0);
}

#define FLOOR_REACH 30.0f  /* radius around the axis in which the floor is looked for */
#define FLOOR_SIDE 31      /* points across, two apart */
#define FLOOR_SHARE 0.5f   /* of the floor that ends before the plane, */
#define FLOOR_BEFORE 1.0f  /* less so many slices: the last that shows the rim */
#define RIM_MOST 7         /* slices of rim before the plane: in young bones it runs into the primary spongiosa */
#define RIM_SHARE 0.25f    /* of bone, from which on it is seen as rim, */
#define RIM_BLUR 0.1f      /* not sharply */
#define RIM_STEPS 4        /* in a slice, in which it is looked for */

/* Share of bone to be expected x behind the cartilage (half: half its thickness), as tissue.c draws it. */
static float share_behind(const struct phantom_params *p, float x, float half)
{
	float fade = p->rim_fade + (p->foam ? 0.1f : 2); /* 2: for the softness of a scan, which is not known here */
	float rim = p->rim_density * fminf(fmaxf(0.5f + (p->rim - x) / fade, 0), 1);
	float columns = p->columns_reach > half + x ? p->columns_bv * (1 - (half + x) / p->columns_reach) : 0;

	return 1 - (1 - rim) * (1 - p->meta_bv[0]) * (1 - columns);
}

/* How far a rim is seen behind the cartilage, 0 .. RIM_MOST. An expert has no more to go by: where its drawing ends
 * does not show, for it fades into the spongiosa and dense columns cover it. */
static float rim_seen(const struct phantom_params *p, float half)
{
	float seen = 0;

	for (int i = 0; i < RIM_MOST * RIM_STEPS; i++) {
		float share = share_behind(p, ((float)i + 0.5f) / RIM_STEPS, half);
		seen += fminf(fmaxf(0.5f + (share - RIM_SHARE) / RIM_BLUR, 0), 1) / RIM_STEPS;
	}
	return seen;
}

/* The truth: the lower edge of the rim under the central valley floor, i.e. half the cartilage and the rim that is
 * seen below the plate's middle, measured across it; of a floor that slopes, its median. Floor: points near the axis
 * hardly raised by a mound; where mounds meet over the axis, the least raised third. */
static void find_truth(struct shape *s)
{
	const struct phantom_params *p = s->p;
	float z[FLOOR_SIDE * FLOOR_SIDE], lift[FLOOR_SIDE * FLOOR_SIDE], sorted[FLOOR_SIDE * FLOOR_SIDE];
	float u[FLOOR_SIDE * FLOOR_SIDE], v[FLOOR_SIDE * FLOOR_SIDE], top = 0;
	int n = 0, m = 0;

	for (int j = 0; j < FLOOR_SIDE; j++)
		for (int i = 0; i < FLOOR_SIDE; i++) {
			float x = 2 * (float)i - FLOOR_REACH, y = 2 * (float)j - FLOOR_REACH;
			if (x * x + y * y > FLOOR_REACH * FLOOR_REACH)
				continue;
			u[n] = x;
			v[n] = y;
			sorted[n] = lift[n] = mound_height(p, x, y);
			n++;
		}
	if (n == 0)
		return;
	qsort(sorted, (size_t)n, sizeof *sorted, compare_float);
	float limit = sorted[n / 3] + 2;
	for (int i = 0; i < n; i++) {
		float h, c, t;
		if (lift[i] > limit)
			continue;
		shape_plate(s, u[i], v[i], &h, &c, &t);
		float half = 0.5f * p->cartilage * t;
		z[m++] = s->rot[0][2] * u[i] * p->size + s->rot[1][2] * v[i] * p->size +
			 s->rot[2][2] * (h * p->stretch + (half + rim_seen(p, half)) / c);
	}
	if (m == 0)
		return;
	qsort(z, (size_t)m, sizeof *z, compare_float);
	s->truth = p->floor_z + z[(int)(FLOOR_SHARE * (float)m)] - FLOOR_BEFORE;

	for (int k = 0; k < PHANTOM_MOUNDS; k++) {
		float a = p->mound[k][4];
		if (k == 0 || a < top)
			top = a;
	}
	s->blobs_from = s->truth - 0.8f * top * p->stretch - 0.5f * p->rim;
	if (s->blobs_from > s->truth - 10)
		s->blobs_from = s->truth - 10;
}

void shape_init(struct shape *s, const struct phantom_params *p)
{
	texture_init();
	s->p = p;
	s->reach = 260 * p->size;
	make_frame(s);
	make_outline(s);
	make_reach(s);
	for (int i = 0; i < 4; i++) {
		s->wave[i][0] = p->harmonic[i][0] * cosf(p->harmonic[i][1]);
		s->wave[i][1] = p->harmonic[i][0] * sinf(p->harmonic[i][1]);
	}
	for (int j = 0; j < SHAPE_GRID; j++)
		for (int i = 0; i < SHAPE_GRID; i++) {
			float u = 2.0f * (float)(i - SHAPE_HALF), v = 2.0f * (float)(j - SHAPE_HALF);
			float k = (float)TEXTURE_WAVES / p->wave_length;
			float x = u * k + p->texture_shift[0], y = v * k + p->texture_shift[1];
			s->plate[j][i] = -mound_height(p, u, v) + edge_height(s, u, v) +
					 p->slope[0] * u + p->slope[1] * v +
					 p->wave * texture_at(2, x, y, p->texture_shift[2]);
			float vary = p->cartilage_vary * texture_at(3, 1.3f * x, 1.3f * y, p->texture_shift[2]);
			s->thick[j][i] = vary < -0.7f ? 0.3f : 1 + vary;
		}
	for (int j = 0; j < SHAPE_GRID; j++)
		for (int i = 0; i < SHAPE_GRID; i++) {
			int l = i > 2 ? i - 2 : 0, r = i < SHAPE_GRID - 3 ? i + 2 : SHAPE_GRID - 1;
			int d = j > 2 ? j - 2 : 0, u = j < SHAPE_GRID - 3 ? j + 2 : SHAPE_GRID - 1;
			float gu = (s->plate[j][r] - s->plate[j][l]) / (2.0f * (float)(r - l));
			float gv = (s->plate[u][i] - s->plate[d][i]) / (2.0f * (float)(u - d));
			float c = p->layers_along_axis ? 1 : 1 / sqrtf(1 + gu * gu + gv * gv);
			s->slope[j][i] = c < 0.4f ? 0.4f : c;
		}
	find_truth(s);
}

float shape_ellipsoid_depth(const struct ellipsoid *e, float u, float v, float w)
{
	float a = (u - e->c[0]) / e->r[0], b = (v - e->c[1]) / e->r[1], c = (w - e->c[2]) / e->r[2];
	float t = a * a + b * b + c * c;
	if (t > 4)
		return -40;
	/* distance along the ray to the centre, with the mean radius: exact enough near the surface */
	float g = (a * a / e->r[0] + b * b / e->r[1] + c * c / e->r[2]) / (t + 1e-6f);
	return (1 - sqrtf(t)) / g * 0.9f;
}

float shape_depth(const struct shape *s, float u, float v, float w)
{
	const struct phantom_params *p = s->p;
	float at = (w - SHAPE_LUT_LO) / SHAPE_LUT_STEP;
	if (at < 0)
		return -60;
	if (at > SHAPE_LUT - 1.01f)
		at = SHAPE_LUT - 1.01f;
	int i = (int)at;
	float f = at - (float)i;
	float hu = s->half_u[i] + f * (s->half_u[i + 1] - s->half_u[i]);
	float hv = s->half_v[i] + f * (s->half_v[i + 1] - s->half_v[i]);
	float bu = u - s->off_u[i], bv = v - s->off_v[i];
	float r = sqrtf(bu * bu + bv * bv) + 1e-3f;
	float depth = -60;

	if (r > s->reach_at[i]) /* far outside: exactness does not matter */
		return s->reach_at[i] - r < -60 ? -60 : s->reach_at[i] - r - 8;
	if (hu > 1 && hv > 1) {
		float c = bu / r, n = bv / r;
		float c2 = c * c - n * n, s2 = 2 * c * n, c3 = c2 * c - s2 * n, s3 = s2 * c + c2 * n;
		float c4 = c2 * c2 - s2 * s2, s4 = 2 * c2 * s2, c5 = c4 * c - s4 * n, s5 = s4 * c + c4 * n;
		const float (*h)[2] = s->wave;
		float wave = h[0][0] * c2 + h[0][1] * s2 + h[1][0] * c3 + h[1][1] * s3 +
			     h[2][0] * c4 + h[2][1] * s4 + h[3][0] * c5 + h[3][1] * s5;
		float radius = (1 + wave) / sqrtf(c * c / (hu * hu) + n * n / (hv * hv));
		depth = radius - r;
		/* the cap: depth along the axis counts too */
		float axial = (w - p->distal_end) * 1.2f;
		if (axial < depth)
			depth = axial;
	}
	if (w < 60)
		for (int k = 0; k < 2; k++) {
			depth = smooth_max(depth, shape_ellipsoid_depth(&p->condyle[k], u, v, w), p->blend);
			depth = smooth_max(depth, shape_ellipsoid_depth(&p->trochlea[k], u, v, w), p->blend);
		}
	if (depth < -12)
		return depth;
	for (int k = 0; k < PHANTOM_CARVES; k++) {
		const float *q = p->carve[k];
		if (q[2] <= 0 || w > q[4] + q[2])
			continue;
		float du = u - q[0], dv = v - q[1], dw = w > q[4] ? w - q[4] : 0;
		float out = sqrtf(du * du + dv * dv + dw * dw) - q[2];
		depth = -smooth_max(-depth, -out, 12);
	}
	if (depth > -12 && depth < 25) {
		float k = (float)TEXTURE_WAVES / (p->bump_length * 2);
		depth += p->bump * (depth < 5 ? 0.6f : 0.03f * (25 - depth)) *
			 texture_at(4, u * k + p->texture_shift[1], v * k + p->texture_shift[2],
				    w * k + p->texture_shift[0]);
	}
	return depth;
}

void shape_plate(const struct shape *s, float u, float v, float *height, float *cosine, float *thick)
{
	float x = 0.5f * u + SHAPE_HALF, y = 0.5f * v + SHAPE_HALF;
	x = x < 0 ? 0 : x > SHAPE_GRID - 1.01f ? SHAPE_GRID - 1.01f : x;
	y = y < 0 ? 0 : y > SHAPE_GRID - 1.01f ? SHAPE_GRID - 1.01f : y;
	int i = (int)x, j = (int)y;
	float a = x - (float)i, b = y - (float)j;
	float w00 = (1 - a) * (1 - b), w01 = a * (1 - b), w10 = (1 - a) * b, w11 = a * b;
	*height = w00 * s->plate[j][i] + w01 * s->plate[j][i + 1] +
		  w10 * s->plate[j + 1][i] + w11 * s->plate[j + 1][i + 1];
	*cosine = s->slope[j][i];
	*thick = s->thick[j][i];
}

float shape_cortex(const struct shape *s, float w)
{
	float at = (w - SHAPE_LUT_LO) / SHAPE_LUT_STEP;
	int i = at < 0 ? 0 : at > SHAPE_LUT - 1 ? SHAPE_LUT - 1 : (int)at;
	return s->cortex[i];
}

#include "phantom/tissue.h"

#include <math.h>

#include "phantom/texture.h"

static float clamp01(float v)
{
	return v < 0 ? 0 : v > 1 ? 1 : v;
}

/* Radius in texture units below which a share `bv` of space lies, for sheets (|T1|, rod 0),
 * rods (sqrt(T1^2 + T2^2), rod 1) and in between; of lumps, the height above which it lies. */
static float strut_radius(const struct phantom_params *p, float bv, float rod)
{
	if (p->blobs)
		return texture_quantile(bv);
	float sheet = texture_quantile(0.5f * (1 - bv));
	float round = sqrtf(-2 * logf(1 - bv));
	return powf(sheet, 1 - rod) * powf(round, rod);
}

void tissue_init(struct tissue *t, const struct shape *s, float soft)
{
	static const float at[PHANTOM_ZONES] = { 15, 37, 85, 150, 220, 300 };
	const struct phantom_params *p = s->p;

	t->p = p;
	t->s = s;
	t->soft = soft;
	t->epi_radius = strut_radius(p, p->epi_bv, p->epi_rod);
	t->rim_at = texture_quantile(p->rim_density);
	t->plate_pore = texture_quantile(p->end_plate_porosity + 1e-3f);
	t->bridge_at = texture_quantile(p->bridge + 1e-6f);
	for (int i = 0; i < TISSUE_LUT; i++) {
		float h = 4 * (float)i;
		int k = 0;
		while (k < PHANTOM_ZONES - 2 && h > at[k + 1])
			k++;
		float f = clamp01((h - at[k]) / (at[k + 1] - at[k]));
		t->meta_radius[i] = strut_radius(p, p->meta_bv[k] + f * (p->meta_bv[k + 1] - p->meta_bv[k]),
						 p->meta_rod);
		t->columns_radius[i] = h < p->columns_reach ?
			strut_radius(p, p->columns_bv * (1 - h / p->columns_reach), 0.6f) : 0;
	}
}

/* Share of bone near a strut of radius `radius` in a texture of wave length `length`; its
 * gradient, about 0.8 * 2 pi / length per voxel, turns texture units into voxels. */
static float strut(const struct tissue *t, float u, float v, float w, float length, float stretch,
		   float rod, float radius)
{
	const struct phantom_params *p = t->p;
	float k = TEXTURE_WAVES / length;
	float x = u * k + p->texture_shift[0], y = v * k + p->texture_shift[1];
	float z = w * k / stretch + p->texture_shift[2];
	int tile = p->texture;
	float a = texture_at(tile, x, y, z), q = a * a;

	if (p->blobs)
		return clamp01(0.5f + (a - radius) * length / (5.0f * t->soft));
	if (q > 4 * radius * radius + 0.5f)
		return 0;
	if (rod > 0) {
		float b = texture_at((tile + 3) % TEXTURE_COUNT, x, y, z);
		q += rod * b * b;
	}
	return clamp01(0.5f + (radius - sqrtf(q)) * length / (5.0f * t->soft));
}

static float spongiosa(const struct tissue *t, float u, float v, float w, float s, float depth)
{
	const struct phantom_params *p = t->p;
	float at = s < 0 ? 0 : 0.25f * s;
	int i = at > TISSUE_LUT - 1 ? TISSUE_LUT - 1 : (int)at;
	/* denser towards the cortex in some bones */
	float side = depth < 50 ? 1 + p->meta_edge * (1 - depth / 50) : 1;
	float coarse = strut(t, u, v, w, p->meta_length, p->meta_stretch, p->meta_rod,
			     t->meta_radius[i] * (0.8f + 0.3f * side));

	if (t->columns_radius[i] <= 0)
		return coarse;
	return fmaxf(coarse, strut(t, v, u, w, p->columns_length, p->columns_stretch, 0.6f, t->columns_radius[i]));
}

float tissue_at(const struct tissue *t, float u, float v, float w, float depth)
{
	const struct phantom_params *p = t->p;
	const float *shift = p->texture_shift;
	float soft = t->soft, h, cosine, thick;

	shape_plate(t->s, u / p->size, v / p->size, &h, &cosine, &thick);
	float s = (w - h * p->stretch) * cosine;
	float half = 0.5f * p->cartilage * thick;
	int plate = p->kind == PHANTOM_FEMUR;

	float k = TEXTURE_WAVES / 70.0f;
	float low = texture_at(5, u * k + shift[0], v * k + shift[1], w * k + shift[2]);
	float wall = shape_cortex(t->s, w / p->stretch) * p->size * (1 + p->cortex_vary * low);
	float cortex = clamp01(0.5f + (wall - depth) / soft);
	if (plate && s > 0 && s < 45 && p->cortex_pores > 0 && cortex > 0) {
		float fine = TEXTURE_WAVES / 13.0f;
		float f = texture_at(6, u * fine, v * fine, w * fine * 0.5f);
		float pores = p->cortex_pores * (1 - s / 45);
		if (f > 1.6f - 3 * pores)
			cortex *= clamp01(0.4f + 1.6f - 3 * pores - f + 0.6f);
	}

	float inside = 0;
	if (!plate) {
		inside = spongiosa(t, u, v, w, w + 60, depth);
	} else if (cortex < 1) {
		if (s < -half - p->end_plate - soft) {
			inside = strut(t, u, v, w, p->epi_length, 1, p->epi_rod, t->epi_radius);
		} else if (s > half + p->rim + p->rim_fade + soft) {
			inside = spongiosa(t, u, v, w, s, depth);
		} else if (s < 0) {
			float in_plate = clamp01(0.5f + (s + half + p->end_plate * (0.75f + 0.35f * low)) / soft);
			float fine = TEXTURE_WAVES / 24.0f;
			float f = texture_at(7, u * fine, v * fine, w * fine);
			float solid = clamp01(0.5f + (t->plate_pore - f) * 3 / soft);
			inside = strut(t, u, v, w, p->epi_length, 1, p->epi_rod, t->epi_radius);
			if (in_plate * solid > inside)
				inside = in_plate * solid;
		} else {
			float in_rim = clamp01(0.5f + (half + p->rim - s) / (p->rim_fade + soft));
			float fine = TEXTURE_WAVES / p->rim_length;
			float f = texture_at(6, u * fine + shift[1], v * fine + shift[0], w * fine / 1.5f);
			float mesh = clamp01(0.5f + (f - t->rim_at) * p->rim_length / (5.0f * soft));
			inside = spongiosa(t, u, v, w, s, depth);
			if (in_rim * mesh > inside)
				inside = in_rim * mesh;
		}
	}
	float bone = cortex > inside ? cortex : inside;
	float base = p->marrow;
	if (plate && fabsf(s) < half + soft) {
		float c = clamp01(0.5f + (half - fabsf(s)) / soft);
		float through = p->cartilage_cortex > 1 ? 1 : p->cartilage_cortex;
		c *= 1 - (1 - through) * cortex;
		float fine = TEXTURE_WAVES / 20.0f;
		if (p->bridge > 0 && texture_at(7, u * fine, v * fine, w * fine * 0.3f) > t->bridge_at)
			c *= 0.3f;
		bone *= 1 - c;
		base += (p->cartilage_grey - p->marrow) * c;
	}
	return base + (p->bone * (1 + 0.04f * low) - base) * bone;
}

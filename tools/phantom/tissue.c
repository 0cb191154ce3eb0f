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
	t->hollow_at = texture_quantile(p->hollow + 1e-6f);
	for (int i = 0; i < TISSUE_LEVELS; i++)
		t->level[i] = texture_quantile(fminf(fmaxf((float)i / (TISSUE_LEVELS - 1), 1e-4f), 1 - 1e-4f));
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

/* Share of bone where a share `bv` of space is taken by grains of width about `length` / 2, stretched along w. */
static float grains(const struct tissue *t, float u, float v, float w, float length, float stretch, float bv)
{
	const float *shift = t->p->texture_shift;
	float k = TEXTURE_WAVES / length, at = clamp01(bv) * (TISSUE_LEVELS - 1);
	int i = at > TISSUE_LEVELS - 2 ? TISSUE_LEVELS - 2 : (int)at;

	if (bv <= 0.004f)
		return 0;
	float level = t->level[i] + (at - (float)i) * (t->level[i + 1] - t->level[i]);
	float f = texture_at(6, u * k + shift[1], v * k + shift[0], w * k / stretch);
	return clamp01(0.5f + (f - level) * length / (5.0f * t->soft));
}

/* The epiphysis: cells with walls that are partly open, and hollows without cells. */
static float cells(const struct tissue *t, float u, float v, float w)
{
	const struct phantom_params *p = t->p;
	const float *shift = p->texture_shift;
	float k = (float)TEXTURE_SIDE / TEXTURE_CELLS / p->cell, wall, edge;
	float open = TEXTURE_WAVES / (2.2f * p->cell), wide = TEXTURE_WAVES / p->hollow_length;
	float gone = texture_at(5, u * wide + shift[2], v * wide + shift[0], w * wide + shift[1]) - t->hollow_at;
	float left = p->hollow > 0 ? clamp01(0.5f - 2 * gone) : 1; /* of the cells, towards the hollows' middle */

	if (left <= 0)
		return 0;
	texture_foam(u * k + 3 * shift[0], v * k + 3 * shift[1], w * k + 3 * shift[2], &wall, &edge);
	float closed = clamp01(0.5f + (texture_at(0, u * open, v * open, w * open) - t->level[(int)((1 - p->cell_open) *
								(TISSUE_LEVELS - 1))]) * 1.5f);
	float half = 0.5f * p->cell_wall * left;
	float sheet = clamp01(0.5f + (half * closed - wall / k) / t->soft) * (closed > 0.05f);
	return fmaxf(sheet, clamp01(0.5f + (0.8f * half - edge / k) / t->soft));
}

/* Dense primary spongiosa under the plate's edge, mostly at one side. */
static float flank(const struct tissue *t, float u, float v, float w, float s, float depth)
{
	const struct phantom_params *p = t->p;

	if (p->flank_bv <= 0 || depth > p->flank_depth || s > p->flank_reach)
		return 0;
	float side = powf(0.5f + 0.5f * cosf(atan2f(v, u) - p->flank_dir), p->flank_focus);
	float bv = p->flank_bv * side * (1 - depth / p->flank_depth) * (1 - s / p->flank_reach) * 1.6f;
	return grains(t, u, v, w, p->rim_length, 2.5f, fminf(bv, 0.8f));
}

/* Bone of the second style at height s from the plate's middle, half: of the cartilage. */
static float foam_inside(const struct tissue *t, float u, float v, float w, float s, float half, float depth, float low)
{
	const struct phantom_params *p = t->p;
	float soft = t->soft;

	if (s < 0) {
		float plate = clamp01(0.5f + (s + half + p->end_plate * (0.75f + 0.35f * low)) / soft);
		float inside = s < -half - 0.5f * p->end_plate ? cells(t, u, v, w) : 0;
		if (plate > 0)
			plate *= grains(t, v, u, w, 1.8f * p->rim_length, 1, 1 - p->end_plate_porosity);
		return fmaxf(inside, plate);
	}
	float dense = p->rim_density * clamp01(0.5f + (half + p->rim - s) / (p->rim_fade + 0.1f));
	float inside = s > half + 1 ? spongiosa(t, u, v, w, s, depth) : 0;
	inside = fmaxf(inside, grains(t, u, v, w, p->rim_length, 1.4f, dense));
	return fmaxf(inside, flank(t, u, v, w, s, depth));
}

/* Share of bone of the round bridges at height s. */
static float bridges(const struct tissue *t, float u, float v, float s, float half)
{
	const struct phantom_params *p = t->p;
	float most = 0;

	for (int i = 0; i < p->nbridges; i++) {
		const float *b = p->bridge_at[i];
		float in = b[2] - sqrtf((u - b[0]) * (u - b[0]) + (v - b[1]) * (v - b[1]));
		most = fmaxf(most, clamp01(0.5f + in / t->soft));
	}
	return most * clamp01(0.5f + (half + p->rim - fabsf(s)) / t->soft);
}

float tissue_at(const struct tissue *t, float u, float v, float w, float depth, struct tissue_share *share)
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
	} else if (p->foam) {
		inside = cortex < 1 ? foam_inside(t, u, v, w, s, half, depth, low) : 0;
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
	float bridge = plate && p->nbridges ? bridges(t, u, v, s, half) : 0;
	inside = fmaxf(inside, bridge);
	float bone = cortex > inside ? cortex : inside;
	float base = p->marrow;
	if (share)
		*share = (struct tissue_share){ cortex, inside, 0 };
	if (plate && fabsf(s) < half + soft) {
		float c = clamp01(0.5f + (half - fabsf(s)) / soft);
		float through = p->cartilage_cortex > 1 ? 1 : p->cartilage_cortex;
		c *= 1 - (1 - through) * cortex;
		float fine = TEXTURE_WAVES / 20.0f;
		if (p->bridge > 0 && texture_at(7, u * fine, v * fine, w * fine * 0.3f) > t->bridge_at)
			c *= 0.3f;
		if (p->islands > 0)
			c *= 1 - grains(t, v, w, u, 0.9f * p->rim_length, 1, p->islands);
		c *= 1 - bridge;
		bone *= 1 - c;
		if (share)
			share->cartilage = c;
		if (p->islands > 0 && c < 1 && bone < 0.6f * (1 - c)) /* calcified cartilage, fainter than bone */
			bone = 0.6f * (1 - c) * clamp01((half + soft - fabsf(s)) / soft);
		base += (p->cartilage_grey - p->marrow) * c;
	}
	return base + (p->bone * (1 + 0.04f * low) - base) * bone;
}

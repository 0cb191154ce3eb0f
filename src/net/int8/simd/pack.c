/* Packs weights for the vector kernels. Plain C: it runs once per network. */
#include "net/int8/simd/pack.h"

#include <string.h>

#include "net/int8/simd/bundle.h"

_Static_assert(sizeof(struct simd_block) == 64, "parts of a block keep their alignment");

static int groups_per_row(const struct net_conv *cv)
{
	return (cv->kernel * cv->in_pitch + 3) / 4;
}

static int vecs_of(const struct simd_layout *l, const struct net_conv *cv, int channel0)
{
	int vecs = (cv->out_pitch - channel0 + l->vec_lanes - 1) / l->vec_lanes;
	return vecs < l->max_vecs ? vecs : l->max_vecs;
}

static size_t block_size(size_t lanes, size_t groups)
{
	return sizeof(struct simd_block) + 2 * simd_up64(lanes * 4) + simd_up64(groups * 4) +
	       simd_up64(groups * lanes * 4);
}

size_t simd_packed_size(const struct simd_layout *l, const struct net_conv *cv)
{
	size_t groups = (size_t)groups_per_row(cv) * (size_t)cv->kernel, total = 0;

	for (int c = 0; c < cv->out_pitch; c += l->max_vecs * l->vec_lanes)
		total += block_size((size_t)vecs_of(l, cv, c) * (size_t)l->vec_lanes, groups);
	return total;
}

size_t simd_scratch(const struct net_conv *cv)
{
	return (size_t)groups_per_row(cv) * (size_t)cv->kernel * sizeof(int32_t);
}

/* The four weights of an output channel for one group; 0 for what does not exist. */
static void group_weights(const struct net_conv *cv, const int8_t *weights, int channel, int place,
			  int8_t w[4])
{
	size_t row = (size_t)cv->kernel * (size_t)cv->in_c;

	memset(w, 0, 4);
	if (channel >= cv->out_c)
		return;
	weights += ((size_t)channel * (size_t)cv->kernel + (size_t)SIMD_PLACE_KY(place)) * row;
	/* Mostly: no gaps between pixels. */
	if (cv->in_pitch == cv->in_c && (size_t)SIMD_PLACE_BYTE(place) + 4 <= row) {
		memcpy(w, weights + SIMD_PLACE_BYTE(place), 4);
		return;
	}
	int kx = SIMD_PLACE_BYTE(place) / cv->in_pitch, c = SIMD_PLACE_BYTE(place) % cv->in_pitch;
	for (int i = 0; i < 4 && kx < cv->kernel; i++) {
		if (c < cv->in_c)
			w[i] = weights[kx * cv->in_c + c];
		if (++c == cv->in_pitch) {
			c = 0;
			kx++;
		}
	}
}

static int natural_place(const struct net_conv *cv, int group)
{
	int per_row = groups_per_row(cv);
	return SIMD_PLACE(group / per_row, group % per_row * 4);
}

/* Orders the groups, largest bundles first. work: 2 * groups numbers. */
static void order_groups(const struct simd_layout *l, const struct net_conv *cv, const int8_t *weights,
			 struct simd_block *b, int32_t *place, int32_t *work)
{
	int32_t *bundle = work, *at = work + b->groups; /* per group; per bundle: size, then place */
	uint16_t sums[2 * BUNDLE_HALVES_MAX];
	struct bundler bundler;
	int halves = l->max_bundle > 1 ? 2 * b->lanes : 0, next = 0;

	bundler_init(&bundler, halves, l->max_bundle);
	memset(at, 0, (size_t)b->groups * sizeof *at);
	for (int g = 0; g < b->groups; g++) {
		memset(sums, 0, sizeof sums);
		for (int lane = 0; lane < halves / 2; lane++) {
			int8_t w[4];
			group_weights(cv, weights, b->channel0 + lane, natural_place(cv, g), w);
			for (int i = 0; i < 4; i++) {
				uint16_t *s = &sums[2 * lane + (l->split ? i % 2 : i / 2)];
				s[0] = (uint16_t)(s[0] + (w[i] > 0 ? w[i] : 0));
				s[halves] = (uint16_t)(s[halves] + (w[i] < 0 ? -w[i] : 0));
			}
		}
		bundle[g] = bundler_add(&bundler, sums);
		at[bundle[g]]++;
	}
	for (int size = l->max_bundle; size > 0; size--)
		for (int i = 0; i < bundler.made; i++)
			if (at[i] == size) {
				b->bundles[size - 1]++;
				at[i] = -next - 1; /* negative: placed */
				next += size;
			}
	for (int g = 0; g < b->groups; g++)
		place[-(at[bundle[g]]--) - 1] = natural_place(cv, g);
}

/* Where bytes 0, 1 (pair 0) or 2, 3 (pair 1) of a lane lie among the weights of one group. */
static int pair_at(const struct simd_layout *l, int lane, int pair)
{
	int vec = lane / l->vec_lanes * l->vec_lanes * 4, in = lane % l->vec_lanes;

	return vec + (l->split ? pair * l->vec_lanes * 2 + 2 * in : 4 * in + 2 * pair);
}

static void pack_block(const struct simd_layout *l, const struct net_conv *cv, const int8_t *weights,
		       struct simd_block *b)
{
	char *start = (char *)b;
	int32_t *bias = (int32_t *)(void *)(start + simd_bias_at());
	int32_t *place = (int32_t *)(void *)(start + simd_places_at(b));
	float *requant = (float *)(void *)(start + simd_requant_at(b));
	int8_t *out = (int8_t *)start + simd_weights_at(b);

	for (int lane = 0; lane < b->lanes; lane++) {
		int c = b->channel0 + l->channel(b->vecs, lane);
		/* surplus channels: -zero * 1 + zero = 0 */
		bias[lane] = c < cv->out_c ? cv->bias[c] : -cv->zero;
		requant[lane] = c < cv->out_c ? cv->requant[c] : 1;
	}
	order_groups(l, cv, weights, b, place, (int32_t *)(void *)out);
	for (int g = 0; g < b->groups; g++, out += (size_t)b->lanes * 4)
		for (int lane = 0; lane < b->lanes; lane++) {
			int8_t w[4];
			group_weights(cv, weights, b->channel0 + l->channel(b->vecs, lane), place[g], w);
			for (int pair = 0; pair < 2; pair++)
				memcpy(&out[pair_at(l, lane, pair)], w + (size_t)2 * (size_t)pair, 2);
		}
}

void simd_pack(const struct simd_layout *l, const struct net_conv *cv, const int8_t *weights,
	       void *packed)
{
	char *at = packed;
	int step = l->max_vecs * l->vec_lanes;

	memset(packed, 0, simd_packed_size(l, cv));
	for (int c = 0; c < cv->out_pitch; c += step) {
		struct simd_block *b = (struct simd_block *)(void *)at;
		b->vecs = vecs_of(l, cv, c);
		b->lanes = b->vecs * l->vec_lanes;
		b->groups = groups_per_row(cv) * cv->kernel;
		b->channel0 = c;
		b->bytes = cv->out_pitch - c < b->lanes ? cv->out_pitch - c : b->lanes;
		b->size = (int32_t)(block_size((size_t)b->lanes, (size_t)b->groups) / 64);
		pack_block(l, cv, weights, b);
		at += (size_t)b->size * 64;
	}
}

void simd_bundles(const struct net_conv *cv, int32_t count[NET_BUNDLES])
{
	const struct simd_block *b = cv->packed;

	memset(count, 0, NET_BUNDLES * sizeof *count);
	for (int c = 0; c < cv->out_pitch; c += b->lanes, b = simd_next(b))
		for (int i = 0; i < NET_BUNDLES; i++)
			count[i] += b->bundles[i] * b->vecs;
}

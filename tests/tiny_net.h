/* Weight images of the smallest networks: input -> global average (or fold) -> dense. Their answers can be
 * computed by hand, which makes them stand-ins for trained networks.
 *
 * output[o] = bias[o] + sum over channels of weight[o][c] * mean of channel c (u7, 0..127)
 */
#ifndef TESTS_TINY_NET_H
#define TESTS_TINY_NET_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"

static size_t tiny_align(size_t n)
{
	return (n + 63) / 64 * 64;
}

static void tiny_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void tiny_u64(uint8_t *p, uint64_t v)
{
	tiny_u32(p, (uint32_t)v);
	tiny_u32(p + 4, (uint32_t)(v >> 32));
}

static void tiny_f32(uint8_t *p, float f)
{
	uint32_t v;
	memcpy(&v, &f, sizeof v);
	tiny_u32(p, v);
}

/* The input, then its global average or, with fold > 1, `fold` rows as one pixel, then a dense layer of it. Every
 * weight of an output is slope[o] (a whole number) times gain. Freed by the caller. */
static void *tiny_graph(const char *kind, const char *name, int inputs, int height, int width, int fold,
			int outputs, const int *slope, float gain, const float *bias, size_t *size)
{
	const int channels = fold ? inputs * width * fold : inputs, rows = fold ? height / fold : 1;
	const size_t meta = 160 + 3 * 128, c = (size_t)channels, o = (size_t)outputs;
	size_t place[5], length[5] = { 2 * c * o, 4 * o, 4 * o, 4 * c * o, 4 * o };
	size_t at = meta + 3;

	for (int i = 0; i < 5; i++) {
		place[i] = tiny_align(at);
		at = place[i] + length[i];
	}
	at = tiny_align(at);
	*size = at + 32;
	uint8_t *p = calloc(1, *size);
	if (!p)
		abort();
	memcpy(p, "GPPIW\r\n\x1a", 8);
	tiny_u32(p + 8, 1);
	tiny_u32(p + 12, 3);
	tiny_u64(p + 16, *size);
	tiny_u32(p + 24, (uint32_t)inputs);
	tiny_u32(p + 28, (uint32_t)height);
	tiny_u32(p + 32, (uint32_t)width);
	tiny_u32(p + 36, (uint32_t)(outputs * rows));
	tiny_u32(p + 40, 3);
	snprintf((char *)p + 64, 32, "%s", kind);
	snprintf((char *)p + 96, 64, "%s", name);
	for (int node = 0; node < 3; node++) {
		uint8_t *n = p + 160 + 128 * node;
		tiny_u32(n, node == 0 ? 0 : node == 2 ? 7 : fold ? 10 : 6);
		tiny_u32(n + 4, node == 0 ? 0xffffffffu : (uint32_t)node - 1);
		tiny_u32(n + 8, 0xffffffffu);
		tiny_u32(n + 16, (uint32_t)(node == 2 ? outputs : node == 1 ? channels : inputs));
		tiny_u32(n + 20, (uint32_t)(node == 0 ? height : rows));
		tiny_u32(n + 24, node == 0 ? (uint32_t)width : 1);
		tiny_u32(n + 28, node == 1 ? (uint32_t)fold : 0);
		tiny_f32(n + 44, 1);
		for (int i = 0; i < 5 && node == 2; i++)
			tiny_u64(n + 64 + 8 * i, place[i]);
	}
	memcpy(p + meta, "{}", 3);
	for (size_t k = 0; k < o; k++) {
		for (size_t i = 0; i < c; i++) {
			uint16_t w = (uint16_t)slope[k];
			p[place[0] + 2 * (k * c + i)] = (uint8_t)w;
			p[place[0] + 2 * (k * c + i) + 1] = (uint8_t)(w >> 8);
			tiny_f32(p + place[3] + 4 * (k * c + i), (float)slope[k] * gain * 127);
		}
		tiny_f32(p + place[1] + 4 * k, bias[k]);
		tiny_f32(p + place[2] + 4 * k, fold ? gain : gain / (float)(height * width));
		tiny_f32(p + place[4] + 4 * k, bias[k]);
	}
	struct sha256 sha;
	sha256_init(&sha);
	sha256_update(&sha, p, at);
	sha256_final(&sha, p + at);
	return p;
}

static inline void *tiny_net(const char *kind, const char *name, int channels, int height, int width,
			     int outputs, const int *slope, float gain, const float *bias, size_t *size)
{
	return tiny_graph(kind, name, channels, height, width, 0, outputs, slope, gain, bias, size);
}

/* A stand-in for a network of one view along the bone, u7 [channels][448][48]: all 64 numbers it leaves for four
 * slices are their mean, 0..1. */
static inline void *tiny_view(const char *kind, const char *name, int channels, size_t *size)
{
	enum { SEEN = 64 };
	static const float none[SEEN];
	int slope[SEEN];

	for (int i = 0; i < SEEN; i++)
		slope[i] = 1;
	return tiny_graph(kind, name, channels, 448, 48, 4, SEEN, slope, 1 / (127.f * 4 * 48 * (float)channels), none,
			  size);
}

#endif

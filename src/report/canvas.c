#include "report/canvas.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

int canvas_init(struct canvas *c, int width, int height, struct colour background)
{
	size_t bytes;

	c->width = width;
	c->height = height;
	c->rgb = NULL;
	if (width < 1 || height < 1 || !size_mul3((size_t)width, (size_t)height, 3, &bytes))
		return -1;
	c->rgb = calloc(bytes, 1); /* what is drawn is mixed with what is there */
	if (!c->rgb)
		return -1;
	canvas_fill(c, 0, 0, width, height, background, 1);
	return 0;
}

void canvas_free(struct canvas *c)
{
	free(c->rgb);
	c->rgb = NULL;
}

/* Cuts a rectangle at the edges; false when nothing is left. */
static bool clip(const struct canvas *c, int *x, int *y, int *w, int *h)
{
	if (*x < 0) {
		*w += *x;
		*x = 0;
	}
	if (*y < 0) {
		*h += *y;
		*y = 0;
	}
	if (*w > c->width - *x)
		*w = c->width - *x;
	if (*h > c->height - *y)
		*h = c->height - *y;
	return *w > 0 && *h > 0;
}

static uint8_t mix(uint8_t below, uint8_t above, double opacity)
{
	return (uint8_t)(below + (above - below) * opacity + 0.5);
}

/* Within the canvas: one row, then copies of it. */
static void fill_opaque(struct canvas *c, int x, int y, int w, int h, struct colour colour)
{
	const size_t stride = (size_t)c->width * 3;
	uint8_t *first = c->rgb + (size_t)y * stride + (size_t)x * 3;

	for (int i = 0; i < w; i++)
		memcpy(first + (size_t)i * 3, (const uint8_t[]){ colour.r, colour.g, colour.b }, 3);
	for (int j = 1; j < h; j++)
		memcpy(first + (size_t)j * stride, first, (size_t)w * 3);
}

void canvas_fill(struct canvas *c, int x, int y, int w, int h, struct colour colour, double opacity)
{
	if (!clip(c, &x, &y, &w, &h))
		return;
	if (opacity >= 1) {
		fill_opaque(c, x, y, w, h, colour);
		return;
	}
	for (int j = y; j < y + h; j++) {
		uint8_t *p = c->rgb + ((size_t)j * (size_t)c->width + (size_t)x) * 3;
		for (int i = 0; i < w; i++, p += 3) {
			p[0] = mix(p[0], colour.r, opacity);
			p[1] = mix(p[1], colour.g, opacity);
			p[2] = mix(p[2], colour.b, opacity);
		}
	}
}

void canvas_frame(struct canvas *c, int x, int y, int w, int h, int t, struct colour colour)
{
	canvas_fill(c, x, y, w, t, colour, 1);
	canvas_fill(c, x, y + h - t, w, t, colour, 1);
	canvas_fill(c, x, y + t, t, h - 2 * t, colour, 1);
	canvas_fill(c, x + w - t, y + t, t, h - 2 * t, colour, 1);
}

void canvas_grey(struct canvas *c, int x, int y, int w, int h, const uint8_t *grey)
{
	int x0 = x, y0 = y, stride = w;

	if (!clip(c, &x, &y, &w, &h))
		return;
	for (int j = 0; j < h; j++) {
		const uint8_t *from = grey + (size_t)(y - y0 + j) * (size_t)stride + (x - x0);
		uint8_t *to = c->rgb + ((size_t)(y + j) * (size_t)c->width + (size_t)x) * 3;
		for (int i = 0; i < w; i++, to += 3)
			memset(to, from[i], 3);
	}
}

void canvas_cover(struct canvas *c, int x, int y, int w, int h, const uint8_t *cover, struct colour colour,
		  double opacity)
{
	int x0 = x, y0 = y, stride = w;

	if (!clip(c, &x, &y, &w, &h))
		return;
	for (int j = 0; j < h; j++) {
		const uint8_t *from = cover + (size_t)(y - y0 + j) * (size_t)stride + (x - x0);
		uint8_t *to = c->rgb + ((size_t)(y + j) * (size_t)c->width + (size_t)x) * 3;
		for (int i = 0; i < w; i++, to += 3) {
			double share = opacity * from[i] / 255;
			to[0] = mix(to[0], colour.r, share);
			to[1] = mix(to[1], colour.g, share);
			to[2] = mix(to[2], colour.b, share);
		}
	}
}

static bool is_edge(const uint8_t *mask, int w, int h, int x, int y, int bit, int t)
{
	const size_t i = (size_t)y * (size_t)w + (size_t)x;

	if (!(mask[i] & bit))
		return false;
	for (int d = 1; d <= t; d++)
		if ((x >= d && !(mask[i - (size_t)d] & bit)) || (x + d < w && !(mask[i + (size_t)d] & bit)) ||
		    (y >= d && !(mask[i - (size_t)d * (size_t)w] & bit)) ||
		    (y + d < h && !(mask[i + (size_t)d * (size_t)w] & bit)))
			return true;
	return false;
}

void canvas_edge(struct canvas *c, int x, int y, int w, int h, const uint8_t *mask, int bit, int t,
		 struct colour colour)
{
	for (int j = 0; j < h; j++)
		for (int i = 0; i < w; i++)
			if (is_edge(mask, w, h, i, j, bit, t))
				canvas_fill(c, x + i, y + j, 1, 1, colour, 1);
}

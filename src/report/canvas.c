#include "report/canvas.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

#define CELL_WIDTH 6 /* 5 columns and one of space */

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

void canvas_fill(struct canvas *c, int x, int y, int w, int h, struct colour colour, double opacity)
{
	if (!clip(c, &x, &y, &w, &h))
		return;
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

/* A glyph enlarged to the size it is drawn at. */
struct bitmap {
	int w, h;
	bool on[FONT_ROWS * TEXT_HUGE][FONT_COLS * TEXT_HUGE];
};

static bool point(const struct bitmap *b, int x, int y)
{
	return x >= 0 && x < b->w && y >= 0 && y < b->h && b->on[y][x];
}

/* Twice the size: a corner of a point follows its two neighbours where these agree and their
 * opposites do not, which turns stairs into slopes. */
static void enlarge(const struct bitmap *from, struct bitmap *to)
{
	to->w = from->w * 2;
	to->h = from->h * 2;
	for (int v = 0; v < to->h; v++)
		for (int u = 0; u < to->w; u++) {
			int x = u / 2, y = v / 2, dx = u & 1 ? 1 : -1, dy = v & 1 ? 1 : -1;
			bool side = point(from, x + dx, y), level = point(from, x, y + dy);
			bool smooth = side == level && side != point(from, x - dx, y) &&
				      level != point(from, x, y - dy);
			to->on[v][u] = smooth ? side : point(from, x, y);
		}
}

static void draw_glyph(struct canvas *c, int x, int y, int size, struct colour colour,
		       double opacity, char ch)
{
	const uint8_t *g = font_glyph(ch);
	struct bitmap b[2] = { { .w = FONT_COLS, .h = FONT_ROWS } };
	int now = 0;

	for (int v = 0; v < FONT_ROWS; v++)
		for (int u = 0; u < FONT_COLS; u++)
			b[0].on[v][u] = g[v] >> (FONT_COLS - 1 - u) & 1;
	for (int n = 1; n < size; n *= 2, now = 1 - now)
		enlarge(&b[now], &b[1 - now]);
	for (int v = 0; v < b[now].h; v++)
		for (int u = 0; u < b[now].w; u++)
			if (b[now].on[v][u])
				canvas_fill(c, x + u, y + v, 1, 1, colour, opacity);
}

void canvas_text(struct canvas *c, int x, int y, int size, struct colour colour, const char *text)
{
	static const struct colour edge = { 0, 0, 0 };

	for (int pass = 0; pass < 2; pass++) {
		int at = x;
		for (const char *p = text; *p; p++) {
			/* one '?' per character: the continuation bytes of UTF-8 draw nothing */
			if (((unsigned char)*p & 0xc0) == 0x80)
				continue;
			if (pass == 0) {
				draw_glyph(c, at - 1, y, size, edge, 0.6, *p);
				draw_glyph(c, at + 1, y + 1, size, edge, 0.6, *p);
			} else {
				draw_glyph(c, at, y, size, colour, 1, *p);
			}
			at += CELL_WIDTH * size;
		}
	}
}

int canvas_text_width(int size, const char *text)
{
	int n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n ? n * CELL_WIDTH * size - size : 0;
}

int canvas_paragraph(struct canvas *c, int x, int y, int w, int size, int line_height,
		     int max_lines, struct colour colour, const char *text)
{
	size_t fits = (size_t)(w / (CELL_WIDTH * size));
	char line[128];
	int n = 0;

	if (fits < 4 || max_lines < 1)
		return 0;
	if (fits > sizeof line - 1)
		fits = sizeof line - 1;
	while (*text && n < max_lines) {
		size_t rest = strlen(text), len = rest;
		if (rest > fits) {
			for (len = fits; len > 0 && text[len] != ' '; len--)
				;
			if (len == 0)
				len = fits; /* one long word */
		}
		memcpy(line, text, len);
		line[len] = 0;
		text += len;
		while (*text == ' ')
			text++;
		if (*text && n + 1 == max_lines)
			memcpy(line + (len > fits - 3 ? fits - 3 : len), "...", 4);
		canvas_text(c, x, y + n * line_height, size, colour, line);
		n++;
	}
	return n;
}

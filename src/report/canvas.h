/* A small RGB picture to draw on: rectangles, grey images, text. Everything is
 * clipped at the edges, so callers need not check coordinates. */
#ifndef REPORT_CANVAS_H
#define REPORT_CANVAS_H

#include <stddef.h>
#include <stdint.h>

struct canvas {
	int width, height;
	uint8_t *rgb; /* height * width * 3 */
};

struct colour {
	uint8_t r, g, b;
};

/* Text sizes: a line takes 10 pixels times the size, a capital letter 6.6. */
enum { TEXT_NORMAL = 2, TEXT_LARGE = 4, TEXT_HUGE = 8 };

int canvas_init(struct canvas *c, int width, int height, struct colour background); /* 0, or -1: no memory */
void canvas_free(struct canvas *c);

/* opacity 0..1 */
void canvas_fill(struct canvas *c, int x, int y, int w, int h, struct colour colour, double opacity);
void canvas_frame(struct canvas *c, int x, int y, int w, int h, int thickness, struct colour colour);
/* A grey picture of w * h bytes, row-major. */
void canvas_grey(struct canvas *c, int x, int y, int w, int h, const uint8_t *grey);

/* The edge of what `bit` marks in w * h bytes, row-major: pixels of it that have one without it within `t` pixels to a
 * side. */
void canvas_edge(struct canvas *c, int x, int y, int w, int h, const uint8_t *mask, int bit, int t,
		 struct colour colour);

/* A colour that covers each of w * h pixels to cover/255, row-major. */
void canvas_cover(struct canvas *c, int x, int y, int w, int h, const uint8_t *cover, struct colour colour,
		  double opacity);

/* canvas_text.c: one line of UTF-8 with its upper left corner at x, y; characters that the font lacks appear as
 * '?', bytes that are no UTF-8 as U+FFFD. A dark edge keeps it legible on bright pictures. */
void canvas_text(struct canvas *c, int x, int y, int size, struct colour colour, const char *text);
int canvas_text_width(int size, const char *text);
/* Breaks text at blanks into lines of at most `w` pixels and at most `max_lines`; the last one
 * ends in "..." where text is left over. Returns the lines drawn. */
int canvas_paragraph(struct canvas *c, int x, int y, int w, int size, int line_height,
		     int max_lines, struct colour colour, const char *text);

#endif

/* Text on a canvas. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/printable.h"
#include "report/canvas.h"
#include "report/font.h"

#define EM(size) ((size) * 9)   /* letters as wide as their lines are high would need more room than the pages have */
#define BASE(size) ((size) * 7) /* from the upper edge to the base line */
#define NO_UTF8 0xfffdu

/* The next character, and how many bytes it takes; 0 at the end. */
static size_t next(const char *text, unsigned *code)
{
	if (!*text)
		return 0;
	size_t n = printable_decode(text, code);
	if (n == 0)
		*code = NO_UTF8;
	return n ? n : 1;
}

void canvas_text(struct canvas *c, int x, int y, int size, struct colour colour, const char *text)
{
	static const struct colour edge = { 0, 0, 0 };
	struct font_glyph g;
	unsigned code = NO_UTF8;

	for (int pass = 0; pass < 2; pass++) {
		double at = x;
		for (const char *p = text; *p; p += next(p, &code)) {
			next(p, &code);
			int whole = (int)floor(at);
			font_draw(code, EM(size), at - whole, &g);
			int left = whole + g.x, top = y + BASE(size) + g.y;
			if (pass == 0) {
				canvas_cover(c, left - 1, top, g.w, g.h, g.cover, edge, 0.6);
				canvas_cover(c, left + 1, top + 1, g.w, g.h, g.cover, edge, 0.6);
			} else {
				canvas_cover(c, left, top, g.w, g.h, g.cover, colour, 1);
			}
			at += font_advance(code, EM(size));
		}
	}
}

/* Of the first `bytes` bytes. */
static double width_of(int size, const char *text, size_t bytes)
{
	double width = 0;
	unsigned code;

	for (size_t i = 0; i < bytes && text[i]; i += next(text + i, &code)) {
		next(text + i, &code);
		width += font_advance(code, EM(size));
	}
	return width;
}

int canvas_text_width(int size, const char *text)
{
	return (int)ceil(width_of(size, text, strlen(text)));
}

/* How many bytes of the text fit into `w` pixels, in whole characters. */
static size_t fitting(int size, const char *text, double w)
{
	size_t n = 0;
	unsigned code;

	for (size_t step; (step = next(text + n, &code)) > 0; n += step) {
		w -= font_advance(code, EM(size));
		if (w < 0)
			break;
	}
	return n;
}

/* Bytes of the line that text begins with: to the last blank where not all of it fits, or within a long word. */
static size_t line_of(int size, const char *text, int w, size_t most)
{
	size_t fits = fitting(size, text, w), len;

	if (fits > most)
		fits = most;
	if (!text[fits])
		return fits;
	for (len = fits; len > 0 && text[len] != ' '; len--)
		;
	return len ? len : fits;
}

int canvas_paragraph(struct canvas *c, int x, int y, int w, int size, int line_height,
		     int max_lines, struct colour colour, const char *text)
{
	static const char more[] = "...";
	char line[256];
	int n = 0;

	if (w < EM(size) * 2)
		return 0;
	for (; *text && n < max_lines; n++) {
		size_t len = line_of(size, text, w, sizeof line - sizeof more);
		memcpy(line, text, len);
		line[len] = 0;
		text += len;
		while (*text == ' ')
			text++;
		if (*text && n + 1 == max_lines) {
			len = fitting(size, line, w - width_of(size, more, sizeof more));
			memcpy(line + len, more, sizeof more);
		}
		canvas_text(c, x, y + n * line_height, size, colour, line);
	}
	return n;
}

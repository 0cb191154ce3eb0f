/* Glyphs of the font in the program (DejaVu Sans), drawn by stb_truetype. Thread-safe. */
#ifndef REPORT_FONT_H
#define REPORT_FONT_H

#include <stdint.h>

#define FONT_EM_MOST 80 /* pixels */
#define FONT_GLYPH_MOST (2 * FONT_EM_MOST) /* width and height of a glyph at most */

/* Of a character (what the font lacks: '?'), from one origin to the next, in pixels for letters of `em` pixels. */
double font_advance(unsigned code, int em);

struct font_glyph {
	int x, y, w, h; /* where it lies: from the origin on the base line, y downwards; w, h 0 for blanks */
	uint8_t cover[FONT_GLYPH_MOST * FONT_GLYPH_MOST]; /* w * h, row-major: 255 is inside */
};
/* right: 0..1, by how much of a pixel the origin lies to the right. */
void font_draw(unsigned code, int em, double right, struct font_glyph *out);

#endif

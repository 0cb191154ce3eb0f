#include "report/font.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>

/* The library is one header. Its code is compiled here; of what this file does not use nothing is kept. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wundef"
#define STBTT_STATIC
#define STB_TRUETYPE_IMPLEMENTATION
#include <stb/stb_truetype.h>
#pragma GCC diagnostic pop

extern const uint8_t font_file[] __attribute__((visibility("hidden"))); /* font_file.S */

static stbtt_fontinfo font;
static bool usable;

static void begin(void)
{
	usable = stbtt_InitFont(&font, font_file, 0) != 0;
}

/* The glyph of a character, '?' where there is none; negative: no glyphs at all. */
static int glyph_of(unsigned code)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, begin);
	if (!usable)
		return -1;
	int glyph = stbtt_FindGlyphIndex(&font, (int)code);
	return glyph ? glyph : stbtt_FindGlyphIndex(&font, '?');
}

double font_advance(unsigned code, int em)
{
	int advance, bearing, glyph = glyph_of(code);

	if (glyph < 0)
		return 0;
	stbtt_GetGlyphHMetrics(&font, glyph, &advance, &bearing);
	return advance * (double)stbtt_ScaleForMappingEmToPixels(&font, (float)em);
}

void font_draw(unsigned code, int em, double right, struct font_glyph *out)
{
	int x1, y1, glyph = glyph_of(code);

	out->x = out->y = out->w = out->h = 0;
	if (glyph < 0 || em < 1 || em > FONT_EM_MOST)
		return;
	float scale = stbtt_ScaleForMappingEmToPixels(&font, (float)em);
	stbtt_GetGlyphBitmapBoxSubpixel(&font, glyph, scale, scale, (float)right, 0, &out->x, &out->y, &x1, &y1);
	int w = x1 - out->x, h = y1 - out->y;
	if (w < 1 || h < 1 || w > FONT_GLYPH_MOST || h > FONT_GLYPH_MOST)
		return;
	out->w = w;
	out->h = h;
	stbtt_MakeGlyphBitmapSubpixel(&font, out->cover, w, h, w, scale, scale, (float)right, 0, glyph);
}

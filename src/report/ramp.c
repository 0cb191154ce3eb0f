#include "report/ramp.h"

#include <math.h>

static const struct colour ramp[] = {
	{ 34, 20, 110 }, { 30, 92, 190 }, { 16, 158, 150 }, { 110, 205, 70 }, { 250, 225, 60 },
};
static const struct colour words = { 160, 166, 175 };

struct colour ramp_colour(double share)
{
	const int last = sizeof ramp / sizeof *ramp - 1;
	const double at = fmin(fmax(share, 0), 1) * last;
	const int i = at < last ? (int)at : last - 1;
	const double part = at - i;
	const struct colour a = ramp[i], b = ramp[i + 1];

	return (struct colour){ (uint8_t)(a.r + part * (b.r - a.r) + 0.5), (uint8_t)(a.g + part * (b.g - a.g) + 0.5),
				(uint8_t)(a.b + part * (b.b - a.b) + 0.5) };
}

void ramp_bar(struct canvas *c, int x, int y, int w, const char *low, const char *middle, const char *high)
{
	const int text_y = y + RAMP_BAR_H + 2;

	for (int i = 0; i < w; i++)
		canvas_fill(c, x + i, y, 1, RAMP_BAR_H, ramp_colour((i + 0.5) / w), 1);
	canvas_text(c, x, text_y, TEXT_NORMAL, words, low);
	canvas_text(c, x + (w - canvas_text_width(TEXT_NORMAL, middle)) / 2, text_y, TEXT_NORMAL, words, middle);
	canvas_text(c, x + w - canvas_text_width(TEXT_NORMAL, high), text_y, TEXT_NORMAL, words, high);
}

#include "report/qc_plate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"
#include "base/size.h"
#include "report/measures.h"
#include "report/ramp.h"

enum { LINE = 22, MAP_Y = LINE + 2, MAP_H = 240, BAR_Y = MAP_Y + MAP_H + 8 };

#define TOUCH 2.0  /* slices from the plane within which the layer ends at it */
#define STEP 50.0  /* um, of what the colours begin and end with */
#define PALE 0.45  /* opacity where the ends are not seen, but taken from around */

static const struct colour white = { 240, 240, 240 }, dim = { 160, 166, 175 }, mark = { 255, 255, 255 };

/* One map, magnified. */
struct map {
	const struct plate *plate;
	const char *title;
	int first[2], n[2]; /* bins that it shows */
	int w, h;          /* pixels */
	double low, high;  /* of the colours; um */
	double plane, um;  /* slice of the plane in the block; um of a slice */
	double bin_mm;     /* across a bin */
	bool level;        /* where the layer ends, not its thickness */
};

/* Bin under a pixel of the map. */
static int bin_at(const struct map *m, int x, int y)
{
	const int i = m->first[0] + (int)((x + 0.5) * m->n[0] / m->w),
		  j = m->first[1] + (int)((y + 0.5) * m->n[1] / m->h);

	return j * m->plate->nx + i;
}

static double value_at(const struct map *m, int bin)
{
	const struct plate *p = m->plate;

	return m->level ? ((double)p->lower[bin] - m->plane) * m->um : 1000 * (double)p->across[bin];
}

static bool touches(const struct map *m, int bin)
{
	return fabs((double)m->plate->lower[bin] - m->plane) < TOUCH;
}

static int ascending(const void *a, const void *b)
{
	const double d = *(const double *)a - *(const double *)b;

	return (d > 0) - (d < 0);
}

/* The bins that are in the map, and multiples of 50 um around what they hold, but for 2 % at each end. */
static int find_range(struct map *m, struct gppi_error *err)
{
	const struct plate *p = m->plate;
	double *v = size_realloc(NULL, (size_t)p->nx * (size_t)p->ny, sizeof *v);
	int n = 0, lo[2] = { p->nx, p->ny }, hi[2] = { 0, 0 };

	if (!v)
		return err_set(err, GPPI_E_NOMEM, "not enough memory for a map of the growth plate");
	for (int y = 0, i = 0; y < p->ny; y++)
		for (int x = 0; x < p->nx; x++, i++) {
			if (isnan(p->lower[i]))
				continue;
			v[n++] = value_at(m, i);
			lo[0] = x < lo[0] ? x : lo[0];
			lo[1] = y < lo[1] ? y : lo[1];
			hi[0] = x > hi[0] ? x : hi[0];
			hi[1] = y > hi[1] ? y : hi[1];
		}
	qsort(v, (size_t)n, sizeof *v, ascending);
	m->low = m->level ? STEP * floor(v[n / 50] / STEP) : 0;
	m->high = fmax(STEP * ceil(v[n - 1 - n / 50] / STEP), m->low + STEP);
	for (int i = 0; i < 2; i++) {
		m->first[i] = lo[i];
		m->n[i] = hi[i] - lo[i] + 1;
	}
	free(v);
	return 0;
}

static void draw_bins(const struct map *m, struct canvas *c, int x, int y, uint8_t *touch)
{
	for (int j = 0; j < m->h; j++)
		for (int i = 0; i < m->w; i++) {
			const int bin = bin_at(m, i, j);
			touch[j * m->w + i] = 0;
			if (isnan(m->plate->lower[bin]))
				continue;
			touch[j * m->w + i] = touches(m, bin);
			const double share = (value_at(m, bin) - m->low) / (m->high - m->low);
			canvas_fill(c, x + i, y + j, 1, 1, ramp_colour(share), m->plate->known[bin] ? 1 : PALE);
		}
}

/* A cross where the layer meets the plane nearest to the middle. */
static void draw_touch(const struct map *m, struct canvas *c, int x, int y)
{
	const struct plate *p = m->plate;
	const int arm = 7;

	if (!isfinite(p->touch[0]))
		return;
	const int at_x = x + (int)(((p->touch[0] + 0.5) / p->bin - m->first[0]) * m->w / m->n[0]),
		  at_y = y + (int)(((p->touch[1] + 0.5) / p->bin - m->first[1]) * m->h / m->n[1]);
	canvas_fill(c, at_x - arm, at_y - 1, 2 * arm + 1, 3, mark, 1);
	canvas_fill(c, at_x - 1, at_y - arm, 3, 2 * arm + 1, mark, 1);
}

/* "300 um to knee": how far from the plane. */
static void level_word(char text[48], double um)
{
	char number[16];

	snprintf(text, 48, "%s \u00b5m%s", number_short(number, sizeof number, 4, fabs(um)),
		 um < 0 ? " to knee" : um > 0 ? " to shaft" : "");
}

static void draw_bar(const struct map *m, struct canvas *c, int x, int y, int w)
{
	char low[48] = "0", middle[48] = "", high[48], number[16];

	if (m->level) {
		level_word(low, m->low);
		level_word(high, m->high);
	} else {
		snprintf(middle, sizeof middle, "%s", number_short(number, sizeof number, 4, m->high / 2));
		snprintf(high, sizeof high, "\u2265 %s \u00b5m", number_short(number, sizeof number, 4, m->high));
	}
	ramp_bar(c, x, y, w, low, middle, high);
	const double plane = -m->low / (m->high - m->low); /* where the plane lies on the bar */
	if (m->level && plane >= 0 && plane <= 1)
		canvas_fill(c, x + (int)(plane * (w - 3)), y - 4, 3, RAMP_BAR_H + 8, mark, 1);
}

static int draw_map(struct map *m, struct canvas *c, int x, int y, int w, struct gppi_error *err)
{
	int rc = find_range(m, err);

	if (rc < 0)
		return rc;
	const double scale = fmin((double)w / m->n[0], (double)MAP_H / m->n[1]);
	m->w = (int)fmax(m->n[0] * scale, 1);
	m->h = (int)fmax(m->n[1] * scale, 1);
	uint8_t *touch = malloc((size_t)m->w * (size_t)m->h);
	if (!touch)
		return err_set(err, GPPI_E_NOMEM, "not enough memory for a map of the growth plate");
	canvas_text(c, x, y, TEXT_NORMAL, white, m->title);
	draw_bins(m, c, x, y + MAP_Y, touch);
	canvas_edge(c, x, y + MAP_Y, m->w, m->h, touch, 1, 1, mark);
	draw_touch(m, c, x, y + MAP_Y);
	draw_bar(m, c, x, y + BAR_Y, w);
	canvas_fill(c, x + w - (int)(scale / m->bin_mm / 2), y + MAP_Y + MAP_H - 6, (int)(scale / m->bin_mm / 2), 4,
		    white, 1);
	canvas_text(c, x + w - canvas_text_width(TEXT_NORMAL, "0.5 mm"), y + MAP_Y + MAP_H - 28, TEXT_NORMAL, white,
		    "0.5 mm");
	free(touch);
	return 0;
}

static int say(struct canvas *c, int x, int y, int w, struct colour colour, const char *text)
{
	return y + LINE * canvas_paragraph(c, x, y, w, TEXT_NORMAL, LINE, 3, colour, text) + 4;
}

/* Numbers of the plate, and how the maps are read. */
static void words(const struct bone *bone, struct canvas *c, int x, int y, int w)
{
	const struct plate *p = &bone->measures->knee.plate;
	char text[160], a[16], b[16], share[16];

	snprintf(text, sizeof text, "Plate.Th %s \u00b1 %s \u00b5m, both sides seen in %.0f %%",
		 number_short(a, sizeof a, 3, 1000 * p->thick), number_short(b, sizeof b, 3, 1000 * p->thick_sd),
		 100 * p->seen);
	y = say(c, x, y + MAP_Y, w, white, text);
	snprintf(text, sizeof text, "tilt %s\u00b0, area %s mm\u00b2", number_short(a, sizeof a, 3, p->tilt_deg),
		 number_short(b, sizeof b, 3, p->area_mm2));
	y = say(c, x, y, w, white, text);
	if (p->why_bridges)
		snprintf(text, sizeof text, "bridges not counted: %s", p->why_bridges);
	else
		snprintf(text, sizeof text, "bridges %d, %s %% of the area", p->bridges,
			 number_short(share, sizeof share, 2, 100 * p->bridge_share));
	y = say(c, x, y, w, white, text);
	snprintf(text, sizeof text, "%.0f %% of the plate ends before the plane", 100 * p->passed);
	y = say(c, x, y, w, white, text);
	y = say(c, x, y, w, dim, "white: the plane. Lines: the plate ends within 2 slices of it; cross: there, nearest "
				 "to the middle");
	say(c, x, y, w, dim, "seen along the bone, as the slices are: x to the right, y down. Pale: taken from around");
}

int qc_plate_draw(const struct bone *bone, struct canvas *c, int x, int y, int w, int step, struct gppi_error *err)
{
	const struct bone_knee *k = &bone->measures->knee;
	const double plane = (bone->result.gppi - k->place.origin) * k->place.step, um = bone->result.spacing_um[2];
	const double bin_mm = k->plate.bin * bone->result.spacing_um[0] / 1000;
	struct map map[2] = {
		{ &k->plate, "plate thickness", .plane = plane, .um = um, .bin_mm = bin_mm },
		{ &k->plate, "end of the plate, from the plane", .plane = plane, .um = um, .bin_mm = bin_mm,
		  .level = true },
	};
	int rc = 0;

	canvas_text(c, x, y, TEXT_NORMAL, white, "growth plate");
	if (k->plate.why) {
		say(c, x, y + MAP_Y, w, dim, k->plate.why);
		return 0;
	}
	words(bone, c, x, y, w);
	for (int i = 0; i < 2 && rc >= 0; i++)
		rc = draw_map(&map[i], c, x + (i + 1) * step, y, w, err);
	return rc;
}

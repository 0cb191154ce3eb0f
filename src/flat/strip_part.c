#include "flat/strip_part.h"

#include <stdlib.h>

#include "base/size.h"
#include "find/components.h"

#define FILLED 0.25      /* of a block with bone in it: a thin shell fills no more */
#define PART_LARGE 0.1   /* of the largest part's blocks: no fragment */
#define PART_IN_LINE 0.5 /* of a part's columns that the largest one has too: above or below it, not beside it */

struct extent {
	int blocks, lo, hi; /* columns lo..hi */
};

/* Noise has bright pixels but a low mean, tissue a mean but no bright pixels. */
static bool filled(const struct picture *p, const struct strip_levels *l, int side, int row, int column)
{
	int r1 = (row + 1) * side < p->h ? (row + 1) * side : p->h;
	int x1 = (column + 1) * side < p->w ? (column + 1) * side : p->w, bright = 0;
	double sum = 0, least = FILLED * side * side;

	for (int r = row * side; r < r1; r++)
		for (int x = column * side; x < x1; x++) {
			int g = p->grey[(size_t)r * (size_t)p->w + (size_t)x];
			sum += g - l->ground;
			bright += g > l->threshold;
		}
	return bright > least && sum > least * (l->bright - l->ground);
}

/* wide: 1 where a block or one beside it, also across corners, is filled. */
static void widen(const struct strip_part *part, uint8_t *wide)
{
	for (int r = 0; r < part->h; r++)
		for (int x = 0; x < part->w; x++)
			for (int i = r > 0 ? r - 1 : 0; i <= r + 1 && i < part->h; i++)
				for (int k = x > 0 ? x - 1 : 0; k <= x + 1 && k < part->w; k++)
					wide[(size_t)r * (size_t)part->w + (size_t)x] |=
						part->bone[(size_t)i * (size_t)part->w + (size_t)k];
}

static void measure(const struct strip_part *part, const struct components *runs, struct extent *of)
{
	for (int i = 0; i < runs->parts; i++)
		of[i] = (struct extent){ .lo = part->w, .hi = -1 };
	for (int r = 0; r < part->h; r++)
		for (int32_t i = runs->row[r]; i < runs->row[r + 1]; i++) {
			const struct run *run = &runs->run[i];
			struct extent *e = &of[run->part];
			for (int x = run->first; x < run->end; x++) {
				if (!part->bone[(size_t)r * (size_t)part->w + (size_t)x])
					continue;
				e->blocks++;
				e->lo = x < e->lo ? x : e->lo;
				e->hi = x > e->hi ? x : e->hi;
			}
		}
}

static bool belongs(const struct extent *e, const struct extent *largest)
{
	int lo = e->lo > largest->lo ? e->lo : largest->lo, hi = e->hi < largest->hi ? e->hi : largest->hi;

	return e == largest || (e->blocks >= PART_LARGE * largest->blocks &&
				hi - lo + 1 >= PART_IN_LINE * (e->hi - e->lo + 1));
}

static void keep(struct strip_part *part, const struct components *runs, const struct extent *of)
{
	const struct extent *largest = of;

	for (int i = 1; i < runs->parts; i++)
		if (of[i].blocks > largest->blocks)
			largest = &of[i];
	for (int r = 0; r < part->h; r++)
		for (int32_t i = runs->row[r]; i < runs->row[r + 1]; i++) /* outside of them nothing is filled */
			for (int x = runs->run[i].first; x < runs->run[i].end; x++)
				part->bone[(size_t)r * (size_t)part->w + (size_t)x] =
					belongs(&of[runs->run[i].part], largest);
}

int strip_part_find(const struct picture *p, const struct strip_levels *levels, int side, const char *path,
		    struct strip_part *out, struct gppi_error *err)
{
	struct components runs = { 0 };
	struct extent *of = NULL;
	uint8_t *wide = NULL;
	size_t blocks;
	int rc = GPPI_E_NOMEM;

	*out = (struct strip_part){ .side = side, .w = (p->w - 1) / side + 1, .h = (p->h - 1) / side + 1 };
	if (size_mul((size_t)out->w, (size_t)out->h, &blocks)) {
		out->bone = malloc(blocks);
		wide = calloc(blocks, 1);
	}
	if (!out->bone || !wide)
		goto end;
	for (int r = 0; r < out->h; r++)
		for (int x = 0; x < out->w; x++)
			out->bone[(size_t)r * (size_t)out->w + (size_t)x] = filled(p, levels, side, r, x);
	widen(out, wide);
	rc = components_find(wide, (const int[3]){ out->w, out->h, 1 }, 1, JOINED_IN_SLICES, &runs);
	if (rc == 0 && !(of = calloc((size_t)runs.parts + 1, sizeof *of)))
		rc = GPPI_E_NOMEM;
	if (rc == 0) {
		measure(out, &runs, of);
		keep(out, &runs, of);
	}
end:
	components_free(&runs);
	free(of);
	free(wide);
	return rc < 0 ? err_set(err, rc, "%s: not enough memory for the picture", path) : 0;
}

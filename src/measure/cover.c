#include "measure/cover.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "measure/grid.h"

#define ROWS MEASURE_ROWS
#define SMALL 31 /* discs with up to so many voxels to each side have their rows in a table: 63 bits of a word */
#define LEFT 64  /* columns before x = 0 */
#define TOP 32   /* rows before y = 0; a multiple of 8, at least SMALL */

/* ---- shapes ---- */

/* Rows of one disc, centre at bit SMALL, with 8 empty ones on both sides. */
static void draw(const struct cover_discs *d, int s, uint64_t *row)
{
	const int reach = d->half[s];

	memset(row, 0, (size_t)(2 * reach + 1 + 2 * ROWS) * sizeof *row);
	for (int dy = -reach; dy <= reach; dy++) {
		int w = d->half[s - dy * dy];
		row[ROWS + reach + dy] = (UINT64_MAX >> (63 - 2 * w)) << (SMALL - w);
	}
}

/* Squared radii that no sum of two squares parts have the same disc. */
static bool same_disc(const struct cover_discs *d, int s)
{
	for (int a = 0; a * a <= s - 1; a++)
		if (d->half[s - a * a] != d->half[s - 1 - a * a])
			return false;
	return true;
}

/* The voxel of the disc that is farthest from the centre beside lies opposite to it. */
static void fill_beside(const struct cover_discs *d)
{
	for (int a = 0; a <= d->half[d->largest]; a++)
		for (int b = 0; b <= a && a * a + b * b < d->largest; b++) {
			int o2 = a * a + b * b, need = o2 + 2 * a + 2;
			need = need < UINT16_MAX ? need : UINT16_MAX;
			if (need > d->beside[o2 + 1])
				d->beside[o2 + 1] = (uint16_t)need;
		}
	for (int s = 1; s <= d->largest; s++)
		if (d->beside[s] < d->beside[s - 1])
			d->beside[s] = d->beside[s - 1];
}

int cover_discs_make(int largest, struct cover_discs *out, struct gppi_error *err)
{
	const int small = largest < SMALL * SMALL ? largest : SMALL * SMALL;
	uint32_t rows = 0;

	*out = (struct cover_discs){ .largest = largest, .kernel = measure_kernels() };
	out->half = calloc((size_t)largest + 1, 1);
	out->beside = calloc((size_t)largest + 1, sizeof *out->beside);
	out->shape = calloc((size_t)small + 1, sizeof *out->shape);
	if (!out->half || !out->beside || !out->shape)
		return err_set(err, GPPI_E_NOMEM, "out of memory for discs");
	for (int s = 1, w = 0; s <= largest; s++) {
		while ((w + 1) * (w + 1) < s)
			w++;
		out->half[s] = (uint8_t)w;
	}
	fill_beside(out);
	for (int s = 1; s <= small; s++) {
		bool same = s > 1 && same_disc(out, s);
		out->shape[s] = same ? out->shape[s - 1] : rows;
		rows += same ? 0 : (uint32_t)(2 * out->half[s] + 1 + 2 * ROWS);
	}
	out->row = malloc((size_t)(rows ? rows : 1) * sizeof *out->row);
	if (!out->row)
		return err_set(err, GPPI_E_NOMEM, "out of memory for discs");
	for (int s = 1; s <= small; s++)
		draw(out, s, out->row + out->shape[s]);
	return 0;
}

void cover_discs_free(struct cover_discs *d)
{
	free(d->half);
	free(d->beside);
	free(d->shape);
	free(d->row);
	*d = (struct cover_discs){ 0 };
}

/* ---- a slice ---- */

int cover_make(const struct cover_discs *discs, int nx, int ny, struct cover *out, struct gppi_error *err)
{
	*out = (struct cover){ .discs = discs, .nx = nx, .ny = ny, .columns = (LEFT + nx + SMALL) / 64 + 2,
			       .blocks = (2 * TOP + ny) / ROWS + 1 };
	size_t words = (size_t)out->columns * (size_t)out->blocks;

	out->bit = calloc(words, ROWS * sizeof *out->bit);
	out->full = calloc(words, sizeof *out->full);
	out->done = calloc((size_t)(nx + 2) * (size_t)(ny + 2), sizeof *out->done);
	return out->bit && out->full && out->done
		       ? 0
		       : err_set(err, GPPI_E_NOMEM, "out of memory for a slice of %d x %d", nx, ny);
}

void cover_free(struct cover *c)
{
	free(c->bit);
	free(c->full);
	free(c->done);
	*c = (struct cover){ 0 };
}

static void note_full(struct cover *c, int column, int block)
{
	const uint64_t *bit = c->bit + ((size_t)column * (size_t)c->blocks + (size_t)block) * ROWS;
	uint64_t all = UINT64_MAX;

	for (int i = 0; i < ROWS; i++)
		all &= bit[i];
	c->full[(size_t)column * (size_t)c->blocks + (size_t)block] = all;
}

void cover_begin(struct cover *c, const uint8_t *want, uint16_t *map)
{
	const size_t height = (size_t)c->blocks * ROWS;

	c->map = map;
	if (map)
		memset(map, 0, (size_t)c->nx * (size_t)c->ny * sizeof *map);
	memset(c->done, 0, (size_t)(c->nx + 2) * (size_t)(c->ny + 2) * sizeof *c->done);
	memset(c->bit, 0xff, (size_t)c->columns * height * sizeof *c->bit);
	for (int y = 0; y < c->ny; y++, want += c->nx)
		for (int x = 0; x < c->nx; x += 64) {
			const int n = c->nx - x < 64 ? c->nx - x : 64;
			c->bit[(size_t)(x + LEFT) / 64 * height + (size_t)(y + TOP)] =
				grid_zeros(want + x, n) | (n < 64 ? UINT64_MAX << n : 0);
		}
	for (int column = 0; column < c->columns; column++)
		for (int block = 0; block < c->blocks; block++)
			note_full(c, column, block);
}

/* New voxels of 8 rows of a column: counted, and written to the map. */
static size_t note_fresh(struct cover *c, int column, int block, const uint64_t fresh[ROWS], uint16_t value)
{
	size_t n = 0;

	for (int i = 0; i < ROWS; i++) {
		n += (size_t)__builtin_popcountll(fresh[i]);
		for (uint64_t left = c->map ? fresh[i] : 0; left; left &= left - 1)
			c->map[(size_t)(block * ROWS + i - TOP) * (size_t)c->nx +
			       (size_t)(column * 64 + __builtin_ctzll(left) - LEFT)] = value;
	}
	if (n)
		note_full(c, column, block);
	return n;
}

static size_t cover_small(struct cover *c, int x, int y, int s, uint16_t value)
{
	const int reach = c->discs->half[s], from = x + LEFT - SMALL, column = from / 64, shift = from % 64;
	const int y0 = y + TOP - reach, first = y0 / ROWS, last = (y0 + 2 * reach) / ROWS;
	const uint64_t *row = c->discs->row + c->discs->shape[s] + ROWS - y0 % ROWS;
	const size_t blocks = (size_t)c->blocks, at = (size_t)column * blocks;
	uint64_t fresh[2 * ROWS];
	size_t n = 0;

	for (int b = first; b <= last; b++, row += ROWS) {
		/* the widest row of the block is the one nearest to the centre */
		int middle = y + TOP - b * ROWS;
		const uint64_t wide = row[middle < 0 ? 0 : middle < ROWS ? middle : ROWS - 1];
		const uint64_t lo = wide << shift, hi = wide >> 1 >> (63 - shift), *full = c->full + at + (size_t)b;
		if (!((lo & ~full[0]) | (hi & ~full[blocks])))
			continue;
		uint64_t *bit = c->bit + (at + (size_t)b) * ROWS;
		if (c->discs->kernel->cover(bit, bit + blocks * ROWS, row, shift, fresh))
			n += note_fresh(c, column, b, fresh, value) + note_fresh(c, column + 1, b, fresh + ROWS, value);
	}
	return n;
}

/* Bits `from` to `to`, in voxels from the beginning of a column, as far as they lie in it. */
static uint64_t span(int from, int to)
{
	from = from < 0 ? 0 : from;
	to = to > 63 ? 63 : to;
	return from > to ? 0 : (UINT64_MAX >> (63 - to + from)) << from;
}

static size_t cover_block(struct cover *c, int column, int block, int x, int y, int s, uint16_t value)
{
	uint64_t *bit = c->bit + ((size_t)column * (size_t)c->blocks + (size_t)block) * ROWS, fresh[ROWS] = { 0 };

	for (int i = 0; i < ROWS; i++) {
		int left = s - (block * ROWS + i - y) * (block * ROWS + i - y);
		if (left <= 0)
			continue;
		int w = c->discs->half[left];
		uint64_t mask = span(x - w - column * 64, x + w - column * 64);
		fresh[i] = mask & ~bit[i];
		bit[i] |= mask;
	}
	return note_fresh(c, column, block, fresh, value);
}

/* A disc of any size; x and y count from the beginning of the bits. */
static size_t cover_large(struct cover *c, int x, int y, int s, uint16_t value)
{
	const int reach = c->discs->half[s];
	int x0 = x - reach < 0 ? 0 : (x - reach) / 64, x1 = (x + reach) / 64;
	int y0 = y - reach < 0 ? 0 : (y - reach) / ROWS, y1 = (y + reach) / ROWS;
	size_t n = 0;

	x1 = x1 < c->columns ? x1 : c->columns - 1;
	y1 = y1 < c->blocks ? y1 : c->blocks - 1;
	for (int column = x0; column <= x1; column++) {
		uint64_t wide = span(x - reach - column * 64, x + reach - column * 64);
		for (int b = y0; b <= y1; b++)
			if (wide & ~c->full[(size_t)column * (size_t)c->blocks + (size_t)b])
				n += cover_block(c, column, b, x, y, s, value);
	}
	return n;
}

/* Is it part of a disc that was there before? */
static bool is_done(struct cover *c, int x, int y, int s)
{
	const size_t stride = (size_t)c->nx + 2;
	uint16_t *at = c->done + (size_t)(y + 1) * stride + (size_t)(x + 1);

	if (at[0] >= s)
		return true;
	at[0] = (uint16_t)s;
	const int need = c->discs->beside[s];
	return at[1] >= need || at[-1] >= need || at[stride] >= need || *(at - stride) >= need;
}

size_t cover_disc(struct cover *c, int x, int y, int s, uint16_t value)
{
	if (is_done(c, x, y, s))
		return 0;
	if (s <= SMALL * SMALL)
		return cover_small(c, x, y, s, value);
	return cover_large(c, x + LEFT, y + TOP, s, value);
}

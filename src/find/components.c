#include "find/components.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/size.h"

struct list {
	struct run *run;
	int32_t n, room;
};

static int list_add(struct list *l, int first, int end)
{
	if (l->n == l->room) {
		size_t room = l->room ? 2 * (size_t)l->room : 4096, bytes;
		if (room > INT32_MAX || !size_mul(room, sizeof *l->run, &bytes))
			return GPPI_E_NOMEM;
		struct run *grown = realloc(l->run, bytes);
		if (!grown)
			return GPPI_E_NOMEM;
		l->run = grown;
		l->room = (int32_t)room;
	}
	l->run[l->n] = (struct run){ first, end, l->n };
	l->n++;
	return 0;
}

/* How many of the first bytes of a word in memory are 0, at least. */
static int zeros_before(uint64_t word)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_ctzll(word) / 8 : 0;
}

/* Most of a volume is empty: zeros are passed eight at a time. */
static int next_begin(const uint8_t *v, int x, int n, uint8_t least)
{
	uint64_t word;

	while (x < n && v[x] < least) {
		x++;
		for (; x + (int)sizeof word <= n; x += (int)sizeof word) {
			memcpy(&word, v + x, sizeof word);
			if (word)
				break;
		}
		if (x + (int)sizeof word <= n)
			x += zeros_before(word);
	}
	return x;
}

/* The end of a run; of ones, eight at a time. */
static int next_end(const uint8_t *v, int x, int n, uint8_t least)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t word;

	while (x < n && v[x] >= least) {
		x++;
		for (; least == 1 && x + (int)sizeof word <= n; x += (int)sizeof word) {
			memcpy(&word, v + x, sizeof word);
			if (word != ones)
				break;
		}
		if (least == 1 && x + (int)sizeof word <= n)
			x += zeros_before(word ^ ones);
	}
	return x;
}

static int add_row(struct list *l, const uint8_t *v, int n, uint8_t least)
{
	int rc = 0;

	for (int x = next_begin(v, 0, n, least); x < n && rc == 0; x = next_begin(v, x, n, least)) {
		const int first = x;
		x = next_end(v, x, n, least);
		rc = list_add(l, first, x);
	}
	return rc;
}

/* Until they are numbered, part is an earlier run of the same component, or the run itself. */
static int32_t root(struct run *r, int32_t i)
{
	while (r[i].part != i)
		i = r[i].part = r[r[i].part].part;
	return i;
}

static void join(struct run *r, int32_t a, int32_t b)
{
	a = root(r, a);
	b = root(r, b);
	if (a < b)
		r[b].part = a;
	else
		r[a].part = b;
}

/* Joins what overlaps of runs a..a_end-1 and b..b_end-1; apart 1: also what meets at a corner. */
static void join_rows(struct run *r, int32_t a, int32_t a_end, int32_t b, int32_t b_end, int apart)
{
	while (a < a_end && b < b_end) {
		if (r[a].first < r[b].end + apart && r[b].first < r[a].end + apart)
			join(r, a, b);
		if (r[a].end < r[b].end)
			a++;
		else
			b++;
	}
}

static void number(struct components *r, int32_t n)
{
	r->parts = 0;
	for (int32_t i = 0; i < n; i++) /* earlier runs are numbered already */
		r->run[i].part = r->run[i].part == i ? r->parts++ : r->run[r->run[i].part].part;
}

int components_find(const uint8_t *value, const int n[3], uint8_t least, enum components_joined how,
		    struct components *out)
{
	struct list l = { 0 };
	size_t rows = (size_t)n[1] * (size_t)n[2];
	int32_t *row = out->row = malloc((rows + 1) * sizeof *row);
	int rc = row ? 0 : GPPI_E_NOMEM;

	out->run = NULL;
	out->parts = 0;
	for (size_t i = 0; i < rows && rc == 0; i++) {
		row[i] = l.n;
		rc = add_row(&l, value + i * (size_t)n[0], n[0], least);
		if (rc < 0)
			break;
		row[i + 1] = l.n;
		const size_t ny = (size_t)n[1], y = i % ny;
		const int apart = how == JOINED_BY_CORNERS;
		if (y > 0)
			join_rows(l.run, row[i - 1], row[i], row[i], l.n, apart);
		if (how == JOINED_IN_SLICES || i < ny)
			continue;
		join_rows(l.run, row[i - ny], row[i - ny + 1], row[i], l.n, apart);
		if (apart && y > 0)
			join_rows(l.run, row[i - ny - 1], row[i - ny], row[i], l.n, apart);
		if (apart && y + 1 < ny)
			join_rows(l.run, row[i - ny + 1], row[i - ny + 2], row[i], l.n, apart);
	}
	out->run = l.run;
	if (rc == 0)
		number(out, l.n);
	return rc;
}

void components_free(struct components *r)
{
	free(r->run);
	free(r->row);
	r->run = NULL;
	r->row = NULL;
}

#include "scan/tar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MOST ((uint64_t)1 << 50)
#define EXTRA_MOST 65536 /* bytes of a header that describes the next member */
#define EXTRAS_MOST 16   /* such headers in a row */

enum {
	NAME_AT = 0,
	NAME_BYTES = 100,
	SIZE_AT = 124,
	SIZE_BYTES = 12,
	SUM_AT = 148,
	SUM_BYTES = 8,
	TYPE_AT = 156,
	MAGIC_AT = 257
};

struct extra { /* what pax and GNU headers say of the next member */
	bool sized;
	uint64_t bytes;
	char name[256];
};

static int damaged(const struct tar *t, const char *what, struct gppi_error *err)
{
	return err_set(err, GPPI_E_FORMAT, "%s: the tar archive is damaged (%s); send it again", t->label, what);
}

static int cut(const struct tar *t, struct gppi_error *err)
{
	return err_set(err, GPPI_E_FORMAT, "%s: the tar archive ends too early; it was cut on its way, send it again",
		       t->label);
}

static int exactly(struct tar *t, void *dst, size_t n, struct gppi_error *err)
{
	size_t got;
	int rc = t->read(t->source, dst, n, &got, err);

	return rc < 0 ? rc : got < n ? cut(t, err) : 0;
}

/* Octal digits between blanks, or GNU's form of 256 values a byte. */
static bool number_of(const uint8_t *field, size_t n, uint64_t *out)
{
	size_t i = 0;

	*out = 0;
	if (field[0] == 0x80) {
		for (i = 1; i < n; i++) {
			if (*out > SIZE_MOST)
				return false;
			*out = *out << 8 | field[i];
		}
		return *out <= SIZE_MOST;
	}
	while (i < n && field[i] == ' ')
		i++;
	size_t first = i;
	for (; i < n && field[i] >= '0' && field[i] <= '7'; i++)
		*out = *out << 3 | (uint64_t)(field[i] - '0');
	bool some = i > first;
	while (i < n && (field[i] == ' ' || !field[i]))
		i++;
	return some && i == n && *out <= SIZE_MOST;
}

static bool sum_holds(const uint8_t *h)
{
	uint64_t said, sum = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i >= SUM_AT && i < SUM_AT + SUM_BYTES ? ' ' : h[i];
	return number_of(h + SUM_AT, SUM_BYTES, &said) && said == sum;
}

bool tar_sniff(const uint8_t *head, size_t n)
{
	return n >= TAR_BLOCK && memcmp(head + MAGIC_AT, "ustar", 5) == 0 && sum_holds(head);
}

/* The last part of a path of n bytes, or of those before a zero. */
static void take_name(const char *path, size_t n, char name[256])
{
	const char *zero = memchr(path, 0, n);
	size_t end = zero ? (size_t)(zero - path) : n;

	while (end && path[end - 1] == '/')
		end--;
	size_t begin = end;
	while (begin && path[begin - 1] != '/')
		begin--;
	snprintf(name, 256, "%.*s", (int)(end - begin < 255 ? end - begin : 255), path + begin);
}

/* ---- headers that describe the next member ---- */

static int take_record(const struct tar *t, const char *key, const char *value, size_t n, struct extra *extra,
		       struct gppi_error *err)
{
	char *end;

	if (strncmp(key, "GNU.sparse.", 11) == 0)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: the tar archive holds a sparse file; make it without --sparse", t->label);
	if (strncmp(key, "path=", 5) == 0)
		take_name(value, n, extra->name);
	if (strncmp(key, "size=", 5) != 0)
		return 0;
	extra->bytes = strtoull(value, &end, 10);
	extra->sized = true;
	if (end != value + n || value[0] < '0' || value[0] > '9' || extra->bytes > SIZE_MOST)
		return damaged(t, "a pax header's size", err);
	return 0;
}

/* Records of "LENGTH KEY=VALUE\n", where LENGTH counts all of it. */
static int take_pax(const struct tar *t, char *text, size_t size, struct extra *extra, struct gppi_error *err)
{
	for (char *at = text, *end = text + size; at < end;) {
		char *key;
		unsigned long n = *at >= '0' && *at <= '9' ? strtoul(at, &key, 10) : 0;
		if (n == 0 || n > (size_t)(end - at) || *key != ' ' || at[n - 1] != '\n' || key + 1 >= at + n)
			return damaged(t, "a pax header", err);
		key++;
		char *value = memchr(key, '=', (size_t)(at + n - key));
		if (!value)
			return damaged(t, "a pax header", err);
		at[n - 1] = 0;
		int rc = take_record(t, key, value + 1, (size_t)(at + n - 1 - (value + 1)), extra, err);
		if (rc < 0)
			return rc;
		at += n;
	}
	return 0;
}

/* kind: 'x' and 'g' of pax, 'L' and 'K' of GNU. */
static int take_extra(struct tar *t, char kind, uint64_t bytes, struct extra *extra, struct gppi_error *err)
{
	size_t n = (size_t)((bytes + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK);
	char *text;

	if (bytes > EXTRA_MOST)
		return damaged(t, "a header of too many bytes", err);
	if (!(text = calloc(n + 1, 1)))
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", t->label);
	int rc = exactly(t, text, n, err);
	text[bytes] = 0;
	struct extra global = { 0 }; /* of all members: only looked at */
	if (rc == 0 && (kind == 'x' || kind == 'g'))
		rc = take_pax(t, text, (size_t)bytes, kind == 'x' ? extra : &global, err);
	else if (rc == 0 && kind == 'L')
		take_name(text, (size_t)bytes, extra->name);
	free(text);
	return rc;
}

/* ---- members ---- */

static int skip(struct tar *t, struct gppi_error *err)
{
	uint8_t chunk[16384];
	int rc = 0;

	for (uint64_t n = t->left + t->pad; n && rc == 0;) {
		size_t part = n < sizeof chunk ? (size_t)n : sizeof chunk;
		rc = exactly(t, chunk, part, err);
		n -= part;
	}
	t->left = t->pad = 0;
	return rc;
}

/* 1: a header, 0: the end of the archive. */
static int next_header(struct tar *t, uint8_t h[TAR_BLOCK], uint64_t *bytes, struct gppi_error *err)
{
	int rc = exactly(t, h, TAR_BLOCK, err);

	if (rc < 0)
		return rc;
	if (!h[0] && !memcmp(h, h + 1, TAR_BLOCK - 1))
		return 0;
	if (!tar_sniff(h, TAR_BLOCK))
		return damaged(t, "a header", err);
	if (!number_of(h + SIZE_AT, SIZE_BYTES, bytes))
		return damaged(t, "the size of a file", err);
	return 1;
}

static int take_member(struct tar *t, const uint8_t *h, uint64_t bytes, const struct extra *extra,
		       struct tar_member *out, struct gppi_error *err)
{
	char type = (char)h[TYPE_AT];

	if (type == 'S' || type == 'M')
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: the tar archive holds a %s file; make it without",
			       t->label, type == 'S' ? "sparse" : "divided");
	*out = (struct tar_member){ .file = type == '0' || type == 0 || type == '7',
				    .bytes = extra->sized ? extra->bytes : bytes };
	if (*extra->name)
		memcpy(out->name, extra->name, sizeof out->name);
	else
		take_name((const char *)h + NAME_AT, NAME_BYTES, out->name);
	if (type >= '2' && type <= '6') /* links and folders; some writers give these a size */
		out->bytes = 0;
	t->left = out->bytes;
	t->pad = (TAR_BLOCK - out->bytes % TAR_BLOCK) % TAR_BLOCK;
	return 1;
}

int tar_next(struct tar *t, struct tar_member *out, struct gppi_error *err)
{
	struct extra extra = { 0 };
	uint8_t h[TAR_BLOCK];
	uint64_t bytes = 0;
	int rc = skip(t, err);

	for (int extras = 0; rc == 0 && (rc = next_header(t, h, &bytes, err)) > 0; extras++) {
		if (!memchr("xgLK", h[TYPE_AT], 4))
			return take_member(t, h, bytes, &extra, out, err);
		if (extras == EXTRAS_MOST)
			return damaged(t, "too many headers for one file", err);
		rc = take_extra(t, (char)h[TYPE_AT], bytes, &extra, err);
	}
	return rc;
}

int tar_read(struct tar *t, void *dst, size_t n, size_t *got, struct gppi_error *err)
{
	*got = n < t->left ? n : (size_t)t->left;
	int rc = exactly(t, dst, *got, err);

	t->left -= *got;
	return rc;
}

#define _POSIX_C_SOURCE 200809L
#include "scan/dicom_walk.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"
#include "base/stop.h"

#define BLOCK 4096 /* of the file; most headers are in the first one */
#define UNDEFINED 0xffffffffu

#define ITEM 0xfffee000u
#define ITEM_END 0xfffee00du
#define SEQUENCE_END 0xfffee0ddu
#define PIXEL_DATA 0x7fe00010u
#define META_LENGTH 0x00020000u
#define TRANSFER_SYNTAX 0x00020010u

enum kind { ELEMENTS, ITEMS, FRAGMENTS }; /* a data set or item; a sequence; compressed pixels */

struct level {
	enum kind kind;
	bool open;          /* ends with a delimiter, not after a length */
	bool implicit, big; /* how its elements are written */
	uint64_t end;       /* it cannot go on behind this */
	uint32_t last;      /* the highest tag so far */
	uint32_t elements, creators;
};

struct walk {
	const char *path;
	struct err *err;
	int fd;
	uint64_t size, at;
	uint64_t parts, work;
	char transfer[80];  /* transfer syntax of the meta header */
	bool told;          /* there is one, which may be empty */
	const struct dicom_text *wanted;
	int nwanted;
	int top;
	struct level level[2 * DICOM_DEPTH_MOST + 1]; /* the data set, then sequences and their items in turn */
	uint64_t block_at;
	size_t block_bytes;
	uint8_t block[BLOCK];
};

struct element {
	uint32_t tag, length;
	char type[2]; /* zeros where the file does not say */
	unsigned head; /* bytes before the value */
};

static int damaged(struct walk *w, const char *what)
{
	return err_set(w->err, GPPI_E_FORMAT, "%s: is a damaged DICOM file (%s at byte %llu); copy it again or remove it",
		       w->path, what, (unsigned long long)w->at);
}

/* n bytes (at most 16) of the file; NULL where it ends before. */
static const uint8_t *look(struct walk *w, uint64_t at, size_t n)
{
	if (at > w->size || w->size - at < n)
		return NULL;
	if (at < w->block_at || at + n > w->block_at + w->block_bytes) {
		ssize_t got = os_read_at(w->fd, w->block, BLOCK, at);
		w->block_at = at;
		w->block_bytes = got > 0 ? (size_t)got : 0;
		if (w->block_bytes < n)
			return NULL;
	}
	return w->block + (at - w->block_at);
}

static unsigned u16(const uint8_t *p, bool big)
{
	return big ? (unsigned)p[0] << 8 | p[1] : (unsigned)p[1] << 8 | p[0];
}

static uint32_t u32(const uint8_t *p, bool big)
{
	return big ? (uint32_t)u16(p, true) << 16 | u16(p + 2, true) : (uint32_t)u16(p + 2, false) << 16 | u16(p, false);
}

static uint32_t tag_at(const uint8_t *p, bool big)
{
	return (uint32_t)u16(p, big) << 16 | u16(p + 2, big);
}

/* ---- types of values ---- */

static bool is_in(const char *list, const char type[2])
{
	for (; *list; list += 3)
		if (list[0] == type[0] && list[1] == type[1])
			return true;
	return false;
}

static bool is_type(const char type[2], const char *name)
{
	return type[0] == name[0] && type[1] == name[1];
}

static bool upper(const char type[2])
{
	return type[0] >= 'A' && type[0] <= 'Z' && type[1] >= 'A' && type[1] <= 'Z';
}

static const char short_types[] = "AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US ";
static const char long_types[] = "OB OD OF OL OV OW SQ SV UC UN UR UT UV ";

static bool known_type(const char type[2])
{
	return is_in(short_types, type) || is_in(long_types, type);
}

/* Types still to come have lengths of four bytes; what is no type at all has two. */
static bool long_length(const char type[2])
{
	return upper(type) && !is_in(short_types, type);
}

/* ---- one element ---- */

/* 1: read; 0: the level has too few bytes left for one. */
static int read_head(struct walk *w, const struct level *l, struct element *e)
{
	const uint8_t *p = l->end - w->at >= 8 ? look(w, w->at, 8) : NULL;

	if (!p)
		return 0;
	*e = (struct element){ .tag = tag_at(p, l->big), .head = 8 };
	if (l->implicit || e->tag >> 16 == 0xfffe) {
		e->length = u32(p + 4, l->big);
		return 1;
	}
	memcpy(e->type, p + 4, 2);
	/* dcmtk has types of its own in small letters, which no file has */
	if (is_in("ox px xs lt na up pi ", e->type))
		return damaged(w, "an element of an unknown type");
	if (!long_length(e->type)) {
		e->length = u16(p + 6, l->big);
		return 1;
	}
	p = l->end - w->at >= 12 ? look(w, w->at, 12) : NULL;
	if (!p)
		return 0;
	e->length = u32(p + 8, l->big);
	e->head = 12;
	return 1;
}

/* dcmtk keeps elements in order: one that comes too late is searched for from the end. The owner of a private
 * element is searched for among all of the item. */
static int charge(struct walk *w, struct level *l, uint32_t tag)
{
	unsigned group = tag >> 16, element = tag & 0xffff;

	if (l->elements && tag <= l->last)
		w->work += l->elements;
	else
		l->last = tag;
	l->elements++;
	if (group & 1 && element >= 0x10 && element <= 0xff)
		l->creators++;
	else if (group & 1 && element >= 0x1000)
		w->work += l->creators;
	if (w->work > DICOM_WORK_MOST)
		return damaged(w, "too many elements out of order");
	return 0;
}

static int count(struct walk *w)
{
	if (++w->parts > DICOM_PARTS_MOST)
		return damaged(w, "more elements and items than any image has");
	return w->parts % 4096 == 0 ? stop_asked(w->err) : 0;
}

static int push(struct walk *w, struct level l, uint64_t at)
{
	if (w->top + 1 == (int)(sizeof w->level / sizeof *w->level))
		return damaged(w, "sequences nested too deeply");
	w->level[++w->top] = l;
	w->at = at;
	return 0;
}

/* What a value without a length is to dcmtk. */
static int enter_open(struct walk *w, const struct level *l, const struct element *e)
{
	struct level in = { .kind = ITEMS, .open = true, .implicit = l->implicit, .big = l->big, .end = l->end };
	bool bytes = is_type(e->type, "OB") || is_type(e->type, "OW");

	bool pixels = e->tag == PIXEL_DATA && (l->implicit || bytes || is_type(e->type, "OX"));

	if (pixels || (bytes && e->tag >> 16 & 1)) { /* some makers have pixels of their own */
		in.kind = FRAGMENTS;
	} else if (is_type(e->type, "UN") || (upper(e->type) && !known_type(e->type))) {
		in.implicit = true; /* always little-endian (PS3.5 6.2.2) */
		in.big = false;
	} else if (!l->implicit && !is_type(e->type, "SQ")) {
		return damaged(w, "an element without a length");
	}
	return push(w, in, w->at + e->head);
}

/* Without types, dcmtk knows sequences by its dictionary. They are told here by what they begin with. */
static bool is_sequence(struct walk *w, const struct level *l, const struct element *e, uint64_t value)
{
	static const uint8_t item[4] = { 0xfe, 0xff, 0x00, 0xe0 }, end[4] = { 0xfe, 0xff, 0xdd, 0xe0 };

	if (!l->implicit)
		return is_type(e->type, "SQ");
	if (e->length == 0 || e->tag == PIXEL_DATA)
		return false;
	const uint8_t *p = look(w, value, 4);
	return p && (memcmp(p, item, 4) == 0 || memcmp(p, end, 4) == 0);
}

/* An element of the data set itself, where it is wanted and comes for the first time. */
static void keep_text(struct walk *w, const struct element *e, uint64_t value)
{
	for (int i = 0; i < w->nwanted; i++) {
		const struct dicom_text *t = &w->wanted[i];
		size_t n = 0;
		if (t->tag != e->tag || t->out[0])
			continue;
		for (uint32_t k = 0; k < e->length && n + 1 < t->size; k++) {
			const uint8_t *p = look(w, value + k, 1);
			if (!p || !*p || *p == '\\')
				break;
			if (n || *p != ' ')
				t->out[n++] = (char)*p;
		}
		while (n && t->out[n - 1] == ' ')
			n--;
		t->out[n] = 0;
	}
}

/* 1: one element is passed or entered; 0: the file is over. */
static int element(struct walk *w)
{
	struct level *l = &w->level[w->top];
	struct element e;
	bool outermost = w->top == 0;

	if (w->at == l->end && !l->open && !outermost) {
		w->top--;
		return 1;
	}
	int rc = read_head(w, l, &e);
	if (rc == 0)
		return outermost ? 0 : damaged(w, "an item that is cut");
	if (rc < 0)
		return rc;
	if (e.tag >> 16 == 0xfffe) {
		if (outermost) /* dcmtk reads no further */
			return 0;
		if (e.tag != ITEM_END || !l->open)
			return damaged(w, "an item that does not end properly");
		w->at += e.head;
		w->top--;
		return 1;
	}
	rc = count(w);
	if (rc == 0)
		rc = charge(w, l, e.tag);
	if (rc < 0)
		return rc;
	if (e.length == UNDEFINED && (l->implicit || long_length(e.type)))
		return enter_open(w, l, &e) < 0 ? w->err->code : 1;
	uint64_t value = w->at + e.head;
	if (e.length > l->end - value) {
		if (outermost && e.tag == PIXEL_DATA)
			return 0;
		return damaged(w, "an element longer than what it lies in");
	}
	if (is_sequence(w, l, &e, value)) {
		struct level in = { .kind = ITEMS, .implicit = l->implicit, .big = l->big, .end = value + e.length };
		return push(w, in, value) < 0 ? w->err->code : 1;
	}
	if (outermost)
		keep_text(w, &e, value);
	w->at = value + e.length;
	return 1;
}

/* One item of a sequence, one fragment, or the end of them. */
static int item(struct walk *w)
{
	const struct level *l = &w->level[w->top];

	if (w->at == l->end && !l->open) {
		w->top--;
		return 1;
	}
	const uint8_t *p = l->end - w->at >= 8 ? look(w, w->at, 8) : NULL;
	if (!p)
		return damaged(w, "a sequence that is cut");
	uint32_t tag = tag_at(p, l->big), length = u32(p + 4, l->big);
	uint64_t value = w->at + 8;
	if (tag == SEQUENCE_END && l->open) {
		w->at = value;
		w->top--;
		return 1;
	}
	if (tag != ITEM)
		return damaged(w, "a sequence that holds no item");
	if (length == UNDEFINED ? l->kind == FRAGMENTS : length > l->end - value)
		return damaged(w, "an item longer than what it lies in");
	if (count(w) < 0)
		return w->err->code;
	if (l->kind == FRAGMENTS) {
		w->at = value + length;
		return 1;
	}
	struct level in = { .kind = ELEMENTS, .open = length == UNDEFINED, .implicit = l->implicit, .big = l->big,
			    .end = length == UNDEFINED ? l->end : value + length };
	return push(w, in, value) < 0 ? w->err->code : 1;
}

/* ---- the beginning of the file ---- */

/* The first one counts, as for dcmtk. */
static int keep_transfer(struct walk *w, uint64_t at, uint32_t n)
{
	char *s = w->transfer;

	w->told = true;
	for (uint32_t i = 0; i < n && i + 1 < sizeof w->transfer; i++) {
		const uint8_t *p = look(w, at + i, 1);
		s[i] = p ? (char)*p : 0;
	}
	size_t digits = strspn(s, "0123456789."), end = digits + strspn(s + digits, " ");
	if (n >= sizeof w->transfer || s[end])
		return damaged(w, "a transfer syntax that is none");
	s[digits] = 0;
	return 0;
}

/* Reads the element of the meta header at w->at and passes it. */
static int meta_element(struct walk *w, const struct level *l, struct element *e)
{
	int rc = read_head(w, l, e);

	if (rc <= 0)
		return rc < 0 ? rc : damaged(w, "a meta header that is cut");
	uint64_t value = w->at + e->head;
	/* A wrong length of the header makes elements of the data set part of it: they may, but not sequences. */
	if (e->tag >> 16 == 0xfffe || is_type(e->type, "SQ") || (l->implicit && e->tag >> 16 != 2) ||
	    e->length > l->end - value)
		return damaged(w, "a wrong element of the meta header");
	if (e->tag == TRANSFER_SYNTAX && !w->told && keep_transfer(w, value, e->length) < 0)
		return w->err->code;
	rc = count(w);
	w->at = value + e->length;
	return rc;
}

/* Passes the meta header, where there is one. dcmtk guesses by the first type whether it has types. */
static int meta_header(struct walk *w)
{
	const uint8_t *p = look(w, w->at, 12);
	struct level l = { .end = w->size };
	struct element e;

	if (!p || p[0] != 2 || p[1] != 0)
		return p && p[0] == 0 && p[1] == 2 ? damaged(w, "a meta header in the wrong byte order") : 0;
	l.implicit = !known_type((const char *)p + 4);
	uint64_t length = u32(p + 8, false);
	bool measured = tag_at(p, false) == META_LENGTH;
	uint64_t end = w->at + 12 + length;
	if (measured && (u32(p + 4, false) != (l.implicit ? 4 : 0x00044c55) || end > w->size)) /* "UL", 4 */
		return damaged(w, "a wrong length of the meta header");
	do {
		if (meta_element(w, &l, &e) < 0)
			return w->err->code;
		p = measured ? NULL : look(w, w->at, 2);
		if (p && p[0] == 0 && p[1] == 2)
			return damaged(w, "a meta header in the wrong byte order");
	} while (measured ? w->at < end : p && p[0] == 2 && p[1] == 0);
	return 0;
}

static int packed(const struct walk *w)
{
	return err_set(w->err, GPPI_E_UNSUPPORTED, "%s: its data are deflated as a whole, which is not read; "
		       "convert it first, for example with dcmconv +te IN OUT", w->path);
}

/* How the data set at w->at is written. dcmtk knows some transfer syntaxes and guesses where it does not; for those
 * that are not told apart here, both must come to the same. */
static int data_set(struct walk *w, struct level *l)
{
	static const char root[] = "1.2.840.10008.1.2";
	const char *transfer = w->transfer;
	const uint8_t *p = look(w, w->at, 6);

	*l = (struct level){ .kind = ELEMENTS, .end = w->size };
	if (strncmp(transfer, root, sizeof root - 1) == 0) {
		const char *rest = transfer + sizeof root - 1;
		if (!strcmp(rest, ".1.99") || !strcmp(rest, ".4.95") || !strcmp(rest, ".4.205"))
			return packed(w);
		l->implicit = !*rest;
		l->big = !strcmp(rest, ".2");
		if (!*rest || l->big || !strcmp(rest, ".1"))
			return 0;
	}
	if (!strcmp(transfer, "1.2.840.113619.5.2")) { /* GE: only the pixels are big-endian */
		l->implicit = true;
		return 0;
	}
	if (!p)
		return 0;
	l->implicit = !known_type((const char *)p + 4);
	if (p[0] > 8 || p[1] || (transfer[0] && l->implicit))
		return damaged(w, "a data set that is not written as its transfer syntax says");
	return 0;
}

static int walk(struct walk *w)
{
	const uint8_t *p = look(w, 128, 4);

	w->at = p && memcmp(p, "DICM", 4) == 0 ? 132 : 0;
	int rc = meta_header(w);
	if (rc == 0)
		rc = data_set(w, &w->level[0]);
	if (rc < 0)
		return rc;
	do
		rc = w->level[w->top].kind == ELEMENTS ? element(w) : item(w);
	while (rc > 0);
	return rc;
}

int dicom_walk_texts(const char *path, const struct dicom_text *wanted, int n, struct err *err)
{
	struct walk w;
	struct err unasked = { 0 };

	w.path = path;
	w.err = err ? err : &unasked;
	w.at = w.parts = w.work = w.block_at = w.block_bytes = 0;
	w.wanted = wanted;
	w.nwanted = n;
	w.top = 0;
	w.told = false;
	memset(w.transfer, 0, sizeof w.transfer);
	for (int i = 0; i < n; i++)
		wanted[i].out[0] = 0;
	int rc = file_open(path, &w.fd, &w.size, err);
	if (rc < 0)
		return rc;
	rc = walk(&w);
	close(w.fd);
	return rc;
}

int dicom_walk(const char *path, struct err *err)
{
	return dicom_walk_texts(path, NULL, 0, err);
}

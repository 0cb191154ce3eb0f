#define _POSIX_C_SOURCE 200809L
#include "scan/dicom_walk.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "scan/dicom_walk_parts.h"

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
		return dicom_damaged(w, "too many elements out of order");
	return 0;
}

static int push(struct walk *w, struct level l, uint64_t at)
{
	if (w->top + 1 == (int)(sizeof w->level / sizeof *w->level))
		return dicom_damaged(w, "sequences nested too deeply");
	w->level[++w->top] = l;
	w->at = at;
	return 0;
}

/* How dcmtk reads a value of undefined length. */
static int enter_open(struct walk *w, const struct level *l, const struct element *e)
{
	struct level in = { .kind = ITEMS, .open = true, .implicit = l->implicit, .big = l->big, .end = l->end,
			    .tag = e->tag };
	bool bytes = dicom_is_type(e->type, "OB") || dicom_is_type(e->type, "OW");

	bool pixels = e->tag == PIXEL_DATA && (l->implicit || bytes || dicom_is_type(e->type, "OX"));

	if (pixels || (bytes && e->tag >> 16 & 1)) { /* some makers have pixels of their own */
		in.kind = FRAGMENTS;
	} else if (dicom_is_type(e->type, "UN") || (dicom_upper(e->type) && !dicom_known_type(e->type))) {
		in.implicit = true; /* always little-endian (PS3.5 6.2.2) */
		in.big = false;
	} else if (!l->implicit && !dicom_is_type(e->type, "SQ")) {
		return dicom_damaged(w, "an element without a length");
	}
	return push(w, in, w->at + e->head);
}

/* Without types, dcmtk knows sequences by its dictionary. They are told here by what they begin with. */
static bool is_sequence(struct walk *w, const struct level *l, const struct element *e, uint64_t value)
{
	static const uint8_t item[4] = { 0xfe, 0xff, 0x00, 0xe0 }, end[4] = { 0xfe, 0xff, 0xdd, 0xe0 };

	if (!l->implicit)
		return dicom_is_type(e->type, "SQ");
	if (e->length == 0 || e->tag == PIXEL_DATA)
		return false;
	const uint8_t *p = dicom_look(w, value, 4);
	return p && (memcmp(p, item, 4) == 0 || memcmp(p, end, 4) == 0);
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
	int rc = dicom_element_head(w, l, &e);
	if (rc == 0 && outermost) /* bytes left over behind the pixels are nobody's */
		return w->kept && !w->kept->complete && w->at < l->end ? dicom_damaged(w, "an element that is cut") : 0;
	if (rc == 0)
		return dicom_damaged(w, "an item that is cut");
	if (rc < 0)
		return rc;
	if (e.tag >> 16 == 0xfffe) {
		if (outermost) /* dcmtk reads no further */
			return 0;
		if (e.tag != ITEM_END || !l->open)
			return dicom_damaged(w, "an item that does not end properly");
		w->at += e.head;
		w->top--;
		return 1;
	}
	rc = dicom_count(w);
	if (rc == 0)
		rc = charge(w, l, e.tag);
	if (rc < 0)
		return rc;
	uint64_t value = w->at + e.head;
	if (e.length == UNDEFINED && (l->implicit || dicom_long_length(e.type))) {
		e.length = 0;
		return dicom_keep(w, &e, value) < 0 || enter_open(w, l, &e) < 0 ? w->err->code : 1;
	}
	if (e.length > l->end - value) {
		if (outermost && e.tag == PIXEL_DATA)
			return 0;
		return dicom_damaged(w, "an element longer than what it lies in");
	}
	if (is_sequence(w, l, &e, value)) {
		struct level in = { .kind = ITEMS, .implicit = l->implicit, .big = l->big, .end = value + e.length,
				    .tag = e.tag };
		e.length = 0;
		return dicom_keep(w, &e, value) < 0 || push(w, in, value) < 0 ? w->err->code : 1;
	}
	w->at = value + e.length;
	return dicom_keep(w, &e, value) < 0 ? w->err->code : 1;
}

/* One item of a sequence, one fragment, or the end of them. */
static int item(struct walk *w)
{
	struct level *l = &w->level[w->top];

	if (w->at == l->end && !l->open) {
		w->top--;
		return 1;
	}
	const uint8_t *p = l->end - w->at >= 8 ? dicom_look(w, w->at, 8) : NULL;
	if (!p)
		return dicom_damaged(w, "a sequence that is cut");
	uint32_t tag = dicom_tag(p, l->big), length = dicom_u32(p + 4, l->big);
	uint64_t value = w->at + 8;
	if (tag == SEQUENCE_END && l->open) {
		w->at = value;
		w->top--;
		return 1;
	}
	if (tag != DICOM_ITEM)
		return dicom_damaged(w, "a sequence that holds no item");
	if (length == UNDEFINED ? l->kind == FRAGMENTS : length > l->end - value)
		return dicom_damaged(w, "an item longer than what it lies in");
	if (dicom_count(w) < 0)
		return w->err->code;
	if (l->kind == FRAGMENTS) {
		w->at = value + length;
		return 1;
	}
	struct level in = { .kind = ELEMENTS, .open = length == UNDEFINED, .implicit = l->implicit, .big = l->big,
			    .end = length == UNDEFINED ? l->end : value + length };
	l->items++;
	return push(w, in, value) < 0 || dicom_keep_item(w) < 0 ? w->err->code : 1;
}

static int walk(struct walk *w)
{
	const uint8_t *p = dicom_look(w, 128, 4);

	w->at = p && memcmp(p, "DICM", 4) == 0 ? 132 : 0;
	int rc = dicom_meta_header(w);
	if (rc == 0)
		rc = dicom_data_set(w, &w->level[0]);
	if (rc < 0)
		return rc;
	do
		rc = w->level[w->top].kind == ELEMENTS ? element(w) : item(w);
	while (rc > 0);
	return rc;
}

int dicom_walk_keep(const char *path, struct dicom_kept *kept, struct gppi_error *err)
{
	struct walk w;
	struct gppi_error unasked = { 0 };

	w.path = path;
	w.err = err ? err : &unasked;
	w.at = w.parts = w.work = w.block_at = w.block_bytes = 0;
	w.kept = kept;
	w.top = 0;
	w.told = false;
	w.level[0] = (struct level){ .kind = ELEMENTS };
	memset(w.transfer, 0, sizeof w.transfer);
	int rc = file_open(path, &w.fd, &w.size, err);
	if (rc < 0)
		return rc;
	rc = walk(&w);
	close(w.fd);
	if (!kept)
		return rc;
	memcpy(kept->transfer, w.transfer, sizeof kept->transfer);
	kept->implicit = w.level[0].implicit;
	kept->big = w.level[0].big;
	kept->file_bytes = w.size;
	kept->parts = w.parts;
	kept->elements = w.level[0].elements;
	dicom_kept_sort(kept);
	return rc;
}

int dicom_walk(const char *path, struct gppi_error *err)
{
	return dicom_walk_keep(path, NULL, err);
}

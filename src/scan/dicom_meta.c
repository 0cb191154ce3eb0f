/* How a DICOM file begins: its meta header, and how the data set is written. */
#include "scan/dicom_walk_parts.h"

#include <string.h>

/* The first one counts, as for dcmtk. */
static int keep_transfer(struct walk *w, uint64_t at, uint32_t n)
{
	char *s = w->transfer;

	w->told = true;
	for (uint32_t i = 0; i < n && i + 1 < sizeof w->transfer; i++) {
		const uint8_t *p = dicom_look(w, at + i, 1);
		s[i] = p ? (char)*p : 0;
	}
	size_t digits = strspn(s, "0123456789."), end = digits + strspn(s + digits, " ");
	if (n >= sizeof w->transfer || s[end])
		return dicom_damaged(w, "a transfer syntax that is none");
	s[digits] = 0;
	return 0;
}

/* Reads the element of the meta header at w->at and passes it. */
static int meta_element(struct walk *w, const struct level *l, struct element *e)
{
	int rc = dicom_element_head(w, l, e);

	if (rc <= 0)
		return rc < 0 ? rc : dicom_damaged(w, "a meta header that is cut");
	uint64_t value = w->at + e->head;
	/* A wrong length of the header makes elements of the data set part of it: they may, but not sequences. */
	if (e->tag >> 16 == 0xfffe || dicom_is_type(e->type, "SQ") || (l->implicit && e->tag >> 16 != 2) ||
	    e->length > l->end - value)
		return dicom_damaged(w, "a wrong element of the meta header");
	if (e->tag == TRANSFER_SYNTAX && !w->told && keep_transfer(w, value, e->length) < 0)
		return w->err->code;
	if (e->tag >> 16 == 2 && dicom_keep(w, e, value) < 0)
		return w->err->code;
	rc = dicom_count(w);
	w->at = value + e->length;
	return rc;
}

/* dcmtk guesses by the first type whether it has types. */
int dicom_meta_header(struct walk *w)
{
	const uint8_t *p = dicom_look(w, w->at, 12);
	struct level l = { .end = w->size };
	struct element e;

	if (!p || p[0] != 2 || p[1] != 0)
		return p && p[0] == 0 && p[1] == 2 ? dicom_damaged(w, "a meta header in the wrong byte order") : 0;
	l.implicit = !dicom_known_type((const char *)p + 4);
	uint64_t length = dicom_u32(p + 8, false);
	bool measured = dicom_tag(p, false) == META_LENGTH;
	uint64_t end = w->at + 12 + length;
	if (measured && (dicom_u32(p + 4, false) != (l.implicit ? 4 : 0x00044c55) || end > w->size)) /* "UL", 4 */
		return dicom_damaged(w, "a wrong length of the meta header");
	do {
		if (meta_element(w, &l, &e) < 0)
			return w->err->code;
		p = measured ? NULL : dicom_look(w, w->at, 2);
		if (p && p[0] == 0 && p[1] == 2)
			return dicom_damaged(w, "a meta header in the wrong byte order");
	} while (measured ? w->at < end : p && p[0] == 2 && p[1] == 0);
	return 0;
}

static int packed(const struct walk *w)
{
	return err_set(w->err, GPPI_E_UNSUPPORTED, "%s: its data are deflated as a whole, which is not read; "
		       "convert it first, for example with dcmconv +te IN OUT", w->path);
}

/* dcmtk knows some transfer syntaxes and guesses where it does not; for those
 * that are not told apart here, both must come to the same. */
int dicom_data_set(struct walk *w, struct level *l)
{
	static const char root[] = "1.2.840.10008.1.2";
	const char *transfer = w->transfer;
	const uint8_t *p = dicom_look(w, w->at, 6);

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
	l->implicit = !dicom_known_type((const char *)p + 4);
	if (p[0] > 8 || p[1] || (transfer[0] && l->implicit))
		return dicom_damaged(w, "a data set that is not written as its transfer syntax says");
	return 0;
}

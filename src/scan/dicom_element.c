/* Elements of a DICOM file: their bytes, types and lengths. */
#define _POSIX_C_SOURCE 200809L
#include "scan/dicom_walk_parts.h"

#include <string.h>

#include "base/os.h"
#include "base/stop.h"

int dicom_damaged(struct walk *w, const char *what)
{
	return err_set(w->err, GPPI_E_FORMAT,
		       "%s: is a damaged DICOM file (%s at byte %llu); copy it again or remove it", w->path, what,
		       (unsigned long long)w->at);
}

const uint8_t *dicom_look(struct walk *w, uint64_t at, size_t n)
{
	if (at > w->size || w->size - at < n)
		return NULL;
	if (at < w->block_at || at + n > w->block_at + w->block_bytes) {
		ssize_t got = os_read_at(w->fd, w->block, DICOM_BLOCK, at);
		w->block_at = at;
		w->block_bytes = got > 0 ? (size_t)got : 0;
		if (w->block_bytes < n)
			return NULL;
	}
	return w->block + (at - w->block_at);
}

void dicom_copy(struct walk *w, uint64_t at, size_t n, uint8_t *dst)
{
	enum { PIECE = 16 };

	for (size_t done = 0; done < n; done += PIECE) {
		size_t part = n - done < PIECE ? n - done : PIECE;
		const uint8_t *p = dicom_look(w, at + done, part);
		if (p)
			memcpy(dst + done, p, part);
		else
			memset(dst + done, 0, part);
	}
}

static bool is_in(const char *list, const char type[2])
{
	for (; *list; list += 3)
		if (list[0] == type[0] && list[1] == type[1])
			return true;
	return false;
}

bool dicom_is_type(const char type[2], const char *name)
{
	return type[0] == name[0] && type[1] == name[1];
}

bool dicom_upper(const char type[2])
{
	return type[0] >= 'A' && type[0] <= 'Z' && type[1] >= 'A' && type[1] <= 'Z';
}

static const char short_types[] = "AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US ";
static const char long_types[] = "OB OD OF OL OV OW SQ SV UC UN UR UT UV ";

bool dicom_known_type(const char type[2])
{
	return is_in(short_types, type) || is_in(long_types, type);
}

bool dicom_long_length(const char type[2])
{
	return dicom_upper(type) && !is_in(short_types, type);
}

int dicom_element_head(struct walk *w, const struct level *l, struct element *e)
{
	const uint8_t *p = l->end - w->at >= 8 ? dicom_look(w, w->at, 8) : NULL;

	if (!p)
		return 0;
	*e = (struct element){ .tag = dicom_tag(p, l->big), .head = 8 };
	if (l->implicit || e->tag >> 16 == 0xfffe) {
		e->length = dicom_u32(p + 4, l->big);
		return 1;
	}
	memcpy(e->type, p + 4, 2);
	/* dcmtk has types of its own in small letters, which no file has */
	if (is_in("ox px xs lt na up pi ", e->type))
		return dicom_damaged(w, "an element of an unknown type");
	if (!dicom_long_length(e->type)) {
		e->length = dicom_u16(p + 6, l->big);
		return 1;
	}
	p = l->end - w->at >= 12 ? dicom_look(w, w->at, 12) : NULL;
	if (!p)
		return 0;
	e->length = dicom_u32(p + 8, l->big);
	e->head = 12;
	return 1;
}

int dicom_count(struct walk *w)
{
	if (++w->parts > DICOM_PARTS_MOST)
		return dicom_damaged(w, "more elements and items than any image has");
	return w->parts % 4096 == 0 ? stop_asked(w->err) : 0;
}

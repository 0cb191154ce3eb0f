/* What the walk over a DICOM file (dicom_walk.c) is made of: its place in the file, how elements are read, and how the
 * file begins. Numbers of the file are compared with its size before they are used. */
#ifndef SCAN_DICOM_WALK_PARTS_H
#define SCAN_DICOM_WALK_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "scan/dicom_kept.h"
#include "scan/dicom_walk.h"

#define DICOM_BLOCK 4096 /* of the file; most headers are in the first one */
#define UNDEFINED 0xffffffffu

#define DICOM_ITEM 0xfffee000u
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
	uint32_t tag;       /* of a sequence */
	uint32_t items;     /* of it so far */
	uint32_t last;      /* the highest tag so far */
	uint32_t elements, creators;
};

struct walk {
	const char *path;
	struct gppi_error *err;
	int fd;
	uint64_t size, at;
	uint64_t parts, work;
	char transfer[80];  /* transfer syntax of the meta header */
	bool told;          /* there is one, which may be empty */
	struct dicom_kept *kept; /* NULL: nothing is */
	int top;
	struct level level[2 * DICOM_DEPTH_MOST + 1]; /* the data set, then sequences and their items in turn */
	uint64_t block_at;
	size_t block_bytes;
	uint8_t block[DICOM_BLOCK];
};

struct element {
	uint32_t tag, length;
	char type[2]; /* zeros where the file does not say */
	unsigned head; /* bytes before the value */
};

/* Sets the error: a damaged file, and at which byte. */
int dicom_damaged(struct walk *w, const char *what);
/* n bytes (at most 16) of the file; NULL where it ends before. Valid until the next call. */
const uint8_t *dicom_look(struct walk *w, uint64_t at, size_t n);
/* The element at w->at. 1: read; 0: the level has too few bytes left for one. */
int dicom_element_head(struct walk *w, const struct level *l, struct element *e);
/* Copies n bytes of the file, or up to its end, the rest zeros. */
void dicom_copy(struct walk *w, uint64_t at, size_t n, uint8_t *dst);
/* One more element, item or fragment: is it one too many, or was the reader asked to stop? */
int dicom_count(struct walk *w);

/* Types of values. */
bool dicom_is_type(const char type[2], const char *name);
bool dicom_known_type(const char type[2]);
/* Two capital letters, as all types of the standard are. */
bool dicom_upper(const char type[2]);
/* Types still to come have lengths of four bytes; what is no type at all has two. */
bool dicom_long_length(const char type[2]);

/* dicom_keep.c. An element whose value begins at `value`, where it is wanted; and an item that has just begun. 0, or
 * GPPI_E_NOMEM. */
int dicom_keep(struct walk *w, const struct element *e, uint64_t value);
int dicom_keep_item(struct walk *w);

/* Passes the meta header, where there is one: w->transfer. */
int dicom_meta_header(struct walk *w);
/* How the data set at w->at is written: the outermost level. */
int dicom_data_set(struct walk *w, struct level *l);

static inline unsigned dicom_u16(const uint8_t *p, bool big)
{
	return big ? (unsigned)p[0] << 8 | p[1] : (unsigned)p[1] << 8 | p[0];
}

static inline uint32_t dicom_u32(const uint8_t *p, bool big)
{
	return big ? (uint32_t)dicom_u16(p, true) << 16 | dicom_u16(p + 2, true)
		   : (uint32_t)dicom_u16(p + 2, false) << 16 | dicom_u16(p, false);
}

static inline uint32_t dicom_tag(const uint8_t *p, bool big)
{
	return (uint32_t)dicom_u16(p, big) << 16 | dicom_u16(p + 2, big);
}

#endif

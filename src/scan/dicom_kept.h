/* Values of a DICOM file that are kept while it is walked over (dicom_walk.h), and where in the file they stand. */
#ifndef SCAN_DICOM_KEPT_H
#define SCAN_DICOM_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DICOM_SHARED 0x52009229u    /* functional groups of all frames, and */
#define DICOM_PER_FRAME 0x52009230u /* of each of them */
#define DICOM_VALUE_MOST 1024 /* bytes of a value; of longer ones the beginning is kept */

/* Where an element stands. The data set: all zeros. Else in the first item of the sequence `macro`, which lies in the
 * item of that number (from 0) of DICOM_SHARED or DICOM_PER_FRAME. */
struct dicom_where {
	uint32_t groups, item, macro;
};

struct dicom_value {
	struct dicom_where where;
	uint32_t tag;   /* 0: only says that there is such an item */
	uint32_t order; /* in the file */
	char type[2];   /* zeros where the file does not say */
	bool big;       /* most significant byte first */
	uint32_t n;     /* bytes at `at` of dicom_kept.bytes; 0 for a sequence */
	size_t at;
};

/* Set up with the tags wanted, in ascending order, and zeros. */
struct dicom_kept {
	const uint32_t *wanted;
	int nwanted;
	char transfer[80];       /* transfer syntax of the meta header; "": not told */
	bool implicit, big;      /* how the data set is written */
	uint64_t file_bytes;
	uint64_t parts;          /* elements, items and fragments of the file */
	uint32_t elements;       /* of the data set itself */
	bool complete;           /* the pixels are reached: what follows them is not kept */
	struct dicom_value *values;
	size_t n, room, used, space;
	uint8_t *bytes;
};

bool dicom_kept_wants(const struct dicom_kept *k, uint32_t tag);
/* Room for one more value of v->n bytes: v->at and v->order are set. NULL: out of memory. */
uint8_t *dicom_kept_add(struct dicom_kept *k, struct dicom_value *v);
/* To be called once after the walk, before values are looked for. */
void dicom_kept_sort(struct dicom_kept *k);
/* The first element of that tag there; NULL: none. Tag 0: is there such an item? */
const struct dicom_value *dicom_kept_find(const struct dicom_kept *k, struct dicom_where where, uint32_t tag);
void dicom_kept_free(struct dicom_kept *k);

#endif

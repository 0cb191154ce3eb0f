#include "scan/dicom_header.h"

#include <math.h>
#include <string.h>

#include "base/printable.h"
#include "scan/dicom_walk.h"

#define NAME(id, tag, type, name) { (tag), (type), (name) },
static const struct dicom_name names[] = { DICOM_WANTED(NAME) };
#undef NAME
#define WANTED ((int)(sizeof names / sizeof *names))

static const struct dicom_name *named(enum dicom_wanted tag)
{
	int from = 0, to = WANTED - 1;

	while (from < to) {
		int mid = (from + to) / 2;
		if (names[mid].tag < (uint32_t)tag)
			from = mid + 1;
		else
			to = mid;
	}
	return &names[from];
}

int dicom_header_read(const char *path, struct dicom_header *h, struct gppi_error *err)
{
	uint32_t wanted[WANTED];

	for (int i = 0; i < WANTED; i++)
		wanted[i] = names[i].tag;
	h->kept = (struct dicom_kept){ .wanted = wanted, .nwanted = WANTED };
	int rc = dicom_walk_keep(path, &h->kept, err);
	h->kept.wanted = NULL;
	h->kept.nwanted = 0;
	if (rc < 0) {
		dicom_header_free(h);
		return rc;
	}
	const struct dicom_given alphabet = dicom_in_dataset(h, DICOM_SpecificCharacterSet);
	dicom_code(&alphabet, h->alphabet);
	return 0;
}

void dicom_header_free(struct dicom_header *h)
{
	dicom_kept_free(&h->kept);
}

static struct dicom_given given(const struct dicom_header *h, struct dicom_where where, enum dicom_wanted tag)
{
	const struct dicom_name *n = named(tag);

	return (struct dicom_given){ &h->kept, dicom_kept_find(&h->kept, where, n->tag), n };
}

struct dicom_given dicom_in_dataset(const struct dicom_header *h, enum dicom_wanted tag)
{
	return given(h, (struct dicom_where){ 0, 0, 0 }, tag);
}

struct dicom_given dicom_in_frame(const struct dicom_header *h, int frame, enum dicom_wanted macro,
				  enum dicom_wanted tag, bool *own)
{
	const struct dicom_where of_frame = { DICOM_PER_FRAME, (uint32_t)frame, macro };
	const struct dicom_where shared = { DICOM_SHARED, 0, macro };
	const bool is_own = dicom_kept_find(&h->kept, of_frame, 0), is_shared = dicom_kept_find(&h->kept, shared, 0);

	if (own)
		*own = is_own || is_shared;
	return is_own ? given(h, of_frame, tag) : is_shared ? given(h, shared, tag) : dicom_in_dataset(h, tag);
}

int dicom_whole(const struct dicom_header *h, enum dicom_wanted tag, int otherwise)
{
	const struct dicom_given e = dicom_in_dataset(h, tag);
	double v;

	return dicom_numbers(&e, 1, &v) == DICOM_NUMBER && fabs(v) <= 1e9 ? (int)v : otherwise;
}

void dicom_put_words(const struct dicom_header *h, enum dicom_wanted tag, char *field, size_t size)
{
	const struct dicom_given e = dicom_in_dataset(h, tag);
	char text[DICOM_TEXT];

	dicom_words(&e, h->alphabet, text);
	(void)printable_copy(text, field, size);
}

void dicom_put_code(const struct dicom_header *h, enum dicom_wanted tag, char *field, size_t size)
{
	const struct dicom_given e = dicom_in_dataset(h, tag);
	char text[DICOM_TEXT];

	dicom_code(&e, text);
	(void)printable_copy(text, field, size);
}

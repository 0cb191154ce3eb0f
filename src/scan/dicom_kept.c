#include "scan/dicom_kept.h"

#include <stdlib.h>

#include "base/size.h"

static int by_number(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

/* By place and tag. */
static int compare(const struct dicom_value *a, const struct dicom_value *b)
{
	int c = by_number(a->where.groups, b->where.groups);

	c = c ? c : by_number(a->where.item, b->where.item);
	c = c ? c : by_number(a->where.macro, b->where.macro);
	return c ? c : by_number(a->tag, b->tag);
}

static int in_order(const void *a, const void *b)
{
	const struct dicom_value *v = a, *w = b;
	int c = compare(v, w);

	return c ? c : by_number(v->order, w->order);
}

static int by_tag(const void *key, const void *element)
{
	return by_number(*(const uint32_t *)key, *(const uint32_t *)element);
}

bool dicom_kept_wants(const struct dicom_kept *k, uint32_t tag)
{
	return bsearch(&tag, k->wanted, (size_t)k->nwanted, sizeof tag, by_tag) != NULL;
}

/* *memory has room for `needed` things, at least doubled each time. */
static bool grow(void **memory, size_t *room, size_t needed, size_t size)
{
	size_t more = needed > 64 ? needed : 64;

	if (needed <= *room)
		return true;
	if (*room > more / 2 && !size_mul(*room, 2, &more))
		return false;
	void *grown = size_realloc(*memory, more, size);
	if (!grown)
		return false;
	*memory = grown;
	*room = more;
	return true;
}

uint8_t *dicom_kept_add(struct dicom_kept *k, struct dicom_value *v)
{
	void *values = k->values, *bytes = k->bytes;
	bool ok = grow(&values, &k->room, k->n + 1, sizeof *k->values);

	k->values = values;
	ok = ok && grow(&bytes, &k->space, k->used + v->n + 1, 1);
	k->bytes = bytes;
	if (!ok)
		return NULL;
	v->at = k->used;
	v->order = (uint32_t)k->n;
	k->values[k->n++] = *v;
	k->used += v->n;
	return k->bytes + v->at;
}

void dicom_kept_sort(struct dicom_kept *k)
{
	if (k->n)
		qsort(k->values, k->n, sizeof *k->values, in_order);
}

const struct dicom_value *dicom_kept_find(const struct dicom_kept *k, struct dicom_where where, uint32_t tag)
{
	const struct dicom_value wanted = { .where = where, .tag = tag };
	size_t from = 0, to = k->n;

	/* the first that is not before it */
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (compare(&k->values[mid], &wanted) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from < k->n && compare(&k->values[from], &wanted) == 0 ? &k->values[from] : NULL;
}

void dicom_kept_free(struct dicom_kept *k)
{
	free(k->values);
	free(k->bytes);
	k->values = NULL;
	k->bytes = NULL;
}

/* Which elements a walk over a DICOM file keeps. */
#include "scan/dicom_walk_parts.h"

/* Levels: 0 the data set, 1 the functional groups, 2 an item of them, 3 a macro's sequence, 4 its item. */
#define MACRO 3

static bool is_groups(const struct level *l)
{
	return l->tag == DICOM_PER_FRAME || (l->tag == DICOM_SHARED && l->items == 1);
}

/* Where the level is from which values are kept; false: none are kept from here. */
static bool is_kept_level(const struct walk *w, struct dicom_where *where)
{
	*where = (struct dicom_where){ 0, 0, 0 };
	if (!w->kept || w->kept->complete)
		return false;
	if (w->top == 0)
		return true;
	if (w->top != MACRO + 1 || !is_groups(&w->level[1]) || w->level[MACRO].items != 1)
		return false;
	*where = (struct dicom_where){ w->level[1].tag, w->level[1].items - 1, w->level[MACRO].tag };
	return dicom_kept_wants(w->kept, where->macro);
}

static int no_memory(struct walk *w)
{
	return err_set(w->err, GPPI_E_NOMEM, "%s: not enough memory to read it", w->path);
}

int dicom_keep(struct walk *w, const struct element *e, uint64_t value)
{
	struct dicom_value v = { .tag = e->tag, .type = { e->type[0], e->type[1] }, .big = w->level[w->top].big };

	if (!is_kept_level(w, &v.where))
		return 0;
	if (w->top == 0 && e->tag >= PIXEL_DATA) {
		w->kept->complete = true;
		return 0;
	}
	if (!dicom_kept_wants(w->kept, e->tag))
		return 0;
	v.n = e->length < DICOM_VALUE_MOST ? e->length : DICOM_VALUE_MOST;
	uint8_t *bytes = dicom_kept_add(w->kept, &v);
	if (!bytes)
		return no_memory(w);
	dicom_copy(w, value, v.n, bytes);
	return 0;
}

int dicom_keep_item(struct walk *w)
{
	struct dicom_value v = { .tag = 0 };

	if (w->top != MACRO + 1 || !is_kept_level(w, &v.where))
		return 0;
	return dicom_kept_add(w->kept, &v) ? 0 : no_memory(w);
}

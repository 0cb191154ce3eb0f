/* The study page: one HTML file, complete in itself and without network, in which a person looks
 * through the bones of a run, accepts or corrects planes, and exports them as CSV.
 *
 *     page_open("study.html", &page, &err);
 *     page_part_bone(bone, result, &part, &err);   // or page_part_failure()
 *     page_add(page, &part);
 *     page_part_free(&part);
 *     page_finish(page, &err);                             // the file appears now
 *
 * A part is plain text without a NUL, valid on its own: who keeps parts as files can write the
 * page again from these at any time, in any order, without the scans. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stddef.h>

#include "base/err.h"
#include "bone/bone.h"
#include "gppi/gppi.h"

/* Most bytes of all pictures of one bone, as they stand in the page; their quality follows. */
#define PAGE_PICTURES_BYTES 240000

/* One bone or failed input. Owned by the caller: page_part_free(). */
struct page_part {
	char *text;
	size_t size;
};

/* A bone with its pictures (about 250 KB). On failure out is empty. */
int page_part_bone(struct bone *bone, const struct gppi_result *result, struct page_part *out, struct gppi_error *err);
/* An input (scan `index` of it, or -1) without a result, and why. name NULL: that of the file. */
int page_part_failure(const char *name, const char *input, int index, const char *why, struct page_part *out,
		      struct gppi_error *err);
void page_part_free(struct page_part *part); /* harmless on an empty one */

struct page; /* a page being written to a temporary file */

/* Refuses what base/atomic.h refuses. Ends with exactly one finish or abort. */
int page_open(const char *path, struct page **out, struct gppi_error *err);
/* Appends a part; nothing of it is kept in memory. A full disk is told by page_finish(). */
void page_add(struct page *page, const struct page_part *part);
/* Makes the file appear, or nothing. Frees page. */
int page_finish(struct page *page, struct gppi_error *err);
/* NULL allowed. Frees page. */
void page_abort(struct page *page);

#endif

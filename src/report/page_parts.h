/* Inside the study page: pictures, and the text built into the program. */
#ifndef REPORT_PAGE_PARTS_H
#define REPORT_PAGE_PARTS_H

#include <jansson.h>
#include <stdint.h>

#include "report/page.h"

#define PAGE_VIEWS 3
#define PAGE_AROUND 20                    /* slices on either side of the plane */
#define PAGE_SLICES (2 * PAGE_AROUND + 1)
#define PAGE_SLICE_PX 224
#define PAGE_PICTURES (PAGE_VIEWS + PAGE_SLICES)
#define PAGE_JPEGS (PAGE_PICTURES + 1)    /* with that of the measures */

/* Pictures of one bone: the views, then nslices slices in the file's order; where it was measured, one of its VOI as
 * a JPEG behind these. */
struct page_pictures {
	int view_w, view_h;
	int nslices, slice[PAGE_SLICES];
	uint8_t *grey[PAGE_PICTURES];
	char content[17]; /* of the scan, told from what its views along the bone show: hexadecimal; "" none drawn */
	json_t *measured;  /* page_measured(); NULL: the bone was not measured */
};

/* Draws them. Free with page_pictures_free(), also after a failure. */
int page_pictures_draw(struct bone *bone, const struct gppi_result *result, struct page_pictures *out,
		       struct gppi_error *err);
void page_pictures_free(struct page_pictures *pictures);

/* All of them as JPEGs that take at most PAGE_PICTURES_BYTES in base64, on `threads` workers; of a few qualities in the
 * best that does, as a sample of the pictures tells (the lowest is taken as it is). jpeg[i] is freed by the caller with
 * free(), also after a failure. */
struct page_jpeg {
	unsigned char *data;
	unsigned long size;
};
int page_pictures_pack(const struct page_pictures *pictures, int threads, struct page_jpeg jpeg[PAGE_PICTURES],
		       struct gppi_error *err);

/* Which section a view shows. */
enum section_kind page_section(int view);

/* page_measures.c, of a bone that was measured: numbers, and outlines in views of that size; and the picture of its
 * VOI. */
json_t *page_measured(const struct bone *bone, int view_w, int view_h);
int page_measured_picture(const struct bone *bone, struct page_jpeg *out, struct gppi_error *err);

/* The part of a bone from its facts and packed pictures. */
int page_part_write(const struct gppi_result *result, const struct page_pictures *pictures,
		    const struct page_jpeg *jpeg, struct page_part *part, struct gppi_error *err);

/* Base64 with padding. to: 4 * ((size + 2) / 3) + 1 bytes. Returns the length. */
size_t page_base64(const uint8_t *data, size_t size, char *to);

/* Files of src/report/page as they are in the program. */
struct page_asset {
	const char *text, *end;
};
struct page_asset page_asset_html(void);
struct page_asset page_asset_style(void);
int page_asset_scripts(void);
struct page_asset page_asset_script(int i);

#endif

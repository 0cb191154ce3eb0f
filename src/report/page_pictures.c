/* The pictures of the study page: three views along the bone, and the slices around the plane. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sha256.h"
#include "base/size.h"
#include "report/jpeg.h"
#include "report/page_parts.h"
#include "report/views.h"

#define VIEW_H 600 /* largest, in pixels */
#define VIEW_W 400

static const enum section_kind section[PAGE_VIEWS] = { SECTION_0, SECTION_45, SECTION_90 };

/* The slices within PAGE_AROUND of the plane; spread over the bone where there is none. */
static void choose_slices(const struct gppi_result *r, struct page_pictures *out)
{
	int nz = r->dims[2];

	out->nslices = 0;
	for (int i = 0; i < PAGE_SLICES; i++) {
		int z = r->gppi - PAGE_AROUND + i;
		if (r->gppi < 0)
			z = r->bone_first + (int)((long)(r->bone_last - r->bone_first) * i / (PAGE_SLICES - 1));
		int before = out->nslices ? out->slice[out->nslices - 1] : -1;
		if (z > before && z < nz)
			out->slice[out->nslices++] = z;
	}
}

/* What the bone shows, whatever the scan is called, wherever it lies and whichever plane was found. */
static void digest(const struct gppi_result *r, struct page_pictures *p)
{
	int facts[] = { r->dims[0], r->dims[1], r->dims[2], r->offset[0], r->offset[1], p->view_w, p->view_h };
	struct sha256 s;
	uint8_t sum[32];
	char hex[65];

	sha256_init(&s);
	sha256_update(&s, facts, sizeof facts);
	for (int i = 0; i < PAGE_VIEWS; i++)
		sha256_update(&s, p->grey[i], (size_t)p->view_w * (size_t)p->view_h);
	sha256_final(&s, sum);
	sha256_hex(sum, hex);
	snprintf(p->content, sizeof p->content, "%.16s", hex);
}

int page_pictures_draw(struct bone *bone, const struct gppi_result *r, struct page_pictures *out, struct err *err)
{
	const struct frame *frame = &bone->frame;
	double length = r->dims[2] * r->spacing_um[2];

	*out = (struct page_pictures){ 0 };
	int rc = bone_pictures(bone, r, err);
	if (rc < 0)
		return rc;
	double px_per_um = fmin(VIEW_H / length, VIEW_W / frame->side_um);
	out->view_w = (int)fmax(frame->side_um * px_per_um, 1);
	out->view_h = (int)fmax(length * px_per_um, 1);
	choose_slices(r, out);
	for (int i = 0; i < PAGE_VIEWS + out->nslices; i++) {
		size_t bytes = i < PAGE_VIEWS ? (size_t)out->view_w * (size_t)out->view_h :
						(size_t)PAGE_SLICE_PX * PAGE_SLICE_PX;
		out->grey[i] = malloc(bytes);
		if (!out->grey[i] && rc == 0)
			rc = err_set(err, GPPI_E_NOMEM, "%s: not enough memory for its pictures", r->name);
	}
	for (int i = 0; i < PAGE_VIEWS && rc == 0; i++)
		rc = views_section(bone_sections(bone), section[i], out->view_w, out->view_h, out->grey[i], err);
	for (int i = 0; i < out->nslices && rc == 0; i++)
		rc = views_axial(bone->scan, frame, out->slice[i], PAGE_SLICE_PX, out->grey[PAGE_VIEWS + i], err);
	if (rc == 0)
		digest(r, out);
	return rc;
}

void page_pictures_free(struct page_pictures *pictures)
{
	for (int i = 0; i < PAGE_PICTURES; i++)
		free(pictures->grey[i]);
	*pictures = (struct page_pictures){ 0 };
}

/* All at one quality; the bytes in base64, or a failure. */
static long pack_at(const struct page_pictures *p, int quality, struct page_jpeg *jpeg, struct err *err)
{
	long total = 0;

	for (int i = 0; i < PAGE_VIEWS + p->nslices; i++) {
		int w = i < PAGE_VIEWS ? p->view_w : PAGE_SLICE_PX, h = i < PAGE_VIEWS ? p->view_h : PAGE_SLICE_PX;
		free(jpeg[i].data);
		jpeg[i] = (struct page_jpeg){ 0 };
		int rc = jpeg_grey(p->grey[i], w, h, quality, &jpeg[i].data, &jpeg[i].size, err);
		if (rc < 0)
			return rc;
		total += 4 * (long)((jpeg[i].size + 2) / 3);
	}
	return total;
}

int page_pictures_pack(const struct page_pictures *pictures, struct page_jpeg jpeg[PAGE_PICTURES],
		       struct err *err)
{
	static const int quality[] = { 90, 84, 78, 70, 62, 54, 46, 38, 30, 20, 10 };
	long bytes = 0;

	for (size_t i = 0; i < sizeof quality / sizeof *quality; i++) {
		bytes = pack_at(pictures, quality[i], jpeg, err);
		if (bytes <= PAGE_PICTURES_BYTES)
			break;
	}
	return bytes < 0 ? (int)bytes : 0;
}

/* The pictures of the study page: three views along the bone, and the slices around the plane. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "base/sha256.h"
#include "base/size.h"
#include "report/jpeg.h"
#include "report/page_parts.h"
#include "report/greys.h"

#define VIEW_H 600 /* largest, in pixels */
#define VIEW_W 400

enum section_kind page_section(int view)
{
	static const enum section_kind section[PAGE_VIEWS] = { SECTION_0, SECTION_45, SECTION_90 };

	return section[view];
}

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

int page_pictures_draw(struct bone *bone, const struct gppi_result *r, struct page_pictures *out,
		       struct gppi_error *err)
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
		rc = greys_section(bone_sections(bone), page_section(i), out->view_w, out->view_h, out->grey[i], err);
	if (rc == 0)
		rc = greys_axial(bone->scan, frame, out->slice, out->nslices, PAGE_SLICE_PX,
				 plane_workers(bone->threads), out->grey + PAGE_VIEWS, err);
	if (rc == 0)
		digest(r, out);
	if (rc == 0 && bone->measures)
		out->measured = page_measured(bone, out->view_w, out->view_h);
	return rc;
}

void page_pictures_free(struct page_pictures *pictures)
{
	for (int i = 0; i < PAGE_PICTURES; i++)
		free(pictures->grey[i]);
	json_decref(pictures->measured);
	*pictures = (struct page_pictures){ 0 };
}

struct packer {
	const struct page_pictures *pictures;
	struct page_jpeg *jpeg;
	int quality, step; /* the first view and every step-th slice; 1: all */
};

static int is_packed(int i, int step)
{
	return step == 1 || i == 0 || (i >= PAGE_VIEWS && (i - PAGE_VIEWS) % step == 0);
}

static int pack_one(void *arg, int i, int worker, struct gppi_error *err)
{
	const struct packer *p = arg;
	const struct page_pictures *from = p->pictures;
	struct page_jpeg *to = &p->jpeg[i];
	int w = i < PAGE_VIEWS ? from->view_w : PAGE_SLICE_PX, h = i < PAGE_VIEWS ? from->view_h : PAGE_SLICE_PX;

	(void)worker;
	if (!is_packed(i, p->step))
		return 0;
	free(to->data);
	*to = (struct page_jpeg){ 0 };
	return jpeg_grey(from->grey[i], w, h, p->quality, &to->data, &to->size, err);
}

/* Packs them at one quality; the bytes of all in base64, as these tell, or a failure. */
static double pack_at(struct packer *p, int quality, int step, int threads, struct gppi_error *err)
{
	int n = PAGE_VIEWS + p->pictures->nslices, packed = 0;
	double views = 0, slices = 0;

	p->quality = quality;
	p->step = step;
	int rc = parallel_for(threads, n, pack_one, p, err);
	for (int i = 0; i < n && rc == 0; i++) {
		if (!is_packed(i, step))
			continue;
		size_t bytes = 4 * ((p->jpeg[i].size + 2) / 3);
		*(i < PAGE_VIEWS ? &views : &slices) += (double)bytes;
		packed += i >= PAGE_VIEWS;
	}
	views *= step == 1 ? 1 : PAGE_VIEWS;
	return rc < 0 ? rc : views + (packed ? slices * p->pictures->nslices / packed : 0);
}

#define SAMPLE 9 /* one slice in so many tells about how large all of them become */
#define STEP 0.8 /* bytes at one quality as a share of those at the one above it, about */

/* Where to look next between at and end - 1: `bytes` are those of quality `last`. */
static int next_quality(int at, int end, int last, double bytes)
{
	int guess = last + (int)ceil(log(PAGE_PICTURES_BYTES / bytes) / log(STEP));

	return guess < at ? at : guess >= end ? end - 1 : guess;
}

int page_pictures_pack(const struct page_pictures *pictures, int threads, struct page_jpeg jpeg[PAGE_PICTURES],
		       struct gppi_error *err)
{
	static const int quality[] = { 90, 84, 78, 70, 62, 54, 46, 38, 30, 20, 10 };
	struct packer p = { .pictures = pictures, .jpeg = jpeg };
	int at = 0, last = sizeof quality / sizeof *quality - 1, end = last, middle = end / 2;
	double bytes = 0;

	while (at < end && bytes >= 0) { /* better ones become larger */
		bytes = pack_at(&p, quality[middle], SAMPLE, threads, err);
		if (bytes > PAGE_PICTURES_BYTES)
			at = middle + 1;
		else
			end = middle;
		middle = bytes > 0 ? next_quality(at, end, middle, bytes) : at;
	}
	if (bytes >= 0)
		bytes = pack_at(&p, quality[at], 1, threads, err);
	for (at++; bytes > PAGE_PICTURES_BYTES && at <= last; at++)
		bytes = pack_at(&p, quality[at], 1, threads, err);
	return bytes < 0 ? (int)bytes : 0;
}

/* One bone of the study page as text: facts and pictures as JSON in elements that no browser runs. */
#define _POSIX_C_SOURCE 200809L
#include "report/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "base/sha256.h"
#include "bone/voi.h"
#include "report/page_parts.h"
#include "report/report.h"

#define OPEN_TAG "<script type=\"application/json\" class=\"%s\">"
#define CLOSE_TAG "</script>\n"

/* What tells a failure from others. Bones are told by their content: struct page_pictures. */
static json_t *failure_id(const char *input, const char *why, int index)
{
	struct sha256 s;
	uint8_t digest[32];
	char hex[65], number[16];

	snprintf(number, sizeof number, "%d", index);
	sha256_init(&s);
	sha256_update(&s, input, strlen(input) + 1);
	sha256_update(&s, why, strlen(why) + 1);
	sha256_update(&s, number, strlen(number));
	sha256_final(&s, digest);
	sha256_hex(digest, hex);
	hex[16] = 0;
	return json_string(hex);
}

static void candidate(json_t *list, const char *name, const char *kind, double plane)
{
	if (list && isfinite(plane))
		json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "name", name, "kind", kind, "plane",
						      report_number(plane, 1)));
}

static json_t *candidates(const struct gppi_result *r)
{
	json_t *list = json_array();

	candidate(list, "long-axis", "longaxis", r->longaxis_plane);
	candidate(list, "SV", "sv", r->sv_plane);
	candidate(list, "CW", "cw", r->cw_plane);
	candidate(list, "second place", "rival", r->rival_plane);
	for (int i = 0; i < r->nopinions && i < GPPI_MAX_OPINIONS; i++)
		candidate(list, report_solution_word(r->opinion[i].solution), "heavy", r->opinion[i].plane);
	return list;
}

static json_t *review(const struct gppi_result *r, const struct page_pictures *p)
{
	json_t *list = json_array();

	for (int i = 0; list && i < r->nreasons && i < GPPI_MAX_REASONS; i++)
		json_array_append_new(list, report_string(r->reason[i]));
	if (list && p->measured)
		json_array_extend(list, json_object_get(p->measured, "doubts"));
	return list;
}

static json_t *slices(const struct page_pictures *p)
{
	json_t *list = json_array();

	for (int i = 0; list && i < p->nslices; i++)
		json_array_append_new(list, json_integer(p->slice[i]));
	return list;
}

static json_t *voi(const struct gppi_result *r)
{
	char asked[64];

	return json_pack("{s:s, s:i, s:i, s:i}", "asked", voi_text(&r->voi, asked, sizeof asked),
			 "step", voi_direction(&r->voi, r->shaft_first), "offset", r->voi_offset,
			 "count", r->voi_count);
}

/* null for a scan of one bone */
static json_t *holder(const struct gppi_result *r)
{
	return r->bone ? json_pack("{s:i, s:i, s:i, s:i}", "bone", r->bone, "bones", r->bones, "x", r->offset[0], "y",
				   r->offset[1]) : json_null();
}

static json_t *facts(const struct gppi_result *r, const struct page_pictures *p)
{
	json_t *spacing = json_pack("[o, o, o]", report_number(r->spacing_um[0], 4),
				    report_number(r->spacing_um[1], 4), report_number(r->spacing_um[2], 4));

	return json_pack("{s:s, s:o, s:o, s:s, s:[i,i,i], s:o, s:o, s:o, s:o, s:s, s:b, s:o, s:o, s:o, s:o, s:o, "
			 "s:[i,i], s:o, s:o, s:o, s:O*}",
			 "id", p->content, "name", report_string(r->name),
			 "input", report_string(r->input), "format", r->format,
			 "dims", r->dims[0], r->dims[1], r->dims[2], "gppi", report_index(r->gppi),
			 "exact", report_number(r->gppi_exact, 2), "confidence", report_number(r->confidence, 4),
			 "spacing_um", spacing, "spacing_known", report_spacing_word(r->spacing_known),
			 "shaft_first", r->shaft_first, "mm", report_number(r->gppi_mm, 4), "review", review(r, p),
			 "candidates", candidates(r), "voi", voi(r), "slices", slices(p),
			 "view", p->view_w, p->view_h, "holder", holder(r), "trained_on", report_string(r->trained_on),
			 "identity", report_identity(&r->identity), "measured", p->measured);
}

/* JSON has '<' in strings only; escaped, nothing in there can end the element. Drops the object. */
static int put_json(FILE *out, const char *class, json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12)) :
			      NULL;

	json_decref(object);
	if (!text)
		return -1;
	fprintf(out, OPEN_TAG, class);
	for (const char *c = text; *c; c++) {
		if (*c == '<')
			fputs("\\u003c", out);
		else
			fputc(*c, out);
	}
	fputs(CLOSE_TAG, out);
	free(text);
	return 0;
}

static int put_pictures(FILE *out, const struct page_jpeg *jpeg, int n)
{
	fprintf(out, OPEN_TAG "[", "pictures");
	for (int i = 0; i < n; i++) {
		char *text = malloc(4 * ((jpeg[i].size + 2) / 3) + 1);
		if (!text)
			return -1;
		page_base64(jpeg[i].data, jpeg[i].size, text);
		fprintf(out, "%s\"%s\"", i ? "," : "", text);
		free(text);
	}
	fputs("]" CLOSE_TAG, out);
	return 0;
}

/* Closes the stream behind a part; what was written is dropped where something failed. */
static int close_part(FILE *out, int rc, const char *name, struct page_part *part, struct gppi_error *err)
{
	if (out && os_text_close(out, &part->text, &part->size) != 0)
		rc = -1;
	if (out && rc == 0)
		return 0;
	page_part_free(part);
	return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for its part of the page", name);
}

void page_part_free(struct page_part *part)
{
	free(part->text);
	*part = (struct page_part){ 0 };
}

int page_part_write(const struct gppi_result *r, const struct page_pictures *pictures,
		    const struct page_jpeg *jpeg, struct page_part *part, struct gppi_error *err)
{
	*part = (struct page_part){ 0 };
	FILE *out = os_text_open(&part->text, &part->size);
	int rc = out ? put_json(out, "bone", facts(r, pictures)) : -1;
	if (rc == 0)
		rc = put_pictures(out, jpeg, PAGE_VIEWS + pictures->nslices + (pictures->measured != NULL));
	return close_part(out, rc, r->name, part, err);
}

int page_part_bone(struct bone *bone, const struct gppi_result *r, struct page_part *part, struct gppi_error *err)
{
	struct page_jpeg jpeg[PAGE_JPEGS] = { { 0 } };
	struct page_pictures pictures = { 0 };

	*part = (struct page_part){ 0 };
	int rc = page_pictures_draw(bone, r, &pictures, err);
	if (rc == 0)
		rc = page_pictures_pack(&pictures, plane_workers(bone->threads), jpeg, err);
	if (rc == 0 && pictures.measured)
		rc = page_measured_picture(bone, &jpeg[PAGE_VIEWS + pictures.nslices], err);
	if (rc == 0)
		rc = page_part_write(r, &pictures, jpeg, part, err);
	for (int i = 0; i < PAGE_JPEGS; i++)
		free(jpeg[i].data);
	page_pictures_free(&pictures);
	return rc;
}

int page_part_failure(const char *name, const char *input, int index, const char *why, struct page_part *part,
		      struct gppi_error *err)
{
	const char *slash = strrchr(input, '/'), *end = slash && slash[1] ? slash + 1 : input;

	*part = (struct page_part){ 0 };
	FILE *out = os_text_open(&part->text, &part->size);
	int rc = out ? put_json(out, "bone", json_pack("{s:o, s:o, s:o, s:o, s:o}",
		"id", failure_id(input, why, index), "name", report_string(name ? name : end),
		"input", report_string(input), "index", report_index(index), "error", report_string(why))) : -1;
	return close_part(out, rc, input, part, err);
}

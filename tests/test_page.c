/* The study page: its parts, hostile text in them, their size, and the file around them. */
#define _POSIX_C_SOURCE 200809L
#include "temp_dir.h"

#include <stdio.h>

#include <jansson.h>

#include "base/sha256.h"
#include "report/page_parts.h"

#include "report_sample.h"

#define OPEN "<script type=\"application/json\" class=\""

/* The JSON in the element of a class that begins at *at, which moves behind it. */
static json_t *element(const char **at, const char *class)
{
	size_t n = strlen(class);

	assert_int_equal(strncmp(*at, OPEN, sizeof OPEN - 1), 0);
	*at += sizeof OPEN - 1;
	assert_int_equal(strncmp(*at, class, n), 0);
	*at = strchr(*at, '>') + 1;
	const char *end = strchr(*at, '<');
	assert_int_equal(strncmp(end, "</script>\n", 10), 0);
	json_t *j = json_loadb(*at, (size_t)(end - *at), 0, NULL);
	assert_non_null(j);
	*at = end + 10;
	return j;
}

static const char *text(json_t *j, const char *key)
{
	const char *value = json_string_value(json_object_get(j, key));
	assert_non_null(value);
	return value;
}

static const char hostile[] = "</script><b>x</b><!--<script>\"'&\\ ]]> \xe2\x80\xa8 {{BONES}} {{STYLE}}";

static struct page_part bone_part(const struct gppi_result *r)
{
	static uint8_t dot[3] = { 1, 2, 3 };
	struct page_jpeg jpeg[PAGE_PICTURES] = { { dot, 1 }, { dot, 2 }, { dot, 3 }, { dot, 3 }, { dot, 3 } };
	struct page_pictures pictures = { .view_w = 300, .view_h = 600, .nslices = 2, .slice = { 166, 167 },
					  .content = "0123456789abcdef" };
	struct page_part part;

	assert_int_equal(page_part_write(r, &pictures, jpeg, &part, NULL), 0);
	assert_int_equal(strlen(part.text), part.size);
	return part;
}

static void facts_come_through(void **s)
{
	struct gppi_result r = sample();
	strcpy(r.identity.patient_id, "M7");
	strcpy(r.identity.date, "2024-02-29");
	struct page_part part = bone_part(&r);
	const char *at = part.text;
	json_t *j = element(&at, "bone"), *who = json_object_get(j, "identity"), *voi = json_object_get(j, "voi");

	(void)s;
	assert_string_equal(text(j, "name"), "bone");
	assert_int_equal(json_integer_value(json_object_get(j, "gppi")), 167);
	assert_int_equal(json_array_size(json_object_get(j, "candidates")), 3);
	assert_string_equal(text(voi, "asked"), "300um,1000um,shaft");
	assert_int_equal(json_integer_value(json_object_get(voi, "offset")), 30);
	assert_int_equal(json_integer_value(json_object_get(voi, "count")), 100);
	assert_int_equal(json_integer_value(json_object_get(voi, "step")), 1);
	assert_true(json_is_null(json_object_get(j, "holder")));
	assert_string_equal(text(who, "patient_id"), "M7");
	assert_string_equal(text(who, "date"), "2024-02-29");
	assert_true(json_is_null(json_object_get(who, "sample")));
	json_decref(j);
	j = element(&at, "pictures");
	assert_int_equal(json_array_size(j), 5);
	assert_string_equal(json_string_value(json_array_get(j, 0)), "AQ==");
	assert_string_equal(json_string_value(json_array_get(j, 2)), "AQID");
	assert_int_equal(*at, 0);
	json_decref(j);
	page_part_free(&part);
	r.shaft_first = 1;
	r.gppi = -1;
	r.gppi_exact = r.gppi_mm = r.confidence = NAN;
	r.bone = 2;
	r.bones = 4;
	r.offset[0] = 384;
	part = bone_part(&r);
	at = part.text;
	j = element(&at, "bone");
	assert_true(json_is_null(json_object_get(j, "gppi")));
	assert_true(json_is_null(json_object_get(j, "confidence")));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(j, "voi"), "step")), -1);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(j, "holder"), "bone")), 2);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(j, "holder"), "x")), 384);
	json_decref(j);
	page_part_free(&part);
	page_part_free(&part); /* harmless */
}

static void text_stays_text(void **s)
{
	struct gppi_result r = sample();

	(void)s;
	snprintf(r.name, sizeof r.name, "%s", hostile);
	snprintf(r.input, sizeof r.input, "/data/%s", hostile);
	snprintf(r.identity.patient_id, sizeof r.identity.patient_id, "%s", hostile);
	snprintf(r.reason[0], sizeof r.reason[0], "%s", hostile);
	r.nreasons = 1;
	struct page_part part = bone_part(&r);
	const char *at = part.text;
	json_t *j = element(&at, "bone");
	assert_string_equal(text(j, "name"), hostile);
	assert_string_equal(text(j, "input") + 6, hostile);
	assert_string_equal(text(json_object_get(j, "identity"), "patient_id"), hostile);
	assert_string_equal(json_string_value(json_array_get(json_object_get(j, "review"), 0)), hostile);
	json_decref(j);
	page_part_free(&part);

	assert_int_equal(page_part_failure(NULL, "in/\xff</script>\x01", 3, hostile, &part, NULL), 0);
	at = part.text;
	j = element(&at, "bone");
	assert_string_equal(text(j, "error"), hostile);
	assert_string_equal(text(j, "name"), "script>\x01");
	assert_string_equal(text(j, "input"), "in/?</script>\x01");
	assert_int_equal(*at, 0);
	json_decref(j);
	page_part_free(&part);
}

static int read_ball(void *user, int z0, int nz, int16_t *dst, struct gppi_error *err)
{
	const int *radius = user;

	(void)err;
	for (int z = z0; z < z0 + nz; z++)
		for (int y = 0; y < 60; y++)
			for (int x = 0; x < 60; x++)
				*dst++ = (x - 30) * (x - 30) + (y - 30) * (y - 30) < *radius * *radius ? 1500 : -800;
	return 0;
}

/* The content that is told from a rod of this radius, when a result says this of it. */
static void content_of(int radius, const struct gppi_result *r, char out[17])
{
	struct scan_info info = { .path = "rod", .name = "rod", .nx = 60, .ny = 60, .nz = 300,
				  .spacing_um = { 20, 20, 10 },
				  .spacing_known = SCAN_READ, .slope = 1, .unit = SCAN_UNIT_HU };
	struct scan_source source = { &radius, read_ball, NULL };
	struct page_pictures pictures;
	struct bone bone = { .name = "rod" };
	struct scan *scan;
	struct gppi_error err;

	assert_int_equal(scan_wrap(&info, &source, &scan, &err), 0);
	assert_int_equal(bone_open(&bone, scan, NULL, &err), 0);
	if (page_pictures_draw(&bone, r, &pictures, &err) != 0)
		fail_msg("%s", err.text);
	memcpy(out, pictures.content, sizeof pictures.content);
	page_pictures_free(&pictures);
	bone_free(&bone);
	scan_close(scan);
}

/* Decisions of a person are kept by it. */
static void bones_are_told_by_their_content(void **s)
{
	struct gppi_result r = sample(), other = sample();
	char id[4][17];

	(void)s;
	r.dims[0] = r.dims[1] = other.dims[0] = other.dims[1] = 60;
	r.dims[2] = other.dims[2] = 300;
	r.spacing_um[0] = r.spacing_um[1] = other.spacing_um[0] = other.spacing_um[1] = 20;
	strcpy(other.name, "another name");
	strcpy(other.input, "another/place.nii");
	other.gppi += 20; /* another plane, other slices around it */
	content_of(15, &r, id[0]);
	content_of(15, &other, id[1]);
	content_of(16, &r, id[2]);
	assert_int_equal(strlen(id[0]), 16);
	assert_string_equal(id[0], id[1]);
	assert_string_not_equal(id[0], id[2]);
	r.offset[0] = 100; /* another part of a holder */
	content_of(15, &r, id[3]);
	assert_string_not_equal(id[0], id[3]);

	struct page_part part = bone_part(&r);
	const char *at = part.text;
	json_t *j = element(&at, "bone");
	assert_string_equal(text(j, "id"), "0123456789abcdef");
	json_decref(j);
	page_part_free(&part);
}

/* Noise is what JPEG can do least about. */
static void pictures_keep_to_their_size(void **s)
{
	static uint8_t grey[400 * 600];
	struct page_pictures p = { .view_w = 400, .view_h = 600, .nslices = PAGE_SLICES };
	struct page_jpeg jpeg[PAGE_PICTURES] = { { 0 } };
	uint32_t seed = 1;

	(void)s;
	for (int amplitude = 0; amplitude <= 64; amplitude += 32) {
		size_t total = 0;
		for (size_t i = 0; i < sizeof grey; i++)
			grey[i] = (uint8_t)(96 + (amplitude ? (seed = seed * 1664525u + 1013904223u) >> 24 : 0) *
						 (unsigned)amplitude / 256);
		for (int i = 0; i < PAGE_PICTURES; i++)
			p.grey[i] = grey;
		assert_int_equal(page_pictures_pack(&p, 2, jpeg, NULL), 0);
		for (int i = 0; i < PAGE_PICTURES; i++) {
			assert_int_equal(jpeg[i].data[0], 0xff);
			assert_int_equal(jpeg[i].data[1], 0xd8);
			total += 4 * ((jpeg[i].size + 2) / 3);
		}
		print_message("noise of %d: %zu bytes\n", amplitude, total);
		assert_true(total <= PAGE_PICTURES_BYTES);
	}
	for (int i = 0; i < PAGE_PICTURES; i++)
		free(jpeg[i].data);
}

static void base64_is_rfc_4648(void **s)
{
	static const char *const coded[] = { "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
	char out[16];

	(void)s;
	for (size_t n = 0; n < 7; n++) {
		assert_int_equal(page_base64((const uint8_t *)"foobar", n, out), strlen(coded[n]));
		assert_string_equal(out, coded[n]);
	}
	page_base64((const uint8_t *)"\xff\xfe\xfd", 3, out);
	assert_string_equal(out, "//79");
}

/* ---- the file ---- */

static char *written(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *page = calloc(1, 1 << 20);

	assert_true(f && page);
	assert_true(fread(page, 1, (1 << 20) - 1, f) > 1000);
	fclose(f);
	return page;
}

/* The policy names the hash of what stands between two tags. */
static void assert_hash(const char *page, const char *open, const char *close, const char *directive)
{
	const char *from = strstr(page, open), *to = from ? strstr(from, close) : NULL;
	struct sha256 state;
	uint8_t digest[32];
	char base64[48], policy[128];

	assert_non_null(to);
	from += strlen(open);
	sha256_init(&state);
	sha256_update(&state, from, (size_t)(to - from));
	sha256_final(&state, digest);
	page_base64(digest, sizeof digest, base64);
	snprintf(policy, sizeof policy, "%s 'sha256-%s'", directive, base64);
	assert_non_null(strstr(page, policy));
}

static void the_file_is_whole(void **s)
{
	struct gppi_result r = sample();
	struct page *page;
	struct page_part part;
	struct gppi_error err;
	int bones = 0;

	(void)s;
	snprintf(r.name, sizeof r.name, "%s", hostile);
	assert_int_equal(page_open(in_dir("page.html"), &page, &err), 0);
	for (int i = 0; i < 3; i++) {
		part = bone_part(&r);
		page_add(page, &part);
		page_part_free(&part);
	}
	assert_int_not_equal(access(in_dir("page.html"), F_OK), 0); /* not before it is finished */
	assert_int_equal(page_finish(page, &err), 0);
	char *html = written(in_dir("page.html"));
	for (const char *at = html; (at = strstr(at, OPEN "bone\">")) != NULL; at++)
		bones++;
	assert_int_equal(bones, 3);
	assert_null(strstr(html, "<b>x"));
	assert_non_null(strstr(html, "default-src 'none'"));
	assert_null(strstr(html, "unsafe-inline"));
	assert_non_null(strstr(html, "{{BONES}}")); /* a name's: the template has none left */
	assert_null(strstr(strstr(html, "</style>"), "{{VERSION}}"));
	assert_hash(html, "<style>", "</style>", "style-src");
	assert_hash(html, "<script>", "</script>", "script-src");
	assert_non_null(strstr(html, "</html>\n"));
	free(html);

	assert_int_equal(page_open(in_dir("page.html"), &page, &err), 0);
	page_abort(page);
	page_abort(NULL);
	html = written(in_dir("page.html")); /* the old one stays */
	free(html);
	assert_true(page_open(in_dir("no/page.html"), &page, &err) < 0);
	assert_null(page);
	assert_non_null(strstr(err.text, "no/page.html"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_come_through), cmocka_unit_test(text_stays_text),
		cmocka_unit_test(bones_are_told_by_their_content), cmocka_unit_test(pictures_keep_to_their_size),
		cmocka_unit_test(base64_is_rfc_4648),
		cmocka_unit_test_setup_teardown(the_file_is_whole, make_dir, drop_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

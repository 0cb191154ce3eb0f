/* The QC picture: canvas, font, pages, the JPEG file. */
#define _POSIX_C_SOURCE 200809L
#include <stdbool.h>

#include "temp_dir.h"

#include "report/canvas.h"
#include "report/font.h"
#include "report/jpeg.h"
#include "report/qc_page.h"

#include "report_sample.h"

static void canvas_clips(void **s)
{
	static const struct colour red = { 255, 0, 0 }, black = { 0, 0, 0 };
	static const uint8_t grey[4] = { 10, 20, 30, 40 };
	struct canvas c;

	(void)s;
	assert_int_equal(canvas_init(&c, 4, 3, black), 0);
	canvas_fill(&c, -5, -5, 6, 6, red, 1);
	canvas_fill(&c, 3, 2, 100, 100, red, 0.5);
	canvas_fill(&c, 50, 50, 3, 3, red, 1);
	canvas_grey(&c, 3, -1, 2, 2, grey);
	canvas_text(&c, -20, -7, TEXT_HUGE, red, "clipped text");
	assert_int_equal(c.rgb[9], 30); /* x 3, y 0: the lower left grey value */
	canvas_free(&c);
	assert_int_equal(canvas_init(&c, 0, 3, black), -1);
}

static struct font_glyph drawn(unsigned code)
{
	struct font_glyph g = { 0 };
	font_draw(code, 18, 0, &g);
	return g;
}

static bool alike(unsigned a, unsigned b)
{
	struct font_glyph g = drawn(a), h = drawn(b);
	return g.w == h.w && g.h == h.h && memcmp(g.cover, h.cover, (size_t)g.w * (size_t)g.h) == 0;
}

/* Widths of the letters are those of the font's own table (hmtx), of 2048 units: a 1255, b 1300, micro 1303, ? 1087. */
static void font_is_complete(void **s)
{
	static const unsigned more[] = { 0xb5, 0xe4, 0xf6, 0xfc, 0xdf, 0xe9, 0x3b1, 0x416 };

	(void)s;
	for (unsigned a = '!'; a <= '~'; a++) {
		struct font_glyph g = drawn(a);
		assert_true(g.w > 0 && g.h > 0 && (g.y < 0 || a == '_'));
		assert_true(font_advance(a, 18) > 0);
		assert_true(a == '?' || !alike(a, '?'));
	}
	for (size_t i = 0; i < sizeof more / sizeof *more; i++)
		assert_false(alike(more[i], '?'));
	assert_true(alike(0xe123, '?')); /* private use: the font lacks it */
	assert_int_equal(drawn(' ').w, 0);
	assert_int_equal(canvas_text_width(TEXT_NORMAL, "ab"), 23); /* 18 * 2555 / 2048 = 22.5 */
	assert_int_equal(canvas_text_width(TEXT_LARGE, "\xc2\xb5"), 23); /* 36 * 1303 / 2048 = 22.9 */
	assert_int_equal(canvas_text_width(TEXT_LARGE, "\xff"), 37); /* no UTF-8: U+FFFD, 36 * 2100 / 2048 = 36.9 */
	assert_int_equal(canvas_text_width(TEXT_LARGE, ""), 0);
}

static void paragraphs_break_at_blanks(void **s)
{
	static const struct colour white = { 255, 255, 255 }, black = { 0, 0, 0 };
	struct canvas c;

	(void)s;
	/* 21 w of 1675 units: 14.7 pixels each, 8 of them in 120 */
	assert_int_equal(canvas_init(&c, 200, 100, black), 0);
	assert_int_equal(canvas_paragraph(&c, 0, 0, 120, TEXT_NORMAL, 20, 9, white, "one two"), 1);
	assert_int_equal(canvas_paragraph(&c, 0, 0, 120, TEXT_NORMAL, 20, 9, white, "one two three four"), 2);
	assert_int_equal(canvas_paragraph(&c, 0, 0, 120, TEXT_NORMAL, 20, 9, white, "wwwwwwwwwwwwwwwwwwwww"), 3);
	assert_int_equal(canvas_paragraph(&c, 0, 0, 120, TEXT_NORMAL, 20, 2, white, "wwwwwwwwwwwwwwwwwwwww"), 2);
	assert_int_equal(canvas_paragraph(&c, 0, 0, 120, TEXT_NORMAL, 20, 9, white, ""), 0);
	canvas_free(&c);
}

/* Every page that can be asked for stays inside its canvas and its file. */
static void pages_draw(const struct gppi_result *r, double side_um)
{
	struct qc_page page = { .result = r };
	struct gppi_error err;
	struct stat st;

	assert_int_equal(qc_page_begin(&page, side_um, &err), 0);
	uint8_t *grey = calloc((size_t)page.view_w, (size_t)page.view_h);
	uint8_t *tile = calloc(QC_TILE_PX, QC_TILE_PX);
	assert_true(grey && tile);
	for (int i = 0; i < 2; i++)
		qc_page_longaxis(&page, i, 200, grey, NULL);
	for (int i = 0; i < QC_TILES; i++)
		qc_page_axial(&page, i, 100 + i, tile);
	qc_page_text(&page);
	assert_int_equal(jpeg_write(&page.canvas, in_dir("c.jpg"), 90, &err), 0);
	assert_int_equal(stat(in_dir("c.jpg"), &st), 0);
	assert_true(st.st_size > 10000);
	assert_int_equal(dir_count(), 1);
	qc_page_free(&page);
	free(grey);
	free(tile);
}

static void qc_pages_draw_anything(void **s)
{
	struct gppi_result r = sample();
	struct gppi_error err;

	(void)s;
	pages_draw(&r, 4000);
	r = no_plane();
	pages_draw(&r, 4000);
	r = sample();
	r.shaft_first = 1;
	r.gppi = 0;
	r.voi_first = r.voi_last = 0;
	r.nreasons = GPPI_MAX_REASONS;
	for (int i = 0; i < GPPI_MAX_REASONS; i++)
		memset(r.reason[i], 'w', sizeof r.reason[i] - 1);
	memset(r.name, 'n', sizeof r.name - 1);
	pages_draw(&r, 100);      /* a hair */
	r.dims[2] = 2;
	pages_draw(&r, 500000);   /* a plate */
	r.dims[2] = 65535;
	r.sv_plane = -1e6;        /* nonsense from outside must not leave the canvas */
	pages_draw(&r, 4000);

	struct qc_page page = { .result = &r };
	r.dims[2] = 0;
	assert_int_equal(qc_page_begin(&page, 4000, &err), GPPI_E_USAGE);
	qc_page_free(&page);
}

static void jpeg_failures_leave_nothing(void **s)
{
	static const struct colour black = { 0, 0, 0 };
	struct canvas c;
	struct gppi_error err;

	(void)s;
	assert_int_equal(canvas_init(&c, 70000, 1, black), 0); /* wider than JPEG allows */
	assert_int_equal(jpeg_write(&c, in_dir("c.jpg"), 90, &err), GPPI_E_IO);
	assert_non_null(strstr(err.text, "c.jpg"));
	assert_int_equal(dir_count(), 0);
	canvas_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canvas_clips),
		cmocka_unit_test(font_is_complete),
		cmocka_unit_test(paragraphs_break_at_blanks),
		TEST(qc_pages_draw_anything),
		TEST(jpeg_failures_leave_nothing),
	};
	return cmocka_run_group_tests_name("qc", tests, NULL, NULL);
}

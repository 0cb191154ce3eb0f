/* Reports: CSV reading, evaluation, atomic files, text, JSON and CSV lines, the canvas, the QC page. */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/atomic.h"
#include "base/csv.h"
#include "report/canvas.h"
#include "report/eval.h"
#include "report/jpeg.h"
#include "report/qc_page.h"
#include "report/report.h"

static char dir[64];

static const char *in_dir(const char *name)
{
	static char path[4][256];
	static int at;
	char *p = path[at++ % 4];
	snprintf(p, sizeof path[0], "%s/%s", dir, name);
	return p;
}

static int make_dir(void **s)
{
	(void)s;
	strcpy(dir, "/tmp/gppi_report_XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **s)
{
	static const char *const names[] = { "a", "b", "c.jpg", "link", "folder" };
	(void)s;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		remove(in_dir(names[i]));
	return rmdir(dir); /* fails when a temporary file was left behind */
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void assert_file(const char *path, const char *text)
{
	char buf[256] = "";
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	buf[fread(buf, 1, sizeof buf - 1, f)] = 0;
	fclose(f);
	assert_string_equal(buf, text);
}

/* ---- CSV tables ---- */

static void csv_reads_quotes_and_line_ends(void **s)
{
	static const char text[] = "\xef\xbb\xbfImage Name , \"Growth \"\"Plate\"\"\",x\r\n"
				   "\r\n\"a,1\" ,2,\"two\nlines\"\n b \n\"\",,\n\n,,last";
	struct csv csv;
	struct err err;

	(void)s;
	/* blanks after a closing quote are not allowed: "a,1" must be followed by a comma */
	assert_int_equal(csv_parse(text, sizeof text - 1, "t.csv", &csv, &err), GPPI_E_FORMAT);
	assert_non_null(strstr(err.text, "t.csv: line 3"));

	static const char good[] = "\xef\xbb\xbfImage Name , \"Growth \"\"Plate\"\"\",x\r\n"
				   "\r\n\"a,1\",2,\"two\nlines\"\n b \n\"\",,\n\n,,last";
	assert_int_equal(csv_parse(good, sizeof good - 1, "t.csv", &csv, &err), 0);
	assert_int_equal(csv.ncols, 3);
	assert_int_equal(csv.nrows, 4);
	assert_string_equal(csv.head[1], "Growth \"Plate\"");
	assert_int_equal(csv_column(&csv, "image NAME"), 0);
	assert_int_equal(csv_column(&csv, "image"), -1);
	assert_string_equal(csv_cell(&csv, 0, 0), "a,1");
	assert_string_equal(csv_cell(&csv, 0, 2), "two\nlines");
	assert_string_equal(csv_cell(&csv, 1, 0), "b");
	assert_string_equal(csv_cell(&csv, 1, 2), "");
	assert_string_equal(csv_cell(&csv, 3, 2), "last");
	assert_int_equal(csv.line[0], 3);
	assert_int_equal(csv.line[1], 5);
	csv_free(&csv);
}

static void csv_refuses(const char *text, size_t size, const char *why)
{
	struct csv csv;
	struct err err;
	assert_true(csv_parse(text, size, "t.csv", &csv, &err) < 0);
	if (!strstr(err.text, why) || !strstr(err.text, "t.csv"))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
	csv_free(&csv); /* harmless after a failure */
}

static void csv_refuses_what_is_no_table(void **s)
{
	(void)s;
	csv_refuses("", 0, "empty");
	csv_refuses("\n\r\n\n", 4, "empty");
	csv_refuses("a,b\n1,2,3\n", 10, "line 2 has more");
	csv_refuses("a,b\n\"1,2\n", 9, "never closed");
	csv_refuses("\"a", 2, "never closed");
	csv_refuses("a\0b\n", 4, "zero bytes");

	char *wide = malloc(4000);
	assert_non_null(wide);
	memset(wide, ',', 4000);
	csv_refuses(wide, 4000, "more than the 1000");
	free(wide);

	/* 999 columns and very many short rows: 8 kB of table for each row of 2 bytes */
	size_t size = 1000 + 2 * 5000;
	char *many = malloc(size);
	assert_non_null(many);
	memset(many, ',', 998);
	memcpy(many + 998, "x\n", 2);
	for (size_t i = 1000; i < size; i += 2)
		memcpy(many + i, "1\n", 2);
	csv_refuses(many, size, "cells");
	free(many);
}

static void csv_survives_noise(void **s)
{
	static const char alphabet[] = "\",\r\n ax\t\xef\xbb\xbf";
	uint32_t seed = 12345;
	int parsed = 0;

	(void)s;
	print_message("seed %u\n", (unsigned)seed);
	for (int round = 0; round < 3000; round++) {
		char text[48] = "";
		size_t n = 0;
		while (n < sizeof text && (seed = seed * 1664525u + 1013904223u) >> 27)
			text[n++] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
		char *exact = malloc(n ? n : 1); /* the sanitizer sees every byte too far */
		struct csv csv;
		struct err err = { 0 };
		assert_non_null(exact);
		memcpy(exact, text, n);
		if (csv_parse(exact, n, "noise", &csv, &err) == 0) {
			parsed++;
			for (size_t i = 0; i < csv.nrows * csv.ncols; i++)
				assert_true(strlen(csv.cell[i]) <= n);
			csv_free(&csv);
		} else {
			assert_true(strlen(err.text) > 10);
		}
		free(exact);
	}
	assert_true(parsed > 100);
}

/* ---- evaluation ---- */

static void eval_computes_the_tables(void **s)
{
	struct eval eval;
	struct err err;

	(void)s;
	write_text(in_dir("a"), "Image Name,Growth Plate Index\nx.nii,100\ny,120\nz.NII.gz,140\n");
	write_text(in_dir("b"), "Growth Plate Index,image name,more\n143,z,\n100,x,\n,y,\n7,w,\n");
	assert_int_equal(eval_files(in_dir("a"), in_dir("b"), &eval, &err), 0);
	assert_int_equal(eval.nbones, 3);
	assert_int_equal(eval.nmatched, 2);
	assert_int_equal(eval.nunknown, 1);
	assert_string_equal(eval.bone[2].name, "z");
	assert_true(isnan(eval.bone[1].predicted));
	assert_true(eval.bone[2].error == 3);
	assert_true(eval.mae == 1.5 && eval.bias == 1.5);
	double low = erfc(1 / sqrt(2));
	assert_true(fabs(eval.score_sum - (1 + low)) < 1e-9);
	assert_true(fabs(eval.score_mean - (1 + low) / 2) < 1e-9);
	assert_true(fabs(eval.score_sd - (1 - low) / 2) < 1e-9);
	assert_true(eval.within[0] == 0.5 && eval.within[1] == 1 && eval.within[2] == 1);
	eval_free(&eval);
}

static void eval_matches_the_paper(void **s)
{
	/* test errors of team SV (Table 5): MAE 1.92 planes */
	static const int truth[] = { 199, 165, 185, 180, 175, 169, 173, 180, 190, 182, 164, 199, 160 },
		error[] = { -3, 1, 1, 3, -7, 1, 2, -2, -1, -3, 0, 1, 0 };
	struct eval eval;
	struct err err;
	FILE *a = fopen(in_dir("a"), "w"), *b = fopen(in_dir("b"), "w");

	(void)s;
	assert_true(a && b);
	fputs("Image Name,Growth Plate Index\n", a);
	fputs("Image Name,Growth Plate Index\n", b);
	for (int i = 0; i < 13; i++) {
		fprintf(a, "bone%d,%d\n", i, truth[i]);
		fprintf(b, "bone%d,%d\n", i, truth[i] + error[i]);
	}
	fclose(a);
	fclose(b);
	assert_int_equal(eval_files(in_dir("a"), in_dir("b"), &eval, &err), 0);
	assert_true(fabs(eval.mae - 1.92) < 0.005);
	assert_true(fabs(eval.score_sum - 7.6759) < 1e-3);
	assert_true(fabs(eval.within[1] - 12 / 13.0) < 1e-9);
	eval_free(&eval);
}

static void eval_refuses(const char *table, const char *why)
{
	struct eval eval;
	struct err err;

	write_text(in_dir("a"), "Image Name,Growth Plate Index\nx,100\n");
	write_text(in_dir("b"), table);
	assert_true(eval_files(in_dir("a"), in_dir("b"), &eval, &err) < 0);
	if (!strstr(err.text, why) || !strstr(err.text, in_dir("b")))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
	/* as the truth it is refused alike */
	assert_true(eval_files(in_dir("b"), in_dir("a"), &eval, &err) < 0);
}

static void eval_refuses_bad_tables(void **s)
{
	(void)s;
	eval_refuses("Name,Index\nx,1\n", "Image Name");
	eval_refuses("Image Name,Index\nx,1\n", "Growth Plate Index");
	eval_refuses("Image Name,Growth Plate Index\nx,1e9\n", "line 2");
	eval_refuses("Image Name,Growth Plate Index\nx,nan\n", "line 2");
	eval_refuses("Image Name,Growth Plate Index\nx,12a\n", "not a slice index");
	eval_refuses("Image Name,Growth Plate Index\n,12\n", "names no bone");
	eval_refuses("Image Name,Growth Plate Index\nx,1\n\nx.nii.gz,1\n", "twice, on lines 2 and 4");
}

/* ---- atomic files ---- */

static void atomic_files_appear_whole(void **s)
{
	struct atomic_file *f;
	struct err err;
	struct stat st;

	(void)s;
	write_text(in_dir("a"), "old");
	assert_int_equal(chmod(in_dir("a"), 0640), 0);
	assert_int_equal(symlink(in_dir("a"), in_dir("link")), 0);
	assert_int_equal(atomic_open(in_dir("link"), &f, &err), 0);
	fputs("new", atomic_stream(f));
	assert_file(in_dir("a"), "old");
	assert_int_equal(atomic_commit(f, &err), 0);
	assert_file(in_dir("a"), "new");
	assert_int_equal(lstat(in_dir("link"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(in_dir("a"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);

	assert_int_equal(atomic_open(in_dir("b"), &f, &err), 0);
	fputs("half", atomic_stream(f));
	atomic_abort(f);
	assert_int_equal(access(in_dir("b"), F_OK), -1);
	atomic_abort(NULL);

	assert_int_equal(mkdir(in_dir("folder"), 0777), 0);
	assert_int_equal(atomic_open(in_dir("folder"), &f, &err), GPPI_E_IO);
	assert_int_equal(atomic_open("/dev/null", &f, &err), GPPI_E_IO);
	assert_int_equal(atomic_open(in_dir("none/x"), &f, &err), GPPI_E_IO);
	assert_non_null(strstr(err.text, "none/x"));
}

/* ---- lines ---- */

static struct gppi_result sample(void)
{
	struct gppi_result r = {
		.name = "bone", .input = "in/bone.nii", .format = "NIfTI-1", .dims = { 400, 410, 642 },
		.gppi = 167, .gppi_exact = 166.7, .gppi_mm = 1.67, .spacing_um = { 10, 10, 10 },
		.spacing_known = GPPI_SPACING_READ, .voi_first = 197, .voi_last = 296, .confidence = 0.998,
		.longaxis_plane = 166.5, .longaxis_none = 0.0625, .rival_plane = NAN,
		.seconds_longaxis = 0.25, .sv_rough = 165, .sv_plane = 166.2, .cw_plane = 167.1, .cw_likelihood_plane = 167,
		.nfolds = 2, .sv_fold = { 166, 166.4 }, .model = GPPI_MODEL_ALL, .isa = "scalar",
	};
	return r;
}

static struct gppi_result no_plane(void)
{
	struct gppi_result r = sample();
	r.gppi = r.voi_first = r.voi_last = -1;
	r.gppi_exact = r.gppi_mm = r.confidence = r.sv_plane = r.cw_plane = NAN;
	r.spacing_known = GPPI_SPACING_ASSUMED;
	r.nreasons = 2;
	strcpy(r.reason[0], "first");
	strcpy(r.reason[1], "second, \"quoted\"");
	return r;
}

/* What `write` prints. */
static char *printed(void (*write)(FILE *out, const struct gppi_result *r), const struct gppi_result *r)
{
	static char buf[4096];
	FILE *f = fmemopen(buf, sizeof buf, "w");
	assert_non_null(f);
	write(f, r);
	fclose(f);
	return buf;
}

static void text(FILE *out, const struct gppi_result *r)
{
	report_text(out, r, 12);
}

static void json(FILE *out, const struct gppi_result *r)
{
	struct err err;
	assert_int_equal(report_json(out, r, NULL, &err), 0);
}

static void text_lines_are_aligned(void **s)
{
	struct gppi_result r = sample();

	(void)s;
	assert_string_equal(printed(text, &r), "bone            167   1.670 mm  0.99  ok\n");
	strcpy(r.name, "b\033[2J");
	r.gppi_mm = NAN;
	r.confidence = 1;
	assert_string_equal(printed(text, &r), "b?[2J           167          -  1.00  ok\n");
	r = no_plane();
	assert_string_equal(printed(text, &r),
			    "bone              -          -     -  REVIEW first; second, \"quoted\"\n");
}

static void csv_lines_follow_the_head(void **s)
{
	struct gppi_result r = sample();

	(void)s;
	assert_string_equal(printed(report_csv, &r), "bone,167,166.70,1.6700,0.998,,197,296,10.000,10.000,"
			    "10.000,read,165.00,166.20,167.10,in/bone.nii\n");
	r = no_plane();
	strcpy(r.name, "a,b");
	assert_string_equal(printed(report_csv, &r), "\"a,b\",,,,,\"first; second, \"\"quoted\"\"\",,,10.000,"
			    "10.000,10.000,assumed,165.00,,,in/bone.nii\n");
}

static void json_lines_hold_the_contract(void **s)
{
	struct gppi_result r = sample();
	json_t *j = json_loads(printed(json, &r), 0, NULL);

	(void)s;
	assert_non_null(j);
	assert_int_equal(json_integer_value(json_object_get(j, "gppi")), 167);
	assert_true(json_number_value(json_object_get(j, "gppi_exact")) == 166.7);
	json_t *sv = json_object_get(json_object_get(j, "models"), "sv");
	assert_int_equal(json_array_size(json_object_get(sv, "folds")), 2);
	json_t *along = json_object_get(json_object_get(j, "models"), "longaxis");
	assert_true(json_number_value(json_object_get(along, "plane")) == 166.5);
	assert_true(json_number_value(json_object_get(along, "none")) == 0.0625);
	assert_true(json_number_value(json_object_get(json_object_get(j, "seconds"), "longaxis")) == 0.25);
	assert_int_equal(json_array_size(json_object_get(j, "review")), 0);
	assert_string_equal(json_string_value(json_object_get(j, "spacing_known")), "read");
	json_decref(j);

	r = no_plane();
	r.model = GPPI_MODEL_CW;
	r.longaxis_plane = 12; /* not asked for: not told */
	strcpy(r.name, "latin \xe9");
	j = json_loads(printed(json, &r), 0, NULL);
	assert_non_null(j);
	assert_true(json_is_null(json_object_get(j, "gppi")));
	assert_true(json_is_null(json_object_get(j, "gppi_mm")));
	assert_true(json_is_null(json_object_get(j, "confidence")));
	assert_true(json_is_null(json_object_get(json_object_get(j, "voi"), "first")));
	assert_true(json_is_null(json_object_get(json_object_get(j, "models"), "sv")));
	assert_true(json_is_null(json_object_get(json_object_get(j, "models"), "longaxis")));
	assert_string_equal(json_string_value(json_object_get(j, "name")), "latin ?");
	assert_int_equal(json_array_size(json_object_get(j, "review")), 2);
	json_decref(j);
}

/* ---- pictures ---- */

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

static void font_is_complete(void **s)
{
	(void)s;
	for (int a = '!'; a <= '~'; a++) {
		uint8_t any = 0;
		for (int row = 0; row < FONT_ROWS; row++) {
			any |= font_glyph((char)a)[row];
			assert_true(font_glyph((char)a)[row] < 1 << FONT_COLS);
		}
		assert_true(any != 0);
		for (int b = '!'; b < a; b++)
			assert_memory_not_equal(font_glyph((char)a), font_glyph((char)b), FONT_ROWS);
	}
	assert_ptr_equal(font_glyph('\n'), font_glyph('?'));
	assert_int_equal(canvas_text_width(TEXT_NORMAL, "ab"), 22);
	assert_int_equal(canvas_text_width(TEXT_NORMAL, "\xc3\xa9"), 10); /* one character */
}

static void paragraphs_break_at_blanks(void **s)
{
	static const struct colour white = { 255, 255, 255 }, black = { 0, 0, 0 };
	struct canvas c;

	(void)s;
	assert_int_equal(canvas_init(&c, 200, 100, black), 0);
	assert_int_equal(canvas_paragraph(&c, 0, 0, 120, TEXT_NORMAL, 20, 9, white, "one two"), 1);
	assert_int_equal(canvas_paragraph(&c, 0, 0, 120, TEXT_NORMAL, 20, 9, white, "one two three four"), 2);
	assert_int_equal(canvas_paragraph(&c, 0, 0, 120, TEXT_NORMAL, 20, 9, white, "abcdefghijklmnopqrstu"), 3);
	assert_int_equal(canvas_paragraph(&c, 0, 0, 120, TEXT_NORMAL, 20, 2, white, "abcdefghijklmnopqrstu"), 2);
	assert_int_equal(canvas_paragraph(&c, 0, 0, 120, TEXT_NORMAL, 20, 9, white, ""), 0);
	canvas_free(&c);
}

/* Every page that can be asked for stays inside its canvas and its file. */
static void pages_draw(const struct gppi_result *r, double side_um)
{
	struct qc_page page = { .result = r };
	struct err err;
	struct stat st;

	assert_int_equal(qc_page_begin(&page, side_um, &err), 0);
	uint8_t *grey = calloc((size_t)page.view_w, (size_t)page.view_h);
	uint8_t *tile = calloc(QC_TILE_PX, QC_TILE_PX);
	assert_true(grey && tile);
	for (int i = 0; i < 2; i++)
		qc_page_longaxis(&page, i, 200, grey);
	for (int i = 0; i < QC_TILES; i++)
		qc_page_axial(&page, i, 100 + i, tile);
	qc_page_text(&page);
	assert_int_equal(jpeg_write(&page.canvas, in_dir("c.jpg"), 90, &err), 0);
	assert_int_equal(stat(in_dir("c.jpg"), &st), 0);
	assert_true(st.st_size > 10000);
	qc_page_free(&page);
	free(grey);
	free(tile);
}

static void qc_pages_draw_anything(void **s)
{
	struct gppi_result r = sample();
	struct err err;

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
	struct err err;

	(void)s;
	assert_int_equal(canvas_init(&c, 70000, 1, black), 0); /* wider than JPEG allows */
	assert_int_equal(jpeg_write(&c, in_dir("c.jpg"), 90, &err), GPPI_E_IO);
	assert_non_null(strstr(err.text, "c.jpg"));
	assert_int_equal(access(in_dir("c.jpg"), F_OK), -1);
	canvas_free(&c);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_reads_quotes_and_line_ends),
		cmocka_unit_test(csv_refuses_what_is_no_table),
		cmocka_unit_test(csv_survives_noise),
		IN_DIR(eval_computes_the_tables),
		IN_DIR(eval_matches_the_paper),
		IN_DIR(eval_refuses_bad_tables),
		IN_DIR(atomic_files_appear_whole),
		cmocka_unit_test(text_lines_are_aligned),
		cmocka_unit_test(csv_lines_follow_the_head),
		cmocka_unit_test(json_lines_hold_the_contract),
		cmocka_unit_test(canvas_clips),
		cmocka_unit_test(font_is_complete),
		cmocka_unit_test(paragraphs_break_at_blanks),
		IN_DIR(qc_pages_draw_anything),
		IN_DIR(jpeg_failures_leave_nothing),
	};
	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}

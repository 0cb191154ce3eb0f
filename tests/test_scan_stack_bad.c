/* Folders of pictures that are no scan, or a damaged one: gaps, mixtures, cut and garbled files, impossible sizes. */
#define _POSIX_C_SOURCE 200809L
#include "stack_files.h"

/* Cut and garbled files of every format end in a sentence, or (garbled) in some picture. */
static void damaged_pictures(void **state)
{
	(void)state;
	for (int format = 0; format < 6; format++) {
		char name[32];
		size_t n;
		struct plane p = plane_of(1, 5);
		struct tiff_style s = plain_tiff;
		s.compression = COMPRESSION_LZW;
		write_stack("c%02d", format < 5 ? format : 4, 1, 0, 1);
		snprintf(name, sizeof name, "s/c05.%s", formats[format < 5 ? format : 4]);
		if (format == 5)
			write_tiff(in_dir(name), &p, 1, &s);
		uint8_t *bytes = get_file(in_dir(name), &n);
		for (size_t cut = 0; cut < n; cut += cut < 16 || cut > n - 16 ? 1 : 11) {
			put_file(in_dir(name), bytes, cut);
			struct gppi_error err = { 0 };
			struct scan *scan;
			int rc = open_scan(in_dir("s"), 0, 0.0, &scan, &err);
			if (rc == 0) {
				int16_t *all = read_all(scan, &err);
				/* PNG and JPEG end with marks that hold no pixel; BMP and TIFF with padding */
				rc = all ? 0 : err.code;
				free(all);
				scan_close(scan);
			}
			if (cut + 16 < n && rc != GPPI_E_FORMAT && rc != GPPI_E_UNSUPPORTED)
				fail_msg("%s cut at %zu of %zu gives %d", name, cut, n, rc);
			if (rc < 0)
				assert_non_null(strstr(err.text, "c0"));
		}
		uint32_t seed = 9;
		for (int k = 0; n && k < 200; k++) {
			seed = seed * 1664525u + 1013904223u;
			uint8_t *b = &bytes[(seed >> 8) % n], old = *b;
			*b = (uint8_t)seed;
			put_file(in_dir(name), bytes, n);
			*b = old;
			struct gppi_error err = { 0 };
			struct scan *scan;
			if (open_scan(in_dir("s"), 0, 0.0, &scan, &err) == 0) {
				free(read_all(scan, &err));
				scan_close(scan);
			}
		}
		free(bytes);
		remove_tree(in_dir("s"));
	}
}

/* Headers that promise pictures no file of that size can hold. */
static void huge_pictures(void **state)
{
	(void)state;
	static const char huge[] = "P5\n8000 8000\n65535\nabc", most[] = "P5\n99999 99999\n255\nabc";
	write_stack("h%02d", 3, 1, 0, 1);
	put_file(in_dir("s/h00.pgm"), huge, sizeof huge - 1);
	assert_refused(in_dir("s"), GPPI_E_FORMAT, "h00.pgm");
	for (int z = 0; z < NZ; z++) {
		char name[32];
		snprintf(name, sizeof name, "s/h%02d.pgm", z);
		put_file(in_dir(name), huge, sizeof huge - 1);
	}
	assert_refused(in_dir("s"), GPPI_E_FORMAT, "cannot hold");
	put_file(in_dir("s/h00.pgm"), most, sizeof most - 1);
	assert_refused(in_dir("s"), GPPI_E_FORMAT, "99999 x 99999");
}

static void gaps_and_mixtures(void **state)
{
	(void)state;
	struct plane other = { W, H - 1, 1, narrow, 0 }, deep = plane_of(2, 0), p = plane_of(1, 0);
	write_stack("a%03d", 3, 1, 0, 1);
	unlink(in_dir("s/a005.pgm"));
	assert_refused(in_dir("s"), GPPI_E_FORMAT, "a004.pgm: slices are missing between this file and a006.pgm");
	write_pgm(in_dir("s/a005.pgm"), &other);
	assert_refused(in_dir("s"), GPPI_E_FORMAT, "a005.pgm: has 18 x 12 pixels");
	write_pgm(in_dir("s/a005.pgm"), &deep);
	assert_refused(in_dir("s"), GPPI_E_FORMAT, "a005.pgm: has 18 x 13 pixels of uint16");
	put_file(in_dir("s/a005.pgm"), "P5\n18 13\n255\nshort", 18);
	assert_refused(in_dir("s"), GPPI_E_FORMAT, "a005.pgm");
	put_file(in_dir("s/a005.pgm"), "", 0);
	assert_refused(in_dir("s"), GPPI_E_FORMAT, "slices are missing");
	write_pgm(in_dir("s/a005.pgm"), &p);
	write_pgm(in_dir("s/a5.pgm"), &p);
	assert_refused(in_dir("s"), GPPI_E_FORMAT, "same number");
}

/* Few pictures are no scan, neither is a single file. */
static void other_pictures(void **state)
{
	(void)state;
	struct plane p = plane_of(1, 0);
	mkdir(in_dir("f"), 0777);
	write_png(in_dir("f/bone1.png"), &p);
	write_png(in_dir("f/bone2.png"), &p);
	write_jpeg(in_dir("f/photo.jpg"), &p);
	assert_refused(in_dir("f"), GPPI_E_FORMAT, "3 other files");
	for (int format = 0; format < 5; format++) {
		write_slice(in_dir("one"), format, &p);
		assert_refused(in_dir("one"), GPPI_E_UNSUPPORTED, "single picture");
	}
	write_stack("a%d", 0, 1, 0, 1);
	write_stack("b%d", 0, 2, 0, 1);
	write_bmp(in_dir("s/a_spr.bmp"), &p, 8);
	struct scan_set *set;
	struct gppi_error err;
	assert_int_equal(scan_set_open(in_dir("s"), &set, &err), 0);
	assert_int_equal(scan_set_count(set), 2);
	scan_set_free(set);
	struct scan *scan = must_open(in_dir("s"));
	assert_non_null(strstr(scan_info(scan)->detail, "files not used: 1"));
	scan_close(scan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STACK(damaged_pictures), STACK(huge_pictures), STACK(gaps_and_mixtures), STACK(other_pictures),
	};
	TIFFSetErrorHandler(NULL);
	TIFFSetWarningHandler(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which pictures of a folder are the slices of a scan: names with several numbers, copies, links, folders in
 * folders. */
#define _POSIX_C_SOURCE 200809L
#include "picture_files.h"

#include <strings.h>

#include "scan/walk.h"

enum { SIDE = 4, SLICE = SIDE * SIDE, MOST = 200 };

/* A slice that says which one it is. */
static void put_slice(const char *name, int z)
{
	uint8_t pixels[SLICE];
	memset(pixels, z, sizeof pixels);
	struct plane p = { SIDE, SIDE, 1, pixels, 0 };
	const char *suffix = strrchr(name, '.');
	for (int f = 0; f < 5; f++)
		if (suffix && !strcasecmp(suffix + 1, formats[f])) {
			write_slice(in_dir(name), f, &p);
			return;
		}
	write_pgm(in_dir(name), &p);
}

/* "DIR/PATTERN" with first .. first + n - 1, that are slices z .. */
static void put_slices(const char *pattern, int first, int n, int z)
{
	for (int i = 0; i < n; i++) {
		char name[256];
		snprintf(name, sizeof name, pattern, first + i); /* NOLINT: patterns of this file */
		put_slice(name, z + i);
	}
}

static struct scan_set *look(const char *path, int count)
{
	struct scan_set *set;
	struct gppi_error err = { 0 };
	if (scan_set_open(in_dir(path), &set, &err) < 0)
		fail_msg("%s", err.text);
	if (scan_set_count(set) != count)
		fail_msg("%s: %d scans, not %d", path, scan_set_count(set), count);
	return set;
}

/* Scan `index` has this name and slices z .. z + n - 1, in this order. */
static void assert_slices(const struct scan_set *set, int index, const char *name, int n, int z)
{
	struct gppi_error err = { 0 };
	struct scan *scan;
	if (scan_open(set, index, 0.0, &scan, &err) < 0)
		fail_msg("%s", err.text);
	const struct scan_info *info = scan_info(scan);
	assert_string_equal(info->name, name);
	assert_int_equal(info->nz, n);
	int16_t *raw = read_all(scan, &err);
	assert_non_null(raw);
	for (int i = 0; i < n; i++)
		if (abs(raw[(size_t)i * SLICE] - (z + i)) > 1) /* JPEG */
			fail_msg("%s: slice %d is %d, not %d", name, i, raw[(size_t)i * SLICE], z + i);
	free(raw);
	scan_close(scan);
}

static void assert_one(const char *name, int n)
{
	struct scan_set *set = look("s", 1);
	assert_slices(set, 0, name, n, 10);
	scan_set_free(set);
	remove_tree(in_dir("s"));
}

static void number_that_varies(void **state)
{
	(void)state;
	static const struct { const char *pattern, *name; int first; } t[] = {
		{ "s/m7_%04d_10um.pgm", "m7", 1 },       { "s/m7_z%04d_ch00.pgm", "m7_z", 95 },
		{ "s/rec_%04d_8bit.png", "rec", 0 },     { "s/m7_%04d_2024-03-01.pgm", "m7", 1 },
		{ "s/m7_%04d (2).pgm", "m7", 1 },        { "s/m7_%04d-Copy2_v1.0.pgm", "m7", 1 },
		{ "s/12345678901234567890_%d.pgm", "12345678901234567890", 95 },
		{ "s/1.2.840.%d.1.5.7.8.9.10.11.pgm", "1.2.840", 1 }, { "s/%d.pgm", "s", 95 },
		{ "s/slice.%03d", "slice", 1 },          { "s/m7_-%03d.pgm", "m7", 0 },
		{ "s/m7_%d.pgm", "m7", -11 },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		mkdir(in_dir("s"), 0777);
		put_slices(t[i].pattern, t[i].first, 20, 10);
		assert_one(t[i].name, 20);
	}
}

/* Numbers behind the slice's that change along with it: dates, times, positions. */
static void numbers_that_go_along(void **state)
{
	(void)state;
	char name[64];
	mkdir(in_dir("s"), 0777);
	for (int i = 0; i < 24; i++) { /* over midnight */
		snprintf(name, sizeof name, "s/m7_%04d_2024-03-%02d.pgm", i + 1, i < 11 ? 1 : 2);
		put_slice(name, 10 + i);
	}
	assert_one("m7", 24);
	mkdir(in_dir("s"), 0777);
	for (int i = 0; i < 24; i++) {
		snprintf(name, sizeof name, "s/m7_%04d_20240301_%06d.pgm", i + 1, 101500 + 7 * i + i * i % 5);
		put_slice(name, 10 + i);
	}
	assert_one("m7", 24);
	mkdir(in_dir("s"), 0777);
	for (int i = 0; i < 24; i++) { /* the time in front */
		snprintf(name, sizeof name, "s/20240301_%06d_%04d.pgm", 101500 + 7 * i + i * i % 5, i + 1);
		put_slice(name, 10 + i);
	}
	struct scan_set *set = look("s", 1);
	scan_set_free(set);
	unlink(in_dir(name)); /* the last one may be missing, one within not */
	put_slice("s/20240301_101900_0030.pgm", 1);
	assert_refused(in_dir("s"), GPPI_E_FORMAT, "slices are missing");
}

static void bones_and_channels(void **state)
{
	(void)state;
	mkdir(in_dir("s"), 0777);
	put_slices("s/bone2_%04d_10um.pgm", 1, 15, 10);
	put_slices("s/bone12_%04d_10um.pgm", 16, 15, 30); /* counted on */
	struct scan_set *set = look("s", 2);
	assert_slices(set, 0, "bone2", 15, 10);
	assert_slices(set, 1, "bone12", 15, 30);
	scan_set_free(set);
	remove_tree(in_dir("s"));
	mkdir(in_dir("s"), 0777);
	put_slices("s/m7_z%03d_ch00.pgm", 1, 20, 10);
	put_slices("s/m7_z%03d_ch01.pgm", 1, 20, 60);
	set = look("s", 2);
	assert_slices(set, 0, "m7_z_ch00", 20, 10);
	assert_slices(set, 1, "m7_z_ch01", 20, 60);
	scan_set_free(set);
	remove_tree(in_dir("s"));
	/* five views of each of twelve bones are no scan */
	mkdir(in_dir("s"), 0777);
	for (int view = 1; view <= 5; view++) {
		char pattern[64];
		snprintf(pattern, sizeof pattern, "s/bone%%02d_view%d.pgm", view);
		put_slices(pattern, 1, 12, 10);
	}
	assert_refused(in_dir("s"), GPPI_E_FORMAT, "holds 60 pictures, but no 10 that differ only in one number");
}

static void other_formats(void **state)
{
	(void)state;
	struct scan *scan;
	struct gppi_error err;
	mkdir(in_dir("s"), 0777);
	put_slices("s/m7_%04d.jpg", 1, 20, 10);
	put_slices("s/m7_%04d.tif", 1, 20, 10);
	assert_int_equal(open_scan(in_dir("s"), 0, 0, &scan, &err), 0);
	assert_string_equal(scan_info(scan)->format, "TIFF slices");
	assert_string_equal(scan_info(scan)->detail, "copies in other formats: 20, left out; files not used: 20");
	scan_close(scan);
	assert_one("m7", 20);
	/* some exported for a talk; and one half in each format */
	mkdir(in_dir("s"), 0777);
	put_slices("s/m7_%04d.png", 1, 20, 10);
	put_slices("s/m7_%04d.tif", 5, 12, 100);
	assert_one("m7", 20);
	mkdir(in_dir("s"), 0777);
	put_slices("s/m7_%04d.png", 1, 10, 10);
	put_slices("s/m7_%04d.PGM", 11, 15, 20);
	assert_one("m7", 25);
}

static void links(void **state)
{
	(void)state;
	char from[64], to[64];
	struct scan_set *set;
	mkdir(in_dir("s"), 0777);
	mkdir(in_dir("s/real"), 0777);
	put_slices("s/real/m7_%04d.pgm", 1, 20, 10);
	for (int i = 1; i <= 20; i++) {
		snprintf(from, sizeof from, "real/m7_%04d.pgm", i);
		snprintf(to, sizeof to, "s/a_%04d.pgm", i);
		assert_int_equal(symlink(from, in_dir(to)), 0);
	}
	/* all of them again, and a part; a link to the folder, and one that leads round */
	mkdir(in_dir("s/part"), 0777);
	for (int i = 3; i <= 15; i++) {
		snprintf(from, sizeof from, "s/real/m7_%04d.pgm", i);
		snprintf(to, sizeof to, "s/part/b_%04d.pgm", i);
		assert_int_equal(link(in_dir(from), in_dir(to)), 0);
	}
	assert_int_equal(symlink("real", in_dir("s/zlink")), 0);
	assert_int_equal(symlink("..", in_dir("s/real/up")), 0);
	set = look("s", 1);
	assert_slices(set, 0, "a", 20, 10);
	scan_set_free(set);
	remove_tree(in_dir("s"));
	/* a volume */
	mkdir(in_dir("s"), 0777);
	put_text(in_dir("s/a.nii"), "cut");
	assert_int_equal(symlink("a.nii", in_dir("s/b.nii")), 0);
	set = look("s", 1);
	scan_set_free(set);
}

static void folders_in_folders(void **state)
{
	(void)state;
	char path[256] = "s", name[300];
	struct scan_set *set;
	mkdir(in_dir(path), 0777);
	for (int depth = 1; depth <= WALK_DEPTH; depth++) {
		snprintf(path + strlen(path), sizeof path - strlen(path), "/d%d", depth);
		mkdir(in_dir(path), 0777);
	}
	snprintf(name, sizeof name, "%s/m%%04d.pgm", path);
	put_slices(name, 1, 12, 10);
	set = look("s", 1);
	assert_slices(set, 0, "m", 12, 10);
	scan_set_free(set);
	snprintf(name, sizeof name, "%s/deeper", path);
	mkdir(in_dir(name), 0777);
	for (int i = 1; i <= 12; i++) {
		char from[400], to[400];
		snprintf(from, sizeof from, "%s/m%04d.pgm", path, i);
		snprintf(to, sizeof to, "%s/m%04d.pgm", name, i);
		assert_int_equal(rename(in_dir(from), in_dir(to)), 0);
	}
	put_text(in_dir("s/scan.nii.part"), "x");
	assert_refused(in_dir("s"), GPPI_E_FORMAT,
		       "(0 other files), 8 sub-folders searched, but none more than 8 levels deep, "
		       "1 name of unfinished copies or of the system left aside; give the folder");
}

/* What the machine took is no scan, and does not stand in the way of the slices made of it. */
static void projections(void **state)
{
	(void)state;
	static const char log[] =
		"[System]\r\nScanner=SkyScan1176\r\n[Acquisition]\r\nFilename Prefix=m7\r\nNumber of Files= %d\r\n"
		"Number Of Rows= %d\r\nNumber Of Columns= %d\r\nImage Pixel Size (um)=  8.97\r\n%s";
	uint8_t pixels[6 * 4] = { 0 };
	struct plane wide = { 6, 4, 1, pixels, 0 };
	char text[400], name[64];
	struct scan_set *set;
	/* wider than high, as a camera is; the number follows the name at once */
	mkdir(in_dir("s"), 0777);
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof name, "s/m7%04d.pgm", i);
		write_pgm(in_dir(name), &wide);
	}
	snprintf(text, sizeof text, log, 900, 4, 6, "");
	put_text(in_dir("s/m7.log"), text);
	assert_refused(in_dir("s"), GPPI_E_UNSUPPORTED,
		       "/s: these are projections, not slices: m7.log tells of a scan with "
		       "projections of 6 x 4; reconstruct it, then give the folder of the slices");
	mkdir(in_dir("s/m7_Rec"), 0777);
	put_slices("s/m7_Rec/m7_rec%04d.pgm", 1, 20, 10);
	set = look("s", 1);
	assert_slices(set, 0, "m7", 20, 10);
	scan_set_free(set);
	remove_tree(in_dir("s"));
	/* squares: as many as projections, or slices that another program made of them */
	static const struct { const char *more; int files; bool projections; } t[] = {
		{ "", 20, true }, { "", 900, false },
		{ "[Reconstruction]\r\nResult Image Width (pixels)=4\r\nResult Image Height (pixels)=4\r\n", 20,
		  false },
		{ "[Reconstruction]\r\nResult Image Width (pixels)=9\r\nResult Image Height (pixels)=9\r\n", 20, true },
	};
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		mkdir(in_dir("s"), 0777);
		put_slices("s/m7_%04d.pgm", 0, 20, 10);
		snprintf(text, sizeof text, log, t[k].files, 4, 4, t[k].more);
		put_text(in_dir("s/m7.log"), text);
		if (t[k].projections) {
			assert_refused(in_dir("s"), GPPI_E_UNSUPPORTED, "these are projections");
		} else {
			set = look("s", 1);
			scan_set_free(set);
		}
		remove_tree(in_dir("s"));
	}
}

/* A slice that is no picture at all is told by its name; a volume that is none is one that fails. */
static void damaged_slices(void **state)
{
	(void)state;
	struct scan *scan;
	struct gppi_error err;
	mkdir(in_dir("s"), 0777);
	put_slices("s/m7_%04d.tif", 1, 20, 10);
	put_text(in_dir("s/m7_0007.tif"), "");
	put_text(in_dir("s/scan.tif"), "cut");
	struct scan_set *set = look("s", 2);
	assert_int_equal(scan_open(set, 0, 0, &scan, &err), GPPI_E_FORMAT);
	assert_non_null(strstr(err.text, "m7_0007.tif: "));
	assert_int_equal(scan_open(set, 1, 0, &scan, &err), GPPI_E_FORMAT);
	assert_non_null(strstr(err.text, "scan.tif: damaged TIFF"));
	scan_set_free(set);
}

/* A JPEG for printing. */
static void write_cmyk(const char *path)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr e;
	uint8_t line[4 * SIDE] = { 0 };
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	c.err = jpeg_std_error(&e);
	jpeg_create_compress(&c);
	jpeg_stdio_dest(&c, f);
	c.image_width = c.image_height = SIDE;
	c.input_components = 4;
	c.in_color_space = JCS_CMYK;
	jpeg_set_defaults(&c);
	jpeg_start_compress(&c, TRUE);
	for (int y = 0; y < SIDE; y++)
		jpeg_write_scanlines(&c, &(JSAMPROW){ line }, 1);
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	fclose(f);
}

/* Pictures that are not read are named. */
static void other_kinds(void **state)
{
	(void)state;
	static const struct { const char *bytes, *name; size_t n; } t[] = {
		{ "GIF89a........", "GIF", 14 }, { "RIFF1234WEBPVP8 ", "WebP", 16 },
		{ "\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000", 12 },
		{ "P6\n4 4\n255\n", "PPM", 11 },
	};
	char words[64];
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		mkdir(in_dir("s"), 0777);
		for (int i = 0; i < 12; i++) {
			char name[32];
			snprintf(name, sizeof name, "s/m%03d.xyz", i);
			put_file(in_dir(name), t[k].bytes, t[k].n);
		}
		snprintf(words, sizeof words, "12 pictures in the format %s, which is not read", t[k].name);
		assert_refused(in_dir("s"), GPPI_E_UNSUPPORTED, words);
		snprintf(words, sizeof words, "m003.xyz: is a picture in the format %s, which", t[k].name);
		assert_refused(in_dir("s/m003.xyz"), GPPI_E_UNSUPPORTED, words);
		remove_tree(in_dir("s"));
	}
	mkdir(in_dir("s"), 0777);
	put_slices("s/m%03d.jpg", 1, 20, 10);
	write_cmyk(in_dir("s/m001.jpg"));
	assert_refused(in_dir("s"), GPPI_E_UNSUPPORTED,
		       "m001.jpg: its colours are those of printing (CMYK); save it as grey");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(number_that_varies), TEST(numbers_that_go_along), TEST(bones_and_channels), TEST(other_formats),
		TEST(links), TEST(folders_in_folders), TEST(projections),
		TEST(damaged_slices), TEST(other_kinds),
	};
	TIFFSetErrorHandler(NULL);
	TIFFSetWarningHandler(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

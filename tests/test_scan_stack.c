/* Slices as pictures: every format and depth, order of the files, logs, TIFF files of many pages. */
#define _POSIX_C_SOURCE 200809L
#include "stack_files.h"

static void every_format(void **state)
{
	(void)state;
	for (int format = 0; format < 5; format++)
		for (int bytes = 1; bytes <= (format == 1 || format == 2 ? 1 : 2); bytes++) {
			write_stack("femur_%04d", format, bytes, 0, 1);
			assert_stack(in_dir("s"), bytes, format == 1 ? 1 : 0);
			struct scan *scan = must_open(in_dir("s"));
			assert_string_equal(scan_info(scan)->name, "femur");
			assert_string_equal(scan_info(scan)->voxel_type, bytes == 1 ? "uint8" : "uint16");
			assert_int_equal(scan_info(scan)->spacing_known, SCAN_ASSUMED);
			scan_close(scan);
			remove_tree(in_dir("s"));
		}
	/* colours that are greys */
	mkdir(in_dir("s"), 0777);
	for (int z = 0; z < NZ; z++) {
		char name[32];
		struct plane p = plane_of(1, z);
		snprintf(name, sizeof name, "s/%d.bmp", z);
		write_bmp(in_dir(name), &p, 24);
	}
	assert_stack(in_dir("s"), 1, 0);
}

/* What others write into a BMP: words of their own where nothing is expected, masks, the header of OS/2. */
static void bmp_styles(void **state)
{
	(void)state;
	static const uint8_t masks[12] = { 0, 0, 0xff, 0, 0, 0xff, 0, 0, 0xff, 0, 0, 0 };
	for (int style = 0; style < 4; style++) {
		mkdir(in_dir("s"), 0777);
		for (int z = 0; z < NZ; z++) {
			char name[32];
			size_t n;
			struct plane p = plane_of(1, z);
			snprintf(name, sizeof name, "s/%d.bmp", z);
			write_bmp(in_dir(name), &p, style ? 32 : 8);
			uint8_t *b = get_file(in_dir(name), &n), *more = calloc(1, n + 12);
			assert_non_null(more);
			memcpy(more, b, 54);
			if (style == 0) {
				memcpy(b + 6, "GR32", 4);
				put_file(in_dir(name), b, n);
			} else { /* masks between header and pixels; others than the usual ones; OS/2 */
				more[10] = 66;
				more[14] = style == 3 ? 12 : 40;
				more[30] = 3;
				memcpy(more + 54, masks, 12);
				more[54] = style == 2 ? 1 : 0;
				memcpy(more + 66, b + 54, n - 54);
				put_file(in_dir(name), more, n + 12);
			}
			free(b);
			free(more);
		}
		if (style < 2)
			assert_stack(in_dir("s"), 1, 0);
		else
			assert_refused(in_dir("s"), GPPI_E_UNSUPPORTED,
				       style == 2 ? "32 bits, method 3, is not read" : "OS/2");
		remove_tree(in_dir("s"));
	}
}

static void tiff_styles(void **state)
{
	(void)state;
	static const struct tiff_style t[] = {
		{ COMPRESSION_LZW, PHOTOMETRIC_MINISBLACK, SAMPLEFORMAT_UINT, 5, true, false, NULL, 0 },
		{ COMPRESSION_ADOBE_DEFLATE, PHOTOMETRIC_MINISBLACK, SAMPLEFORMAT_UINT, 13, false, true, NULL, 0 },
		{ COMPRESSION_PACKBITS, PHOTOMETRIC_MINISWHITE, SAMPLEFORMAT_UINT, 1, true, true, NULL, 0 },
	};
	for (size_t k = 0; k < sizeof t / sizeof *t; k++)
		for (int bytes = 1; bytes <= 2; bytes++) {
			struct plane p = plane_of(bytes, 0);
			write_tiff(in_dir("m.tif"), &p, NZ, &t[k]);
			assert_stack(in_dir("m.tif"), bytes, 0);
		}
	/* signed ones */
	struct plane p = plane_of(2, 0);
	struct tiff_style s = plain_tiff;
	struct gppi_error err = { 0 };
	s.format = SAMPLEFORMAT_INT;
	write_tiff(in_dir("m.tif"), &p, NZ, &s);
	struct scan *scan = must_open(in_dir("m.tif"));
	int16_t *raw = read_all(scan, &err);
	assert_non_null(raw);
	assert_memory_equal(raw, wide, sizeof wide);
	assert_string_equal(scan_info(scan)->voxel_type, "int16");
	free(raw);
	scan_close(scan);
}

static void order_of_files(void **state)
{
	(void)state;
	write_stack("%d", 3, 1, 95, 1); /* 95 .. 106: by number, not by letters */
	assert_stack(in_dir("s"), 1, 0);
	struct scan *scan = must_open(in_dir("s"));
	assert_string_equal(scan_info(scan)->name, "s");
	scan_close(scan);
	remove_tree(in_dir("s"));
	write_stack("bone12_%03d_rec", 3, 2, 10, 2); /* every second one, a suffix behind the number */
	assert_stack(in_dir("s"), 2, 0);
	scan = must_open(in_dir("s"));
	assert_string_equal(scan_info(scan)->name, "bone12");
	assert_non_null(strstr(scan_info(scan)->detail, "steps of 2"));
	scan_close(scan);
}

static const char log_text[] =
	"[System]\r\nScanner=Skyscan1172\r\n[Acquisition]\r\nCamera Pixel Size (um)=11.40\r\n"
	"Image Pixel Size (um)=  8.97\r\nPixel Size (um)=1\r\n[Reconstruction]\r\nPixel Size (um)=3\r\n"
	"Result Image Width (pixels)=18\r\nResult Image Height (pixels)=13\r\nSections Count=12\r\n"
	"Scaled Image Pixel Size (um)=77\r\nSection to Section Step=1\r\n"
	"Minimum for CS to Image Conversion=-0.0100\r\nMaximum for CS to Image Conversion=0.245000\r\n"
	"Pixel Size (um)=8.96711\r\n[File name convention]\r\nPixel Size (um)=5\r\n";

static void skyscan_log(void **state)
{
	(void)state;
	char text[sizeof log_text];
	write_stack("femur_rec%08d", 2, 1, 100, 1);
	put_file(in_dir("s/femur_rec.log"), log_text, sizeof log_text - 1);
	assert_stack(in_dir("s"), 1, 0);
	struct scan *scan = must_open(in_dir("s"));
	const struct scan_info *info = scan_info(scan);
	assert_string_equal(info->name, "femur");
	assert_string_equal(info->format, "SkyScan slices");
	assert_int_equal(info->spacing_known, SCAN_READ);
	assert_true(fabs(info->spacing_um[0] - 8.96711) < 1e-9 && fabs(info->spacing_um[2] - 8.96711) < 1e-9);
	assert_non_null(strstr(info->detail, "mu: grey * 0.001 + -0.01"));
	assert_non_null(strstr(info->detail, "scanner: Skyscan1172"));
	scan_close(scan);
	/* slices further apart */
	memcpy(text, log_text, sizeof text);
	*(strstr(text, "Step=1") + 5) = '2';
	put_file(in_dir("s/femur_rec.log"), text, sizeof text - 1);
	scan = must_open(in_dir("s"));
	assert_true(fabs(scan_info(scan)->spacing_um[2] - 2 * 8.96711) < 1e-9);
	scan_close(scan);
	/* of other pictures, without meaning, empty, Latin-1 and NUL */
	memcpy(strstr(text, "=18"), "=36", 3);
	put_file(in_dir("s/femur_rec.log"), text, sizeof text - 1);
	scan = must_open(in_dir("s"));
	assert_int_equal(scan_info(scan)->spacing_known, SCAN_ASSUMED);
	assert_non_null(strstr(scan_info(scan)->detail, "36 x 13 pictures"));
	scan_close(scan);
	static const char *const bad[] = {
		"", "[Reconstruction]\nPixel Size (um)=nan\n", "\xb5m\0=\0=[",
		"[Reconstruction]\nPixel Size (um)=-1e999\nSections Count=99999999999999999999",
	};
	for (int i = 0; i < 4; i++) {
		put_file(in_dir("s/femur_rec.log"), bad[i], i == 2 ? 7 : strlen(bad[i]));
		scan = must_open(in_dir("s"));
		assert_int_equal(scan_info(scan)->spacing_known, SCAN_ASSUMED);
		scan_close(scan);
	}
	/* every third slice was kept */
	remove_tree(in_dir("s"));
	write_stack("femur_rec%08d", 2, 1, 100, 3);
	put_file(in_dir("s/femur_rec.log"), log_text, sizeof log_text - 1);
	scan = must_open(in_dir("s"));
	assert_true(fabs(scan_info(scan)->spacing_um[0] - 8.96711) < 1e-9);
	assert_true(fabs(scan_info(scan)->spacing_um[2] - 3 * 8.96711) < 1e-9);
	scan_close(scan);
	/* a log beside names that go on behind "_rec" */
	remove_tree(in_dir("s"));
	write_stack("femur_rec_voi_%04d", 2, 1, 0, 1);
	put_file(in_dir("s/femur_rec.log"), log_text, sizeof log_text - 1);
	scan = must_open(in_dir("s"));
	assert_true(fabs(scan_info(scan)->spacing_um[0] - 8.96711) < 1e-9);
	scan_close(scan);
}

static const char imagej_text[] = "ImageJ=1.53t\nimages=12\nslices=12\nunit=mm\nspacing=0.012\nloop=false\n";

static void imagej_spacing(void **state)
{
	(void)state;
	struct plane p = plane_of(2, 0);
	struct tiff_style s = plain_tiff;
	s.big = true;
	s.description = imagej_text;
	s.pixels_per_cm = 1000 / 10.5; /* with the unit of the text: pixels in a mm */
	write_tiff(in_dir("j.tif"), &p, NZ, &s);
	assert_stack(in_dir("j.tif"), 2, 0);
	struct scan *scan = must_open(in_dir("j.tif"));
	assert_string_equal(scan_info(scan)->format, "TIFF (ImageJ)");
	assert_string_equal(scan_info(scan)->encoding, "big-endian");
	assert_true(fabs(scan_info(scan)->spacing_um[0] - 10.5) < 1e-3);
	assert_true(fabs(scan_info(scan)->spacing_um[2] - 12) < 1e-9);
	scan_close(scan);
	s.description = NULL;
	s.pixels_per_cm = 1000;
	write_tiff(in_dir("j.tif"), &p, NZ, &s);
	scan = must_open(in_dir("j.tif"));
	assert_true(fabs(scan_info(scan)->spacing_um[2] - 10) < 1e-3);
	assert_int_equal(scan_info(scan)->spacing_known, SCAN_READ);
	scan_close(scan);
	s.pixels_per_cm = 28.35; /* of a screen */
	write_tiff(in_dir("j.tif"), &p, NZ, &s);
	scan = must_open(in_dir("j.tif"));
	assert_int_equal(scan_info(scan)->spacing_known, SCAN_ASSUMED);
	scan_close(scan);
}

/* ImageJ's large files: one directory, all pages behind each other. */
static void imagej_raw(void **state)
{
	(void)state;
	struct plane p = plane_of(2, 0);
	struct tiff_style s = plain_tiff;
	size_t n;
	s.big = true;
	s.rows_per_strip = H;
	s.description = imagej_text;
	write_tiff(in_dir("one.tif"), &p, 1, &s);
	uint8_t *bytes = get_file(in_dir("one.tif"), &n);
	uint8_t *file = malloc(n + sizeof wide + 64);
	assert_non_null(file);
	memcpy(file, bytes, n);
	/* the pixels come behind everything; the strip's offset is moved there */
	uint8_t first[SLICE * 2];
	for (size_t i = 0; i < SLICE; i++) {
		first[2 * i] = (uint8_t)(wide[i] >> 8);
		first[2 * i + 1] = (uint8_t)wide[i];
	}
	size_t at = 0;
	while (at + sizeof first <= n && memcmp(file + at, first, sizeof first) != 0)
		at++;
	assert_true(at + sizeof first <= n && at < 256);
	for (size_t i = 8; i + 12 <= n; i++) /* tag 273, in whatever form */
		if (file[i] == 1 && file[i + 1] == 0x11 && file[i + 2] == 0 && (file[i + 3] == 3 || file[i + 3] == 4)) {
			file[i + 3] = 4;
			file[i + 8] = file[i + 9] = 0;
			file[i + 10] = (uint8_t)(n >> 8);
			file[i + 11] = (uint8_t)n;
		}
	for (size_t i = 0; i < N; i++) {
		file[n + 2 * i] = (uint8_t)(wide[i] >> 8);
		file[n + 2 * i + 1] = (uint8_t)wide[i];
	}
	put_file(in_dir("raw.tif"), file, n + sizeof wide);
	assert_stack(in_dir("raw.tif"), 2, 0);
	put_file(in_dir("raw.tif"), file, n + sizeof wide - 1);
	assert_refused(in_dir("raw.tif"), GPPI_E_FORMAT, "raw.tif");
	free(bytes);
	free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STACK(every_format), STACK(bmp_styles), STACK(tiff_styles), STACK(order_of_files),
		STACK(skyscan_log), STACK(imagej_spacing), STACK(imagej_raw),
	};
	TIFFSetErrorHandler(NULL);
	TIFFSetWarningHandler(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* TIFF files of every kind of pixel: numbers, colours, tables of colours, and those that are not read. */
#define _XOPEN_SOURCE 700
#include "picture_files.h"

#include "picture/picture.h"

enum { W = 80, H = 70, NZ = 12, SLICE = W * H, N = SLICE * NZ };

struct kind {
	int bits, samples, format, photometric;
	bool tiles;
};

static double pixel(int z, int i)
{
	return -1000.25 + z * 100 + (i % W) * 0.5;
}

/* Pages of any kind; pixel() as numbers, or (z + x + y) % 256 as a colour, in a table or not. */
static void write_pages(const char *path, const struct kind *k, int n, double at_end)
{
	TIFF *t = TIFFOpen(path, "w");
	assert_non_null(t);
	uint16_t map[256];
	for (int i = 0; i < 256; i++)
		map[i] = (uint16_t)(k->format ? 257 * (255 - i) : 255 - i); /* of 16 bits, and of 8 */
	for (int z = 0; z < n; z++) {
		TIFFSetField(t, TIFFTAG_IMAGEWIDTH, W);
		TIFFSetField(t, TIFFTAG_IMAGELENGTH, H);
		TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, k->bits);
		TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, k->samples);
		TIFFSetField(t, TIFFTAG_SAMPLEFORMAT, k->format ? k->format : SAMPLEFORMAT_UINT);
		TIFFSetField(t, TIFFTAG_PHOTOMETRIC, k->photometric);
		TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
		if (k->photometric == PHOTOMETRIC_PALETTE)
			TIFFSetField(t, TIFFTAG_COLORMAP, map, map, map);
		if (k->tiles) {
			uint8_t tile[64 * 64] = { 0 };
			TIFFSetField(t, TIFFTAG_TILEWIDTH, 64);
			TIFFSetField(t, TIFFTAG_TILELENGTH, 64);
			for (uint32_t i = 0; i < 4; i++)
				assert_true(TIFFWriteEncodedTile(t, i, tile, sizeof tile) > 0);
		}
		for (int y = 0; y < H && !k->tiles; y++) {
			union {
				uint8_t b[4 * W];
				uint16_t w[4 * W];
				int32_t i[W];
				float f[W];
				double d[W];
			} line = { .b = { 0 } };
			for (int x = 0; x < W; x++) {
				double v = z == n - 1 && y == H - 1 && x == W - 1 ? at_end : pixel(z, y * W + x);
				int grey = (z + x + y) % 256;
				if (k->format == SAMPLEFORMAT_IEEEFP && k->bits == 32)
					line.f[x] = (float)v;
				else if (k->format == SAMPLEFORMAT_IEEEFP)
					line.d[x] = v;
				else if (k->format == SAMPLEFORMAT_INT && k->bits == 32)
					line.i[x] = (int32_t)lround(v);
				else
					for (int s = 0; s < k->samples; s++) {
						if (k->bits == 16)
							line.w[x * k->samples + s] = (uint16_t)(grey * 200);
						else
							line.b[x * k->samples + s] = (uint8_t)grey;
					}
			}
			assert_int_equal(TIFFWriteScanline(t, line.b, (uint32_t)y, 0), 1);
		}
		assert_int_equal(TIFFWriteDirectory(t), 1);
	}
	TIFFClose(t);
}

static struct scan *must_open(const char *path)
{
	struct gppi_error err = { 0 };
	struct scan *scan;
	if (open_scan(path, 0, 0.0, &scan, &err) < 0)
		fail_msg("%s", err.text);
	return scan;
}

/* Every voxel is want(z, i). */
static void assert_kind(const char *path, const char *type, double (*want)(int z, int i))
{
	struct gppi_error err = { 0 };
	struct scan *scan = must_open(path);
	const struct scan_info *info = scan_info(scan);
	assert_string_equal(info->voxel_type, type);
	int16_t *raw = read_all(scan, &err);
	assert_non_null(raw);
	for (int i = 0; i < N; i++)
		if (fabs(raw[i] * info->slope + info->intercept - want(i / SLICE, i % SLICE)) > 0.51)
			fail_msg("%s: voxel %d: %g for %g", type, i, raw[i] * info->slope + info->intercept,
				 want(i / SLICE, i % SLICE));
	free(raw);
	scan_close(scan);
}

static double brightness(int z, int i)
{
	return (z + i % W + i / W) % 256;
}

static double dark(int z, int i)
{
	return 255 - brightness(z, i);
}

static double deep(int z, int i)
{
	return 200 * brightness(z, i);
}

/* What Slicer and ITK write (float32), and others. */
static void numbers_as_pixels(void **state)
{
	(void)state;
	static const struct { struct kind kind; const char *name; } t[] = {
		{ { 32, 1, SAMPLEFORMAT_IEEEFP, PHOTOMETRIC_MINISBLACK, false }, "float32" },
		/* To be shown inverted only. */
		{ { 32, 1, SAMPLEFORMAT_IEEEFP, PHOTOMETRIC_MINISWHITE, false }, "float32" },
		{ { 64, 1, SAMPLEFORMAT_IEEEFP, PHOTOMETRIC_MINISBLACK, false }, "float64" },
		{ { 32, 1, SAMPLEFORMAT_INT, PHOTOMETRIC_MINISBLACK, false }, "int32" },
	};
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		write_pages(in_dir("f.tif"), &t[k].kind, NZ, pixel(NZ - 1, SLICE - 1));
		assert_kind(in_dir("f.tif"), t[k].name, pixel);
	}
	write_pages(in_dir("f.tif"), &t[0].kind, NZ, NAN);
	struct scan *broken = must_open(in_dir("f.tif"));
	assert_non_null(strstr(scan_info(broken)->detail, "no numbers: 1 voxels"));
	scan_close(broken);
	mkdir(in_dir("s"), 0777);
	for (int z = 0; z < NZ; z++) {
		char name[32];
		snprintf(name, sizeof name, "s/f%03d.tif", z);
		write_pages(in_dir(name), &t[0].kind, 1, pixel(0, SLICE - 1) + z);
	}
	struct scan *scan = must_open(in_dir("s"));
	assert_int_equal(scan_info(scan)->nz, NZ);
	assert_string_equal(scan_info(scan)->voxel_type, "float32");
	scan_close(scan);
	/* a long-axis view is a picture of greys */
	struct picture picture;
	struct gppi_error err;
	assert_int_equal(picture_read(in_dir("s/f001.tif"), &picture, &err), GPPI_E_UNSUPPORTED);
	assert_non_null(strstr(err.text, "f001.tif: its pixels are numbers of 32 bits, not greys"));
}

static void colours_and_tables(void **state)
{
	(void)state;
	static const struct { struct kind kind; const char *name; double (*want)(int z, int i); } t[] = {
		{ { 8, 1, SAMPLEFORMAT_UINT, PHOTOMETRIC_PALETTE, false }, "uint8", dark },
		{ { 8, 1, 0, PHOTOMETRIC_PALETTE, false }, "uint8", dark }, /* a table of 8 bits */
		{ { 8, 3, SAMPLEFORMAT_UINT, PHOTOMETRIC_RGB, false }, "uint8", brightness },
		{ { 8, 4, SAMPLEFORMAT_UINT, PHOTOMETRIC_RGB, false }, "uint8", brightness },
		{ { 16, 3, SAMPLEFORMAT_UINT, PHOTOMETRIC_RGB, false }, "uint16", deep },
	};
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		write_pages(in_dir("c.tif"), &t[k].kind, NZ, 0);
		assert_kind(in_dir("c.tif"), t[k].name, t[k].want);
	}
	static const struct { struct kind kind; const char *words; } no[] = {
		{ { 1, 1, SAMPLEFORMAT_UINT, PHOTOMETRIC_MINISBLACK, false },
		  "its pixels are black or white, as in a mask" },
		{ { 4, 1, SAMPLEFORMAT_UINT, PHOTOMETRIC_PALETTE, false }, "its colours stand in a table for 4 bits" },
		{ { 4, 1, SAMPLEFORMAT_UINT, PHOTOMETRIC_MINISBLACK, false }, "its pixels have 4 bits" },
		{ { 16, 2, SAMPLEFORMAT_UINT, PHOTOMETRIC_MINISBLACK, false }, "each of its pixels has 2 values" },
		{ { 8, 4, SAMPLEFORMAT_UINT, PHOTOMETRIC_SEPARATED, false },
		  "in another way than as red, green and blue" },
		{ { 64, 1, SAMPLEFORMAT_COMPLEXIEEEFP, PHOTOMETRIC_MINISBLACK, false },
		  "its pixels are complex numbers" },
		{ { 8, 1, SAMPLEFORMAT_UINT, PHOTOMETRIC_MINISBLACK, true },
		  "its pixels are stored in tiles, which is not read" },
	};
	for (size_t k = 0; k < sizeof no / sizeof *no; k++) {
		write_pages(in_dir("c.tif"), &no[k].kind, NZ, 0);
		assert_refused(in_dir("c.tif"), GPPI_E_UNSUPPORTED, no[k].words);
	}
}

#define TIFFS(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

int main(void)
{
	const struct CMUnitTest tests[] = { TIFFS(numbers_as_pixels), TIFFS(colours_and_tables) };
	TIFFSetErrorHandler(NULL);
	TIFFSetWarningHandler(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

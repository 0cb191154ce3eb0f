/* TIFF files of many pages: channels and times that are no slices, ImageJ's files with one directory. */
#define _XOPEN_SOURCE 700
#include "picture_files.h"

#include "picture/picture.h"

enum { W = 80, H = 70, NZ = 12, SLICE = W * H, N = SLICE * NZ }; /* slices of 11200 bytes: libtiff chops strips above 8192 */

static uint16_t values[N];
static const char first_of_2[] = "doubt: the file holds 2 times of 6 slices: only the first is used";

static int make_values(void **state)
{
	for (int i = 0; i < N; i++)
		values[i] = (uint16_t)(i * 7);
	return make_dir(state);
}

static const char *many(const char *description)
{
	struct plane p = { W, H, 2, values, 0 };
	struct tiff_style s = plain_tiff;
	s.description = description;
	write_tiff(in_dir("m.tif"), &p, NZ, &s);
	return in_dir("m.tif");
}

/* Slice z of the volume is page z * step of the file. */
static void assert_pages(const char *path, int n, int step, const char *note)
{
	struct gppi_error err = { 0 };
	struct scan *scan;
	if (open_scan(path, 0, 0.0, &scan, &err) < 0)
		fail_msg("%s", err.text);
	const struct scan_info *info = scan_info(scan);
	assert_int_equal(info->nz, n);
	assert_non_null(strstr(info->detail, note));
	assert_int_equal(info->ndoubts, strstr(note, "doubt: ") == note);
	int16_t *raw = read_all(scan, &err);
	assert_non_null(raw);
	for (int i = 0; i < n * SLICE; i++) {
		int want = values[i / SLICE * step * SLICE + i % SLICE];
		if (fabs(raw[i] * info->slope + info->intercept - want) > 1e-9)
			fail_msg("slice %d, pixel %d: not %d", i / SLICE, i % SLICE, want);
	}
	free(raw);
	scan_close(scan);
}

static void imagej_hyperstacks(void **state)
{
	(void)state;
	assert_refused(many("ImageJ=1.53t\nimages=12\nchannels=2\nslices=6\nhyperstack=true\n"), GPPI_E_UNSUPPORTED,
		       "m.tif: has 2 channels of 6 slices; save one channel");
	assert_refused(many("ImageJ=1.53t\nimages=12\nchannels=2\nslices=3\nframes=2\n"), GPPI_E_UNSUPPORTED,
		       "2 channels of 3 slices");
	assert_pages(many("ImageJ=1.53t\nimages=12\nslices=6\nframes=2\nhyperstack=true\n"), 6, 1,
		     first_of_2);
	/* slices that were stored as times or channels */
	assert_pages(many("ImageJ=1.53t\nimages=12\nframes=12\n"), 12, 1, "pages: times, taken for slices");
	assert_pages(many("ImageJ=1.53t\nimages=12\nchannels=12\nslices=1\n"), 12, 1, "pages: channels, taken for slices");
	assert_pages(many("ImageJ=1.53t\nimages=12\nslices=12\nloop=false\n"), 12, 1, "");
	/* a substack that kept its description, and counts that cannot be */
	assert_pages(many("ImageJ=1.53t\nimages=40\nslices=40\n"), 12, 1, "");
	assert_refused(many("ImageJ=1.53t\nimages=40\nchannels=2\nslices=20\n"), GPPI_E_UNSUPPORTED,
		       "tells of 2 channels, 20 slices and 1 times, but it has 12 pages");
	assert_refused(many("ImageJ=1.53t\nimages=12\nchannels=-1\nslices=99999999999999999999\n"), GPPI_E_UNSUPPORTED,
		       "but it has 12 pages");
}

/* An OME description of 12 pages; `rest` stands within Pixels. */
static const char *ome(const char *order, int c, int z, int t, const char *rest)
{
	static char text[8000];
	char padding[3001];
	memset(padding, ' ', 3000); /* descriptions of instruments come first, and are long */
	padding[3000] = '\0';
	snprintf(text, sizeof text, "<?xml version=\"1.0\"?><OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\">"
		 "<Instrument ID=\"PixelsOf\"/>%s<Image ID='Image:0'><Pixels BigEndian=\"false\" DimensionOrder=\"%s\" "
		 "ID=\"Pixels:0\" SizeC=\"%d\" SizeT=\"%d\" SizeX=\"80\" SizeY='70' SizeZ=\"%d\" Type=\"uint16\">%s</Pixels>"
		 "</Image></OME>", padding, order, c, t, z, rest);
	return text;
}

static void ome_axes(void **state)
{
	(void)state;
	assert_pages(many(ome("XYZCT", 1, 12, 1, "<TiffData/>")), 12, 1, "");
	assert_refused(many(ome("XYCZT", 2, 6, 1, "")), GPPI_E_UNSUPPORTED, "2 channels of 6 slices");
	assert_refused(many(ome("XYZCT", 2, 6, 1, "")), GPPI_E_UNSUPPORTED, "2 channels of 6 slices");
	assert_pages(many(ome("XYZCT", 1, 6, 2, "")), 6, 1, first_of_2);
	assert_pages(many(ome("XYTZC", 1, 6, 2, "")), 6, 2, first_of_2);
	assert_pages(many(ome("XYCTZ", 1, 1, 12, "")), 12, 1, "pages: times, taken for slices");
	/* the samples of one coloured page are no channels, and those of other files are missing here */
	assert_pages(many(ome("XYCZT", 3, 12, 1, "<Channel ID=\"c\" SamplesPerPixel=\"3\"/>")), 12, 1, "");
	assert_refused(many(ome("XYZCT", 2, 12, 1, "")), GPPI_E_UNSUPPORTED, "tells of 2 channels, 12 slices");
	/* pages one by one: in order, and not */
	assert_pages(many(ome("XYZCT", 1, 12, 1, "<TiffData FirstZ=\"0\" IFD=\"0\"/><TiffData FirstZ=\"5\" IFD=\"5\"/>")), 12,
		     1, "");
	assert_refused(many(ome("XYZCT", 1, 12, 1, "<TiffData FirstZ=\"11\" IFD=\"0\"/>")), GPPI_E_UNSUPPORTED,
		       "an order of its own");
	assert_refused(many(ome("XYZCT", 1, 12, 1, "</Pixels></Image><Image><Pixels SizeZ=\"1\">")), GPPI_E_UNSUPPORTED,
		       "several images");
	assert_refused(many(ome("XZZCT", 1, 6, 2, "")), GPPI_E_UNSUPPORTED, "an order of its own");
	assert_refused(many(ome("", 1, 12, 1, "")), GPPI_E_UNSUPPORTED, "an order of its own");
	assert_refused(many("<OME xmlns=\"openmicroscopy.org\"><BinaryOnly MetadataFile=\"a.companion.ome\"/></OME>"),
		       GPPI_E_UNSUPPORTED, "told by another file");
}

/* Positions of planes are said to be uneven, but for rounding; those of other times do not count. */
static void ome_positions(void **state)
{
	static const char *const notes[] = { "", "doubt: slices 7 and 8 lie 2 times as far apart as others", "" };
	for (int kind = 0, n = 0; kind < 3; kind++, n = 0) {
		char rest[4000];
		for (int z = 0; z < NZ; z++) {
			double at = z * 10.5 + (kind == 1 && z > 7 ? 10.5 : kind == 2 && z % 2 ? 0.5 : 0.0);
			n += snprintf(rest + n, sizeof rest - (size_t)n, "<Plane PositionZ=\"%.3f\" TheZ=\"%d\"/>"
				      "<Plane PositionZ='0' TheT='1'/>", at, z);
		}
		assert_pages(many(ome("XYZCT", 1, NZ, 1, rest)), NZ, 1, notes[kind]);
	}
	(void)state;
}

static void shapes_of_tifffile(void **state)
{
	(void)state;
	assert_pages(many("{\"shape\": [12, 70, 80]}"), 12, 1, "");
	assert_pages(many("{\"shape\": [1, 12, 1, 70, 80]}"), 12, 1, "");
	assert_pages(many("{\"shape\": [12, 70, 80, 3]}"), 12, 1, "");
	assert_refused(many("{\"shape\": [2, 6, 70, 80]}"), GPPI_E_UNSUPPORTED, "12 pages are an array of several axes");
	assert_pages(many("{\"shape\": [x"), 12, 1, "");
}

/* ---- pixels ---- */

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
			union { uint8_t b[4 * W]; uint16_t w[4 * W]; int32_t i[W]; float f[W]; double d[W]; } line = { .b = { 0 } };
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
		{ { 32, 1, SAMPLEFORMAT_IEEEFP, PHOTOMETRIC_MINISWHITE, false }, "float32" }, /* to be shown inverted only */
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
		{ { 1, 1, SAMPLEFORMAT_UINT, PHOTOMETRIC_MINISBLACK, false }, "its pixels are black or white, as in a mask" },
		{ { 4, 1, SAMPLEFORMAT_UINT, PHOTOMETRIC_PALETTE, false }, "its colours stand in a table for 4 bits" },
		{ { 4, 1, SAMPLEFORMAT_UINT, PHOTOMETRIC_MINISBLACK, false }, "its pixels have 4 bits" },
		{ { 16, 2, SAMPLEFORMAT_UINT, PHOTOMETRIC_MINISBLACK, false }, "each of its pixels has 2 values" },
		{ { 8, 4, SAMPLEFORMAT_UINT, PHOTOMETRIC_SEPARATED, false }, "in another way than as red, green and blue" },
		{ { 64, 1, SAMPLEFORMAT_COMPLEXIEEEFP, PHOTOMETRIC_MINISBLACK, false }, "its pixels are complex numbers" },
		{ { 8, 1, SAMPLEFORMAT_UINT, PHOTOMETRIC_MINISBLACK, true }, "its pixels are stored in tiles, which is not read" },
	};
	for (size_t k = 0; k < sizeof no / sizeof *no; k++) {
		write_pages(in_dir("c.tif"), &no[k].kind, NZ, 0);
		assert_refused(in_dir("c.tif"), GPPI_E_UNSUPPORTED, no[k].words);
	}
}

/* ---- one directory for all pages ---- */

static void be(uint8_t *p, unsigned long v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
}

enum { PIXELS_AT = 1024 };

/* What ImageJ writes in front of the pixels of a file above 4 GB. */
static void raw_head(uint8_t head[PIXELS_AT], unsigned w, unsigned h, unsigned n, unsigned white_is_zero)
{
	char text[128];
	int length = snprintf(text, sizeof text, "ImageJ=1.54f\nimages=%u\nslices=%u\nunit=micron\nspacing=10.0\n", n, n) + 1;
	const unsigned long tags[][4] = {
		{ 254, 4, 1, 0 }, { 256, 4, 1, w }, { 257, 4, 1, h }, { 258, 3, 1, 16ul << 16 },
		{ 262, 3, 1, (white_is_zero ? 0ul : 1ul) << 16 }, { 270, 2, (unsigned long)length, 300 }, { 273, 4, 1, PIXELS_AT },
		{ 277, 3, 1, 1ul << 16 }, { 278, 3, 1, (unsigned long)h << 16 }, { 279, 4, 1, 2ul * w * h },
		{ 282, 5, 1, 600 }, { 283, 5, 1, 608 }, { 296, 3, 1, 1ul << 16 },
	};
	memset(head, 0, PIXELS_AT);
	memcpy(head, "MM\0*\0\0\0\x8", 8);
	be(head + 8, sizeof tags / sizeof *tags, 2);
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		uint8_t *p = head + 10 + 12 * i;
		be(p, tags[i][0], 2);
		be(p + 2, tags[i][1], 2);
		be(p + 4, tags[i][2], 4);
		be(p + 8, tags[i][3], 4);
	}
	memcpy(head + 300, text, (size_t)length);
	for (size_t i = 600; i < 616; i += 8) {
		be(head + i, 100000, 4);
		be(head + i + 4, 1000000, 4);
	}
}

static void one_directory(void **state)
{
	(void)state;
	uint8_t *file = malloc(PIXELS_AT + sizeof values);
	assert_non_null(file);
	for (unsigned white = 0; white < 2; white++) {
		raw_head(file, W, H, NZ, white);
		for (size_t i = 0; i < N; i++)
			be(file + PIXELS_AT + 2 * i, white ? 65535u - values[i] : values[i], 2);
		put_file(in_dir("raw.tif"), file, PIXELS_AT + sizeof values);
		assert_pages(in_dir("raw.tif"), NZ, 1, "");
		put_file(in_dir("raw.tif"), file, PIXELS_AT + sizeof values - 1);
		assert_refused(in_dir("raw.tif"), GPPI_E_FORMAT, "too short");
	}
	free(file);
}

/* 4.3 GB, nearly all of it a hole in the file. */
static void above_4_gb(void **state)
{
	(void)state;
	enum { SIDE = 1200, SLICES = 1500 };
	uint8_t head[PIXELS_AT], mark[2] = { 0x12, 0x34 };
	int16_t *slice = malloc(sizeof *slice * SIDE * SIDE);
	const int16_t *p;
	struct gppi_error err = { 0 };
	struct scan *scan;
	off_t end = PIXELS_AT + (off_t)2 * SIDE * SIDE * SLICES;
	assert_non_null(slice);
	raw_head(head, SIDE, SIDE, SLICES, 0);
	put_file(in_dir("big.tif"), head, sizeof head);
	FILE *f = fopen(in_dir("big.tif"), "r+b");
	assert_non_null(f);
	if (fseeko(f, end - 2, SEEK_SET) < 0 || fwrite(mark, 1, 2, f) != 2 || fclose(f) != 0)
		skip(); /* this file system has no such files */
	if (open_scan(in_dir("big.tif"), 0, 0.0, &scan, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(scan_info(scan)->nz, SLICES);
	assert_int_equal(scan_slab(scan, SLICES - 1, 1, slice, &p, &err), 0);
	assert_true(fabs(p[SIDE * SIDE - 1] + scan_info(scan)->intercept - 0x1234) < 1e-9);
	assert_true(fabs(p[0] + scan_info(scan)->intercept) < 1e-9);
	scan_close(scan);
	free(slice);
	unlink(in_dir("big.tif")); /* before it is kept as an example */
}

#define TIFFS(f) cmocka_unit_test_setup_teardown(f, make_values, drop_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TIFFS(imagej_hyperstacks), TIFFS(ome_axes), TIFFS(shapes_of_tifffile), TIFFS(numbers_as_pixels),
		TIFFS(imagej_hyperstacks), TIFFS(ome_positions), TIFFS(shapes_of_tifffile), TIFFS(numbers_as_pixels),
		TIFFS(colours_and_tables), TIFFS(one_directory), TIFFS(above_4_gb),
	};
	TIFFSetErrorHandler(NULL);
	TIFFSetWarningHandler(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

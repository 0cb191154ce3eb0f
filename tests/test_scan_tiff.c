/* TIFF files of many pages: channels and times that are no slices, ImageJ's files with one directory. */
#define _XOPEN_SOURCE 700
#include "picture_files.h"

#include "picture/picture.h"

/* Slices of 11200 bytes: libtiff chops strips above 8192. */
enum { W = 80, H = 70, NZ = 12, SLICE = W * H, N = SLICE * NZ };

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
	assert_pages(many("ImageJ=1.53t\nimages=12\nchannels=12\nslices=1\n"), 12, 1,
		     "pages: channels, taken for slices");
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
	snprintf(text, sizeof text,
		 "<?xml version=\"1.0\"?><OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\">"
		 "<Instrument ID=\"PixelsOf\"/>%s<Image ID='Image:0'><Pixels BigEndian=\"false\" DimensionOrder=\"%s\" "
		 "ID=\"Pixels:0\" SizeC=\"%d\" SizeT=\"%d\" SizeX=\"80\" SizeY='70' SizeZ=\"%d\" "
		 "Type=\"uint16\">%s</Pixels></Image></OME>", padding, order, c, t, z, rest);
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
	assert_pages(many(ome("XYZCT", 1, 12, 1, "<TiffData FirstZ=\"0\" IFD=\"0\"/><TiffData FirstZ=\"5\" "
						 "IFD=\"5\"/>")), 12,
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
	assert_refused(many("{\"shape\": [2, 6, 70, 80]}"), GPPI_E_UNSUPPORTED,
		       "12 pages are an array of several axes");
	assert_pages(many("{\"shape\": [x"), 12, 1, "");
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
	int length = snprintf(text, sizeof text, "ImageJ=1.54f\nimages=%u\nslices=%u\nunit=micron\nspacing=10.0\n", n,
			      n) + 1;
	const unsigned long tags[][4] = {
		{ 254, 4, 1, 0 }, { 256, 4, 1, w }, { 257, 4, 1, h }, { 258, 3, 1, 16ul << 16 },
		{ 262, 3, 1, (white_is_zero ? 0ul : 1ul) << 16 }, { 270, 2, (unsigned long)length, 300 },
		{ 273, 4, 1, PIXELS_AT },
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
		TIFFS(imagej_hyperstacks), TIFFS(ome_axes), TIFFS(ome_positions), TIFFS(shapes_of_tifffile),
		TIFFS(one_directory), TIFFS(above_4_gb),
	};
	TIFFSetErrorHandler(NULL);
	TIFFSetWarningHandler(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* MetaImage, and what it shares with NRRD: types, byte orders, packed and detached voxels, spacing, hostile headers. */
#define _POSIX_C_SOURCE 200809L
#include "locale_comma.h"
#include "text_files.h"

static void meta_types(void **state)
{
	(void)state;
	for (int t = 0; t < TYPES; t++)
		for (int variant = 0; variant < 4; variant++) {
			bool big = variant & 1, packed = variant & 2;
			struct bytes b;
			double v[N];
			ramp(v, t);
			meta(&b, big ? packed ? "CompressedData = True\nBinaryDataByteOrderMSB = True\n"
					      : "CompressedData = False\nElementByteOrderMSB = True\n"
				     : packed ? "CompressedData = True\n" : "", types[t].meta, "LOCAL");
			size_t from = b.n;
			add_type(&b, v, t, big);
			if (packed)
				squeeze(&b, from, 15);
			assert_values(save_bytes("m.mha", &b), v, 1e-9);
			struct scan *scan = must_open(in_dir("m.mha"), 0);
			assert_string_equal(scan_info(scan)->name, "m");
			assert_string_equal(scan_info(scan)->format, packed ? "MetaImage (zlib)" : "MetaImage");
			assert_string_equal(scan_info(scan)->encoding, big ? "big-endian" : "little-endian");
			scan_close(scan);
		}
}

static void meta_files_of_voxels(void **state)
{
	(void)state;
	struct bytes b, data = { .n = 0 };
	double v[N], w[N];
	ramp(v, 2);
	add_text(&data, "0123456789");
	add_type(&data, v, 2, false);
	save_bytes("my voxels.raw", &data);
	meta(&b, "HeaderSize = 10\n", "MET_SHORT", "my voxels.raw");
	assert_values(save_bytes("m.mhd", &b), v, 0);
	assert_detail(in_dir("m.mhd"), "voxels in: my voxels.raw");
	meta(&b, "HeaderSize = -1\r\n", "MET_SHORT", "./my voxels.raw");
	assert_values(save_bytes("m.mhd", &b), v, 0);
	b.n--; /* no end of the last line */
	assert_values(save_bytes("m.mhd", &b), v, 0);
	data.n = 0;
	add_type(&data, v, 2, false);
	squeeze(&data, 0, 31);
	save_bytes("m.zraw", &data);
	meta(&b, "CompressedData = True\nElementToIntensityFunctionSlope = 0.5\n"
	     "ElementToIntensityFunctionOffset = -100\n", "MET_SHORT", "m.zraw");
	for (int i = 0; i < N; i++)
		w[i] = v[i] / 2 - 100;
	assert_values(save_bytes("m.mhd", &b), w, 1e-6);
}

static void meta_spacing(void **state)
{
	(void)state;
	static const struct { const char *line; double x, z; enum scan_known known; const char *doubt; } t[] = {
		{ "ElementSpacing = 0.0105 0.0105 0.012\n", 10.5, 12, SCAN_READ, "" },
		{ "ElementSpacing = 0,0105 0,0105 0,012\n", 10.5, 12, SCAN_READ, "" },
		{ "ElementSpacing = -0.0105 0.0105 -0.012\n", 10.5, 12, SCAN_READ, "" },
		{ "ElementSize = 0.006 0.006 0.006\n", 6, 6, SCAN_READ, "" },
		{ "ElementSize = 0.006 0.006 0.006\nElementSpacing = 0.0105 0.0105 0.0105\n", 10.5, 10.5, SCAN_READ,
		  "" },
		{ "ElementSpacing = 1 1 1\n", 10, 10, SCAN_ASSUMED, "" },
		{ "ElementSpacing = 0 0 0\n", 10, 10, SCAN_ASSUMED, "a size of 0 in the file, assumed 10 um" },
		{ "ElementSpacing = 0.02 0.02 0\n", 20, 20, SCAN_READ, "a size of 0 in the file, taken as 20 um" },
		{ "ElementSpacing = 0.02 0,0 nan\n", 20, 20, SCAN_READ, "a size of 0 in the file, taken as 20 um" },
		{ "ElementSpacing = nan 1 1\n", 10, 10, SCAN_ASSUMED, "" },
		{ "ElementSpacing = 0.02 0.02 NaN\n", 20, 20, SCAN_READ, "" },
		{ "ElementSpacing = 0.02 0.02 1\n", 20, 20, SCAN_READ,
		  "20 x 20 x 1000 um in the file, taken as 20 um" },
		{ "ElementSpacing = 0.02 0.02 0.02mm\n", 10, 10, SCAN_ASSUMED,
		  "\"0.02 0.02 0.02mm\" in its header is not" },
		{ "ElementSpacing = 0,02,0,02,0,02\n", 10, 10, SCAN_ASSUMED, "in its header is not understood" },
		/* um written as mm */
		{ "ElementSpacing = 10.5 10.5 10.5\n", 10.5, 10.5, SCAN_READ, "taken as 10.5 um" },
		{ "", 10, 10, SCAN_ASSUMED, "" },
	};
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		struct bytes b;
		double v[N] = { 0 };
		meta(&b, t[k].line, "MET_SHORT", "LOCAL");
		add_type(&b, v, 2, false);
		assert_spacing(save_bytes("m.mha", &b), t[k].x, t[k].x, t[k].z, t[k].known);
		assert_doubt("m.mha", t[k].doubt);
	}
}

/* Readers follow the files, not the locale that a host program has set. */
static void meta_in_any_locale(void **state)
{
	(void)state;
	static const char *const lines[] = { "ElementSpacing = 0.0105 0.0105 0.0105\n",
					     "ElementSpacing = 0,0105 0,0105 0,0105\n" };
	if (!set_comma_locale())
		skip();
	for (int k = 0; k < 2; k++) {
		struct bytes b;
		double v[N] = { 0 };
		struct gppi_error err = { 0 };
		struct scan *scan = NULL;
		meta(&b, lines[k], "MET_SHORT", "LOCAL");
		add_type(&b, v, 2, false);
		int rc = open_scan(save_bytes("m.mha", &b), 0, 0.0, &scan, &err);
		double um = rc == 0 ? scan_info(scan)->spacing_um[0] : 0;
		scan_close(scan);
		if (k == 1)
			set_plain_locale();
		assert_true(fabs(um - 10.5) < 1e-9);
	}
}

static void meta_hostile(void **state)
{
	(void)state;
	static const struct { int code; const char *more, *type, *data, *word; } t[] = {
		{ GPPI_E_FORMAT, "DimSize = 7 5\n", "MET_SHORT", "LOCAL", "DimSize" },
		{ GPPI_E_FORMAT, "NDims = x\n", "MET_SHORT", "LOCAL", "NDims" },
		{ GPPI_E_FORMAT, "HeaderSize = 99999999999999999999\n", "MET_SHORT", "LOCAL", "HeaderSize" },
		{ GPPI_E_FORMAT, "HeaderSize = 1000000000\n", "MET_SHORT", "LOCAL", "h.mha" },
		{ GPPI_E_FORMAT, "no equals sign\n", "MET_SHORT", "LOCAL", "no equals" },
		{ GPPI_E_UNSUPPORTED, "NDims = 4\n", "MET_SHORT", "LOCAL", "NDims 4" },
		{ GPPI_E_UNSUPPORTED, "NDims = 2\n", "MET_SHORT", "LOCAL", "NDims 2" },
		{ GPPI_E_UNSUPPORTED, "ElementNumberOfChannels = 3\n", "MET_SHORT", "LOCAL", "3 values" },
		{ GPPI_E_UNSUPPORTED, "BinaryData = False\n", "MET_SHORT", "LOCAL", "text" },
		{ GPPI_E_UNSUPPORTED, "ObjectType = Tube\n", "MET_SHORT", "LOCAL", "Tube" },
		{ GPPI_E_UNSUPPORTED, "", "MET_LONG_LONG", "LOCAL", "MET_LONG_LONG" },
		{ GPPI_E_UNSUPPORTED, "", "MET_SHORT", "LIST", "several" },
		{ GPPI_E_UNSUPPORTED, "", "MET_SHORT", "s%03d.raw 1 4 1", "several" },
		{ GPPI_E_UNSUPPORTED, "", "MET_SHORT", "/etc/passwd", "another folder" },
		{ GPPI_E_UNSUPPORTED, "", "MET_SHORT", "../x.raw", "another folder" },
		{ GPPI_E_IO, "", "MET_SHORT", "missing.raw", "missing.raw" },
		{ GPPI_E_IO, "", "MET_SHORT", "..", "h.mha" },
	};
	struct bytes b;
	double v[N] = { 0 };
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		int code = strcmp(t[k].data, "..") ? t[k].code : GPPI_E_UNSUPPORTED;
		meta(&b, t[k].more, t[k].type, t[k].data);
		add_type(&b, v, 2, false);
		assert_refused(save_bytes("h.mha", &b), code, t[k].word);
	}
	b.n = 0; /* any key may come first */
	add_text(&b, "DimSize = 7 5 4\nNDims = 3\nElementType = MET_SHORT\nElementDataFile = LOCAL\n");
	add_type(&b, v, 2, false);
	assert_values(save_bytes("first.mha", &b), v, 0);
	static const char *const dims[] = { "0 5 4", "-1 5 4", "7 5 65536", "7.5 5 4", "65535 65535 65535", "7 5 5" };
	for (size_t k = 0; k < sizeof dims / sizeof *dims; k++) {
		char text[300];
		snprintf(text, sizeof text, "NDims = 3\nDimSize = %s\nElementType = MET_SHORT\n"
			 "ElementDataFile = LOCAL\n", dims[k]);
		b.n = 0;
		add_text(&b, text);
		add_type(&b, v, 2, false);
		assert_refused(save_bytes("h.mha", &b), GPPI_E_FORMAT, "h.mha");
	}
	meta(&b, "", "MET_SHORT", "LOCAL");
	add_type(&b, v, 2, false);
	assert_cuts_refused("cut.mha", &b, b.n);
	meta(&b, "CompressedData = True\n", "MET_SHORT", "LOCAL");
	size_t from = b.n;
	ramp(v, 2);
	add_type(&b, v, 2, false);
	squeeze(&b, from, 15);
	assert_cuts_refused("cut.mha", &b, b.n);
	b.at[b.n - 2] ^= 1; /* of the checksum */
	assert_refused(save_bytes("sum.mha", &b), GPPI_E_FORMAT, "damaged");
}

/* A volume with axes of one value beside its three. */
static void more_dimensions(void **state)
{
	(void)state;
	struct bytes b;
	double v[N];
	char text[512];
	ramp(v, 2);
	static const struct { const char *sizes, *more; int dimension; } n[] = {
		{ "7 5 4 1", "spacings: 0.012 0.012 0.012 NaN\nunits: \"mm\" \"mm\" \"mm\" \"\"\n", 4 },
		{ "1 7 5 4", "spacings: NaN 12 12 12\nunits: \"\" \"um\" \"um\" \"um\"\n", 4 },
		{ "1 7 5 4 1", "space directions: none (0.012,0,0) (0,0.012,0) (0,0,0.012) none\n", 5 },
	};
	for (size_t k = 0; k < sizeof n / sizeof *n; k++) {
		snprintf(text, sizeof text,
			 "NRRD0004\ntype: short\ndimension: %d\nsizes: %s\nencoding: raw\nendian: little\n%s\n",
			 n[k].dimension, n[k].sizes, n[k].more);
		b.n = 0;
		add_text(&b, text);
		add_type(&b, v, 2, false);
		assert_values(save_bytes("n.nrrd", &b), v, 0);
		assert_spacing(in_dir("n.nrrd"), 12, 12, 12, SCAN_READ);
		assert_doubt("n.nrrd", "");
	}
	b.n = 0;
	add_text(&b, "ObjectType = Image\nNDims = 4\nTransformMatrix = 1 0 0 0  0 0 1 0  0 1 0 0  0 0 0 1\nOffset = 1 "
		 "2 3 4\nElementSpacing = 0.012 0.012 0.012 1\nDimSize = 7 5 4 1\nElementType = "
		 "MET_SHORT\nElementDataFile = LOCAL\n");
	add_type(&b, v, 2, false);
	assert_values(save_bytes("m.mha", &b), v, 0);
	assert_spacing(in_dir("m.mha"), 12, 12, 12, SCAN_READ);
	assert_doubt("m.mha", "");
	struct scan *scan = must_open(in_dir("m.mha"), 0);
	struct scan_place place;
	scan_place_of(scan, &place);
	assert_true(place.known && place.step[1][2] == 0.012 && place.step[2][1] == 0.012 && place.origin[2] == 3);
	scan_close(scan);
}

/* Headers with all keys of a DICOM series: longer than what is read at first, lines longer than that too. */
static void long_headers(void **state)
{
	(void)state;
	static char line[200000];
	struct bytes voxels = { .n = 0 };
	double v[N];
	ramp(v, 2);
	add_type(&voxels, v, 2, false);
	for (int kind = 0; kind < 2; kind++)
		for (int once = 0; once < 2; once++) {
			const char *path = in_dir(kind ? "long.mha" : "long.nrrd");
			FILE *f = fopen(path, "wb");
			assert_non_null(f);
			fputs(kind ? "ObjectType = Image\nNDims = 3\n" : "NRRD0004\ntype: short\ndimension: 3\n", f);
			memset(line, 'x', sizeof line - 1);
			line[once ? sizeof line - 1 : 199] = '\0';
			for (int i = 0; i < (once ? 1 : 1500); i++)
				fprintf(f, kind ? "0008|%04x = %s\n" : "0008|%04x:=%s\n", (unsigned)i, line);
			fprintf(f, kind ? "DimSize = %d %d %d\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
					: "sizes: %d %d %d\nencoding: raw\nendian: little\n\n", NX, NY, NZ);
			fwrite(voxels.at, 1, voxels.n, f);
			fclose(f);
			assert_values(path, v, 0);
			unlink(path); /* too long for a seed */
		}
}

/* A scan of another format behind gzip is told so. */
static void gzip_of_other_formats(void **state)
{
	(void)state;
	struct bytes b;
	double v[N] = { 0 };
	meta(&b, "", "MET_SHORT", "LOCAL");
	add_type(&b, v, 2, false);
	squeeze(&b, 0, 31);
	assert_refused(save_bytes("m.mha.gz", &b), GPPI_E_UNSUPPORTED, "gunzip");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(meta_types), TEST(meta_files_of_voxels), TEST(meta_spacing), TEST(meta_in_any_locale),
		TEST(meta_hostile), TEST(more_dimensions), TEST(long_headers), TEST(gzip_of_other_formats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

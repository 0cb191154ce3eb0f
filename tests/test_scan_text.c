/* MetaImage and NRRD: types, byte orders, packed and detached voxels, spacing, damaged and hostile headers. */
#define _POSIX_C_SOURCE 200809L
#include "locale_comma.h"
#include "scan_ramp.h"

#include <zlib.h>

static const struct {
	const char *meta, *nrrd;
	enum kind kind;
	int width;
	double lo, hi;
} types[] = {
	{ "MET_CHAR", "int8", SIGNED, 1, -128, 127 },      { "MET_UCHAR", "uchar", UNSIGNED, 1, 0, 255 },
	{ "MET_SHORT", "short", SIGNED, 2, -32768, 32767 }, { "MET_USHORT", "unsigned short", UNSIGNED, 2, 0, 65535 },
	{ "MET_INT", "int", SIGNED, 4, -1417, 3171 },      { "MET_UINT", "uint32", UNSIGNED, 4, 0, 30000 },
	{ "MET_FLOAT", "float", FLOAT, 4, -1417, 3171 },   { "MET_DOUBLE", "double", FLOAT, 8, -1417, 3171 },
};
enum { TYPES = sizeof types / sizeof *types };

static void ramp(double *v, int type)
{
	for (int i = 0; i < N; i++)
		v[i] = types[type].lo + floor((types[type].hi - types[type].lo) * i / (N - 1));
}

static void add_type(struct bytes *b, const double *v, int type, bool big)
{
	add_values(b, v, N, types[type].kind, types[type].width, big);
}

/* Replaces the bytes behind `from` by a zlib stream of them (window 15) or a gzip one (31). */
static void squeeze(struct bytes *b, size_t from, int window)
{
	static uint8_t out[sizeof b->at];
	z_stream z = { 0 };
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = b->at + from;
	z.avail_in = (uInt)(b->n - from);
	z.next_out = out;
	z.avail_out = sizeof out;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	b->n = from;
	add(b, out, z.total_out);
	deflateEnd(&z);
}

static void meta(struct bytes *b, const char *more, const char *type, const char *data)
{
	char text[1024];
	snprintf(text, sizeof text, "ObjectType = Image\nNDims = 3\nBinaryData = True\n%s"
		 "DimSize = %d %d %d\nElementType = %s\nElementDataFile = %s\n", more, NX, NY, NZ, type, data);
	b->n = 0;
	add_text(b, text);
}

static void nrrd(struct bytes *b, const char *more, const char *type, const char *encoding)
{
	char text[1024];
	snprintf(text, sizeof text, "NRRD0004\n# a comment: this\ntype: %s\ndimension: 3\nsizes: %d %d %d\n"
		 "encoding: %s\n%s\n", type, NX, NY, NZ, encoding, more);
	b->n = 0;
	add_text(b, text);
}

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
		{ "ElementSize = 0.006 0.006 0.006\nElementSpacing = 0.0105 0.0105 0.0105\n", 10.5, 10.5, SCAN_READ, "" },
		{ "ElementSpacing = 1 1 1\n", 10, 10, SCAN_ASSUMED, "" },
		{ "ElementSpacing = nan 1 1\n", 10, 10, SCAN_ASSUMED, "" },
		{ "ElementSpacing = 0.02 0.02 NaN\n", 20, 20, SCAN_READ, "" },
		{ "ElementSpacing = 0.02 0.02 1\n", 20, 20, SCAN_READ, "20 x 20 x 1000 um in the file, taken as 20 um" },
		{ "ElementSpacing = 0.02 0.02 0.02mm\n", 10, 10, SCAN_ASSUMED, "\"0.02 0.02 0.02mm\" in its header is not" },
		{ "ElementSpacing = 0,02,0,02,0,02\n", 10, 10, SCAN_ASSUMED, "in its header is not understood" },
		{ "ElementSpacing = 10.5 10.5 10.5\n", 10.5, 10.5, SCAN_READ, "taken as 10.5 um" }, /* um written as mm */
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
	static const char *const lines[] = { "ElementSpacing = 0.0105 0.0105 0.0105\n", "ElementSpacing = 0,0105 0,0105 0,0105\n" };
	if (!set_comma_locale())
		skip();
	for (int k = 0; k < 2; k++) {
		struct bytes b;
		double v[N] = { 0 };
		struct err err = { 0 };
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

static void nrrd_types(void **state)
{
	(void)state;
	for (int t = 0; t < TYPES; t++)
		for (int variant = 0; variant < 4; variant++) {
			bool big = variant & 1, packed = variant & 2;
			struct bytes b;
			double v[N];
			ramp(v, t);
			nrrd(&b, big ? "endian: big\n" : "endian: little\nkey:=value\n", types[t].nrrd,
			     packed ? "gzip" : "raw");
			size_t from = b.n;
			add_type(&b, v, t, big);
			if (packed)
				squeeze(&b, from, 31);
			assert_values(save_bytes("n.nrrd", &b), v, 1e-9);
		}
}

static void nrrd_skips(void **state)
{
	(void)state;
	struct bytes b, data = { .n = 0 };
	double v[N];
	ramp(v, 2);
	add_text(&data, "one\ntwo\n1234");
	size_t from = data.n;
	add_type(&data, v, 2, false);
	save_bytes("n.raw", &data);
	nrrd(&b, "endian: little\ndata file: n.raw\nline skip: 2\nbyte skip: 4\n", "short", "raw");
	assert_values(save_bytes("n.nhdr", &b), v, 0);
	b.n--; /* the empty line at the end may be missing there */
	assert_values(save_bytes("n.nhdr", &b), v, 0);
	nrrd(&b, "endian: little\ndatafile: n.raw\nbyteskip: -1\n", "short", "raw");
	assert_values(save_bytes("n.nhdr", &b), v, 0);
	/* Packed: lines before, bytes after unpacking. */
	squeeze(&data, from - 4, 31);
	save_bytes("n.raw.gz", &data);
	nrrd(&b, "endian: little\ndata file: n.raw.gz\nline skip: 2\nbyte skip: 4\n", "short", "gz");
	assert_values(save_bytes("n.nhdr", &b), v, 0);
}

static void nrrd_spacing(void **state)
{
	(void)state;
	static const struct { const char *lines; double um; enum scan_known known; const char *doubt; } t[] = {
		{ "spacings: 0.0105 0.0105 0.0105\n", 10.5, SCAN_READ, "" },
		{ "spacings: 0,0105 0,0105 0,0105\n", 10.5, SCAN_READ, "" },
		{ "spacings: 12 12 12\nunits: \"um\" \"um\" \"um\"\n", 12, SCAN_READ, "" },
		{ "spacings: 12 12 12\nunits: \"micrometer\" \"micrometer\" \"micrometer\"\n", 12, SCAN_READ, "" },
		{ "spacings: 12 12 12\nunits: \"\xb5m\" \"\xb5m\" \"\xb5m\"\n", 12, SCAN_READ, "" },
		{ "spacings: 0.012 0.012 0.012\nunits: \"\" \"\" \"\"\n", 12, SCAN_READ, "" },
		{ "spacings: 0.012 0.012 0.012\nunits: \"ell\" \"ell\" \"ell\"\n", 12, SCAN_READ, "unit \"\"ell\"\" is not known" },
		{ "space: left-posterior-superior\nspace directions: (0,0.008,0) (0.008,0,0) (0,0,-0.008)\n", 8, SCAN_READ, "" },
		{ "space directions: (0.008, 0, 0) (0, 0.008, 0) (0, 0, 1)\n", 8, SCAN_READ, "8 x 8 x 1000 um in the file" },
		{ "space directions: (0,008,0,0) (0,0,008,0) (0,0,0,008)\n", 10, SCAN_ASSUMED, "is not understood" },
		{ "spacings: 1 1 1\n", 10, SCAN_ASSUMED, "" },
		{ "spacings: NaN NaN NaN\n", 10, SCAN_ASSUMED, "" },
		{ "spacings: 0.008 0.008 NaN\n", 8, SCAN_READ, "" },
		{ "spacings: 0.008 0.008 wide\n", 10, SCAN_ASSUMED, "\"0.008 0.008 wide\" in its header" },
		{ "", 10, SCAN_ASSUMED, "" },
	};
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		struct bytes b;
		double v[N] = { 0 };
		char lines[256];
		snprintf(lines, sizeof lines, "endian: little\n%s", t[k].lines);
		nrrd(&b, lines, "short", "raw");
		add_type(&b, v, 2, false);
		assert_spacing(save_bytes("s.nrrd", &b), t[k].um, t[k].um, t[k].um, t[k].known);
		assert_doubt("s.nrrd", t[k].doubt);
	}
}

static void nrrd_hostile(void **state)
{
	(void)state;
	static const struct { int code; const char *more, *type, *encoding, *word; } t[] = {
		{ GPPI_E_FORMAT, "", "short", "raw", "endian" },
		{ GPPI_E_FORMAT, "endian: odd\n", "short", "raw", "odd" },
		{ GPPI_E_FORMAT, "endian: little\nsizes: 7 5\n", "short", "raw", "sizes" },
		{ GPPI_E_FORMAT, "endian: little\nsizes: 7 5 -4\n", "short", "raw", "axis 3" },
		{ GPPI_E_FORMAT, "endian: little\nsizes: 65535 65535 65535\n", "short", "raw", "65535" },
		{ GPPI_E_FORMAT, "endian: little\nsizes: 65535 65535 65535\n", "short", "gzip", "65535" },
		{ GPPI_E_FORMAT, "endian: little\nbyte skip: -2\n", "short", "raw", "byte skip" },
		{ GPPI_E_FORMAT, "endian: little\nbyte skip: 999999999999\n", "short", "raw", "h.nrrd" },
		{ GPPI_E_FORMAT, "endian: little\nline skip: 100000\n", "short", "raw", "more lines" },
		{ GPPI_E_FORMAT, "endian: little\n", "short", "gzip", "h.nrrd" },
		{ GPPI_E_UNSUPPORTED, "endian: little\ndimension: 4\nsizes: 7 5 2 2\n", "short", "raw", "4 dimensions" },
		{ GPPI_E_UNSUPPORTED, "endian: little\ndimension: 4\nsizes: 2 7 5 2\n", "short", "raw", "several volumes" },
		{ GPPI_E_UNSUPPORTED, "endian: little\ndimension: 4\nsizes: 1 7 5 1\n", "short", "raw", "single slice" },
		{ GPPI_E_FORMAT, "endian: little\ndimension: 4\nsizes: 7 5 4\n", "short", "raw", "sizes" },
		{ GPPI_E_UNSUPPORTED, "endian: little\n", "short", "bzip2", "bzip2" },
		{ GPPI_E_UNSUPPORTED, "endian: little\n", "short", "ascii", "ascii" },
		{ GPPI_E_UNSUPPORTED, "endian: little\n", "block", "raw", "block" },
		{ GPPI_E_UNSUPPORTED, "endian: little\n", "|", "raw", "type" },
		{ GPPI_E_UNSUPPORTED, "endian: little\ndata file: LIST\n", "short", "raw", "several files" },
		{ GPPI_E_UNSUPPORTED, "endian: little\ndata file: LIST 2\na.raw\nb.raw\n", "short", "raw", "several files" },
		{ GPPI_E_UNSUPPORTED, "endian: little\ndata file: a%03d.raw 1 4 1\n", "short", "raw", "several files" },
		{ GPPI_E_UNSUPPORTED, "endian: little\ndata file: /etc/passwd\n", "short", "raw", "another folder" },
		{ GPPI_E_UNSUPPORTED, "endian: little\nsizes: 7 5 1\n", "short", "raw", "single slice" },
	};
	struct bytes b;
	double v[N] = { 0 };
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		nrrd(&b, t[k].more, t[k].type, t[k].encoding);
		add_type(&b, v, 2, false);
		assert_refused(save_bytes("h.nrrd", &b), t[k].code, t[k].word);
	}
	nrrd(&b, "endian: little\n", "short", "raw");
	add_type(&b, v, 2, false);
	assert_cuts_refused("cut.nrrd", &b, b.n);
	b.n = 0;
	add_text(&b, "NRRD0004\ntype: short\nsizes: 7 5 4\nencoding: raw\nendian: little\n\n");
	assert_refused(save_bytes("h.nrrd", &b), GPPI_E_FORMAT, "its header lacks dimension");
	/* A header without end. */
	b.n = 0;
	add_text(&b, "NRRD0004\n");
	memset(b.at + b.n, 'x', sizeof b.at - b.n);
	b.n = sizeof b.at;
	assert_refused(save_bytes("long.nrrd", &b), GPPI_E_FORMAT, "long.nrrd");
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
		snprintf(text, sizeof text, "NRRD0004\ntype: short\ndimension: %d\nsizes: %s\nencoding: raw\nendian: little\n%s\n",
			 n[k].dimension, n[k].sizes, n[k].more);
		b.n = 0;
		add_text(&b, text);
		add_type(&b, v, 2, false);
		assert_values(save_bytes("n.nrrd", &b), v, 0);
		assert_spacing(in_dir("n.nrrd"), 12, 12, 12, SCAN_READ);
		assert_doubt("n.nrrd", "");
	}
	b.n = 0;
	add_text(&b, "ObjectType = Image\nNDims = 4\nTransformMatrix = 1 0 0 0  0 0 1 0  0 1 0 0  0 0 0 1\nOffset = 1 2 3 4\n"
		 "ElementSpacing = 0.012 0.012 0.012 1\nDimSize = 7 5 4 1\nElementType = MET_SHORT\nElementDataFile = LOCAL\n");
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

/* Many lines that are left out: read once. */
static void many_lines(void **state)
{
	(void)state;
	struct bytes b;
	double v[N];
	ramp(v, 2);
	nrrd(&b, "endian: little\ndata file: l.raw\nline skip: 200000\n", "short", "raw");
	save_bytes("l.nhdr", &b);
	FILE *f = fopen(in_dir("l.raw"), "wb");
	assert_non_null(f);
	for (int i = 0; i < 200000; i++)
		fprintf(f, "%d some words that make it long\n", i);
	b.n = 0;
	add_type(&b, v, 2, false);
	fwrite(b.at, 1, b.n, f);
	fclose(f);
	assert_values(in_dir("l.nhdr"), v, 0);
	/* never from what is no file, nor for ever */
	unlink(in_dir("l.raw"));
	assert_int_equal(symlink("/dev/zero", in_dir("l.raw")), 0);
	assert_refused(in_dir("l.nhdr"), GPPI_E_IO, "not a regular file");
	unlink(in_dir("l.raw"));
	assert_int_equal(mkfifo(in_dir("l.raw"), 0600), 0);
	assert_refused(in_dir("l.nhdr"), GPPI_E_IO, "not a regular file");
	unlink(in_dir("l.raw"));
	f = fopen(in_dir("l.raw"), "wb");
	assert_non_null(f);
	assert_int_equal(ftruncate(fileno(f), (off_t)1 << 40), 0);
	fclose(f);
	assert_refused(in_dir("l.nhdr"), GPPI_E_FORMAT, "200000 more lines");
	unlink(in_dir("l.raw"));
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
		TEST(meta_types), TEST(meta_files_of_voxels), TEST(meta_spacing), TEST(meta_in_any_locale), TEST(meta_hostile), TEST(nrrd_types),
		TEST(nrrd_skips), TEST(nrrd_spacing), TEST(nrrd_hostile), TEST(more_dimensions), TEST(long_headers),
		TEST(many_lines), TEST(gzip_of_other_formats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

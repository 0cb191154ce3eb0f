/* NRRD: types, byte orders, skipped lines and bytes, spacing, damaged and hostile headers. */
#define _POSIX_C_SOURCE 200809L
#include "text_files.h"

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
		{ "spacings: 0 0 0\n", 10, SCAN_ASSUMED, "a size of 0 in the file, assumed 10 um" },
		{ "spacings: 0.0105 0 NaN\n", 10.5, SCAN_READ, "a size of 0 in the file, taken as 10.5 um" },
		{ "space directions: (0.0105,0,0) (0,0.0105,0) (0,0,0)\n", 10.5, SCAN_READ, "a size of 0 in the file" },
		{ "spacings: 12 12 12\nunits: \"um\" \"um\" \"um\"\n", 12, SCAN_READ, "" },
		{ "spacings: 12 12 12\nunits: \"micrometer\" \"micrometer\" \"micrometer\"\n", 12, SCAN_READ, "" },
		{ "spacings: 12 12 12\nunits: \"\xb5m\" \"\xb5m\" \"\xb5m\"\n", 12, SCAN_READ, "" },
		{ "spacings: 0.012 0.012 0.012\nunits: \"\" \"\" \"\"\n", 12, SCAN_READ, "" },
		{ "spacings: 0.012 0.012 0.012\nunits: \"ell\" \"ell\" \"ell\"\n", 12, SCAN_READ,
		  "unit \"\"ell\"\" is not known" },
		{ "space: left-posterior-superior\nspace directions: (0,0.008,0) (0.008,0,0) (0,0,-0.008)\n", 8,
		  SCAN_READ, "" },
		{ "space directions: (0.008, 0, 0) (0, 0.008, 0) (0, 0, 1)\n", 8, SCAN_READ,
		  "8 x 8 x 1000 um in the file" },
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
		{ GPPI_E_UNSUPPORTED, "endian: little\ndimension: 4\nsizes: 7 5 2 2\n", "short", "raw",
		  "4 dimensions" },
		{ GPPI_E_UNSUPPORTED, "endian: little\ndimension: 4\nsizes: 2 7 5 2\n", "short", "raw",
		  "several volumes" },
		{ GPPI_E_UNSUPPORTED, "endian: little\ndimension: 4\nsizes: 1 7 5 1\n", "short", "raw",
		  "single slice" },
		{ GPPI_E_FORMAT, "endian: little\ndimension: 4\nsizes: 7 5 4\n", "short", "raw", "sizes" },
		{ GPPI_E_UNSUPPORTED, "endian: little\n", "short", "bzip2", "bzip2" },
		{ GPPI_E_UNSUPPORTED, "endian: little\n", "short", "ascii", "ascii" },
		{ GPPI_E_UNSUPPORTED, "endian: little\n", "block", "raw", "block" },
		{ GPPI_E_UNSUPPORTED, "endian: little\n", "|", "raw", "type" },
		{ GPPI_E_UNSUPPORTED, "endian: little\ndata file: LIST\n", "short", "raw", "several files" },
		{ GPPI_E_UNSUPPORTED, "endian: little\ndata file: LIST 2\na.raw\nb.raw\n", "short", "raw",
		  "several files" },
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nrrd_types), TEST(nrrd_skips), TEST(nrrd_spacing), TEST(nrrd_hostile), TEST(many_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

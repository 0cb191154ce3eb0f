/* VOX and VGI: types, byte orders, scale, spacing, hostile headers. */
#define _POSIX_C_SOURCE 200809L
#include "scan_ramp.h"

static void vox(struct bytes *b, const char *more, int bits)
{
	char text[512];
	snprintf(text, sizeof text, "Vox1999a\nVolumeCount 1\n##\f\n##\nVolumeSize %d %d %d\nVoxelSize %d\n%s##\f\n",
		 NX, NY, NZ, bits, more);
	b->n = 0;
	add_text(b, text);
}

static void ramp(double *v, double lo, double hi)
{
	for (int i = 0; i < N; i++)
		v[i] = lo + floor((hi - lo) * i / (N - 1));
}

static void vox_types(void **state)
{
	(void)state;
	struct bytes b;
	double v[N], w[N];
	ramp(v, 0, 255);
	vox(&b, "", 8);
	add_values(&b, v, N, UNSIGNED, 1, false);
	assert_values(save_bytes("a.vox", &b), v, 0);
	ramp(v, 0, 65535);
	for (int big = 0; big < 2; big++) {
		vox(&b, big ? "Endian B\n" : "Endian L\n", 16);
		add_values(&b, v, N, UNSIGNED, 2, big);
		add(&b, "##\f\n", 4); /* what follows is no header */
		assert_values(save_bytes("a.vox", &b), v, 0);
	}
	vox(&b, "Endian L\nVolumeScale 0.00105 0.00105 0.0012\n"
	    "Field 0 (Position 0 Size 16 Name \"Density\" Unit \"HU\" Scale 0.5 Offset -1000)\n", 16);
	add_values(&b, v, N, UNSIGNED, 2, false);
	for (int i = 0; i < N; i++)
		w[i] = v[i] / 2 - 1000;
	assert_values(save_bytes("a.vox", &b), w, 1e-9);
	assert_spacing(in_dir("a.vox"), 10.5, 10.5, 12, SCAN_READ);
	struct scan *scan = must_open(in_dir("a.vox"), 0);
	assert_int_equal(scan_info(scan)->unit, SCAN_UNIT_HU);
	scan_close(scan);
}

static void vox_hostile(void **state)
{
	(void)state;
	static const struct { int code, bits; const char *more, *word; } t[] = {
		{ GPPI_E_FORMAT, 16, "", "Endian" },
		{ GPPI_E_FORMAT, 16, "Endian L\nVolumeSize 7 5 5\n", "h.vox" },
		{ GPPI_E_FORMAT, 16, "Endian L\nVolumeSize 7 -5 4\n", "size" },
		{ GPPI_E_FORMAT, 16, "Endian L\nVolumeSize 65535 65535 65535\n", "65535" },
		{ GPPI_E_FORMAT, 16, "Endian L\nVolumeSize a\n", "VolumeSize" },
		{ GPPI_E_UNSUPPORTED, 12, "Endian L\n", "12 bits" },
		{ GPPI_E_UNSUPPORTED, 16, "Endian L\nVolumeCount 2\n", "several" },
		{ GPPI_E_UNSUPPORTED, 16, "Endian L\nField 0 (Size 8)\nField 1 (Size 8)\n", "several" },
	};
	struct bytes b;
	double v[N] = { 0 };
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		vox(&b, t[k].more, t[k].bits);
		add_values(&b, v, N, UNSIGNED, 2, false);
		assert_refused(save_bytes("h.vox", &b), t[k].code, t[k].word);
	}
	vox(&b, "Endian L\n", 16);
	add_values(&b, v, N, UNSIGNED, 2, false);
	assert_cuts_refused("cut.vox", &b, b.n);
}

static void vgi(struct bytes *b, const char *type, int bits, const char *name, const char *more)
{
	char text[1024];
	snprintf(text, sizeof text, "{volume1}\r\n[representation]\r\nsize = 1 1 1\r\n[file1]\r\nSkipHeader = 3\r\n"
		 "FileFormat = raw\r\nSize = %d %d %d\r\nName = %s\r\nDatatype = %s\r\nBitsPerElement = %d\r\n"
		 "%s", NX, NY, NZ, name, type, bits, more);
	b->n = 0;
	add_text(b, text);
}

static void vgi_types(void **state)
{
	(void)state;
	static const struct { const char *type; enum kind kind; int bits; double lo, hi; } t[] = {
		{ "unsigned integer", UNSIGNED, 8, 0, 255 },    { "integer", SIGNED, 8, -128, 127 },
		{ "unsigned integer", UNSIGNED, 16, 0, 65535 }, { "integer", SIGNED, 16, -32768, 32767 },
		{ "float", FLOAT, 32, -1000, 3000 },
	};
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		struct bytes b, data = { .n = 0 };
		double v[N];
		ramp(v, t[k].lo, t[k].hi);
		add_text(&data, "abc");
		add_values(&data, v, N, t[k].kind, t[k].bits / 8, false);
		save_bytes("bone.vol", &data);
		vgi(&b, t[k].type, t[k].bits, "C:\\scans\\bone.vol",
		    "{volumeprimitive12}\r\n[geometry]\r\nresolution = 0.0105 0.0105 0.012\r\nunit = mm\r\n");
		assert_values(save_bytes("bone.vgi", &b), v, 0);
		assert_spacing(in_dir("bone.vgi"), 10.5, 10.5, 12, SCAN_READ);
		assert_detail(in_dir("bone.vgi"), "voxels in: bone.vol");
	}
}

static void vgi_hostile(void **state)
{
	(void)state;
	struct bytes b, data = { .n = 0 };
	double v[N] = { 0 };
	add_values(&data, v, N, SIGNED, 2, false);
	save_bytes("bone.vol", &data); /* three bytes short: the header is skipped */
	vgi(&b, "integer", 16, "bone.vol", "");
	assert_refused(save_bytes("h.vgi", &b), GPPI_E_FORMAT, "bone.vol");
	static const struct { int code; const char *name, *more, *word; } t[] = {
		{ GPPI_E_IO, "none.vol", "SkipHeader = 0\n", "none.vol" },
		{ GPPI_E_UNSUPPORTED, "..", "SkipHeader = 0\n", "h.vgi" },
		{ GPPI_E_FORMAT, "", "SkipHeader = 0\n", "name" },
		{ GPPI_E_FORMAT, "bone.vol", "SkipHeader = -1\n", "SkipHeader" },
		{ GPPI_E_FORMAT, "bone.vol", "SkipHeader = 0\nSize = 7 5 5\n", "bone.vol" },
		{ GPPI_E_FORMAT, "bone.vol", "SkipHeader = 0\nSize = 0 5 4\n", "size" },
		{ GPPI_E_UNSUPPORTED, "bone.vol", "BitsPerElement = 64\n", "64 bits" },
		{ GPPI_E_UNSUPPORTED, "bone.vol", "Datatype = complex\n", "complex" },
		{ GPPI_E_UNSUPPORTED, "bone.vol", "FileFormat = tiff\n",
		  "a file of the format \"tiff\"; save them as raw" },
		{ GPPI_E_UNSUPPORTED, "bone.vol", "[file2]\nName = b.vol\n", "2 files" },
	};
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		vgi(&b, "integer", 16, t[k].name, t[k].more);
		assert_refused(save_bytes("h.vgi", &b), t[k].code, t[k].word);
	}
	vgi(&b, "integer", 16, "bone.vol", "");
	assert_cuts_refused("cut.vgi", &b, 60); /* up to the name of the voxels */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(vox_types), TEST(vox_hostile), TEST(vgi_types), TEST(vgi_hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

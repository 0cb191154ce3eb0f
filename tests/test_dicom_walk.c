/* The walk over a DICOM file before dcmtk reads it: what passes, what is refused, and at which limit. */
#define _POSIX_C_SOURCE 200809L
#include "scan/dicom_walk.h"

#include <stdbool.h>

#include "temp_dir.h"

#define IMPLICIT "1.2.840.10008.1.2"
#define EXPLICIT "1.2.840.10008.1.2.1"
#define BIG_ENDIAN_TYPES "1.2.840.10008.1.2.2"
#define JPEG "1.2.840.10008.1.2.4.50"

static uint8_t file[8 << 20];
static size_t n;
static bool implicit, big;

static void u16(unsigned v)
{
	file[n++] = (uint8_t)(big ? v >> 8 : v);
	file[n++] = (uint8_t)(big ? v : v >> 8);
}

static void u32(uint32_t v)
{
	u16(big ? v >> 16 : v & 0xffff);
	u16(big ? v & 0xffff : v >> 16);
}

static void bytes(const void *p, size_t size)
{
	memcpy(file + n, p, size);
	n += size;
}

static void head(uint32_t tag, const char *type, uint32_t length)
{
	u16(tag >> 16);
	u16(tag & 0xffff);
	if (implicit || tag >> 16 == 0xfffe) {
		u32(length);
		return;
	}
	bytes(type, 2);
	if (strstr("OB OD OF OL OV OW SQ SV UC UN UR UT UV ZZ", type)) {
		u16(0);
		u32(length);
	} else {
		u16(length);
	}
}

/* Preamble, meta header, and the elements with which every data set begins. */
static void begin(const char *transfer)
{
	implicit = big = false;
	memset(file, 0, 128);
	n = 128;
	bytes("DICM", 4);
	head(0x00020000, "UL", 4);
	u32((uint32_t)(8 + (strlen(transfer) + 1) / 2 * 2));
	head(0x00020010, "UI", (uint32_t)(strlen(transfer) + 1) / 2 * 2);
	bytes(transfer, strlen(transfer));
	if (strlen(transfer) % 2)
		file[n++] = 0;
	implicit = !strcmp(transfer, IMPLICIT);
	big = !strcmp(transfer, BIG_ENDIAN_TYPES);
	head(0x00080060, "CS", 2);
	bytes("CT", 2);
}

static void pixels(size_t size)
{
	head(0x7fe00010, "OW", (uint32_t)size);
	memset(file + n, 7, size);
	n += size;
}

static int walk_as(const char *path, struct err *err)
{
	*err = (struct err){ 0 };
	put_file(path, file, n);
	return dicom_walk(path, err);
}

static int walk(struct err *err)
{
	return walk_as(in_dir("f.dcm"), err);
}

static void assert_passes(void)
{
	struct err err;
	if (walk(&err) != 0)
		fail_msg("%s", err.text);
}

static void assert_stopped(const char *why)
{
	struct err err;
	assert_int_equal(walk(&err), GPPI_E_FORMAT);
	assert_int_equal(err.code, GPPI_E_FORMAT);
	if (!strstr(err.text, why) || !strstr(err.text, "f.dcm: is a damaged DICOM file"))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

/* `depth` sequences within each other. */
static void nest(int depth, bool open, const char *type)
{
	size_t each = implicit ? 16 : 20;
	for (int i = 0; i < depth; i++) {
		uint32_t inner = (uint32_t)(each * (size_t)(depth - 1 - i));
		head(0x00081140, type, open ? 0xffffffff : inner + 8);
		if (!strcmp(type, "UN"))
			implicit = true;
		head(0xfffee000, "", open ? 0xffffffff : inner);
		each = implicit ? 16 : 20;
	}
	for (int i = 0; i < depth && open; i++) {
		head(0xfffee00d, "", 0);
		head(0xfffee0dd, "", 0);
	}
}

static void depth(void **state)
{
	(void)state;
	static const char *const transfers[] = { IMPLICIT, EXPLICIT, BIG_ENDIAN_TYPES, JPEG };
	for (int t = 0; t < 4; t++)
		for (int open = 0; open < 2; open++)
			for (int more = 0; more < 2; more++) {
				begin(transfers[t]);
				nest(DICOM_DEPTH_MOST + more, open, "SQ");
				pixels(8);
				if (more)
					assert_stopped("sequences nested too deeply");
				else
					assert_passes();
			}
	/* tens of thousands, and without an end */
	begin(EXPLICIT);
	nest(100000, true, "SQ");
	assert_stopped("sequences nested too deeply");
}

/* A value of an unknown type without a length is a sequence to dcmtk, written without types. */
static void unknown_types(void **state)
{
	(void)state;
	static const char *const types[] = { "UN", "ZZ" };
	for (int t = 0; t < 2; t++) {
		begin(EXPLICIT);
		nest(1, true, types[t]);
		implicit = false;
		pixels(8);
		if (t == 0)
			assert_passes();
		begin(EXPLICIT);
		head(0x00091000, types[t], 0xffffffff);
		implicit = true;
		head(0xfffee000, "", 0xffffffff);
		nest(DICOM_DEPTH_MOST, true, "SQ");
		assert_stopped("sequences nested too deeply");
	}
	/* with a length they are bytes, whatever is in them */
	begin(EXPLICIT);
	head(0x00091000, "UN", 20);
	bytes("\xfe\xff\x00\xe0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff\1\2\3\4", 20);
	pixels(8);
	assert_passes();
}

static void what_passes(void **state)
{
	(void)state;
	/* values that look like items only almost: a padding value of -2 */
	begin(IMPLICIT);
	head(0x00280120, "SS", 2);
	bytes("\xfe\xff", 2);
	pixels(8);
	assert_passes();
	/* pixels that begin like an item */
	begin(IMPLICIT);
	head(0x7fe00010, "OW", 8);
	bytes("\xfe\xff\x00\xe0\xff\xff\xff\xff", 8);
	assert_passes();
	/* cut pixels are the reader's business; so is what follows the data set */
	begin(EXPLICIT);
	pixels(100);
	n -= 60;
	assert_passes();
	begin(EXPLICIT);
	pixels(8);
	memset(file + n, 0, 501);
	n += 501;
	assert_passes();
	/* compressed pixels, and an icon with some of its own */
	begin(JPEG);
	head(0x00880200, "SQ", 0xffffffff);
	head(0xfffee000, "", 0xffffffff);
	head(0x7fe00010, "OB", 0xffffffff);
	head(0xfffee000, "", 0);
	head(0xfffee0dd, "", 0);
	head(0xfffee00d, "", 0);
	head(0xfffee0dd, "", 0);
	head(0x7fe00010, "OB", 0xffffffff);
	head(0xfffee000, "", 0);
	head(0xfffee000, "", 4);
	u32(0);
	head(0xfffee0dd, "", 0);
	head(0xfffcfffc, "OB", 2);
	u16(0);
	assert_passes();
	/* no preamble, no meta header */
	begin(EXPLICIT);
	pixels(8);
	memmove(file, file + 132, n -= 132);
	assert_passes();
	begin(EXPLICIT);
	size_t meta = n - 10;
	pixels(8);
	memmove(file, file + meta, n -= meta);
	assert_passes();
}

static void lengths(void **state)
{
	(void)state;
	begin(EXPLICIT);
	head(0x00081030, "LO", 300);
	assert_stopped("an element longer than what it lies in");
	begin(IMPLICIT);
	head(0x0008103e, "LO", 0xfffffff0);
	assert_stopped("an element longer than what it lies in");
	begin(EXPLICIT);
	head(0x00091001, "OB", 0x7fffffff);
	assert_stopped("an element longer than what it lies in");
	begin(EXPLICIT);
	head(0x00082112, "SQ", 20);
	head(0xfffee000, "", 13);
	bytes("0123456789abcdef", 16);
	pixels(8);
	assert_stopped("an item longer than what it lies in");
	begin(EXPLICIT);
	head(0x00082112, "SQ", 20);
	head(0xfffee000, "", 12);
	head(0x00081150, "UI", 6);
	bytes("1.2.345.6", 8);
	pixels(8);
	assert_stopped("an element longer than what it lies in");
	begin(EXPLICIT);
	head(0x00082112, "SQ", 6);
	bytes("123456", 6);
	assert_stopped("a sequence that is cut");
	begin(EXPLICIT);
	head(0x00082112, "SQ", 8);
	head(0xfffee00d, "", 0);
	assert_stopped("a sequence that holds no item");
	/* an end that comes too early would make dcmtk read the rest as something else */
	begin(IMPLICIT);
	head(0x00082112, "SQ", 16);
	head(0xfffee0dd, "", 0);
	head(0x00082112, "SQ", 0xffffffff);
	assert_stopped("a sequence that holds no item");
	begin(EXPLICIT);
	head(0x00082112, "SQ", 16);
	head(0xfffee000, "", 8);
	head(0xfffee00d, "", 0);
	assert_stopped("an item that does not end properly");
	begin(EXPLICIT);
	head(0x00082112, "SQ", 0xffffffff);
	head(0xfffee000, "", 0xffffffff);
	assert_stopped("an item that is cut");
	begin(EXPLICIT);
	head(0x00091001, "UT", 0xffffffff);
	pixels(8);
	assert_stopped("an element without a length");
	begin(JPEG);
	head(0x7fe00010, "OB", 0xffffffff);
	head(0xfffee000, "", 0xffffffff);
	assert_stopped("an item longer than what it lies in");
}

static void numbers(void **state)
{
	(void)state;
	for (int more = 0; more < 2; more++) {
		begin(EXPLICIT);
		head(0x00081140, "SQ", 8 * (DICOM_PARTS_MOST - 5 + (uint32_t)more));
		for (int i = 0; i < DICOM_PARTS_MOST - 5 + more; i++)
			head(0xfffee000, "", 0);
		pixels(8); /* with these, the sequence, the modality and two of the meta header: just as many */
		if (more)
			assert_stopped("more elements and items than any image has");
		else
			assert_passes();
	}
	/* 120,000 empty private elements, the last ones first */
	begin(EXPLICIT);
	for (int i = 120000; i > 0; i--)
		head(0x00091000u + (uint32_t)(i >> 15 << 17) + (i & 0x7fff), "LO", 0);
	assert_stopped("too many elements out of order");
	/* owners of private elements without end */
	begin(EXPLICIT);
	for (uint32_t i = 0; i < 60000; i++)
		head(((2 * (i / 240) + 9) << 16) + 0x10 + i % 240, "LO", 0);
	for (uint32_t i = 0; i < 1000; i++)
		head(0x10011000u + i, "LO", 0);
	assert_stopped("too many elements out of order");
	/* a few that are out of order are common */
	begin(EXPLICIT);
	for (uint32_t i = 1000; i > 0; i--)
		head(0x00091000u + i, "LO", 0);
	pixels(8);
	assert_passes();
}

/* What dcmtk makes of the beginning must be what the walk makes of it. */
static void beginnings(void **state)
{
	(void)state;
	struct err err;
	begin("1.2.840.10008.1.2.1.99");
	assert_int_equal(walk(&err), GPPI_E_UNSUPPORTED);
	assert_non_null(strstr(err.text, "f.dcm: its data are deflated as a whole"));
	/* the name of a transfer syntax, which dcmtk takes for the same */
	begin("Little Endian Implicit");
	assert_stopped("a transfer syntax that is none");
	begin("1.2.840.10008.1.2 1");
	assert_stopped("a transfer syntax that is none");
	begin("1.2.840.10008.1.2.1 "); /* padded with a blank */
	pixels(8);
	assert_passes();
	/* one that dcmtk does not know, with a data set without types */
	begin("1.2.3.4.5.6.7");
	implicit = true;
	n -= 10;
	head(0x00080060, "CS", 2);
	bytes("CT", 2);
	assert_stopped("not written as its transfer syntax says");
	/* lengths of the meta header */
	begin(EXPLICIT);
	file[140] = 0xf0;
	file[143] = 0xff;
	assert_stopped("a wrong length of the meta header");
	begin(EXPLICIT);
	memcpy(file + 136, "OB", 2);
	assert_stopped("a wrong length of the meta header");
	begin(EXPLICIT);
	memcpy(file + 148, "SQ", 2);
	assert_stopped("a wrong element of the meta header");
	/* too long by one element, which is then read as one of the header; too short by one */
	begin(EXPLICIT);
	file[140] = (uint8_t)(file[140] + 10);
	pixels(8);
	assert_passes();
	begin(EXPLICIT);
	file[140] = 0;
	nest(DICOM_DEPTH_MOST + 1, true, "SQ");
	assert_stopped("sequences nested too deeply");
	n = 100;
	memset(file, 'x', n);
	assert_stopped("not written as its transfer syntax says");
	assert_int_equal(dicom_walk(in_dir("nothing"), &err), GPPI_E_IO);
	assert_int_equal(dicom_walk(in_dir("."), &err), GPPI_E_IO);
	n = 0;
	assert_passes(); /* dcmtk says it */
}

static void texts(void **state)
{
	(void)state;
	char sop[16], series[16], study[6], none[4] = "x";
	const struct dicom_text wanted[] = { { 0x00080018, sop, sizeof sop }, { 0x0020000e, series, sizeof series },
					     { 0x0020000d, study, sizeof study }, { 0x00200010, none, sizeof none } };
	static const char *const transfers[] = { IMPLICIT, EXPLICIT, BIG_ENDIAN_TYPES };
	for (int t = 0; t < 3; t++) {
		struct err err;
		begin(transfers[t]);
		n -= 10;
		head(0x00080018, "UI", 8);
		bytes("1.2.345\0", 8);
		/* what lies in an item is not the object's */
		head(0x00081140, "SQ", 24);
		head(0xfffee000, "", 16);
		head(0x0020000e, "UI", 8);
		bytes("9.9.9.99", 8);
		head(0x0020000d, "UI", 10);
		bytes("1.2.3.4.5\0", 10);
		head(0x0020000e, "UI", 14);
		bytes(" 1.2.77 \\1.2.3", 14);
		head(0x0020000e, "UI", 4);
		bytes("8.8\0", 4);
		put_file(in_dir("f.dcm"), file, n);
		assert_int_equal(dicom_walk_texts(in_dir("f.dcm"), wanted, 4, &err), 0);
		assert_string_equal(sop, "1.2.345");
		assert_string_equal(series, "1.2.77");
		assert_string_equal(study, "1.2.3"); /* as much as there is room for */
		assert_string_equal(none, "");
	}
}

/* Garbled files: neither a crash (sanitizers) nor a long wait. */
static void garbled(void **state)
{
	(void)state;
	struct err err;
	uint32_t seed = 5;
	for (int round = 0; round < 3000; round++) {
		begin(round % 3 ? round % 3 == 1 ? EXPLICIT : IMPLICIT : JPEG);
		nest(round % 9, round % 2, "SQ");
		head(0x7fe00010, "OB", round % 4 ? 8 : 0xffffffff);
		memset(file + n, 0, 32);
		n += 32;
		for (int k = 0; k < 1 + round % 5; k++) {
			seed = seed * 1664525 + 1013904223;
			file[128 + (seed >> 8) % (n - 128)] = (uint8_t)(seed % 3 ? seed >> 24 : 0xff);
		}
		int rc = walk_as(in_dir("garbled"), &err); /* without a suffix: no seed for the fuzzer */
		assert_true(rc == 0 || (rc == err.code && strstr(err.text, "garbled: ")));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(depth), TEST(unknown_types), TEST(what_passes), TEST(lengths),
		TEST(numbers), TEST(beginnings), TEST(texts), TEST(garbled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

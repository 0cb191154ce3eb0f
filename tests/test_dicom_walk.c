/* The walk over a DICOM file before dcmtk reads it: what passes, what is refused, and at which limit. */
#define _POSIX_C_SOURCE 200809L
#include "walk_files.h"

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

/* Garbled files: neither a crash (sanitizers) nor a long wait. */
static void garbled(void **state)
{
	(void)state;
	struct gppi_error err;
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
		TEST(depth), TEST(unknown_types), TEST(what_passes), TEST(lengths), TEST(numbers), TEST(garbled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The walk over a DICOM file: how files begin, and texts that are read by the way. */
#define _POSIX_C_SOURCE 200809L
#include "walk_files.h"

/* What dcmtk makes of the beginning must be what the walk makes of it. */
static void beginnings(void **state)
{
	(void)state;
	struct gppi_error err;
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
		struct gppi_error err;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(beginnings), TEST(texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

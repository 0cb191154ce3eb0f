/* The walk over a DICOM file: how files begin, and texts that are read by the way. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>

#include "scan/dicom_header.h"
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
		struct dicom_header h;
		char text[128];
		assert_int_equal(dicom_header_read(in_dir("f.dcm"), &h, &err), 0);
		dicom_put_code(&h, DICOM_SOPInstanceUID, text, sizeof text);
		assert_string_equal(text, "1.2.345");
		dicom_put_code(&h, DICOM_SeriesInstanceUID, text, sizeof text);
		assert_string_equal(text, "1.2.77\\1.2.3");
		dicom_put_code(&h, DICOM_StudyInstanceUID, text, 6);
		assert_string_equal(text, "1.2.3"); /* as much as there is room for */
		dicom_put_code(&h, DICOM_ConcatenationUID, text, sizeof text);
		assert_string_equal(text, "");
		dicom_header_free(&h);
	}
}

static void put64(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	u32((uint32_t)(big ? bits >> 32 : bits & 0xffffffffu));
	u32((uint32_t)(big ? bits & 0xffffffffu : bits >> 32));
}

/* Numbers as text and in binary, in both byte orders, with and without types. */
static void numbers(void **state)
{
	static const char *const transfers[] = { IMPLICIT, EXPLICIT, BIG_ENDIAN_TYPES };
	(void)state;

	for (int t = 0; t < 3; t++) {
		struct gppi_error err;
		struct dicom_header h;
		double v[3] = { 0 };
		begin(transfers[t]);
		head(0x00180050, "DS", 6);
		bytes("0,0105", 6);
		head(0x00180088, implicit ? "DS" : "FD", implicit ? 4 : 8);
		if (implicit)
			bytes("0.25", 4);
		else
			put64(0.25);
		head(0x00200032, "DS", 12);
		bytes("1\\-2.5 \\ 3e1", 12);
		head(0x00280010, "US", 2);
		u16(515);
		head(0x00280030, "DS", 8);
		bytes("0.02mm\\1", 8);
		head(0x00280120, implicit ? "US" : "SS", 2);
		u16(0xf830);
		put_file(in_dir("f.dcm"), file, n);
		assert_int_equal(dicom_header_read(in_dir("f.dcm"), &h, &err), 0);
		struct dicom_given e = dicom_in_dataset(&h, DICOM_SliceThickness);
		assert_int_equal(dicom_numbers(&e, 1, v), DICOM_NUMBER);
		assert_true(fabs(v[0] - 0.0105) < 1e-15);
		assert_int_equal(dicom_numbers(&e, 2, v), DICOM_ABSENT);
		e = dicom_in_dataset(&h, DICOM_SpacingBetweenSlices);
		assert_int_equal(dicom_numbers(&e, 1, v), DICOM_NUMBER);
		assert_true(fabs(v[0] - 0.25) < 1e-15);
		e = dicom_in_dataset(&h, DICOM_ImagePositionPatient);
		assert_int_equal(dicom_numbers(&e, 3, v), DICOM_NUMBER);
		assert_true(fabs(v[0] - 1) < 1e-15 && fabs(v[1] + 2.5) < 1e-15 && fabs(v[2] - 30) < 1e-15);
		e = dicom_in_dataset(&h, DICOM_PixelSpacing);
		assert_int_equal(dicom_numbers(&e, 1, v), DICOM_NO_NUMBER);
		assert_int_equal(dicom_whole(&h, DICOM_Rows, 0), 515);
		assert_int_equal(dicom_whole(&h, DICOM_Columns, 7), 7);
		assert_int_equal(dicom_whole(&h, DICOM_PixelPaddingValue, 0), implicit ? 0xf830 : -2000);
		dicom_header_free(&h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(beginnings), TEST(texts), TEST(numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

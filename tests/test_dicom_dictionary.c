/* The data dictionary as gppi reads it is that of dcmtk, entry by entry; what gppi does not understand is left to it. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dictionary_files.h"
#include "scan/dicom_dictionary.h"
#include "temp_dir.h"

static void test_installed(void **state)
{
	(void)state;
	char path[1024];
	int n, files = 0;

	snprintf(path, sizeof path, "%s", dictionary_path());
	for (char *rest = path, *file; (file = strtok_r(rest, ":", &rest)); files++) {
		assert_int_equal(dictionary_differences(file, &n), 0);
		assert_true(n > 2000);
	}
	assert_true(files >= 1);
}

static int differences(const char *text, int *n)
{
	const char *path = in_dir("one.dic");

	put_text(path, text);
	return dictionary_differences(path, n);
}

/* n counts the four entries that every dictionary has. */
static void test_lines(void **state)
{
	(void)state;
	static const char *const understood[] = {
		"(0010,0010)\tPN\tPatientName\t1\tDICOM\n", "(0010,0010)\tPN\tPatientName\t1\tDICOM",
		"# text\n\n(0010,0010)\tPN\tPatient Name\t1\tDICOM \t \r\n", "(0010,0010)\tPN\tPatientName\t1\n",
		"(0020-31ff,0010)\tox\tName\t1-n\tX\n", "(0021-o-31FF,0010-u-00ff)\tna\tName\t2-2n\tX\n",
		"(0029,\"SOME MAKER 1.0\",1a)\tUS\tName\t3-5\tPrivateTag\n", "(0029-o-0040,\"A\",10)\tUS\tName\t1\tP\n",
		"(0010,0010)\tPN\tFirst\t1\tX\n(0010,0010)\tLO\tSecond\t2\tX\n",
	};
	static const char *const left[] = {
		"(0010,0010)\tQQ\tName\t1\tX\n", "(0010,0010)\tPN\tName\tn\tX\n", "(0010,0010)\tPN\tName\t2n\tX\n",
		"(0010 ,0010)\tPN\tName\t1\tX\n", "(0010-x-0020,0010)\tPN\tName\t1\tX\n", "0010,0010\tPN\tName\t1\tX\n",
		"(0010,0010)\tPN\n", "(0010,\"open,10)\tPN\tName\t1\tX\n", "(0010,0010)\tPN\tName\t1\tX\tmore\n",
		"(0010,0010)\tPN\tNa\vme\t1\tX\n", "(0010,0010)\tPN\tName\t9999999\tX\n",
	};
	int n;

	for (size_t i = 0; i < sizeof understood / sizeof *understood; i++) {
		assert_int_equal(differences(understood[i], &n), 0);
		assert_int_equal(n, 5);
	}
	for (size_t i = 0; i < sizeof left / sizeof *left; i++)
		assert_int_equal(differences(left[i], &n), -1);
	assert_int_equal(dictionary_differences("/nonexistent/dicom.dic", &n), -1);
}

/* Nothing is known before it is asked for; lines that are left to dcmtk are known then, too. */
static void test_taken_over(void **state)
{
	(void)state;
	const char *path = in_dir("odd.dic");
	char type[3];

	put_text(path, "(0010,0010)\tPN\tOddName\t1\tX\n(0010,4000)\tLT\tOdd\tn\tX\n");
	setenv("DCMDICTPATH", path, 1);
	dicom_dictionary_take_over("/nonexistent");
	assert_string_equal(getenv("DCMDICTPATH"), path);
	dictionary_type(0x0010, 0x0010, type);
	assert_string_not_equal(type, "PN");
	dicom_dictionary();
	dictionary_type(0x0010, 0x0010, type);
	assert_string_equal(type, "PN");
	dictionary_type(0x0010, 0x4000, type);
	assert_string_equal(type, "LT");
	dictionary_type(0x0008, 0x0060, type); /* is in dcmtk's own only */
	assert_string_not_equal(type, "CS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_installed),
		cmocka_unit_test_setup_teardown(test_lines, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(test_taken_over, make_dir, drop_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

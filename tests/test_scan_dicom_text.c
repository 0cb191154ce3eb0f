/* The DICOM reader: numbers with a comma, words in other alphabets, whose bone it is, what is not read. */
#define _POSIX_C_SOURCE 200809L
#include "dicom_files.h"

static struct scan *open_one(const char *path)
{
	struct gppi_error err = { 0 };
	struct scan *scan;
	if (open_scan(path, 0, 0.0, &scan, &err) < 0)
		fail_msg("%s", err.text);
	return scan;
}

static double half(int z, int i)
{
	return 0.5 * value_at(z, i);
}

static double half_more(int z, int i)
{
	return 1.5 * value_at(z, i) - 0.25;
}

static void decimal_comma(void **state)
{
	(void)state;
	save("c", simple);
	put_all("c", 0x0028, 0x1053, "DS", "0,5");
	assert_meaning(in_dir("c"), half);
	put_all("c", 0x0028, 0x1053, "DS", " 1,5 ");
	put_all("c", 0x0028, 0x1052, "DS", "-0,25");
	assert_meaning(in_dir("c"), half_more);
	put_all("c", 0x0028, 0x0030, "DS", "0,02\\0,03");
	put_all("c", 0x0018, 0x0050, "DS", "0,5");
	hide("c", 0x0018, 0x0088, 0x87);
	for (int k = 1; k <= NZ; k++) {
		char text[32];
		snprintf(text, sizeof text, "0\\0\\%d,%02d", k / 40, k * 5 % 100 / 2);
		put_words(slice_file("c", k), 0x0020, 0x0032, "DS", text);
	}
	assert_meaning(in_dir("c"), half_more);
	struct scan *scan = open_one(in_dir("c"));
	assert_true(fabs(scan_info(scan)->spacing_um[0] - 30.0) < 1e-9);
	assert_true(fabs(scan_info(scan)->spacing_um[1] - 20.0) < 1e-9);
	assert_true(fabs(scan_info(scan)->spacing_um[2] - 25.0) < 5.0);
	scan_close(scan);
}

/* What is no number is not cut to one. */
static void no_number(void **state)
{
	(void)state;
	save("n", simple);
	put_words(slice_file("n", 3), 0x0028, 0x1053, "DS", "1.5x");
	assert_refused(in_dir("n"), GPPI_E_UNSUPPORTED, "IM00003.dcm: has a RescaleSlope of \"1.5x\"");
	put_words(slice_file("n", 3), 0x0028, 0x1053, "DS", "1");
	put_words(slice_file("n", 3), 0x0028, 0x1052, "DS", "-1.024,5");
	assert_refused(in_dir("n"), GPPI_E_UNSUPPORTED, "RescaleIntercept");
	save("p", simple);
	put_all("p", 0x0028, 0x0030, "DS", "0.02mm");
	struct scan *scan = open_one(in_dir("p"));
	assert_non_null(strstr(scan_info(scan)->detail, "no number: PixelSpacing is 0.02mm"));
	assert_true(fabs(scan_info(scan)->spacing_um[0] - 10.5) < 1e-4); /* as along z */
	scan_close(scan);
	put_all("p", 0x0028, 0x0030, "DS", "0\\0");
	scan = open_one(in_dir("p"));
	assert_string_equal(scan_info(scan)->spacing_doubt, "a size of 0 in the file, taken as 10.5 um");
	scan_close(scan);
}

static void negative_distances(void **state)
{
	(void)state;
	save("d", simple);
	hide("d", 0x0020, 0x0032, 0x31);
	hide("d", 0x0020, 0x1041, 0x42);
	put_all("d", 0x0018, 0x0088, "DS", "-0.012");
	struct scan *scan = open_one(in_dir("d"));
	assert_true(fabs(scan_info(scan)->spacing_um[2] - 12.0) < 1e-9);
	scan_close(scan);
	put_all("d", 0x0018, 0x0088, "DS", "0");
	put_all("d", 0x0018, 0x0050, "DS", "0.014");
	scan = open_one(in_dir("d"));
	assert_true(fabs(scan_info(scan)->spacing_um[2] - 14.0) < 1e-9);
	scan_close(scan);
}

static void no_frames_are_one(void **state)
{
	(void)state;
	save("f", simple);
	put_all("f", 0x0028, 0x0008, "IS", "0");
	assert_meaning(in_dir("f"), as_written);
	put_all("f", 0x0028, 0x0008, "IS", "");
	assert_meaning(in_dir("f"), as_written);
	put_all("f", 0x0028, 0x0008, "IS", "-1");
	assert_refused(in_dir("f"), GPPI_E_FORMAT, "claims -1 frames");
}

static void assert_words(const char *charset, const char *raw, const char *words)
{
	save("w", simple);
	if (charset)
		put_all("w", 0x0008, 0x0005, "CS", charset);
	put_all("w", 0x0008, 0x103e, "LO", raw);
	struct scan *scan = open_one(in_dir("w"));
	assert_string_equal(scan_info(scan)->identity.series, words);
	assert_string_equal(scan_info(scan)->name, words);
	scan_close(scan);
	remove_tree(in_dir("w"));
}

static void other_alphabets(void **state)
{
	(void)state;
	assert_words("GB18030", "\xb9\xc9\xb9\xc7 3", "\xe8\x82\xa1\xe9\xaa\xa8 3");
	assert_words("ISO_IR 100", "F\xe9mur gauche", "F\xc3\xa9mur gauche");
	assert_words("ISO_IR 144", "\xb6", "\xd0\x96");
	assert_words("ISO_IR 192", "\xc2\xb5" "CT", "\xc2\xb5" "CT");
	assert_words("\\ISO 2022 IR 87", "\x1b$B;3ED\x1b(B 7", "\xe5\xb1\xb1\xe7\x94\xb0 7");
	/* Writers that do not say what they write. */
	assert_words(NULL, "F\xe9mur", "F\xc3\xa9mur");
	assert_words(NULL, "\xc2\xb5" "CT", "\xc2\xb5" "CT");
	assert_words("ISO_IR 100", "F\xc3\xa9mur", "F\xc3\xa9mur");
	assert_words("ISO-IR 100", "F\xe9mur", "F\xc3\xa9mur");
}

/* A name may not turn the direction of writing or control a terminal. */
static void harmless_words(void **state)
{
	(void)state;
	save("h", simple);
	put_all("h", 0x0008, 0x0005, "CS", "ISO_IR 192");
	put_all("h", 0x0008, 0x103e, "LO", "a\xe2\x80\xae" "b\x1b[2Jc");
	struct scan *scan = open_one(in_dir("h"));
	assert_string_equal(scan_info(scan)->identity.series, "a?b?[2Jc");
	assert_string_equal(scan_info(scan)->name, "a_b_[2Jc");
	scan_close(scan);
}

static void identity(void **state)
{
	(void)state;
	save("i", simple);
	put_all("i", 0x0008, 0x0005, "CS", "ISO_IR 192");
	put_all("i", 0x0008, 0x0020, "DA", "20240229");
	put_all("i", 0x0008, 0x0050, "SH", "A17");
	put_all("i", 0x0008, 0x1030, "LO", "Knochen 5 \xc2\xb5m");
	put_all("i", 0x0010, 0x0010, "PN", "M\xc3\xa4uschen^\xd0\x96");
	put_all("i", 0x0010, 0x0020, "LO", "m7");
	struct scan *scan = open_one(in_dir("i"));
	const struct gppi_identity *who = &scan_info(scan)->identity;
	assert_string_equal(who->patient_id, "m7");
	assert_string_equal(who->patient_name, "M\xc3\xa4uschen^\xd0\x96");
	assert_string_equal(who->date, "2024-02-29");
	assert_string_equal(who->study, "Knochen 5 \xc2\xb5m");
	assert_string_equal(who->series, "femur");
	assert_string_equal(who->accession, "A17");
	assert_int_equal(strncmp(who->study_uid, "2.25.", 5), 0);
	assert_int_equal(strncmp(who->series_uid, "2.25.", 5), 0);
	assert_string_not_equal(who->series_uid, who->study_uid);
	scan_close(scan);
}

/* Puts another transfer syntax into the meta header. */
static void put_syntax(const char *path, const char *uid)
{
	size_t n, length = (strlen(uid) + 1) & ~(size_t)1;
	uint8_t *bytes = get_file(path, &n), *at = find(bytes, n, 0x0002, 0x0010), *out = calloc(1, n + length);
	assert_non_null(out);
	size_t before = (size_t)(at - bytes), old = (size_t)(at[-2] | at[-1] << 8);
	bytes[140] = (uint8_t)(bytes[140] + length - old); /* of the group */
	at[-2] = (uint8_t)length;
	memcpy(out, bytes, before);
	memcpy(out + before, uid, strlen(uid));
	memcpy(out + before + length, bytes + before + old, n - before - old);
	put_file(path, out, n - old + length);
	free(bytes);
	free(out);
}

static void transfer_syntaxes(void **state)
{
	(void)state;
	static const struct {
		const char *uid, *text;
	} cases[] = {
		{ "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.201 (HTJ2K Lossless), which is not read; decompress "
		  "it with pydicom" },
		{ "1.2.840.10008.1.2.4.203", "(HTJ2K)" },
		{ "1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.110 (JPEG XL Lossless), which is not read; export "
					     "it" },
		{ "1.2.840.10008.1.2.1.98", "(Encapsulated Uncompressed)" },
		{ "1.3.6.1.4.1.9590.100.1", "1.3.6.1.4.1.9590.100.1 (unknown), which is not read" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct write_dicom_options opt = { .syntax = WRITE_JPEG_LS };
		save("t", opt);
		for (int k = 1; k <= NZ; k++)
			put_syntax(slice_file("t", k), cases[i].uid);
		assert_refused(in_dir("t"), GPPI_E_UNSUPPORTED, cases[i].text);
		remove_tree(in_dir("t"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(decimal_comma),
		TEST(no_number),
		TEST(negative_distances),
		TEST(no_frames_are_one),
		TEST(other_alphabets),
		TEST(harmless_words),
		TEST(identity),
		TEST(transfer_syntaxes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

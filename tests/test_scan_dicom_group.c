/* The DICOM reader: which files are one scan. */
#define _POSIX_C_SOURCE 200809L
#include "dicom_files.h"

static int count_scans(const char *path)
{
	struct gppi_error err = { 0 };
	struct scan_set *set;
	if (scan_set_open(path, &set, &err) < 0)
		fail_msg("%s", err.text);
	int n = scan_set_count(set);
	scan_set_free(set);
	return n;
}

static void assert_detail(const char *path, const char *text)
{
	struct gppi_error err = { 0 };
	struct scan *scan;
	if (open_scan(path, 0, 0.0, &scan, &err) < 0)
		fail_msg("%s", err.text);
	if (!strstr(scan_info(scan)->detail, text))
		fail_msg("\"%s\" lacks \"%s\"", scan_info(scan)->detail, text);
	scan_close(scan);
}

/* Cosines whose last digits vary, on both sides of where three decimals would part them. */
static void noise_of_orientation(void **state)
{
	(void)state;
	save("n", simple);
	for (int k = 1; k <= NZ; k++) {
		char text[64];
		snprintf(text, sizeof text, "1\\%.7f\\0\\%.7f\\1\\0", k % 2 ? 0.000499 : 0.000501,
			 k % 2 ? -0.000499 : -0.000501);
		put_words(slice_file("n", k), 0x0020, 0x0037, "DS", text);
	}
	assert_int_equal(count_scans(in_dir("n")), 1);
	assert_meaning(in_dir("n"), as_written);
	/* Another orientation is another scan. */
	for (int k = 5; k <= NZ; k++)
		put_words(slice_file("n", k), 0x0020, 0x0037, "DS", "1\\0\\0\\0\\0\\1");
	assert_int_equal(count_scans(in_dir("n")), 2);
}

static void own_series(const char *folder, int k)
{
	char uid[64];
	snprintf(uid, sizeof uid, "2.25.77%d", k);
	put_words(slice_file(folder, k), 0x0020, 0x000e, "UI", uid);
	snprintf(uid, sizeof uid, "%d", 100 - k);
	put_words(slice_file(folder, k), 0x0020, 0x0011, "IS", uid);
}

static void a_series_for_each_slice(void **state)
{
	(void)state;
	save("s", simple);
	for (int k = 1; k <= NZ; k++)
		own_series("s", k);
	assert_int_equal(count_scans(in_dir("s")), 1);
	assert_meaning(in_dir("s"), as_written);
	assert_detail(in_dir("s"), "joined: 8 slices, each a series of its own, by their positions");
	/* Where their positions do not fit, or are not told, one sentence for all. */
	put_words(slice_file("s", 4), 0x0020, 0x0032, "DS", "0\\0\\0.05");
	assert_int_equal(count_scans(in_dir("s")), 1);
	assert_refused(in_dir("s"), GPPI_E_FORMAT,
		       "holds 8 single slices, each a series of its own, that do not make one "
		       "scan");
	hide("s", 0x0020, 0x0032, 0x31);
	assert_refused(in_dir("s"), GPPI_E_FORMAT, "they do not tell their positions");
	/* Two of them lie evenly whatever they are. */
	save("t", simple);
	for (int k = 1; k <= NZ; k++)
		k < 3 ? own_series("t", k) : (void)unlink(slice_file("t", k));
	assert_int_equal(count_scans(in_dir("t")), 1);
	assert_refused(in_dir("t"), GPPI_E_FORMAT, "2 single slices");
	/* Those of another study are another scan. */
	save("u", simple);
	for (int k = 1; k <= NZ; k++) {
		own_series("u", k);
		put_words(slice_file("u", k), 0x0020, 0x000d, "UI", k > 4 ? "2.25.1" : "2.25.2");
	}
	assert_int_equal(count_scans(in_dir("u")), 2);
}

/* A study for each slice, too: one sentence, not one for each. */
static void nothing_in_common(void **state)
{
	(void)state;
	save("s", simple);
	for (int k = 1; k <= NZ; k++) {
		char uid[64];
		own_series("s", k);
		snprintf(uid, sizeof uid, "2.25.88%d", k);
		put_words(slice_file("s", k), 0x0020, 0x000d, "UI", uid);
	}
	assert_int_equal(count_scans(in_dir("s")), 1);
	assert_refused(in_dir("s"), GPPI_E_UNSUPPORTED,
		       "holds 8 single slices, each a series of its own, that differ in study");
}

/* Files of 3, 3 and 2 frames. */
static void save_parts(const char *folder, bool placed)
{
	for (int first = 0; first < NZ; first += 3) {
		struct write_dicom_options opt = { .multiframe = placed ? 2 : 1, .first = first };
		struct gppi_error err = { 0 };
		const int slices = first + 3 < NZ ? 3 : NZ - first;
		if (write_dicom(in_dir(folder), NX, NY, slices, 10.5, &opt, make_slice, NULL, &err) < 0)
			fail_msg("%s", err.text);
	}
}

static const char *const part_names[] = { "volume.dcm", "volume3.dcm", "volume6.dcm" };

static const char *part(const char *folder, int k)
{
	char name[64];
	snprintf(name, sizeof name, "%s/%s", folder, part_names[k]);
	return in_dir(name);
}

/* Says that file k of the folder is part `number` of three. */
static void concatenate(const char *folder, int k, const char *number)
{
	put_words(part(folder, k), 0x0020, 0x9161, "UI", "2.25.99");
	put_element(part(folder, k), 0x0020, 0x9162, "US", (const uint8_t[]){ (uint8_t)(number[0] - '0'), 0 }, 2);
	put_element(part(folder, k), 0x0020, 0x9163, "US", (const uint8_t[]){ 3, 0 }, 2);
}

static void parts_of_many_frames(void **state)
{
	(void)state;
	static const char *const numbers[] = { "1", "2", "3" }, *const turned[] = { "3", "2", "1" };
	/* By their positions alone, also where each part is a series of its own. */
	save_parts("p", true);
	assert_int_equal(count_scans(in_dir("p")), 1);
	assert_meaning(in_dir("p"), as_written);
	assert_detail(in_dir("p"), "joined: 3 files of many slices");
	put_words(part("p", 1), 0x0020, 0x000e, "UI", "2.25.5");
	assert_int_equal(count_scans(in_dir("p")), 1);
	assert_meaning(in_dir("p"), as_written);
	/* Another description, or a gap between two series: scans of their own. */
	put_words(part("p", 1), 0x0008, 0x103e, "LO", "tibia");
	put_words(part("p", 2), 0x0020, 0x000e, "UI", "2.25.6");
	assert_int_equal(count_scans(in_dir("p")), 3);
	save_parts("g", true);
	unlink(part("g", 1));
	assert_int_equal(count_scans(in_dir("g")), 1);
	assert_refused(in_dir("g"), GPPI_E_FORMAT, "slices are missing between");
	put_words(part("g", 2), 0x0020, 0x000e, "UI", "2.25.6");
	assert_int_equal(count_scans(in_dir("g")), 2);
	/* Two volumes of one series at one place: scans of their own. */
	struct write_dicom_options opt = { .multiframe = 2 };
	save("v", opt);
	copy_file(in_dir("v/volume.dcm"), in_dir("v/other.dcm"));
	assert_int_equal(count_scans(in_dir("v")), 2);
	/* A concatenation tells what belongs together, and what is missing. */
	save_parts("c", true);
	for (int k = 0; k < 3; k++)
		concatenate("c", k, numbers[k]);
	assert_int_equal(count_scans(in_dir("c")), 1);
	assert_meaning(in_dir("c"), as_written);
	unlink(part("c", 1));
	assert_int_equal(count_scans(in_dir("c")), 1);
	assert_refused(in_dir("c"), GPPI_E_FORMAT,
		       "one of 3 files that make one scan (a concatenation), of which number 2 is "
		       "missing");
	/* Without positions, the numbers of the parts are the order. */
	save_parts("n", false);
	for (int k = 0; k < 3; k++)
		concatenate("n", k, turned[k]);
	assert_int_equal(count_scans(in_dir("n")), 1);
	struct gppi_error err = { 0 };
	struct scan *scan;
	assert_int_equal(open_scan(in_dir("n"), 0, 0.0, &scan, &err), 0);
	int16_t *raw = read_all(scan, &err);
	assert_non_null(raw);
	assert_int_equal(raw[0], value_at(6, 0));
	assert_int_equal(raw[N - SLICE], value_at(2, 0));
	free(raw);
	scan_close(scan);
}

/* Two mice on one protocol are two names. */
static void patients_with_one_description(void **state)
{
	(void)state;
	struct write_dicom_options opt = { .patient = "m7" };
	struct scan_set *set;
	struct scan *scan;
	struct gppi_error err = { 0 };
	save("two", opt);
	opt.patient = "m8";
	save("two/sub", opt);
	assert_int_equal(scan_set_open(in_dir("two"), &set, &err), 0);
	assert_int_equal(scan_set_count(set), 2);
	assert_true(scan_set_has(set, "m7_femur"));
	assert_true(scan_set_has(set, "m8_femur"));
	assert_int_equal(scan_open(set, 0, 0.0, &scan, &err), 0);
	assert_int_equal(strncmp(scan_info(scan)->name, scan_info(scan)->identity.patient_id, 2), 0);
	scan_close(scan);
	scan_set_free(set);
}

/* A few slices of another orientation beside many are no bone. */
static void two_scouts(void **state)
{
	(void)state;
	struct gppi_error err = { 0 };
	struct write_dicom_options opt = simple;
	assert_int_equal(write_dicom(in_dir("s"), NX, NY, 24, 10.5, &opt, make_slice, NULL, &err), 0);
	for (int k = 23; k <= 24; k++)
		put_words(slice_file("s", k), 0x0020, 0x0037, "DS", "1\\0\\0\\0\\0\\1");
	assert_int_equal(count_scans(in_dir("s")), 1);
	assert_detail(in_dir("s"), "files not used: 2");
}

static void no_images(void **state)
{
	(void)state;
	static const char directory[26] = "1.2.840.10008.1.3.10";
	save("d", simple);
	copy_file(slice_file("d", 1), in_dir("DICOMDIR"));
	patch(in_dir("DICOMDIR"), 0x0002, 0x0002, directory, sizeof directory);
	assert_refused(in_dir("DICOMDIR"), GPPI_E_UNSUPPORTED,
		       "DICOMDIR: is a DICOMDIR, which only lists other files; give the "
		       "folder");
	/* Beside the files it lists it is in nobody's way. */
	copy_file(in_dir("DICOMDIR"), in_dir("d/DICOMDIR"));
	assert_meaning(in_dir("d"), as_written);
	assert_int_equal(count_scans(in_dir("d")), 1);
	copy_file(slice_file("d", 1), in_dir("report.dcm"));
	patch(in_dir("report.dcm"), 0x0028, 0x0010, "\0", 2);
	assert_refused(in_dir("report.dcm"), GPPI_E_UNSUPPORTED, "is a DICOM file without an image");
}

static void behind_gzip(void **state)
{
	(void)state;
	char command[600];
	save("z", simple);
	snprintf(command, sizeof command, "gzip -n %s/*.dcm", in_dir("z"));
	assert_int_equal(system(command), 0);
	assert_refused(in_dir("z"), GPPI_E_UNSUPPORTED, "holds DICOM behind gzip (8 files); unpack with gunzip first");
	assert_refused(in_dir("z/IM00001.dcm.gz"), GPPI_E_UNSUPPORTED, "is DICOM behind gzip (1 file)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(noise_of_orientation),
		TEST(a_series_for_each_slice),
		TEST(nothing_in_common),
		TEST(parts_of_many_frames),
		TEST(patients_with_one_description),
		TEST(two_scouts),
		TEST(no_images),
		TEST(behind_gzip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

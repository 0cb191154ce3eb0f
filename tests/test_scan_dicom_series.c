/* The DICOM reader: the order of slices, missing and doubled ones, several series in a folder. */
#define _POSIX_C_SOURCE 200809L
#include "dicom_files.h"

/* Position, then SliceLocation, InstanceNumber and file name. */
static void order_of_slices(void **state)
{
	(void)state;
	struct write_dicom_options opt = { .reversed = 1, .series_number = 1 };
	struct scan *scan;
	struct gppi_error err;
	save("r", opt);
	hide("r", 0x0020, 0x0032, 0x31);
	assert_meaning(in_dir("r"), as_written);
	save("i", simple);
	hide("i", 0x0020, 0x0032, 0x31);
	hide("i", 0x0020, 0x1041, 0x42);
	for (int k = 1; k <= NZ; k++) { /* file names that sort otherwise */
		char name[32];
		snprintf(name, sizeof name, "i/%c", 'z' - k);
		assert_int_equal(rename(slice_file("i", k), in_dir(name)), 0);
	}
	assert_meaning(in_dir("i"), as_written);
	save("n", simple);
	hide("n", 0x0020, 0x0032, 0x31);
	hide("n", 0x0020, 0x1041, 0x42);
	hide("n", 0x0020, 0x0013, 0x14);
	for (int k = 1; k <= NZ; k++) { /* natural order: s3 before s12 */
		char name[32];
		snprintf(name, sizeof name, "n/s%d", 3 * k + 1);
		assert_int_equal(rename(slice_file("n", k), in_dir(name)), 0);
	}
	assert_meaning(in_dir("n"), as_written);
	assert_int_equal(open_scan(in_dir("n"), 0, 0.0, &scan, &err), 0);
	assert_true(fabs(scan_info(scan)->spacing_um[2] - 10.5) < 1e-4); /* of the header */
	scan_close(scan);
}

static void missing_by_position(void **state)
{
	(void)state;
	save("g", simple);
	unlink(slice_file("g", 4));
	assert_refused(in_dir("g"), GPPI_E_FORMAT, "IM00003.dcm and ");
	assert_refused(in_dir("g"), GPPI_E_FORMAT, "IM00005.dcm");
}

static void missing_by_instance_number(void **state)
{
	(void)state;
	save("g", simple);
	hide("g", 0x0020, 0x0032, 0x31);
	hide("g", 0x0020, 0x1041, 0x42);
	unlink(slice_file("g", 4));
	assert_refused(in_dir("g"), GPPI_E_FORMAT, "InstanceNumber 3 to 5");
}

/* 10.5 um written with two decimals is uneven, but complete. */
static void rounded_positions(void **state)
{
	(void)state;
	struct scan *scan;
	struct gppi_error err;
	save("f", simple);
	hide("f", 0x0020, 0x0032, 0x31);
	for (int z = 0; z < NZ; z++) {
		char text[16];
		snprintf(text, sizeof text, "%.2f  ", z * 0.0105 + 0.0049);
		patch(slice_file("f", z + 1), 0x0020, 0x1041, text, z ? 6 : 2); /* "0 " at first */
	}
	assert_meaning(in_dir("f"), as_written);
	assert_int_equal(open_scan(in_dir("f"), 0, 0.0, &scan, &err), 0);
	assert_true(fabs(scan_info(scan)->spacing_um[2] - 10.5) < 1e-4);
	scan_close(scan);
	unlink(slice_file("f", 5));
	assert_refused(in_dir("f"), GPPI_E_FORMAT, "slices are missing");
}

/* n slices whose positions are position(z), in mm. */
static void save_positions(const char *folder, int n, double (*position)(int z))
{
	struct gppi_error err = { 0 };
	struct write_dicom_options opt = { .series_number = 1 };
	if (write_dicom(in_dir(folder), NX, NY, n, 20.0, &opt, make_slice, NULL, &err) < 0)
		fail_msg("%s", err.text);
	for (int z = 0; z < n; z++) {
		char text[64];
		snprintf(text, sizeof text, "0\\0\\%.7g", position(z));
		put_words(slice_file(folder, z + 1), 0x0020, 0x0032, "DS", text);
	}
}

static double factor; /* by which the distances of the second half are larger */

static double wider_half(int z)
{
	return z < 30 ? 0.02 * z : 0.6 + 0.02 * factor * (z - 30);
}

static struct scan *open_one(const char *path)
{
	struct gppi_error err = { 0 };
	struct scan *scan;
	if (open_scan(path, 0, 0.0, &scan, &err) < 0)
		fail_msg("%s", err.text);
	return scan;
}

static double backwards(int z, int i)
{
	return as_written(NZ - 1 - z, i);
}

/* Slices are sorted along row x column, whichever axis of the patient that is. */
static void along_any_axis(void **state)
{
	static const struct { const char *name, *orientation, *position; bool turned; } row[] = {
		{ "axial", "1\\0\\0\\0\\1\\0 ", "0\\0\\%.3f", false },
		{ "head", "1\\0\\0\\0\\-1\\0", "0\\0\\%.3f", true },
		{ "coronal", "1\\0\\0\\0\\0\\-1", "0\\%.3f\\0", false },
		{ "back", "1\\0\\0\\0\\0\\1 ", "0\\%.3f\\0", true },
		{ "sagittal", "0\\1\\0\\0\\0\\1 ", "%.3f\\0\\0", false },
		{ "left", "0\\1\\0\\0\\0\\-1", "%.3f\\0\\0", true },
	};
	(void)state;
	for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
		save(row[k].name, simple);
		put_all(row[k].name, 0x0020, 0x0037, "DS", row[k].orientation);
		for (int z = 0; z < NZ; z++) {
			char text[64];
			snprintf(text, sizeof text, row[k].position, 0.0105 * z);
			put_words(slice_file(row[k].name, z + 1), 0x0020, 0x0032, "DS", text);
		}
		assert_meaning(in_dir(row[k].name), row[k].turned ? backwards : as_written);
	}
}

static double shifted_half(int z)
{
	return 0.02 * z + (z < 30 ? 0.0 : 0.015);
}

/* Three quarters of a step more than anywhere else are no rounding. */
static void one_wide_step(void **state)
{
	(void)state;
	save_positions("w", 60, shifted_half);
	assert_refused(in_dir("w"), GPPI_E_FORMAT, "slices are missing between");
}

static void distances_that_change(void **state)
{
	(void)state;
	static const double factors[] = { 1.1, 1.2, 1.4, 1.6, 2.5, 0.7 };
	for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
		factor = factors[i];
		save_positions("u", 60, wider_half);
		struct scan *scan = open_one(in_dir("u"));
		assert_int_equal(scan_info(scan)->ndoubts, 1);
		assert_non_null(strstr(scan_info(scan)->doubt[0], "the distance of slices changes from 0."));
		scan_close(scan);
		remove_tree(in_dir("u"));
	}
	factor = 1.0;
	save_positions("e", 60, wider_half);
	struct scan *scan = open_one(in_dir("e"));
	assert_int_equal(scan_info(scan)->ndoubts, 0);
	scan_close(scan);
	factor = 2.0; /* every second slice of this half is missing, or might be */
	save_positions("m", 60, wider_half);
	assert_refused(in_dir("m"), GPPI_E_FORMAT, "29 missing in all");
}

/* Frame k of a file with a position for each is put at z_of(k), in as many digits as there were. */
static void move_frames(const char *path, double (*z_of)(int))
{
	static const uint8_t tag[] = { 0x20, 0, 0x32, 0, 'D', 'S' };
	size_t size;
	uint8_t *bytes = get_file(path, &size);
	int frame = 0;
	for (size_t i = 0; i + 8 < size; i++) {
		if (memcmp(bytes + i, tag, sizeof tag) != 0)
			continue;
		int room = bytes[i + 6] | bytes[i + 7] << 8;
		char text[64];
		assert_in_range(snprintf(text, sizeof text, "0\\0\\%.*f", room - 6, z_of(frame)), 0, room);
		memset(bytes + i + 8, ' ', (size_t)room);
		memcpy(bytes + i + 8, text, strlen(text));
		frame++;
	}
	assert_int_equal(frame, NZ);
	put_file(path, bytes, size);
	free(bytes);
}

static double wider_frames(int z)
{
	return 0.01 * z + (z > 3 ? 0.004 * (z - 3) : 0.0);
}

static double even_frames(int z)
{
	return 0.01 * z;
}

static double frames_with_gap(int z)
{
	return 0.01 * z + (z > 5 ? 0.02 : 0.0);
}

/* As in a series of files. */
static void frames_at_uneven_distances(void **state)
{
	(void)state;
	struct write_dicom_options opt = { .multiframe = 2 };
	for (int uneven = 0; uneven < 2; uneven++) {
		save("f", opt);
		move_frames(in_dir("f/volume.dcm"), uneven ? wider_frames : even_frames);
		struct scan *scan = open_one(in_dir("f"));
		assert_int_equal(scan_info(scan)->ndoubts, uneven);
		assert_true(!uneven || strstr(scan_info(scan)->doubt[0], "changes from 0.01 to 0.014 mm"));
		scan_close(scan);
	}
	save("f", opt);
	move_frames(in_dir("f/volume.dcm"), frames_with_gap);
	assert_refused(in_dir("f"), GPPI_E_FORMAT, "slices are missing between");
	assert_refused(in_dir("f"), GPPI_E_FORMAT, "2 missing in all");
}

/* SpacingBetweenSlices and positions that contradict each other; the thickness is no distance. */
static void two_distances(void **state)
{
	(void)state;
	factor = 1.0;
	save_positions("t", 30, wider_half);
	for (int k = 1; k <= 30; k++) {
		put_words(slice_file("t", k), 0x0018, 0x0050, "DS", "0.5");
		put_words(slice_file("t", k), 0x0018, 0x0088, "DS", "0.02");
	}
	struct scan *scan = open_one(in_dir("t"));
	assert_string_equal(scan_info(scan)->spacing_doubt, "");
	scan_close(scan);
	for (int k = 1; k <= 30; k++)
		put_words(slice_file("t", k), 0x0018, 0x0088, "DS", "-0.03");
	scan = open_one(in_dir("t"));
	assert_true(fabs(scan_info(scan)->spacing_um[2] - 20.0) < 1e-3);
	assert_string_equal(scan_info(scan)->spacing_doubt, "position says 20 um, header ? x ? x 30 um");
	scan_close(scan);
}

static double with_a_gap(int z)
{
	return 0.02 * z + (z < 40 ? 0.0 : 0.06);
}

static void gap_is_counted(void **state)
{
	(void)state;
	save_positions("g", 60, with_a_gap);
	assert_refused(in_dir("g"), GPPI_E_FORMAT, "slices are missing between");
	assert_refused(in_dir("g"), GPPI_E_FORMAT, "IM00040.dcm and ");
	assert_refused(in_dir("g"), GPPI_E_FORMAT, "3 missing in all");
}

static double shift; /* of the second pass */

static double second_pass(int z)
{
	return z < 30 ? 0.02 * z : 0.02 * (z - 30) + shift;
}

static void number(const char *folder, int k, unsigned element, int value)
{
	char text[16];
	snprintf(text, sizeof text, "%d", value);
	put_words(slice_file(folder, k), 0x0020, element, "IS", text);
}

static void two_passes(void **state)
{
	(void)state;
	shift = 0.01;
	save_positions("i", 60, second_pass); /* InstanceNumber runs on through the second pass */
	struct scan *scan = open_one(in_dir("i"));
	assert_int_equal(scan_info(scan)->ndoubts, 1);
	assert_non_null(strstr(scan_info(scan)->doubt[0], "slices of two passes lie between each other"));
	scan_close(scan);
	for (int k = 1; k <= 60; k++) { /* or begins again; or only the AcquisitionNumber tells */
		number("i", k, 0x0012, 1 + k / 31);
		number("i", k, 0x0013, k <= 30 ? 2 * k : 2 * (k - 30) + 1);
	}
	scan = open_one(in_dir("i"));
	assert_int_equal(scan_info(scan)->ndoubts, 1);
	scan_close(scan);
	for (int k = 1; k <= 60; k++)
		number("i", k, 0x0012, 1);
	scan = open_one(in_dir("i"));
	assert_int_equal(scan_info(scan)->ndoubts, 0);
	scan_close(scan);
	shift = 0.004;
	save_positions("p", 60, second_pass);
	assert_refused(in_dir("p"), GPPI_E_FORMAT, "the slices come in pairs (position 0, 0.004, 0.02 ...)");
}

static void same_place_twice(void **state)
{
	(void)state;
	save("d", simple);
	copy_file(slice_file("d", 4), in_dir("d/copy.dcm"));
	assert_refused(in_dir("d"), GPPI_E_FORMAT, "copy.dcm");
	assert_refused(in_dir("d"), GPPI_E_FORMAT, "same position");
}

static void mixed_sizes(void **state)
{
	(void)state;
	struct gppi_error err;
	struct write_dicom_options opt = simple;
	save("m", simple);
	assert_int_equal(write_dicom(in_dir("o"), NY, NX, 2, 10.5, &opt, make_slice, NULL, &err), 0);
	copy_file(slice_file("o", 1), in_dir("m/IM99999.dcm"));
	assert_refused(in_dir("m"), GPPI_E_FORMAT, "IM99999.dcm");
}

static void several_series(void **state)
{
	(void)state;
	struct write_dicom_options opt = simple;
	struct scan_set *set;
	struct scan *scan;
	struct gppi_error err;
	save("two", opt);
	for (int k = 1; k <= NZ; k++) {
		char name[32];
		snprintf(name, sizeof name, "two/a%d", k);
		assert_int_equal(rename(slice_file("two", k), in_dir(name)), 0);
	}
	opt.series_number = 2;
	opt.reversed = 1;
	save("two", opt);
	opt.series = "tibia";
	save("two/sub", opt);
	opt.series = "";
	opt.patient = "mouse^7";
	opt.multiframe = 1;
	save("two/sub", opt);
	put_file(in_dir("two/notes.txt"), "text", 4);
	assert_int_equal(scan_set_open(in_dir("two"), &set, &err), 0);
	assert_int_equal(scan_set_count(set), 4);
	static const char *const names[] = { "femur", "femur_2", "mouse_7_s2", "tibia" };
	int seen[4] = { 0 };
	for (int i = 0; i < 4; i++) {
		assert_int_equal(scan_open(set, i, 0.0, &scan, &err), 0);
		assert_int_equal(scan_info(scan)->nz, NZ);
		assert_non_null(strstr(scan_info(scan)->detail, "files not used: 1"));
		int16_t *raw = read_all(scan, &err);
		assert_non_null(raw);
		assert_int_equal(raw[SLICE], value_at(1, 0));
		free(raw);
		for (int k = 0; k < 4; k++)
			seen[k] += !strcmp(scan_info(scan)->name, names[k]);
		scan_close(scan);
	}
	scan_set_free(set);
	for (int k = 0; k < 4; k++)
		assert_int_equal(seen[k], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(order_of_slices), TEST(along_any_axis), TEST(one_wide_step),
		TEST(missing_by_position),
		TEST(missing_by_instance_number),
		TEST(rounded_positions),
		TEST(distances_that_change),
		TEST(frames_at_uneven_distances),
		TEST(two_distances),
		TEST(gap_is_counted),
		TEST(two_passes),
		TEST(same_place_twice),
		TEST(mixed_sizes),
		TEST(several_series),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

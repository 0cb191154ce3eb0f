/* The DICOM reader: codecs, order of slices, scales, damaged and mixed series. Variants are
 * made by overwriting elements of uncompressed files. */
#define _POSIX_C_SOURCE 200809L
#include "scan_files.h"

#include <math.h>
#include <pthread.h>

#include "phantom/write.h"

enum { NX = 13, NY = 9, NZ = 8, SLICE = NX * NY, N = SLICE * NZ };

static int16_t value_at(int z, int i)
{
	return (int16_t)((i * 37 + z * 411) % 4500 - 1417);
}

static int make_slice(void *user, int z, int16_t *out)
{
	(void)user;
	for (int i = 0; i < SLICE; i++)
		out[i] = value_at(z, i);
	return 0;
}

static void save(const char *folder, struct write_dicom_options opt)
{
	struct err err = { 0 };
	if (write_dicom(in_dir(folder), NX, NY, NZ, 10.5, &opt, make_slice, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

static const struct write_dicom_options simple = { .series_number = 1 };

/* Position of an element's value in an explicit little-endian file. */
static uint8_t *find(uint8_t *bytes, size_t n, unsigned group, unsigned element)
{
	uint8_t tag[4] = { (uint8_t)group, (uint8_t)(group >> 8), (uint8_t)element,
			   (uint8_t)(element >> 8) };
	for (size_t i = 132; i + 8 < n; i++)
		if (!memcmp(bytes + i, tag, 4) && bytes[i + 4] >= 'A' && bytes[i + 5] >= 'A')
			return bytes + i + 8;
	fail_msg("element %04x,%04x not found", group, element);
	return NULL;
}

/* Overwrites the first bytes of a value. */
static void patch(const char *path, unsigned group, unsigned element, const void *value, size_t len)
{
	size_t n;
	uint8_t *bytes = get_file(path, &n);
	memcpy(find(bytes, n, group, element), value, len);
	put_file(path, bytes, n);
	free(bytes);
}

static const char *slice_file(const char *folder, int number)
{
	char name[64];
	snprintf(name, sizeof name, "%s/IM%05d.dcm", folder, number);
	return in_dir(name);
}

static void patch_all(const char *folder, unsigned group, unsigned element, const void *value,
		      size_t len)
{
	for (int k = 1; k <= NZ; k++)
		patch(slice_file(folder, k), group, element, value, len);
}

static void patch_u16(const char *folder, unsigned element, unsigned v)
{
	uint8_t b[2] = { (uint8_t)v, (uint8_t)(v >> 8) };
	patch_all(folder, 0x0028, element, b, 2);
}

/* Renames an element of every file to an unused one, so that the reader misses it. */
static void hide(const char *folder, unsigned group, unsigned element, unsigned other)
{
	for (int k = 1; k <= NZ; k++) {
		size_t n;
		uint8_t *bytes = get_file(slice_file(folder, k), &n);
		find(bytes, n, group, element)[-6] = (uint8_t)other;
		put_file(slice_file(folder, k), bytes, n);
		free(bytes);
	}
}

/* Meaning of voxel i of slice z. */
typedef double (*meaning_fn)(int z, int i);

static double as_written(int z, int i)
{
	return value_at(z, i);
}

static void assert_meaning(const char *path, meaning_fn meaning)
{
	struct err err = { 0 };
	struct scan *scan;
	if (open_scan(path, 0, 0.0, &scan, &err) < 0)
		fail_msg("%s", err.text);
	const struct scan_info *info = scan_info(scan);
	assert_int_equal(info->nx, NX);
	assert_int_equal(info->ny, NY);
	assert_int_equal(info->nz, NZ);
	int16_t *raw = read_all(scan, &err);
	if (!raw) {
		fail_msg("%s", err.text);
		return;
	}
	for (int k = 0; k < N; k++) {
		double v = raw[k] * info->slope + info->intercept;
		double w = meaning(k / SLICE, k % SLICE);
		if (!(fabs(v - w) < 1e-6))
			fail_msg("%s: slice %d voxel %d is %g, expected %g", path, k / SLICE,
				 k % SLICE, v, w);
	}
	free(raw);
	scan_close(scan);
}

static void every_codec(void **state)
{
	(void)state;
	static const char *const names[] = { "Little Endian", "RLE", "JPEG Lossless", "JPEG-LS" };
	for (int syntax = WRITE_EXPLICIT_LE; syntax <= WRITE_JPEG_LS; syntax++)
		for (int frames = 0; frames < 3; frames++)
			for (int reversed = 0; reversed < (frames == 1 ? 1 : 2); reversed++) {
				struct write_dicom_options opt = { .syntax = (enum write_syntax)syntax,
								   .multiframe = frames,
								   .reversed = reversed };
				struct scan *scan;
				struct err err;
				save("c", opt);
				assert_meaning(in_dir("c"), as_written);
				assert_int_equal(open_scan(in_dir("c"), 0, 0.0, &scan, &err), 0);
				const struct scan_info *info = scan_info(scan);
				assert_non_null(strstr(info->encoding, names[syntax]));
				for (int k = 0; k < 3; k++)
					assert_true(fabs(info->spacing_um[k] - 10.5) < 1e-4);
				assert_int_equal(info->spacing_known, SCAN_READ);
				assert_int_equal(info->unit, SCAN_UNIT_HU);
				assert_string_equal(info->name, "femur");
				scan_close(scan);
				remove_tree(in_dir("c"));
			}
}

static void one_file_of_many_frames(void **state)
{
	(void)state;
	struct write_dicom_options opt = { .multiframe = 1 };
	save("m", opt);
	assert_meaning(in_dir("m/volume.dcm"), as_written);
	save("s", simple);
	assert_refused(slice_file("s", 3), GPPI_E_UNSUPPORTED, "single slice");
}

static double inverted(int z, int i)
{
	return -1 - value_at(z, i);
}

static double as_unsigned(int z, int i)
{
	return (uint16_t)value_at(z, i);
}

static double twelve_bits(int z, int i)
{
	int v = value_at(z, i) & 0xfff;
	return v >= 0x800 ? v - 0x1000 : v;
}

static double high_bits(int z, int i)
{
	return (uint16_t)value_at(z, i) >> 4;
}

static void pixel_formats(void **state)
{
	(void)state;
	save("m", simple);
	patch_all("m", 0x0028, 0x0004, "MONOCHROME1", 11);
	assert_meaning(in_dir("m"), inverted);
	save("u", simple);
	patch_u16("u", 0x0103, 0);
	assert_meaning(in_dir("u"), as_unsigned);
	save("b", simple);
	patch_u16("b", 0x0101, 12);
	patch_u16("b", 0x0102, 11);
	assert_meaning(in_dir("b"), twelve_bits);
	save("h", simple);
	patch_u16("h", 0x0103, 0);
	patch_u16("h", 0x0101, 12);
	assert_meaning(in_dir("h"), high_bits); /* HighBit stays 15 */
	patch_u16("h", 0x0102, 3);
	assert_refused(in_dir("h"), GPPI_E_UNSUPPORTED, "bits stored");
}

static double rescaled(int z, int i)
{
	return 2.0 * value_at(z, i) - 9.0;
}

static double slice_two_doubled(int z, int i)
{
	return value_at(z, i) * (z == 1 ? 2.0 : 1.0) - (z == 2 ? 9.0 : 0.0);
}

static void rescale(void **state)
{
	(void)state;
	save("a", simple);
	patch_all("a", 0x0028, 0x1053, "2 ", 2);
	patch_all("a", 0x0028, 0x1052, "-9", 2);
	assert_meaning(in_dir("a"), rescaled);
	save("s", simple);
	patch(slice_file("s", 2), 0x0028, 0x1053, "2 ", 2);
	patch(slice_file("s", 3), 0x0028, 0x1052, "-9", 2);
	assert_meaning(in_dir("s"), slice_two_doubled);
	patch(slice_file("s", 5), 0x0028, 0x1053, "0 ", 2);
	assert_refused(in_dir("s"), GPPI_E_UNSUPPORTED, "IM00005.dcm");
}

/* Position, then SliceLocation, InstanceNumber and file name. */
static void order_of_slices(void **state)
{
	(void)state;
	struct write_dicom_options opt = { .reversed = 1, .series_number = 1 };
	struct scan *scan;
	struct err err;
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

static void copy_file(const char *from, const char *to)
{
	size_t n;
	uint8_t *bytes = get_file(from, &n);
	put_file(to, bytes, n);
	free(bytes);
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
	struct err err;
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
	struct err err;
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
	struct err err;
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

static void what_is_not_read(void **state)
{
	(void)state;
	struct write_dicom_options opt = { .syntax = WRITE_JPEG_LOSSLESS };
	save("j", opt);
	patch_all("j", 0x0002, 0x0010, "1.2.840.10008.1.2.4.90", 22);
	assert_refused(in_dir("j"), GPPI_E_UNSUPPORTED, "JPEG 2000");
	assert_refused(in_dir("j"), GPPI_E_UNSUPPORTED, "gdcmconv");
	save("c", simple);
	patch_u16("c", 0x0002, 3);
	patch_all("c", 0x0028, 0x0004, "RGB        ", 11);
	assert_refused(in_dir("c"), GPPI_E_UNSUPPORTED, "colour");
	save("w", simple);
	patch_u16("w", 0x0100, 32);
	assert_refused(in_dir("w"), GPPI_E_UNSUPPORTED, "32 bits");
	save("z", simple);
	patch_u16("z", 0x0010, 60000); /* rows the file does not have */
	assert_refused(in_dir("z"), GPPI_E_FORMAT, "is cut");
}

/* A slice cut anywhere is an error, in every encoding. */
static void cut_slices(void **state)
{
	(void)state;
	for (int syntax = WRITE_EXPLICIT_LE; syntax <= WRITE_JPEG_LS; syntax++) {
		struct write_dicom_options opt = { .syntax = (enum write_syntax)syntax };
		size_t n;
		save("t", opt);
		uint8_t *bytes = get_file(slice_file("t", 4), &n);
		for (size_t cut = 0; cut < n - 10; cut += 29) {
			put_file(slice_file("t", 4), bytes, cut);
			assert_refused(in_dir("t"), GPPI_E_FORMAT, "t");
		}
		free(bytes);
	}
}

struct reader {
	struct scan *scan;
	int step, bad;
};

static void *read_slabs(void *arg)
{
	struct reader *r = arg;
	int16_t scratch[2 * SLICE];
	struct err err;
	for (int k = 0; k < 150; k++) {
		int z = k * r->step % (NZ - 1);
		const int16_t *p;
		if (scan_slab(r->scan, z, 2, scratch, &p, &err) < 0) {
			r->bad++;
			continue;
		}
		for (int i = 0; i < 2 * SLICE; i++)
			r->bad += p[i] != value_at(z + i / SLICE, i % SLICE);
	}
	return NULL;
}

static void slabs_from_two_threads(void **state)
{
	(void)state;
	for (int k = 0; k < 6; k++) {
		static const enum write_syntax syntax[] = { WRITE_EXPLICIT_LE, WRITE_JPEG_LOSSLESS,
							    WRITE_JPEG_LS };
		struct write_dicom_options opt = { .syntax = syntax[k % 3], .multiframe = k / 3 };
		struct scan *scan;
		struct err err;
		save("p", opt);
		assert_int_equal(open_scan(in_dir("p"), 0, 0.0, &scan, &err), 0);
		struct reader a = { scan, 1, 0 }, b = { scan, 3, 0 };
		pthread_t thread;
		assert_int_equal(pthread_create(&thread, NULL, read_slabs, &b), 0);
		read_slabs(&a);
		pthread_join(thread, NULL);
		assert_int_equal(a.bad + b.bad, 0);
		scan_close(scan);
		remove_tree(in_dir("p"));
	}
}

static void maker_is_told(void **state)
{
	(void)state;
	struct scan *scan;
	struct err err;
	save("s", simple);
	patch_all("s", 0x0008, 0x0070, "SCANCO AG", 9);
	assert_int_equal(open_scan(in_dir("s"), 0, 0.0, &scan, &err), 0);
	assert_non_null(strstr(scan_info(scan)->detail, "manufacturer: SCANCO AG"));
	scan_close(scan);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_codec),
		TEST(one_file_of_many_frames),
		TEST(pixel_formats),
		TEST(rescale),
		TEST(order_of_slices),
		TEST(missing_by_position),
		TEST(missing_by_instance_number),
		TEST(rounded_positions),
		TEST(same_place_twice),
		TEST(mixed_sizes),
		TEST(several_series),
		TEST(what_is_not_read),
		TEST(cut_slices),
		TEST(slabs_from_two_threads),
		TEST(maker_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

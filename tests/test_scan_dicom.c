/* The DICOM reader: codecs, scales, damaged files, several threads. */
#define _POSIX_C_SOURCE 200809L
#include "dicom_files.h"

#include <pthread.h>

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
				struct gppi_error err;
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
	struct gppi_error err;
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
		struct gppi_error err;
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
	struct gppi_error err;
	save("s", simple);
	patch_all("s", 0x0008, 0x0070, "SCANCO AG", 9);
	assert_int_equal(open_scan(in_dir("s"), 0, 0.0, &scan, &err), 0);
	assert_non_null(strstr(scan_info(scan)->detail, "manufacturer: SCANCO AG"));
	scan_close(scan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_codec),
		TEST(one_file_of_many_frames),
		TEST(rescale),
		TEST(what_is_not_read),
		TEST(cut_slices),
		TEST(slabs_from_two_threads),
		TEST(maker_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

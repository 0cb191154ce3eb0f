/* Compressed frames of DICOM files that are not what the header says: dcmtk must not decode them. */
#define _POSIX_C_SOURCE 200809L
#include "dicom_files.h"

#include <jpeglib.h>

enum { SEQUENTIAL = -1 };

#define JPEG(process) "1.2.840.10008.1.2.4." process

struct coded {
	uint8_t *at;
	size_t n;
};

/* A JPEG of w x h pixels; `more` scans for coefficients behind the first, or SEQUENTIAL. */
static struct coded jpeg(int w, int h, int components, int more)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr e;
	jpeg_scan_info scans[64] = { { .comps_in_scan = 1 } };
	uint8_t row[3 * (NX + 8)];
	unsigned char *at = NULL;
	unsigned long n = 0;

	c.err = jpeg_std_error(&e);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &at, &n);
	c.image_width = (JDIMENSION)w;
	c.image_height = (JDIMENSION)h;
	c.input_components = components;
	c.in_color_space = components == 1 ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_set_defaults(&c);
	for (int i = 1; i <= more; i++)
		scans[i] = (jpeg_scan_info){ .comps_in_scan = 1, .Ss = i, .Se = i == more ? 63 : i };
	if (more != SEQUENTIAL) {
		c.scan_info = scans;
		c.num_scans = more + 1;
	}
	jpeg_start_compress(&c, TRUE);
	for (int y = 0; y < h; y++) {
		JSAMPROW line = row;
		for (int x = 0; x < w * components; x++)
			row[x] = (uint8_t)(x * 17 + y * 5);
		jpeg_write_scanlines(&c, &line, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	return (struct coded){ at, n };
}

static size_t put_item(uint8_t *out, const uint8_t *value, size_t n)
{
	const size_t even = (n + 1) & ~(size_t)1;
	const uint8_t head[8] = { 0xfe, 0xff, 0x00, 0xe0, (uint8_t)even, (uint8_t)(even >> 8), (uint8_t)(even >> 16) };
	memcpy(out, head, 8);
	if (n)
		memcpy(out + 8, value, n);
	if (even > n)
		out[8 + n] = 0;
	return 8 + even;
}

/* A folder of slices of 8 bits in this transfer syntax each of these bytes in two fragments
 * that are cut at `cut`, or in one (0). */
static void save_coded(const char *folder, const char *uid, struct coded frame, size_t cut)
{
	static const uint8_t end[8] = { 0xfe, 0xff, 0xdd, 0xe0 };
	struct write_dicom_options opt = { .syntax = WRITE_JPEG_LOSSLESS, .series_number = 1 };

	remove_tree(in_dir(folder));
	save(folder, opt);
	patch_u16(folder, 0x0100, 8);
	patch_u16(folder, 0x0101, 8);
	patch_u16(folder, 0x0102, 7);
	patch_u16(folder, 0x0103, 0);
	patch_all(folder, 0x0002, 0x0010, uid, strlen(uid));
	for (int k = 1; k <= NZ; k++) {
		size_t n;
		uint8_t *bytes = get_file(slice_file(folder, k), &n);
		size_t at = (size_t)(find(bytes, n, 0x7fe0, 0x0010) + 4 - bytes);
		uint8_t *out = malloc(at + frame.n + 64);
		assert_non_null(out);
		memcpy(out, bytes, at);
		at += put_item(out + at, NULL, 0);
		if (cut)
			at += put_item(out + at, frame.at, cut);
		at += put_item(out + at, frame.at + cut, frame.n - cut);
		memcpy(out + at, end, sizeof end);
		put_file(slice_file(folder, k), out, at + sizeof end);
		free(out);
		free(bytes);
	}
}

/* All voxels of the scan. */
static int16_t *pixels(const char *folder)
{
	struct gppi_error err = { 0 };
	struct scan *scan;
	if (open_scan(in_dir(folder), 0, 0.0, &scan, &err) < 0)
		fail_msg("%s: %s", folder, err.text);
	int16_t *all = read_all(scan, &err);
	if (!all)
		fail_msg("%s: %s", folder, err.text);
	scan_close(scan);
	return all;
}

static void assert_damaged(const char *folder)
{
	assert_refused(in_dir(folder), GPPI_E_FORMAT, "the compressed pixels of frame 0 are damaged");
}

/* Sequential and progressive JPEG of the same quality have the same coefficients. */
static void progressive_frames(void **state)
{
	static const char *const progressive[] = { JPEG("53"), JPEG("55") };
	struct coded plain = jpeg(NX, NY, 1, SEQUENTIAL), few = jpeg(NX, NY, 1, 31), many = jpeg(NX, NY, 1, 32);

	(void)state;
	save_coded("s", JPEG("50"), plain, 0);
	int16_t *want = pixels("s");
	for (int i = 0; i < 2; i++)
		for (size_t cut = 0; cut < few.n; cut = cut ? cut + 94 : 400) { /* behind the frame header */
			save_coded("p", progressive[i], few, cut);
			int16_t *got = pixels("p");
			assert_memory_equal(got, want, N * sizeof *got);
			free(got);
			save_coded("p", progressive[i], many, cut);
			assert_damaged("p");
		}
	save_coded("p", JPEG("50"), few, 0);
	assert_damaged("p");
	save_coded("p", JPEG("51"), few, 0);
	assert_damaged("p");
	few.at[few.n - 1] = 0; /* EOI */
	save_coded("p", JPEG("55"), few, 0);
	assert_damaged("p");
	free(want);
	free(plain.at);
	free(few.at);
	free(many.at);
}

static void other_size_than_told(void **state)
{
	static const struct { int w, h, components; } t[] = {
		{ NX + 1, NY, 1 }, { NX, NY - 1, 1 }, { NY, NX, 1 }, { NX, NY, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct coded frame = jpeg(t[i].w, t[i].h, t[i].components, SEQUENTIAL);
		save_coded("o", JPEG("50"), frame, 0);
		assert_damaged("o");
		free(frame.at);
	}
	for (int syntax = WRITE_RLE; syntax <= WRITE_JPEG_LS; syntax++) {
		struct write_dicom_options opt = { .syntax = (enum write_syntax)syntax, .series_number = 1 };
		save("x", opt);
		patch_u16("x", 0x0011, NX + 1);
		assert_refused(in_dir("x"), GPPI_E_FORMAT, "frame 0");
		remove_tree(in_dir("x"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(progressive_frames), TEST(other_size_than_told) };
	return cmocka_run_group_tests_name("scan_dicom_frame", tests, NULL, NULL);
}

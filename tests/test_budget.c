/* What one input may cost: small files that ask for much, and reading that is told to stop. */
#define _POSIX_C_SOURCE 200809L
#include "picture_files.h"

#include <zlib.h>

#include "base/stop.h"
#include "picture/picture.h"
#include "scan/budget.h"

static void refuses(int nx, int ny, int nz, size_t bytes, int code, const char *word)
{
	struct gppi_error err = { 0 };

	assert_int_equal(budget_volume("scan", nx, ny, nz, 2, bytes, &err), code);
	assert_non_null(strstr(err.text, "scan: "));
	assert_non_null(strstr(err.text, word));
}

static void accepts(int nx, int ny, int nz, size_t bytes)
{
	assert_int_equal(budget_volume("scan", nx, ny, nz, 2, bytes, NULL), 0);
}

/* The most slices of 512 x 512 voxels of that width. */
static int most_slices(size_t width, size_t bytes)
{
	int n = 0;

	while (budget_volume("scan", 512, 512, n + 1, width, bytes, NULL) == 0)
		n++;
	return n;
}

static void voxels_for_bytes(void **s)
{
	const size_t mb = (size_t)1 << 20;

	(void)s;
	/* what is always read, and one slice more */
	accepts(512, 512, 512, 100);
	refuses(512, 512, 513, 100, GPPI_E_FORMAT, "claims 512 x 512 x 513 voxels in 100 bytes");
	accepts(512, 512, 1024, mb);
	refuses(512, 512, 1025, mb, GPPI_E_FORMAT, "more than 256 for each byte");
	/* a holder of four bones of 8 bits with nothing around them, a stack of 16 bits, an ISQ of 20 GB */
	accepts(2048, 2048, 642, 2700 * mb / 140);
	accepts(2048, 2048, 2000, 500 * mb);
	accepts(3000, 3000, 1100, 20000 * mb);
	accepts(1, 65535, 65535, 4096 * mb);
	refuses(65535, 65535, 65535, 1, GPPI_E_UNSUPPORTED, "65535 x 65535");
	refuses(0, 5, 5, 1, GPPI_E_FORMAT, "each of which must be 1 to 65535");
	refuses(5, 5, 65536, 1, GPPI_E_FORMAT, "5 x 5 x 65536");
	refuses(5, -5, 5, 1, GPPI_E_FORMAT, "5 x -5 x 5");
}

static void wide_voxels_cost_more(void **s)
{
	const size_t mb = (size_t)1 << 20;

	(void)s;
	for (size_t width = 1; width <= 4; width *= 2)
		assert_int_equal(most_slices(width, 100), 512);
	assert_int_equal(most_slices(8, 100), 256);
	assert_int_equal(most_slices(1, 2 * mb), 2048);
	assert_int_equal(most_slices(2, 2 * mb), 2048);
	assert_int_equal(most_slices(4, 2 * mb), 1024);
	assert_int_equal(most_slices(8, 2 * mb), 1024);
	/* as they are in files that are not compressed */
	assert_int_equal(budget_volume("scan", 2048, 2048, 2000, 8, (size_t)8 * 8000 * mb, NULL), 0);
	assert_int_equal(budget_threads(64, 2048, 2048, 8, 1), 2);
	assert_int_equal(budget_threads(64, 2048, 2048, 4, 1), 4);
}

static void wide_slices_for_bytes(void **s)
{
	(void)s;
	accepts(4096, 4096, 8, 1);
	refuses(4097, 4096, 7, 1, GPPI_E_UNSUPPORTED, "a byte for 64 of them");
	refuses(8000, 8000, 7, 1, GPPI_E_FORMAT, "claims 8000 x 8000 x 7 voxels");
	accepts(8192, 8192, 12, (size_t)12 << 20);
	refuses(8192, 8192, 12, ((size_t)12 << 20) - 1, GPPI_E_UNSUPPORTED, "8192 x 8192");
	refuses(8192, 8193, 12, SIZE_MAX, GPPI_E_UNSUPPORTED, "more than is read");
}

static void threads_and_copies(void **s)
{
	const size_t gb = (size_t)1 << 30;

	(void)s;
	assert_int_equal(budget_threads(64, 450, 450, 1, 1), 64);
	assert_int_equal(budget_threads(64, 2048, 2048, 1, 1), 6);
	assert_int_equal(budget_threads(64, 2048, 2048, 1, 4 * gb), 16); /* a large file may have more */
	assert_int_equal(budget_threads(64, 4096, 4096, 1, 1), 1);
	assert_int_equal(budget_threads(64, 8192, 8192, 1, 1), 1);
	assert_int_equal(budget_threads(4, 2048, 2048, 1, 1), 4);
	assert_int_equal(budget_threads(0, 10, 10, 1, 1), 1);
	assert_int_equal(budget_copy(1), BUDGET_COPY);
	assert_int_equal(budget_copy(8 * gb), gb);
}

/* Pages of a TIFF file that all have their pixels in one strip, or each its own. */
static void pages(const char *path, int n, int shared)
{
	enum { SIDE = 64, TAGS = 9, IFD = 2 + 12 * TAGS + 4, STRIP = SIDE * SIDE };
	static const uint16_t tag[TAGS] = { 256, 257, 258, 259, 262, 273, 277, 278, 279 };
	uint8_t pixels[STRIP] = { 0 };
	uint32_t at = 8, data = 8 + IFD * (uint32_t)n;
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	fwrite("II*\0", 1, 4, f);
	fwrite(&at, 4, 1, f);
	for (int i = 0; i < n; i++) {
		const uint32_t value[TAGS] = { SIDE, SIDE, 8, 1, 1, data + (shared ? 0 : STRIP * (uint32_t)i), 1, SIDE,
					       STRIP };
		const uint16_t count = TAGS, type = 4;
		const uint32_t one = 1, next = i == n - 1 ? 0 : 8 + IFD * (uint32_t)(i + 1);
		fwrite(&count, 2, 1, f);
		for (int k = 0; k < TAGS; k++) {
			fwrite(&tag[k], 2, 1, f);
			fwrite(&type, 2, 1, f);
			fwrite(&one, 4, 1, f);
			fwrite(&value[k], 4, 1, f);
		}
		fwrite(&next, 4, 1, f);
	}
	for (int i = 0; i < (shared ? 1 : n); i++)
		fwrite(pixels, 1, sizeof pixels, f);
	fclose(f);
}

static void pages_share_no_strips(void **s)
{
	struct gppi_error err = { 0 };
	struct scan *scan;

	(void)s;
	pages(in_dir("own.tif"), 40, 0);
	assert_int_equal(open_scan(in_dir("own.tif"), 0, 0, &scan, &err), 0);
	assert_int_equal(scan_info(scan)->nz, 40);
	scan_close(scan);
	pages(in_dir("shared.tif"), 40, 1);
	assert_refused(in_dir("shared.tif"), GPPI_E_FORMAT, "pages share their pixels");
	pages(in_dir("two.tif"), 2, 1);
	assert_refused(in_dir("two.tif"), GPPI_E_FORMAT, "pages share their pixels");
}

/* A progressive JPEG of one scan for the first coefficient and `more` for others. */
static void progressive(const char *path, int side, int more)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr e;
	jpeg_scan_info scans[64] = { { .comps_in_scan = 1 } };
	uint8_t row[512];
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	c.err = jpeg_std_error(&e);
	jpeg_create_compress(&c);
	jpeg_stdio_dest(&c, f);
	c.image_width = c.image_height = (JDIMENSION)side;
	c.input_components = 1;
	c.in_color_space = JCS_GRAYSCALE;
	jpeg_set_defaults(&c);
	for (int i = 1; i <= more; i++)
		scans[i] = (jpeg_scan_info){ .comps_in_scan = 1, .Ss = i, .Se = i == more ? 63 : i };
	c.scan_info = scans;
	c.num_scans = more + 1;
	jpeg_start_compress(&c, TRUE);
	for (int y = 0; y < side; y++) {
		JSAMPROW at = row;
		for (int x = 0; x < side; x++)
			row[x] = (uint8_t)(x * y);
		jpeg_write_scanlines(&c, &at, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	fclose(f);
}

static void scans_of_a_progressive_jpeg(void **s)
{
	struct picture p;
	struct gppi_error err = { 0 };

	(void)s;
	progressive(in_dir("p.jpg"), 64, 31);
	assert_int_equal(picture_read(in_dir("p.jpg"), &p, &err), 0);
	assert_int_equal(p.w, 64);
	picture_free(&p);
	progressive(in_dir("p.jpg"), 64, 32);
	assert_int_equal(picture_read(in_dir("p.jpg"), &p, &err), GPPI_E_UNSUPPORTED);
	assert_non_null(strstr(err.text, "p.jpg: is a JPEG of more than 32 scans"));
}

/* ---- told to stop ---- */

static int never_mind(void *user, double done)
{
	int *left = user;

	(void)done;
	return --*left < 0 ? -1 : 0;
}

/* Opens and reads all of it with a "no" at the n-th question; the code. */
static int read_until(const char *path, int n)
{
	struct stop *stop = stop_new();
	struct gppi_error err = { 0 };
	struct scan *scan;

	struct stop_before before = stop_begin(stop, (struct stop_question){ never_mind, &n });
	int rc = open_scan(path, 0, 0, &scan, &err);
	if (rc == 0) {
		int16_t *all = read_all(scan, &err);
		rc = all ? scan_settle(scan, &err) : err.code;
		free(all);
		scan_close(scan);
	}
	stop_end(stop, before);
	stop_free(stop);
	if (rc < 0)
		assert_non_null(strstr(err.text, "stopped on request"));
	return rc;
}

static void packed_nifti(const char *path, int nx, int nz)
{
	uint8_t header[352] = { 0 }, slice[64 * 64] = { 0 };
	const int16_t dim[8] = { 3, (int16_t)nx, (int16_t)nx, (int16_t)nz, 1, 1, 1, 1 };
	const float zoom[8] = { 1, 0.01f, 0.01f, 0.01f, 1, 1, 1, 1 }, offset = 352;
	const int32_t size = 348;
	gzFile f = gzopen(path, "wb1");

	assert_non_null(f);
	memcpy(header, &size, 4);
	memcpy(header + 40, dim, 16);
	header[70] = 2; /* uint8 */
	header[72] = 8;
	memcpy(header + 76, zoom, 32);
	memcpy(header + 108, &offset, 4);
	header[123] = 2;
	memcpy(header + 344, "n+1", 4);
	assert_int_equal(gzwrite(f, header, sizeof header), sizeof header);
	for (size_t left = (size_t)nx * (size_t)nx * (size_t)nz; left;) {
		size_t part = left < sizeof slice ? left : sizeof slice;
		assert_int_equal(gzwrite(f, slice, (unsigned)part), (int)part);
		left -= part;
	}
	gzclose(f);
}

static void every_reader_can_be_stopped(void **s)
{
	uint8_t pixels[64 * 64] = { 0 };
	struct plane p = { 64, 64, 1, pixels, 0 };
	char name[64];

	(void)s;
	for (int k = 0; k < 5; k++) {
		assert_int_equal(mkdir(in_dir(formats[k]), 0700), 0);
		for (int z = 0; z < 12; z++) {
			snprintf(name, sizeof name, "%s/s%03d.%s", formats[k], z, formats[k]);
			write_slice(in_dir(name), k, &p);
		}
		assert_int_equal(read_until(in_dir(formats[k]), 0), GPPI_E_CANCELLED);
		assert_int_equal(read_until(in_dir(formats[k]), 1 << 20), 0);
	}
	pages(in_dir("pages.tif"), 40, 0);
	packed_nifti(in_dir("a.nii.gz"), 64, 64);
	static const char *const files[] = { "pages.tif", "a.nii.gz" };
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(read_until(in_dir(files[i]), 0), GPPI_E_CANCELLED);
		assert_int_equal(read_until(in_dir(files[i]), 1 << 20), 0);
	}
}

/* The unpacking thread is stopped as well, and whoever waits for it is told. */
static void unpacking_is_stopped(void **s)
{
	(void)s;
	packed_nifti(in_dir("large.nii.gz"), 500, 500);
	assert_int_equal(read_until(in_dir("large.nii.gz"), 2), GPPI_E_CANCELLED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(voxels_for_bytes), cmocka_unit_test(wide_voxels_cost_more),
		cmocka_unit_test(wide_slices_for_bytes),
		cmocka_unit_test(threads_and_copies), TEST(pages_share_no_strips),
		TEST(scans_of_a_progressive_jpeg), TEST(every_reader_can_be_stopped), TEST(unpacking_is_stopped),
	};
	TIFFSetErrorHandler(NULL);
	TIFFSetWarningHandler(NULL);
	return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}

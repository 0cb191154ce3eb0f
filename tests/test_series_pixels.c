/* How often files of many frames are opened: by a stand-in for dcmtk that counts. */
#define _POSIX_C_SOURCE 200809L
#include "temp_dir.h"

#include "scan/series_pixels.h"

enum { FILES = 12, SIDE = 2 };

static int opened;
static size_t frame_bytes; /* of each compressed frame */

struct dicom_pixels {
	size_t held;
};

int dicom_pixels_open(const char *path, struct dicom_pixels **out, struct gppi_error *err)
{
	(void)path, (void)err;
	*out = calloc(1, sizeof **out);
	assert_non_null(*out);
	opened++;
	return 0;
}

int dicom_pixels_frame(struct dicom_pixels *px, int frame, void *buf, size_t bytes, struct gppi_error *err)
{
	(void)frame, (void)err;
	memset(buf, 0, bytes);
	px->held += frame_bytes;
	return 0;
}

size_t dicom_pixels_held(const struct dicom_pixels *px)
{
	return px->held;
}

void dicom_pixels_close(struct dicom_pixels *px)
{
	free(px);
}

/* Slices of `files` files of `frames` frames each, file after file or in turns; how often files are opened to read
 * them all. */
static int opens(int files, int frames, bool turns, double *reopened)
{
	struct dicom_object *o[FILES];
	const int n = files * frames;
	struct series_slice *slices = calloc((size_t)n, sizeof *slices);
	struct gppi_error err = { 0 };
	uint8_t frame[SIDE * SIDE];

	assert_non_null(slices);
	for (int i = 0; i < files; i++) {
		o[i] = calloc(1, sizeof **o + (size_t)frames * sizeof o[i]->frame[0]);
		assert_non_null(o[i]);
		snprintf(o[i]->path, sizeof o[i]->path, "file %d", i);
		o[i]->rows = o[i]->cols = SIDE;
		o[i]->bits_allocated = o[i]->bits_stored = 8;
		o[i]->frames = frames;
		o[i]->file_parts = 1000;
	}
	for (int i = 0; i < n; i++)
		slices[i] = turns ? (struct series_slice){ o[i % files], i / files, i }
				  : (struct series_slice){ o[i / frames], i % frames, i };
	struct series_pixels *s = series_pixels_new(slices, n);
	assert_non_null(s);
	opened = 0;
	for (int z = 0; z < n; z++)
		assert_int_equal(series_pixels_stored(s, z, frame, &err), 0);
	*reopened = s->reopened;
	series_pixels_free(s);
	for (int i = 0; i < files; i++)
		free(o[i]);
	free(slices);
	return opened;
}

/* A file of many small frames, which may have any number of elements, is opened once. */
static void by_what_is_kept(void **state)
{
	double reopened;

	(void)state;
	frame_bytes = 70;
	assert_int_equal(opens(1, 65535, false, &reopened), 1);
	frame_bytes = (size_t)1 << 20; /* 64 frames are more than 32 MB */
	assert_int_equal(opens(1, 640, false, &reopened), 10);
	frame_bytes = (size_t)1 << 18; /* 128 frames are 32 MB */
	assert_int_equal(opens(1, 640, false, &reopened), 5);
	assert_true(reopened > -1e-6 && reopened < 1e-6);
}

static void files_in_turns(void **state)
{
	double reopened;

	(void)state;
	frame_bytes = 70;
	assert_int_equal(opens(FILES, 100, false, &reopened), FILES);
	assert_true(reopened > -1e-6 && reopened < 1e-6);
	assert_int_equal(opens(SERIES_IDLE_MAX, 100, true, &reopened), SERIES_IDLE_MAX);
	assert_true(reopened > -1e-6 && reopened < 1e-6);
	assert_int_equal(opens(FILES, 100, true, &reopened), FILES * 100);
	assert_true(reopened > 1000.0 * FILES * 99 - 1 && reopened < 1000.0 * FILES * 99 + 1);
	assert_true(reopened > SERIES_REOPENED_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(by_what_is_kept), cmocka_unit_test(files_in_turns) };
	return cmocka_run_group_tests_name("series_pixels", tests, NULL, NULL);
}

/* What is common to all scans: other files, folders, sources that are no files; and what the phantoms write
 * as NIfTI. */
#define _POSIX_C_SOURCE 200809L
#include "nifti_files.h"

#include "base/leftover.h"
#include "phantom/write.h"

static void other_files_and_folders(void **state)
{
	(void)state;
	put_file(in_dir("empty.nii"), "", 0);
	assert_refused(in_dir("empty.nii"), GPPI_E_FORMAT, "empty.nii");
	put_file(in_dir("text.nii"), "hello, this is no scan\n", 23);
	assert_refused(in_dir("text.nii"), GPPI_E_FORMAT, "text.nii");
	assert_refused(in_dir("missing.nii"), GPPI_E_IO, "missing.nii");
	mkdir(in_dir("nothing"), 0777);
	assert_refused(in_dir("nothing"), GPPI_E_FORMAT, "nothing");
	put_file(in_dir("nothing/notes.txt"), "notes", 5);
	assert_refused(in_dir("nothing"), GPPI_E_FORMAT, "1 other file)");
	mkfifo(in_dir("pipe"), 0600);
	assert_refused(in_dir("pipe"), GPPI_E_IO, "pipe");
}

static void folder_of_volumes(void **state)
{
	(void)state;
	double v[N] = { 0 };
	struct nii h = plain(4, 16);
	struct scan_set *set;
	struct scan *scan;
	struct gppi_error err;
	mkdir(in_dir("x"), 0777);
	mkdir(in_dir("x/sub"), 0777);
	save("x/b.nii.gz", &h, v);
	save("x/a.nii", &h, v);
	save("x/sub/a.nii", &h, v);
	put_file(in_dir("x/broken.nii"), "", 0);
	put_file(in_dir("x/readme"), "text", 4);
	assert_int_equal(scan_set_open(in_dir("x"), &set, &err), 0);
	assert_int_equal(scan_set_count(set), 4);
	static const char *const names[] = { "a", "b", "broken", "a_2" };
	for (int i = 0; i < 4; i++) {
		int rc = scan_open(set, i, 0.0, &scan, &err);
		assert_int_equal(rc, i == 2 ? GPPI_E_FORMAT : 0);
		if (i == 2)
			continue;
		assert_string_equal(scan_info(scan)->name, names[i]);
		assert_string_equal(scan_info(scan)->detail, "spacing: 1 mm in the file, which stands for an unknown "
				    "one; files not used: 1");
		scan_close(scan);
	}
	assert_int_equal(scan_open(set, 4, 0.0, &scan, &err), GPPI_E_USAGE);
	scan_set_free(set);
}

/* What systems leave in folders, and copies under way, are neither volumes nor "other files". */
static void leftovers_in_folders(void **state)
{
	(void)state;
	static const char *const names[] = {
		"Thumbs.db",  "THUMBS.DB",     "ehthumbs.db",    "desktop.ini",      "Desktop.ini",
		".DS_Store",  "._a.nii",       "~$notes.xlsx",   "~b.nii",           "a.nii.tmp",
		"a.nii.PART", "a.nii.partial", "a.nii.filepart", "a.nii.crdownload", "a.nii~",
	};
	static const char *const kept[] = { "tmp", "part.nii", "thumbs.db.nii", "a~b.nii", "a.tmp.nii", "desktop", "" };
	double v[N] = { 0 };
	struct nii h = plain(4, 16);
	struct scan *scan;
	struct scan_set *set;
	struct gppi_error err;
	char path[64];
	mkdir(in_dir("x"), 0777);
	save("x/a.nii", &h, v);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_true(leftover_name(names[i]));
		snprintf(path, sizeof path, "x/%s", names[i]);
		save(path, &h, v);
	}
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		assert_false(leftover_name(kept[i]));
	mkdir(in_dir("x/@eaDir"), 0777); /* thumbnails of a network disk */
	save("x/@eaDir/thumb.nii", &h, v);
	assert_int_equal(scan_set_open(in_dir("x"), &set, &err), 0);
	assert_int_equal(scan_set_count(set), 1);
	assert_int_equal(scan_open(set, 0, 0.0, &scan, &err), 0);
	assert_string_equal(scan_info(scan)->detail, "spacing: 1 mm in the file, which stands for an unknown one");
	scan_close(scan);
	scan_set_free(set);
	/* but one that is given by its name is read */
	assert_int_equal(open_scan(in_dir("x/a.nii.PART"), 0, 0.0, &scan, &err), 0);
	scan_close(scan);
}

static int ramp(void *user, int z, int16_t *out)
{
	int fail_at = *(int *)user;
	for (int i = 0; i < NX * NY; i++)
		out[i] = (int16_t)(z * NX * NY + i - 900);
	return z == fail_at ? GPPI_E_CANCELLED : 0;
}

static void writer_round_trip(void **state)
{
	(void)state;
	double v[N];
	int fail_at = -1;
	struct gppi_error err;
	for (int i = 0; i < N; i++)
		v[i] = i - 900;
	static const char *const names[] = { "w.nii", "w.nii.gz" };
	for (int k = 0; k < 4; k++) {
		double um = k & 2 ? 10.5 : 0.0;
		struct scan *scan;
		const char *path = in_dir(names[k & 1]);
		assert_int_equal(write_nifti(path, NX, NY, NZ, um, ramp, &fail_at, &err), 0);
		assert_values(path, v, 0);
		assert_int_equal(open_scan(path, 0, 0.0, &scan, &err), 0);
		assert_int_equal(scan_info(scan)->spacing_known, k & 2 ? SCAN_READ : SCAN_ASSUMED);
		assert_true(fabs(scan_info(scan)->spacing_um[2] - (k & 2 ? 10.5 : 10.0)) < 1e-4);
		scan_close(scan);
		unlink(path);
	}
	/* A writer that fails leaves nothing. */
	fail_at = 2;
	assert_int_equal(write_nifti(in_dir("w.nii"), NX, NY, NZ, 0, ramp, &fail_at, &err),
			 GPPI_E_CANCELLED);
	assert_int_equal(rmdir(test_dir), 0);
}

static int wrapped_closed;

static int wrapped_read(void *user, int z0, int nz, int16_t *dst, struct gppi_error *err)
{
	(void)user;
	(void)err;
	for (int i = 0; i < nz * 4; i++)
		dst[i] = (int16_t)(z0 * 4 + i);
	return 0;
}

static void wrapped_close(void *user)
{
	(void)user;
	wrapped_closed++;
}

static void wrapped_source(void **state)
{
	(void)state;
	struct scan_info info = { .name = "w", .path = "w", .nx = 2, .ny = 2, .nz = 3, .slope = 1 };
	struct scan_source source = { NULL, wrapped_read, wrapped_close };
	struct scan *scan;
	struct gppi_error err;
	int16_t scratch[8];
	const int16_t *p;
	assert_int_equal(scan_wrap(&info, &source, &scan, &err), 0);
	assert_int_equal(scan_slab(scan, 1, 2, scratch, &p, &err), 0);
	assert_int_equal(p[7], 11);
	assert_int_equal(scan_slab(scan, 3, 1, scratch, &p, &err), GPPI_E_USAGE);
	scan_close(scan);
	assert_int_equal(wrapped_closed, 1);
	info.nz = 0;
	assert_int_equal(scan_wrap(&info, &source, &scan, &err), GPPI_E_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(other_files_and_folders),
		TEST(folder_of_volumes),
		TEST(leftovers_in_folders),
		TEST(writer_round_trip),
		TEST(wrapped_source),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

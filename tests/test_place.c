/* Where volumes lie in the space of their image, which DICOM file holds a slice, and UIDs. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "phantom/write.h"
#include "report/uid.h"
#include "scan/crop.h"
#include "scan/scan.h"

#define N 4 /* voxels along each axis */

static char dir[64], path[128];

static int make_folder(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/gppi-test-place-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	return system(command);
}

static void write_file(const char *name, const void *head, size_t size)
{
	static const int16_t voxels[N * N * N];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(head, 1, size, f), size);
	assert_int_equal(fwrite(voxels, 1, sizeof voxels, f), sizeof voxels);
	assert_int_equal(fclose(f), 0);
}

/* Opens `path`; the caller closes. */
static struct scan *open_scan(double voxel_um)
{
	struct scan_set *set = NULL;
	struct scan *scan = NULL;
	struct gppi_error err = { 0 };

	if (scan_set_open(path, &set, &err) < 0 || scan_open(set, 0, voxel_um, &scan, &err) < 0)
		fail_msg("%s", err.text);
	scan_set_free(set);
	return scan;
}

static void is_at(const struct scan_place *p, const double origin[3], const double step[9])
{
	for (int i = 0; i < 3; i++)
		if (!(fabs(p->origin[i] - origin[i]) < 1e-6))
			fail_msg("origin[%d] is %g, not %g", i, p->origin[i], origin[i]);
	for (int i = 0; i < 9; i++)
		if (!(fabs(p->step[i / 3][i % 3] - step[i]) < 1e-6))
			fail_msg("step[%d][%d] is %g, not %g", i / 3, i % 3, p->step[i / 3][i % 3], step[i]);
}

static struct scan_place place(bool known, double voxel_um)
{
	struct scan_place p;
	struct scan *scan = open_scan(voxel_um);

	scan_place_of(scan, &p);
	scan_close(scan);
	assert_int_equal(p.known, known);
	return p;
}

/* ---- NIfTI ---- */

struct forms {
	int16_t qform, sform;
	float pixdim[4], quatern[3], offset[3], srow[12];
	uint8_t units;
};

static void write_nifti_forms(const struct forms *f)
{
	uint8_t h[352] = { 0 };
	const int32_t size = 348;
	const int16_t dim[8] = { 3, N, N, N, 1, 1, 1, 1 };
	const float offset = 352;

	memcpy(h, &size, 4);
	memcpy(h + 40, dim, sizeof dim);
	h[70] = 4;
	h[72] = 16;
	memcpy(h + 76, f->pixdim, sizeof f->pixdim);
	memcpy(h + 108, &offset, 4);
	h[123] = f->units;
	memcpy(h + 252, &f->qform, 2);
	memcpy(h + 254, &f->sform, 2);
	memcpy(h + 256, f->quatern, sizeof f->quatern);
	memcpy(h + 268, f->offset, sizeof f->offset);
	memcpy(h + 280, f->srow, sizeof f->srow);
	memcpy(h + 344, "n+1", 4);
	write_file("a.nii", h, sizeof h);
}

static void nifti_sform_is_ras(void **state)
{
	const struct forms f = { .sform = 1, .units = 2, .pixdim = { 1, 0.01f, 0.02f, 0.03f },
				 .srow = { 0, -0.02f, 0, 5, 0.01f, 0, 0, 6, 0, 0, 0.03f, 7 } };
	struct scan_place p;

	(void)state;
	write_nifti_forms(&f);
	p = place(true, 0);
	is_at(&p, (double[]){ -5, -6, 7 }, (double[]){ 0, -0.01, 0, 0.02, 0, 0, 0, 0, 0.03 });
}

static void nifti_qform_turns(void **state)
{
	/* half a turn about z: x and y reversed; pixdim[0] = -1 reverses z */
	struct forms f = { .qform = 1, .units = 3, .pixdim = { -1, 10, 20, 30 }, .quatern = { 0, 0, 1 },
			   .offset = { 1000, 2000, 3000 } };
	struct scan_place p;

	(void)state;
	write_nifti_forms(&f);
	p = place(true, 0);
	is_at(&p, (double[]){ -1, -2, 3 }, (double[]){ 0.01, 0, 0, 0, 0.02, 0, 0, 0, -0.03 });
}

static void nifti_of_two_minds(void **state)
{
	struct forms f = { .qform = 1, .sform = 2, .units = 2, .pixdim = { 1, 0.01f, 0.01f, 0.01f },
			   .srow = { 0.01f, 0, 0, 9, 0, 0.01f, 0, 9, 0, 0, 0.01f, 9 }, .offset = { 1, 1, 1 } };
	struct scan_place p;

	(void)state;
	write_nifti_forms(&f);
	p = place(true, 0);
	is_at(&p, (double[]){ -1, -1, 1 }, (double[]){ -0.01, 0, 0, 0, -0.01, 0, 0, 0, 0.01 });
	f.sform = 1;
	write_nifti_forms(&f);
	p = place(true, 0);
	is_at(&p, (double[]){ -9, -9, 9 }, (double[]){ -0.01, 0, 0, 0, -0.01, 0, 0, 0, 0.01 });
}

/* Without a form viewers take the axes for LPS; a spacing that is not believed is what they show. */
static void nifti_without_form(void **state)
{
	const struct forms f = { .pixdim = { 1, 1, 1, 1 } };
	struct scan_place p;

	(void)state;
	write_nifti_forms(&f);
	p = place(true, 7);
	is_at(&p, (double[]){ 0, 0, 0 }, (double[]){ 1, 0, 0, 0, 1, 0, 0, 0, 1 });
}

static void nifti_with_flat_form(void **state)
{
	const struct forms f = { .sform = 1, .pixdim = { 1, 0.01f, 0.01f, 0.01f },
				 .srow = { 0.01f, 0, 0, 0, 0.01f, 0, 0, 0, 0, 0, 0.01f, 0 } };
	struct scan_place p;

	(void)state;
	write_nifti_forms(&f);
	p = place(false, 20);
	is_at(&p, (double[]){ 0, 0, 0 }, (double[]){ 0.02, 0, 0, 0, 0.02, 0, 0, 0, 0.02 });
}

/* ---- the others ---- */

static void metaimage_rows_are_axes(void **state)
{
	static const char head[] =
		"ObjectType = Image\nNDims = 3\nBinaryData = True\nDimSize = 4 4 4\nOffset = 1 2 3\n"
		"TransformMatrix = 0 1 0 -1 0 0 0 0 1\nElementSpacing = 0.01 0.02 0.03\nElementType = MET_SHORT\n"
		"ElementDataFile = LOCAL\n";
	struct scan_place p;

	(void)state;
	write_file("a.mha", head, sizeof head - 1);
	p = place(true, 0);
	is_at(&p, (double[]){ 1, 2, 3 }, (double[]){ 0, 0.01, 0, -0.02, 0, 0, 0, 0, 0.03 });
}

static void nrrd_names_its_space(void **state)
{
	static const char *const space[] = { "left-posterior-superior", "RAS", "left-anterior-superior", "LPS" };
	static const double sign[][2] = { { 1, 1 }, { -1, -1 }, { 1, -1 }, { 1, 1 } };
	char head[512];

	(void)state;
	for (int i = 0; i < 4; i++) {
		double x = sign[i][0], y = sign[i][1];
		int n = snprintf(head, sizeof head,
				 "NRRD0004\ntype: short\ndimension: 3\nspace: %s\nsizes: 4 4 4\n"
				 "space directions: (0.01,0,0) (0,0.02,0) (0,0,0.03)\nspace origin: (1,2,3)\n"
				 "encoding: raw\nendian: little\n\n", space[i]);
		write_file("a.nrrd", head, (size_t)n);
		struct scan_place p = place(true, 0);
		is_at(&p, (double[]){ x, 2 * y, 3 }, (double[]){ 0.01 * x, 0, 0, 0, 0.02 * y, 0, 0, 0, 0.03 });
	}
}

static int no_bone(void *user, int z, int16_t *out)
{
	(void)user;
	for (int i = 0; i < N * N; i++)
		out[i] = (int16_t)(100 * z + i);
	return 0;
}

static void dicom_slices_and_views(void **state)
{
	const struct write_dicom_options options = { .reversed = 1 };
	struct scan_slice_file f;
	struct scan_place p;
	struct scan *view;

	(void)state;
	snprintf(path, sizeof path, "%s/series", dir);
	assert_int_equal(write_dicom(path, N, N, N, 20, &options, no_bone, NULL, NULL), 0);
	struct scan *scan = open_scan(0);
	scan_place_of(scan, &p);
	assert_true(p.known);
	is_at(&p, (double[]){ 0, 0, 0 }, (double[]){ 0.02, 0, 0, 0, 0.02, 0, 0, 0, 0.02 });
	for (int z = 0; z < N; z++) { /* file 4 lies lowest */
		char name[16];
		snprintf(name, sizeof name, "IM%05d.dcm", N - z);
		assert_true(scan_dicom_slice(scan, z, &f));
		assert_non_null(strstr(f.path, name));
		assert_int_equal(f.frame, 0);
		assert_int_equal(f.frames, 1);
	}
	assert_false(scan_dicom_slice(scan, -1, &f));
	assert_false(scan_dicom_slice(scan, N, &f));

	const struct crop box = { 1, 2, 2, 2 };
	assert_int_equal(crop_open(scan, &box, "part", &view, NULL), 0);
	scan_place_of(view, &p);
	is_at(&p, (double[]){ 0.02, 0.04, 0 }, (double[]){ 0.02, 0, 0, 0, 0.02, 0, 0, 0, 0.02 });
	assert_true(scan_dicom_slice(view, 1, &f));
	assert_non_null(strstr(f.path, "IM00003.dcm"));
	scan_close(view);
	scan_close(scan);
}

static void frames_of_one_file(void **state)
{
	const struct write_dicom_options options = { .multiframe = 2, .reversed = 1 };
	struct scan_slice_file f;

	(void)state;
	snprintf(path, sizeof path, "%s/frames", dir);
	assert_int_equal(write_dicom(path, N, N, N, 20, &options, no_bone, NULL, NULL), 0);
	struct scan *scan = open_scan(0);
	assert_true(scan_dicom_slice(scan, 1, &f));
	assert_int_equal(f.frame, N - 2);
	assert_int_equal(f.frames, N);
	scan_close(scan);
}

/* ---- UIDs ---- */

static void uids_follow_from_words(void **state)
{
	const char *a[] = { "1.2.3", "report" }, *b[] = { "1.2.3r", "eport" }, *c[] = { "1.2.3", "report", "" };
	char first[UID_SIZE], again[UID_SIZE], other[UID_SIZE];

	(void)state;
	uid_from_words(a, 2, first);
	uid_from_words(a, 2, again);
	assert_string_equal(first, again);
	/* version and variant make the number one of 39 digits or, rarely, fewer */
	assert_int_equal(strncmp(first, "2.25.", 5), 0);
	assert_true(strlen(first) > 40 && strlen(first) <= 44);
	assert_true(first[5] >= '1' && first[5] <= '9');
	assert_int_equal(strspn(first + 5, "0123456789"), strlen(first + 5));
	uid_from_words(b, 2, other);
	assert_string_not_equal(first, other);
	uid_from_words(c, 3, other);
	assert_string_not_equal(first, other);
	/* SHA-256("gppi results\0") = 0xa28c..., worked out by other means */
	uid_from_words(NULL, 0, first);
	assert_string_equal(first, "2.25.216062895094674618268359587080270708719");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nifti_sform_is_ras),
		cmocka_unit_test(nifti_qform_turns),
		cmocka_unit_test(nifti_of_two_minds),
		cmocka_unit_test(nifti_without_form),
		cmocka_unit_test(nifti_with_flat_form),
		cmocka_unit_test(metaimage_rows_are_axes),
		cmocka_unit_test(nrrd_names_its_space),
		cmocka_unit_test(dicom_slices_and_views),
		cmocka_unit_test(frames_of_one_file),
		cmocka_unit_test(uids_follow_from_words),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

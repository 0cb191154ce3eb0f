/* Files that have their full size, but are not written to their end: in every format whose voxels lie in the file as
 * they are. */
#define _POSIX_C_SOURCE 200809L
#include "dicom_files.h"

#include "scan/reader.h"
#include "scan/unwritten.h"

enum { WX = 12, WY = 10, WZ = 40, WRITTEN = 27, WSLICE = WX * WY, WN = WSLICE * WZ };
#define WBYTES (WN * sizeof(int16_t))

/* Noise; nowhere 0. */
static int noise(int z, int i)
{
	return (i * 37 + z * 411) % 997 - 1200;
}

/* The voxels of a scan of which the first `written` slices are there. */
static void fill(int16_t *v, int written, int (*value)(int, int))
{
	for (int z = 0; z < WZ; z++)
		for (int i = 0; i < WSLICE; i++)
			v[z * WSLICE + i] = (int16_t)(z < written ? value(z, i) : 0);
}

static void save_flat(const char *name, const void *head, size_t n, const int16_t *v)
{
	uint8_t *file = malloc(n + WBYTES);
	assert_non_null(file);
	memcpy(file, head, n);
	memcpy(file + n, v, WBYTES);
	put_file(in_dir(name), file, n + WBYTES);
	free(file);
}

static void save_mhd(const char *name, const int16_t *v)
{
	static const char head[] =
		"NDims = 3\nDimSize = 12 10 40\nElementType = MET_SHORT\nElementSpacing = 0.02 0.02 0.02\n"
		"ElementDataFile = LOCAL\n";
	save_flat(name, head, sizeof head - 1, v);
}

static void save_nrrd(const char *name, const int16_t *v)
{
	static const char head[] = "NRRD0004\ntype: short\ndimension: 3\nsizes: 12 10 40\nspacings: 0.02 0.02 0.02\n"
				   "endian: little\nencoding: raw\n\n";
	save_flat(name, head, sizeof head - 1, v);
}

static void save_vox(const char *name, const int16_t *v)
{
	static const char head[] =
		"Vox1999a\nVolumeCount 1\n##\f\n##\nVolumeSize 12 10 40\nVoxelSize 16\nEndian L\n##\f\n";
	save_flat(name, head, sizeof head - 1, v);
}

static void save_isq(const char *name, const int16_t *v)
{
	uint8_t head[512] = "CTDATA-HEADER_V1";
	const int32_t words[][2] = { { 16, 3 }, { 44, WX }, { 48, WY }, { 52, WZ }, { 56, 240 }, { 60, 200 },
				     { 64, 800 } };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		memcpy(head + words[i][0], &words[i][1], 4);
	save_flat(name, head, sizeof head, v);
}

static void save_nifti(const char *name, const int16_t *v)
{
	uint8_t head[352] = { 0 };
	const int32_t size = 348;
	const int16_t dim[8] = { 3, WX, WY, WZ, 1, 1, 1, 1 }, type[2] = { 4, 16 };
	const float pixdim[4] = { 1, 0.02f, 0.02f, 0.02f }, offset = 352;
	memcpy(head, &size, 4);
	memcpy(head + 40, dim, 16);
	memcpy(head + 70, type, 4);
	memcpy(head + 76, pixdim, 16);
	memcpy(head + 108, &offset, 4);
	head[123] = 2;
	memcpy(head + 344, "n+1", 4);
	save_flat(name, head, sizeof head, v);
}

/* NULL: it has none. */
static void assert_doubt(const char *name, const char *text)
{
	struct gppi_error err = { 0 };
	struct scan *scan;
	if (open_scan(in_dir(name), 0, 0.0, &scan, &err) < 0)
		fail_msg("%s", err.text);
	const struct scan_info *info = scan_info(scan);
	if (info->ndoubts != (text ? 1 : 0) || (text && strcmp(info->doubt[0], text) != 0))
		fail_msg("%s: \"%s\" instead of \"%s\"", name, info->doubt[0], text ? text : "none");
	scan_close(scan);
}

static void every_flat_format(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		void (*save)(const char *, const int16_t *);
	} formats[] = {
		{ "a.mha", save_mhd }, { "a.nrrd", save_nrrd }, { "a.vox", save_vox }, { "a.isq", save_isq },
		{ "a.nii", save_nifti },
	};
	int16_t v[WN];
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		fill(v, WRITTEN, noise);
		formats[i].save(formats[i].name, v);
		assert_doubt(formats[i].name, "slices 27 to 39 hold a single value: is the scan copied to its end?");
		fill(v, WZ - 1, noise);
		formats[i].save(formats[i].name, v);
		assert_doubt(formats[i].name, "slice 39 holds a single value: is the scan copied completely?");
		fill(v, WZ, noise);
		formats[i].save(formats[i].name, v);
		assert_doubt(formats[i].name, NULL);
		fill(v, 0, noise);
		formats[i].save(formats[i].name, v);
		assert_doubt(formats[i].name, NULL);
	}
}

/* Air cut off at 0: slices beside the bone hold nothing else. */
static int cut_off(int z, int i)
{
	return noise(z, i) < -900 ? 0 : noise(z, i);
}

/* 0 only outside of a round field of view. */
static int round_field(int z, int i)
{
	int x = i % WX - WX / 2, y = i / WX - WY / 2;
	return x * x + y * y > 25 ? 0 : noise(z, i);
}

static void what_lies_around_the_bone(void **state)
{
	(void)state;
	int16_t v[WN];
	fill(v, WRITTEN, cut_off);
	save_mhd("a.mha", v);
	assert_doubt("a.mha", NULL);
	fill(v, WRITTEN, round_field);
	save_mhd("a.mha", v);
	assert_doubt("a.mha", "slices 27 to 39 hold a single value: is the scan copied to its end?");
}

/* The pixels of a DICOM file of these tests are its end. */
static void blank(const char *path, size_t pixels)
{
	size_t n;
	uint8_t *bytes = get_file(path, &n);
	memset(bytes + n - pixels, 0, pixels);
	put_file(path, bytes, n);
	free(bytes);
}

static void dicom(void **state)
{
	(void)state;
	struct write_dicom_options opt = { .multiframe = 2 };
	save("s", simple);
	blank(slice_file("s", 3), SLICE * sizeof(int16_t));
	assert_doubt("s", "slice 2 holds a single value: is the scan copied completely?");
	save("m", opt);
	blank(in_dir("m/volume.dcm"), sizeof(int16_t) * 3 * SLICE);
	assert_doubt("m", "slices 5 to 7 hold a single value: is the scan copied to its end?");
}

static void pictures(void **state)
{
	(void)state;
	for (int z = 0; z < WZ; z++) {
		uint8_t file[16 + WSLICE];
		char name[32];
		int head = snprintf((char *)file, 16, "P5\n%d %d\n255\n", WX, WY);
		for (int i = 0; i < WSLICE; i++)
			file[head + i] = (uint8_t)(z < WRITTEN ? 40 + (i * 37 + z * 11) % 200 : 0);
		snprintf(name, sizeof name, "p%03d.pgm", z);
		put_file(in_dir(name), file, (size_t)head + WSLICE);
	}
	assert_doubt(".", "slices 27 to 39 hold a single value: is the scan copied to its end?");
}

/* A scan whose slices can only be decoded as a whole. */
struct decoded {
	int nz, empty, reads; /* empty: the first slice that is */
};

static int decode(void *self, int z0, int nz, int16_t *scratch, const int16_t **out, struct gppi_error *err)
{
	struct decoded *d = self;
	(void)err;
	for (int z = 0; z < nz; z++, d->reads++)
		for (int i = 0; i < WSLICE; i++)
			scratch[z * WSLICE + i] = (int16_t)(z0 + z < d->empty ? noise(z0 + z, i) : 0);
	*out = scratch;
	return 0;
}

static bool in_any_order(const void *self)
{
	(void)self;
	return true;
}

/* No slice is decoded twice to see whether it is empty. */
static void slices_are_decoded_once(void **state)
{
	static const struct { int nz, empty, reads; } t[] = {
		{ 2, 2, 2 }, { 5, 5, 5 }, { 40, 40, 9 }, { 9, 0, 9 }, { 5, 4, 5 + 1 }, { 9, 8, 9 + 1 },
		{ 17, 15, 9 + 1 + 1 },
	};
	static const struct scan_ops ops = { .slab = decode, .any_order = in_any_order };
	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct decoded d = { .nz = t[i].nz, .empty = t[i].empty };
		struct scan scan = { .ops = &ops, .self = &d, .info = { .nx = WX, .ny = WY, .nz = d.nz } };
		struct gppi_error err = { 0 };
		assert_int_equal(unwritten_look(&scan, &err), 0);
		assert_int_equal(scan.info.ndoubts, d.empty > 0 && d.empty < d.nz);
		if (d.reads != t[i].reads)
			fail_msg("%d slices, %d of them there: %d read", d.nz, d.empty, d.reads);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_flat_format),
		TEST(what_lies_around_the_bone),
		TEST(dicom),
		TEST(pictures),
		cmocka_unit_test(slices_are_decoded_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Small files that promise huge volumes are refused before memory for them is asked: every reader of scans, by
 * counting what malloc() is asked for. */
#define _POSIX_C_SOURCE 200809L
#include "scan_ramp.h"

#include <errno.h>
#include <stdatomic.h>

#include "phantom/write.h"

#define MOST ((size_t)2 << 20) /* at once, whatever the file says: files here have less than 4 KB */

static atomic_size_t largest;

static void note(size_t n)
{
	size_t old = atomic_load(&largest);
	while (n > old && !atomic_compare_exchange_weak(&largest, &old, n))
		;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
/* The sanitizers have malloc() for themselves, and tell. */
extern int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void *, size_t),
						     void (*)(const volatile void *));

static void note_hook(const volatile void *p, size_t n)
{
	(void)p;
	note(n);
}

static void free_hook(const volatile void *p)
{
	(void)p;
}

static int watch(void **state)
{
	(void)state;
	return __sanitizer_install_malloc_and_free_hooks(note_hook, free_hook) > 0 ? 0 : -1;
}
#else
/* In place of those of the C library, for libraries as well. */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
	note(n);
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	note(size && n > SIZE_MAX / size ? SIZE_MAX : n * size);
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	note(n);
	return __libc_realloc(p, n);
}

static int watch(void **state)
{
	(void)state;
	return 0;
}
#endif

/* Refused with a sentence that names the file, when it is opened. */
static void assert_small(const char *path)
{
	struct gppi_error err = { 0 };
	struct scan *scan = NULL;
	atomic_store(&largest, 0);
	int rc = open_scan(path, 0, 0.0, &scan, &err);
	if (rc == 0) {
		const struct scan_info *info = scan_info(scan);
		fail_msg("%s: opens with %d x %d x %d voxels", path, info->nx, info->ny, info->nz);
	}
	if (atomic_load(&largest) > MOST)
		fail_msg("%s: asked for %zu bytes, then: %s", path, atomic_load(&largest), err.text);
	assert_true(atomic_load(&largest) > 0); /* it is really counted */
	if (rc != GPPI_E_FORMAT && rc != GPPI_E_UNSUPPORTED)
		fail_msg("%s: gives %d: %s", path, rc, err.text);
	assert_non_null(strstr(err.text, strrchr(path, '/') + 1));
}

static const char *saved(const char *name, struct bytes *b, size_t at_least)
{
	b->n = b->n > at_least ? b->n : at_least;
	return save_bytes(name, b);
}

static void nifti(void **state)
{
	static const struct { int x, y, z, type, bits; } t[] = {
		{ 32767, 32767, 32767, 4, 16 }, { 32767, 32767, 1, 64, 64 }, { 4000, 4000, 4000, 2, 8 },
		{ 200, 200, 200, 16, 32 },
	};
	(void)state;
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		static struct bytes b;
		memset(&b, 0, sizeof b);
		put_int(&b, 0, 348, 4);
		for (size_t i = 0; i < 8; i++)
			put_int(&b, 40 + 2 * i, i == 0 ? 3 : i == 1 ? t[k].x : i == 2 ? t[k].y : i == 3 ? t[k].z : 1,
				2);
		put_int(&b, 70, t[k].type, 2);
		put_int(&b, 72, t[k].bits, 2);
		put_int(&b, 108, 0x43b00000, 4); /* 352.0f */
		memcpy(b.at + 344, "n+1", 3);
		assert_small(saved("a.nii", &b, 600));
		/* the same stored in a gzip file, without packing it */
		static struct bytes gz;
		memset(&gz, 0, sizeof gz);
		add(&gz, "\x1f\x8b\x08\0\0\0\0\0\0\x03\x01\x58\x02\xa7\xfd", 15); /* 600 bytes as they are */
		add(&gz, b.at, 600);
		add(&gz, "\0\0\0\0\x58\x02\0\0", 8);
		assert_small(saved("a.nii.gz", &gz, 0));
	}
	static struct bytes b;
	put_int(&b, 0, 540, 4);
	memcpy(b.at + 4, "n+2\0\r\n\032\n", 8);
	put_int(&b, 12, 4, 2);
	put_int(&b, 14, 16, 2);
	for (size_t i = 0; i < 8; i++)
		put_int(&b, 16 + 8 * i, i == 0 ? 3 : i < 4 ? 60000 : 1, 8);
	put_int(&b, 168, 544, 8);
	assert_small(saved("two.nii", &b, 800));
}

static void scanco(void **state)
{
	static const int types[] = { 0x00010001, 0x00020002, 0x00040004, 0x001a0004, 0x00060001, 0x00150001,
				     0x00080002 };
	static struct bytes b;
	(void)state;
	memcpy(b.at, "CTDATA-HEADER_V1", 16);
	put_int(&b, 16, 3, 4);
	for (size_t i = 0; i < 3; i++) {
		put_int(&b, 44 + 4 * i, 60000, 4);
		put_int(&b, 56 + 4 * i, 600000, 4);
	}
	put_int(&b, 88, 4096, 4);
	assert_small(saved("a.isq", &b, 1024));
	for (size_t k = 0; k < sizeof types / sizeof *types; k++)
		for (int frame = 0; frame < 2; frame++) {
			memset(&b, 0, sizeof b);
			memcpy(b.at, "AIMDATA_V030   ", 16);
			put_int(&b, 16, 40, 8);
			put_int(&b, 24, 224, 8);
			put_int(&b, 40, 40, 8);
			put_int(&b, 68, types[k], 4);
			for (size_t i = 0; i < 3; i++) {
				put_int(&b, 96 + 8 * i, 60001, 8);
				put_int(&b, 120 + 8 * i, frame ? 30000 : 0, 8); /* of zeros, which are not stored */
				put_int(&b, 240 + 8 * i, 10000, 8);
			}
			put_int(&b, 280, types[k] == 0x00080002 ? 10 : 11, 8);
			b.at[280 + 8] = 1; /* the only voxel within the frame */
			b.at[280 + 9] = types[k] == 0x00080002 ? 1 : 2;
			b.at[280 + 10] = 1;
			assert_small(saved("a.aim", &b, 320));
		}
}

static void text_headers(void **state)
{
	static const char *const metas[] = { "MET_SHORT", "MET_FLOAT", "MET_DOUBLE" };
	static const char *const nrrds[] = { "raw", "gzip" };
	char text[512];
	(void)state;
	for (int packed = 0; packed < 2; packed++)
		for (int k = 0; k < 3; k++) {
			snprintf(text, sizeof text,
				 "ObjectType = Image\nNDims = 3\nBinaryData = True\nCompressedData = %s\n"
				 "DimSize = %s\nElementType = %s\nElementDataFile = LOCAL\nx\234\3\1\1\1\1\1",
				 packed ? "True" : "False", k ? "9000 9000 9000" : "65535 65535 65535", metas[k]);
			put_text(in_dir("a.mha"), text);
			assert_small(in_dir("a.mha"));
		}
	for (int packed = 0; packed < 2; packed++) {
		snprintf(text, sizeof text,
			 "NRRD0004\ntype: short\ndimension: 3\nsizes: 9000 9000 9000\nendian: little\n"
			 "encoding: %s\n\n\x1f\x8b\x08xxxxxxxxxxxxxxxxxx",
			 nrrds[packed]);
		put_text(in_dir("a.nrrd"), text);
		assert_small(in_dir("a.nrrd"));
	}
	put_text(in_dir("a.vox"),
		 "Vox1999a\nVolumeCount 1\n##\f\n##\nVolumeSize 9000 9000 9000\nVoxelSize 16\nEndian L\n"
		 "VolumeScale 1 1 1\n##\f\nabc");
	assert_small(in_dir("a.vox"));
	put_text(in_dir("r.raw"), "abc");
	put_text(in_dir("a.vgi"),
		 "{volume1}\n[file1]\nSize = 9000 9000 9000\nName = r.raw\nDatatype = float\nBitsPerElement = 32\n");
	atomic_store(&largest, 0);
	struct gppi_error err;
	struct scan *scan;
	assert_int_equal(open_scan(in_dir("a.vgi"), 0, 0.0, &scan, &err), GPPI_E_FORMAT);
	assert_non_null(strstr(err.text, "r.raw")); /* the file that is too short */
	assert_true(atomic_load(&largest) < MOST);
}

/* Ten slices, each only a head of 16000 x 16000 pixels. */
static void pictures(void **state)
{
	static const struct { const char *kind; const char *bytes; size_t n; } t[] = {
		{ "pgm", "P5\n16000 16000\n255\nabc", 22 },
		{ "png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x3e\x80\0\0\x3e\x80\x10\0\0\0\0\xdd\xa9\x7b\x3b"
		  "\0\0\0\0IDAT", 41 },
		{ "jpg", "\xff\xd8\xff\xc0\0\x0b\x08\x3e\x80\x3e\x80\1\1\x11\0\xff\xda\0\x08\1\1\0\0\x3f\0", 25 },
		{ "bmp", "BM\0\0\0\0\0\0\0\0\x36\4\0\0\x28\0\0\0\x80\x3e\0\0\x80\x3e\0\0\1\0\x18\0\0\0\0\0"
		  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 54 },
		{ "tif", "II*\0\x08\0\0\0\5\0\0\1\3\0\1\0\0\0\x80\x3e\0\0\1\1\3\0\1\0\0\0\x80\x3e\0\0"
		  "\2\1\3\0\1\0\0\0\x10\0\0\0\x11\1\4\0\1\0\0\0\x08\0\0\0\x17\1\4\0\1\0\0\0\x08\0\0\0\0\0\0\0", 74 },
	};
	char name[64];
	(void)state;
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		mkdir(in_dir(t[k].kind), 0777);
		for (int i = 0; i < 10; i++) {
			snprintf(name, sizeof name, "%s/s%02d.%s", t[k].kind, i, t[k].kind);
			put_file(in_dir(name), t[k].bytes, t[k].n);
		}
		struct gppi_error err = { 0 };
		struct scan *scan = NULL;
		atomic_store(&largest, 0);
		int rc = open_scan(in_dir(t[k].kind), 0, 0.0, &scan, &err);
		if (rc != GPPI_E_FORMAT || atomic_load(&largest) > MOST)
			fail_msg("%s: gives %d, asked for %zu bytes: %s", t[k].kind, rc, atomic_load(&largest),
				 err.text);
		assert_non_null(strstr(err.text, "s0"));
	}
	put_file(in_dir("alone.tif"), t[4].bytes, t[4].n);
	assert_small(in_dir("alone.tif"));
}

static int zeros(void *user, int z, int16_t *out)
{
	(void)user;
	(void)z;
	memset(out, 0, sizeof *out * NX * NY);
	return 0;
}

/* A value of an element of an explicit little-endian file, 16 bits wide. */
static void set_u16(uint8_t *bytes, size_t n, uint8_t element, int value)
{
	const uint8_t tag[8] = { 0x28, 0, element, 0, 'U', 'S', 2, 0 };
	for (size_t i = 132; i + 10 < n; i++)
		if (!memcmp(bytes + i, tag, 8)) {
			bytes[i + 8] = (uint8_t)value;
			bytes[i + 9] = (uint8_t)(value >> 8);
			return;
		}
	fail_msg("element 0028,%02x not found", element);
}

static void dicom(void **state)
{
	static const enum write_syntax syntax[] = { WRITE_EXPLICIT_LE, WRITE_RLE, WRITE_JPEG_LOSSLESS, WRITE_JPEG_LS };
	char name[64];
	(void)state;
	for (int k = 0; k < 4; k++)
		for (int many = 0; many < 2; many++) {
			struct write_dicom_options opt = { .syntax = syntax[k], .multiframe = many,
							   .series_number = 1 };
			struct gppi_error err = { 0 };
			struct scan *scan;
			snprintf(name, sizeof name, "d%d-%d", k, many);
			const char *folder = in_dir(name);
			assert_int_equal(write_dicom(folder, NX, NY, NZ, 10, &opt, zeros, NULL, &err), 0);
			DIR *d = opendir(folder);
			for (struct dirent *e; (e = readdir(d));) {
				char path[512];
				size_t n;
				if (e->d_name[0] == '.')
					continue;
				snprintf(path, sizeof path, "%s/%.100s", folder, e->d_name);
				uint8_t *bytes = get_file(path, &n);
				set_u16(bytes, n, 0x10, 8000);
				set_u16(bytes, n, 0x11, 8000);
				put_file(path, bytes, n);
				free(bytes);
			}
			closedir(d);
			atomic_store(&largest, 0);
			int rc = open_scan(folder, 0, 0.0, &scan, &err);
			if (rc != GPPI_E_FORMAT || atomic_load(&largest) > MOST)
				fail_msg("%s: gives %d, asked for %zu bytes: %s", name, rc, atomic_load(&largest),
					 err.text);
			assert_non_null(strstr(err.text, k ? name : ".dcm")); /* compressed files are judged together */
		}
}

/* An element of a short value. */
static void add_element(struct bytes *b, unsigned group, unsigned element, const char *type, const void *value,
			size_t n)
{
	const uint8_t head[8] = { (uint8_t)group, (uint8_t)(group >> 8), (uint8_t)element, (uint8_t)(element >> 8),
				  (uint8_t)type[0], (uint8_t)type[1], (uint8_t)n, (uint8_t)(n >> 8) };
	add(b, head, sizeof head);
	add(b, value, n);
}

static int more; /* elements of no meaning */

/* A file of w x w voxels and `pixels` bytes of them that claims so many frames. */
static void put_frames(const char *name, const char *transfer, const char *frames, int w, int bits, size_t pixels)
{
	static struct bytes b;
	const uint16_t side = (uint16_t)w, shape[] = { 1, side, side, (uint16_t)bits, (uint16_t)bits,
						       (uint16_t)(bits - 1), 0 };
	static const unsigned element[] = { 0x0002, 0x0010, 0x0011, 0x0100, 0x0101, 0x0102, 0x0103 };
	static const uint8_t zeros[4096];
	memset(&b, 0, sizeof b);
	b.n = 128;
	add_text(&b, "DICM");
	add_element(&b, 0x0002, 0x0010, "UI", transfer, (strlen(transfer) + 1) & ~(size_t)1);
	add_element(&b, 0x0008, 0x0060, "CS", "CT", 2);
	for (int i = 0; i < more; i++)
		add_element(&b, 0x0021, 0x1000 + (unsigned)i, "LO", "", 0);
	for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
		add_element(&b, 0x0028, element[i], "US", &shape[i], 2);
		if (i == 0)
			add_element(&b, 0x0028, 0x0008, "IS", frames, strlen(frames));
	}
	if (strstr(transfer, ".1.2.1")) {
		add(&b, "\xe0\x7f\x10\0OB\0\0", 8);
		put_int(&b, b.n, (int64_t)pixels, 4);
		add(&b, zeros, pixels);
	} else {
		add(&b, "\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\0\0\0\0\xfe\xff\0\xe0", 24);
		put_int(&b, b.n, (int64_t)pixels, 4);
		add(&b, zeros, pixels);
		add(&b, "\xfe\xff\xdd\xe0\0\0\0\0", 8);
	}
	save_bytes(name, &b);
}

/* Nothing is kept of frames for which the file has no room. */
static void frames_of_dicom(void **state)
{
	static const char *const compressed[] = { "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.70",
						  "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.100" };
	static const char plain[] = "1.2.840.10008.1.2.1";
	struct gppi_error err = { 0 };
	struct scan_set *set;
	(void)state;
	put_frames("a.dcm", plain, "65535 ", 16, 8, 512);
	assert_small(in_dir("a.dcm"));
	put_frames("a.dcm", plain, "65534 ", 1, 1, 512); /* fewer bits than bytes */
	assert_small(in_dir("a.dcm"));
	put_frames("a.dcm", plain, "4 ", 16, 8, 512);
	assert_refused(in_dir("a.dcm"), GPPI_E_FORMAT, "its pixels alone need 1024; the file is cut");
	put_frames("a.dcm", plain, "2 ", 16, 8, 512);
	assert_int_equal(scan_set_open(in_dir("a.dcm"), &set, &err), 0);
	scan_set_free(set);
	more = 310; /* through which dcmtk would look for each frame */
	put_frames("a.dcm", compressed[0], "65535 ", 16, 8, 600);
	assert_refused(in_dir("a.dcm"), GPPI_E_FORMAT, "a.dcm: has 65535 frames and 320 elements beside them");
	more = 0;
	for (size_t i = 0; i < sizeof compressed / sizeof *compressed; i++) {
		put_frames("a.dcm", compressed[i], "65535 ", 16, 8, 600);
		assert_small(in_dir("a.dcm"));
		put_frames("a.dcm", compressed[i], "65", 16, 8, 600);
		assert_refused(in_dir("a.dcm"), GPPI_E_FORMAT, "a.dcm: claims 65 frames in 8");
		put_frames("a.dcm", compressed[i], "65", 16, 8, 800);
		assert_int_equal(scan_set_open(in_dir("a.dcm"), &set, &err), 0);
		scan_set_free(set);
		put_frames("a.dcm", compressed[i], "64", 16, 8, 100);
		assert_int_equal(scan_set_open(in_dir("a.dcm"), &set, &err), 0);
		scan_set_free(set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nifti), TEST(scanco), TEST(text_headers), TEST(pictures), TEST(dicom), TEST(frames_of_dicom),
	};
	return cmocka_run_group_tests_name("scan_memory", tests, watch, NULL);
}

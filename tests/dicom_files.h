/* A small volume as DICOM series. Variants are made by overwriting elements of uncompressed files. */
#ifndef TESTS_DICOM_FILES_H
#define TESTS_DICOM_FILES_H

#include <math.h>

#include "phantom/write.h"

#include "scan_files.h"

enum { NX = 13, NY = 9, NZ = 8, SLICE = NX * NY, N = SLICE * NZ };

static inline int16_t value_at(int z, int i)
{
	return (int16_t)((i * 37 + z * 411) % 4500 - 1417);
}

static inline int make_slice(void *user, int z, int16_t *out)
{
	(void)user;
	for (int i = 0; i < SLICE; i++)
		out[i] = value_at(z, i);
	return 0;
}

static inline void save(const char *folder, struct write_dicom_options opt)
{
	struct gppi_error err = { 0 };
	if (write_dicom(in_dir(folder), NX, NY, NZ, 10.5, &opt, make_slice, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

static const struct write_dicom_options simple = { .series_number = 1 };

/* Position of an element's value in an explicit little-endian file. */
static inline uint8_t *find(uint8_t *bytes, size_t n, unsigned group, unsigned element)
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
static inline void patch(const char *path, unsigned group, unsigned element, const void *value, size_t len)
{
	size_t n;
	uint8_t *bytes = get_file(path, &n);
	memcpy(find(bytes, n, group, element), value, len);
	put_file(path, bytes, n);
	free(bytes);
}

static inline bool has_long_length(const uint8_t *type)
{
	static const char *const types[] = { "OB", "OW", "OF", "SQ", "UT", "UN", "UC", "UR", "OD", "OL" };
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!memcmp(type, types[i], 2))
			return true;
	return false;
}

/* Puts an element of n bytes, filled up with blanks to an even length, where it belongs in the data set of an
 * explicit little-endian file, in place of the one that is there. No sequence may lie before it. */
static inline void put_element(const char *path, unsigned group, unsigned element, const char type[2],
			       const void *value, size_t n)
{
	size_t size, even = (n + 1) & ~(size_t)1, at, old = 0;
	uint8_t *bytes = get_file(path, &size), *out = malloc(size + even + 12);
	assert_non_null(out);
	at = 144 + (size_t)(bytes[140] | bytes[141] << 8); /* behind the meta header */
	for (;;) {
		const uint8_t *p = bytes + at;
		unsigned g = (unsigned)(p[0] | p[1] << 8), e = (unsigned)(p[2] | p[3] << 8);
		size_t whole = 8 + (size_t)(p[6] | p[7] << 8);
		if (has_long_length(p + 4))
			whole = 12 + (p[8] | (size_t)p[9] << 8 | (size_t)p[10] << 16 | (size_t)p[11] << 24);
		if (g > group || (g == group && e >= element)) {
			old = g == group && e == element ? whole : 0;
			break;
		}
		at += whole;
		assert_true(at < size);
	}
	memcpy(out, bytes, at);
	uint8_t head[8] = { (uint8_t)group, (uint8_t)(group >> 8), (uint8_t)element, (uint8_t)(element >> 8),
			    (uint8_t)type[0], (uint8_t)type[1], (uint8_t)even, (uint8_t)(even >> 8) };
	memcpy(out + at, head, 8);
	memset(out + at + 8, ' ', even);
	memcpy(out + at + 8, value, n);
	memcpy(out + at + 8 + even, bytes + at + old, size - at - old);
	put_file(path, out, size - old + 8 + even);
	free(bytes);
	free(out);
}

static inline void put_words(const char *path, unsigned group, unsigned element, const char type[2], const char *text)
{
	put_element(path, group, element, type, text, strlen(text));
}

static inline const char *slice_file(const char *folder, int number)
{
	char name[64];
	snprintf(name, sizeof name, "%s/IM%05d.dcm", folder, number);
	return in_dir(name);
}

static inline void patch_all(const char *folder, unsigned group, unsigned element, const void *value,
		      size_t len)
{
	for (int k = 1; k <= NZ; k++)
		patch(slice_file(folder, k), group, element, value, len);
}

static inline void put_all(const char *folder, unsigned group, unsigned element, const char type[2], const char *text)
{
	for (int k = 1; k <= NZ; k++)
		put_words(slice_file(folder, k), group, element, type, text);
}

static inline void patch_u16(const char *folder, unsigned element, unsigned v)
{
	uint8_t b[2] = { (uint8_t)v, (uint8_t)(v >> 8) };
	patch_all(folder, 0x0028, element, b, 2);
}

/* Renames an element of every file to an unused one, so that the reader misses it. */
static inline void hide(const char *folder, unsigned group, unsigned element, unsigned other)
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

static inline double as_written(int z, int i)
{
	return value_at(z, i);
}

static inline void assert_meaning(const char *path, meaning_fn meaning)
{
	struct gppi_error err = { 0 };
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

static inline void copy_file(const char *from, const char *to)
{
	size_t n;
	uint8_t *bytes = get_file(from, &n);
	put_file(to, bytes, n);
	free(bytes);
}

#endif

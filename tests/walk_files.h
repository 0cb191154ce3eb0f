/* DICOM files made tag by tag, for the walk over them. The includer asks for POSIX 2008. */
#ifndef TESTS_WALK_FILES_H
#define TESTS_WALK_FILES_H

#include <stdbool.h>

#include "scan/dicom_walk.h"
#include "temp_dir.h"

#define IMPLICIT "1.2.840.10008.1.2"
#define EXPLICIT "1.2.840.10008.1.2.1"
#define BIG_ENDIAN_TYPES "1.2.840.10008.1.2.2"
#define JPEG "1.2.840.10008.1.2.4.50"

static uint8_t file[8 << 20];
static size_t n;
static bool implicit, big;

static inline void u16(unsigned v)
{
	file[n++] = (uint8_t)(big ? v >> 8 : v);
	file[n++] = (uint8_t)(big ? v : v >> 8);
}

static inline void u32(uint32_t v)
{
	u16(big ? v >> 16 : v & 0xffff);
	u16(big ? v & 0xffff : v >> 16);
}

static inline void bytes(const void *p, size_t size)
{
	memcpy(file + n, p, size);
	n += size;
}

static inline void head(uint32_t tag, const char *type, uint32_t length)
{
	u16(tag >> 16);
	u16(tag & 0xffff);
	if (implicit || tag >> 16 == 0xfffe) {
		u32(length);
		return;
	}
	bytes(type, 2);
	if (strstr("OB OD OF OL OV OW SQ SV UC UN UR UT UV ZZ", type)) {
		u16(0);
		u32(length);
	} else {
		u16(length);
	}
}

/* Preamble, meta header, and the elements with which every data set begins. */
static inline void begin(const char *transfer)
{
	implicit = big = false;
	memset(file, 0, 128);
	n = 128;
	bytes("DICM", 4);
	head(0x00020000, "UL", 4);
	u32((uint32_t)(8 + (strlen(transfer) + 1) / 2 * 2));
	head(0x00020010, "UI", (uint32_t)(strlen(transfer) + 1) / 2 * 2);
	bytes(transfer, strlen(transfer));
	if (strlen(transfer) % 2)
		file[n++] = 0;
	implicit = !strcmp(transfer, IMPLICIT);
	big = !strcmp(transfer, BIG_ENDIAN_TYPES);
	head(0x00080060, "CS", 2);
	bytes("CT", 2);
}

static inline void pixels(size_t size)
{
	head(0x7fe00010, "OW", (uint32_t)size);
	memset(file + n, 7, size);
	n += size;
}

static inline int walk_as(const char *path, struct gppi_error *err)
{
	*err = (struct gppi_error){ 0 };
	put_file(path, file, n);
	return dicom_walk(path, err);
}

static inline int walk(struct gppi_error *err)
{
	return walk_as(in_dir("f.dcm"), err);
}

static inline void assert_passes(void)
{
	struct gppi_error err;
	if (walk(&err) != 0)
		fail_msg("%s", err.text);
}

static inline void assert_stopped(const char *why)
{
	struct gppi_error err;
	assert_int_equal(walk(&err), GPPI_E_FORMAT);
	assert_int_equal(err.code, GPPI_E_FORMAT);
	if (!strstr(err.text, why) || !strstr(err.text, "f.dcm: is a damaged DICOM file"))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

/* `depth` sequences within each other. */
static inline void nest(int depth, bool open, const char *type)
{
	size_t each = implicit ? 16 : 20;
	for (int i = 0; i < depth; i++) {
		uint32_t inner = (uint32_t)(each * (size_t)(depth - 1 - i));
		head(0x00081140, type, open ? 0xffffffff : inner + 8);
		if (!strcmp(type, "UN"))
			implicit = true;
		head(0xfffee000, "", open ? 0xffffffff : inner);
		each = implicit ? 16 : 20;
	}
	for (int i = 0; i < depth && open; i++) {
		head(0xfffee00d, "", 0);
		head(0xfffee0dd, "", 0);
	}
}

#endif

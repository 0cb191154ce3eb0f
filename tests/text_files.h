/* MetaImage and NRRD files: a header in words, voxels of every type. The includer asks for POSIX 2008. */
#ifndef TESTS_TEXT_FILES_H
#define TESTS_TEXT_FILES_H

#include "scan_ramp.h"

#include <zlib.h>

static const struct {
	const char *meta, *nrrd;
	enum kind kind;
	int width;
	double lo, hi;
} types[] = {
	{ "MET_CHAR", "int8", SIGNED, 1, -128, 127 },      { "MET_UCHAR", "uchar", UNSIGNED, 1, 0, 255 },
	{ "MET_SHORT", "short", SIGNED, 2, -32768, 32767 }, { "MET_USHORT", "unsigned short", UNSIGNED, 2, 0, 65535 },
	{ "MET_INT", "int", SIGNED, 4, -1417, 3171 },      { "MET_UINT", "uint32", UNSIGNED, 4, 0, 30000 },
	{ "MET_FLOAT", "float", FLOAT, 4, -1417, 3171 },   { "MET_DOUBLE", "double", FLOAT, 8, -1417, 3171 },
};
enum { TYPES = sizeof types / sizeof *types };

static inline void ramp(double *v, int type)
{
	for (int i = 0; i < N; i++)
		v[i] = types[type].lo + floor((types[type].hi - types[type].lo) * i / (N - 1));
}

static inline void add_type(struct bytes *b, const double *v, int type, bool big)
{
	add_values(b, v, N, types[type].kind, types[type].width, big);
}

/* Replaces the bytes behind `from` by a zlib stream of them (window 15) or a gzip one (31). */
static inline void squeeze(struct bytes *b, size_t from, int window)
{
	static uint8_t out[sizeof b->at];
	z_stream z = { 0 };
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = b->at + from;
	z.avail_in = (uInt)(b->n - from);
	z.next_out = out;
	z.avail_out = sizeof out;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	b->n = from;
	add(b, out, z.total_out);
	deflateEnd(&z);
}

static inline void meta(struct bytes *b, const char *more, const char *type, const char *data)
{
	char text[1024];
	snprintf(text, sizeof text, "ObjectType = Image\nNDims = 3\nBinaryData = True\n%s"
		 "DimSize = %d %d %d\nElementType = %s\nElementDataFile = %s\n", more, NX, NY, NZ, type, data);
	b->n = 0;
	add_text(b, text);
}

static inline void nrrd(struct bytes *b, const char *more, const char *type, const char *encoding)
{
	char text[1024];
	snprintf(text, sizeof text, "NRRD0004\n# a comment: this\ntype: %s\ndimension: 3\nsizes: %d %d %d\n"
		 "encoding: %s\n%s\n", type, NX, NY, NZ, encoding, more);
	b->n = 0;
	add_text(b, text);
}

#endif

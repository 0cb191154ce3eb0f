/* NIfTI files of one small volume, right and wrong ones. */
#ifndef TESTS_NIFTI_FILES_H
#define TESTS_NIFTI_FILES_H

#include <zlib.h>

#include "scan_ramp.h"

/* Header under construction, in either byte order. */
struct nii {
	bool big;
	int type, bits;
	int dim[8];
	double pixdim[3], offset, slope, inter;
	int units, qform, sform;
	double sform_diag[3];
	const char *magic;
};

static inline struct nii plain(int type, int bits)
{
	return (struct nii){ .type = type, .bits = bits, .dim = { 3, NX, NY, NZ, 1, 1, 1, 1 },
			     .pixdim = { 1, 1, 1 }, .offset = 352, .sform = 2,
			     .sform_diag = { 1, 1, 1 }, .magic = "n+1" };
}

static inline void put16(uint8_t *p, int v, bool big)
{
	int16_t x = (int16_t)v;
	put_number(p, &x, 2, big);
}

static inline void put32f(uint8_t *p, double v, bool big)
{
	float x = (float)v;
	put_number(p, &x, 4, big);
}

static inline void header(const struct nii *h, uint8_t out[352])
{
	int32_t size = 348;
	memset(out, 0, 352);
	put_number(out, &size, 4, h->big);
	for (int i = 0; i < 8; i++)
		put16(out + 40 + (size_t)2 * (size_t)i, h->dim[i], h->big);
	put16(out + 70, h->type, h->big);
	put16(out + 72, h->bits, h->big);
	for (int i = 0; i < 3; i++) {
		put32f(out + 80 + (size_t)4 * (size_t)i, h->pixdim[i], h->big);
		put32f(out + 280 + (size_t)20 * (size_t)i, h->sform_diag[i], h->big);
	}
	put32f(out + 108, h->offset, h->big);
	put32f(out + 112, h->slope, h->big);
	put32f(out + 116, h->inter, h->big);
	out[123] = (uint8_t)h->units;
	put16(out + 252, h->qform, h->big);
	put16(out + 254, h->sform, h->big);
	memcpy(out + 344, h->magic, strlen(h->magic) + 1);
}

/* Stores values[] as the header's type and writes the file, through gzip for .gz names. */
static inline const char *save(const char *name, const struct nii *h, const double *values)
{
	const char *path = in_dir(name);
	size_t width = (size_t)h->bits / 8, at = (size_t)h->offset, total = at + N * width;
	uint8_t *file = calloc(1, total);
	uint8_t head[352];
	assert_non_null(file);
	header(h, head);
	memcpy(file, head, at < 352 ? at : 352);
	for (int i = 0; i < N; i++) {
		int64_t whole = (int64_t)values[i];
		float f = (float)values[i];
		const void *v = h->type == 16 ? (const void *)&f
			      : h->type == 64 ? (const void *)&values[i] : (const void *)&whole;
		put_number(file + at + (size_t)i * width, v, (int)width, h->big);
	}
	if (strstr(name, ".gz")) {
		gzFile gz = gzopen(path, "wb");
		assert_non_null(gz);
		assert_int_equal(gzwrite(gz, file, (unsigned)total), total);
		assert_int_equal(gzclose(gz), Z_OK);
	} else {
		put_file(path, file, total);
	}
	free(file);
	return path;
}

#endif

/* The NIfTI reader: voxel types, byte orders, scaling, spacing, damaged and hostile files. */
#define _POSIX_C_SOURCE 200809L
#include "scan_files.h"

#include <math.h>
#include <zlib.h>

#include "phantom/write.h"

enum { NX = 7, NY = 5, NZ = 4, N = NX * NY * NZ };

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

static struct nii plain(int type, int bits)
{
	return (struct nii){ .type = type, .bits = bits, .dim = { 3, NX, NY, NZ, 1, 1, 1, 1 },
			     .pixdim = { 1, 1, 1 }, .offset = 352, .sform = 2,
			     .sform_diag = { 1, 1, 1 }, .magic = "n+1" };
}

static void put(uint8_t *p, const void *value, int width, bool big)
{
	const uint8_t *v = value; /* the tests run on little-endian machines */
	for (int i = 0; i < width; i++)
		p[i] = v[big ? width - 1 - i : i];
}

static void put16(uint8_t *p, int v, bool big)
{
	int16_t x = (int16_t)v;
	put(p, &x, 2, big);
}

static void put32f(uint8_t *p, double v, bool big)
{
	float x = (float)v;
	put(p, &x, 4, big);
}

static void header(const struct nii *h, uint8_t out[352])
{
	int32_t size = 348;
	memset(out, 0, 352);
	put(out, &size, 4, h->big);
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
static const char *save(const char *name, const struct nii *h, const double *values)
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
		put(file + at + (size_t)i * width, v, (int)width, h->big);
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

/* The voxels read equal `values` within half a step (exactly for step 1). */
static void assert_values(const char *path, const double *values, double tolerance)
{
	struct err err = { 0 };
	struct scan *scan;
	if (open_scan(path, 0, 0.0, &scan, &err) < 0)
		fail_msg("%s", err.text);
	const struct scan_info *info = scan_info(scan);
	assert_int_equal(info->nx, NX);
	assert_int_equal(info->ny, NY);
	assert_int_equal(info->nz, NZ);
	int16_t *raw = read_all(scan, &err);
	assert_non_null(raw);
	for (int i = 0; i < N; i++) {
		double v = raw[i] * info->slope + info->intercept;
		if (!(fabs(v - values[i]) <= tolerance))
			fail_msg("%s: voxel %d is %g, expected %g", path, i, v, values[i]);
	}
	free(raw);
	scan_close(scan);
}

static void every_type_in_both_orders(void **state)
{
	(void)state;
	static const struct { int type, bits; double lo, hi; } t[] = {
		{ 2, 8, 0, 255 }, { 256, 8, -128, 127 }, { 4, 16, -32768, 32767 },
		{ 512, 16, 0, 65535 }, { 8, 32, -1417, 3171 }, { 768, 32, 0, 30000 },
		{ 16, 32, -1417, 3171 }, { 64, 64, -1417, 3171 },
	};
	for (size_t k = 0; k < sizeof t / sizeof *t; k++)
		for (int variant = 0; variant < 4; variant++) {
			struct nii h = plain(t[k].type, t[k].bits);
			double v[N];
			h.big = variant & 1;
			for (int i = 0; i < N; i++)
				v[i] = t[k].lo + floor((t[k].hi - t[k].lo) * i / (N - 1));
			assert_values(save(variant & 2 ? "a.nii.gz" : "a.nii", &h, v), v, 1e-9);
		}
}

static void wide_ranges_and_fractions_are_scaled(void **state)
{
	(void)state;
	double v[N];
	for (int i = 0; i < N; i++)
		v[i] = i / (double)N;
	struct nii h = plain(16, 32);
	assert_values(save("small.nii", &h, v), v, 1.0 / 65000);
	const int middle = N / 2;
	for (int i = 0; i < N; i++)
		v[i] = 5e8 * (double)(i - middle);
	h = plain(64, 64);
	assert_values(save("large.nii.gz", &h, v), v, 5e8 * N / 65000);
	for (int i = 0; i < N; i++)
		v[i] = 17.25;
	assert_values(save("flat.nii", &h, v), v, 1e-9);
}

static void scaling_rules(void **state)
{
	(void)state;
	double v[N], w[N];
	for (int i = 0; i < N; i++)
		v[i] = i * 10;
	static const int types[][2] = { { 4, 16 }, { 512, 16 }, { 16, 32 }, { 2, 8 } };
	for (int k = 0; k < 4; k++) {
		struct nii h = plain(types[k][0], types[k][1]);
		for (int i = 0; i < N; i++)
			v[i] = i;
		h.slope = 2.5;
		h.inter = -1000;
		for (int i = 0; i < N; i++)
			w[i] = v[i] * 2.5 - 1000;
		assert_values(save("s.nii", &h, v), w, k == 2 ? 0.01 : 1e-6);
		/* Without effect: slope 0, NaN or infinite; the intercept goes with it. */
		const double none[] = { 0.0, NAN, INFINITY };
		for (int j = 0; j < 3; j++) {
			h.slope = none[j];
			assert_values(save("s.nii", &h, v), v, k == 2 ? 0.01 : 1e-9);
		}
	}
}

static void hounsfield_is_recognised(void **state)
{
	(void)state;
	struct { int type, bits; double slope, inter, lo; enum scan_unit unit; } t[] = {
		{ 4, 16, 0, 0, -1000, SCAN_UNIT_HU },   { 4, 16, 0, 0, -100, SCAN_UNIT_UNKNOWN },
		{ 2, 8, 0, 0, 0, SCAN_UNIT_UNKNOWN },   { 2, 8, 18, -1417, 0, SCAN_UNIT_HU },
		{ 512, 16, 0, 0, 0, SCAN_UNIT_UNKNOWN }, { 16, 32, 0, 0, -900, SCAN_UNIT_HU },
	};
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		struct nii h = plain(t[k].type, t[k].bits);
		double v[N];
		struct scan *scan;
		struct err err;
		h.slope = t[k].slope;
		h.inter = t[k].inter;
		for (int i = 0; i < N; i++)
			v[i] = t[k].lo + i;
		assert_int_equal(open_scan(save("u.nii", &h, v), 0, 0.0, &scan, &err), 0);
		assert_int_equal(scan_info(scan)->unit, t[k].unit);
		scan_close(scan);
	}
}

static void spacing_rules(void **state)
{
	(void)state;
	static const struct {
		int sform, units;
		double diag, pixdim, um;
		enum scan_known known;
	} t[] = {
		{ 2, 0, 1, 1, 10, SCAN_ASSUMED },        /* identity: unknown */
		{ 1, 2, 0.0105, 1, 10.5, SCAN_READ },    /* sform first */
		{ 1, 0, 0.0105, 0.02, 10.5, SCAN_READ }, /* no unit: mm */
		{ 0, 2, 0, 0.02, 20, SCAN_READ },        /* pixdim */
		{ 0, 3, 0, 12, 12, SCAN_READ },          /* um */
		{ 0, 1, 0, 1e-5, 10, SCAN_READ },        /* m */
		{ 1, 2, 1, 0.006, 6, SCAN_READ },        /* identity sform, real pixdim */
		{ 0, 2, 0, 10, 10, SCAN_ASSUMED },       /* 10 mm is no micro-CT */
		{ 0, 2, 0, NAN, 10, SCAN_ASSUMED },
		{ 0, 2, 0, -0.01, 10, SCAN_READ },       /* sign is a direction */
	};
	double v[N] = { 0 };
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		struct nii h = plain(4, 16);
		struct scan *scan;
		struct err err;
		h.sform = t[k].sform;
		h.units = t[k].units;
		for (int i = 0; i < 3; i++) {
			h.sform_diag[i] = t[k].diag;
			h.pixdim[i] = t[k].pixdim;
		}
		const char *path = save("p.nii", &h, v);
		assert_int_equal(open_scan(path, 0, 0.0, &scan, &err), 0);
		assert_true(fabs(scan_info(scan)->spacing_um[2] - t[k].um) < 1e-4);
		assert_int_equal(scan_info(scan)->spacing_known, t[k].known);
		scan_close(scan);
		assert_int_equal(open_scan(path, 0, 7.5, &scan, &err), 0);
		assert_true(scan_info(scan)->spacing_um[0] == 7.5);
		assert_int_equal(scan_info(scan)->spacing_known, SCAN_GIVEN);
		scan_close(scan);
	}
}

static void voxel_offset_is_honoured(void **state)
{
	(void)state;
	double v[N];
	for (int i = 0; i < N; i++)
		v[i] = i * 3;
	for (int k = 0; k < 3; k++) {
		struct nii h = plain(4, 16);
		h.offset = 352 + 1024 * k + (k == 2); /* an odd one cannot be mapped */
		assert_values(save("o.nii", &h, v), v, 0);
		assert_values(save("o.nii.gz", &h, v), v, 0);
	}
}

static void version_2_is_read(void **state)
{
	(void)state;
	uint8_t file[544 + N * 2] = { 0 };
	int32_t size = 540, form = 1;
	int64_t dim[4] = { 3, NX, NY, NZ }, offset = 544;
	double step = 0.01, v[N];
	memcpy(file, &size, 4);
	memcpy(file + 4, "n+2\0\r\n\032\n", 8);
	put16(file + 12, 4, false);
	put16(file + 14, 16, false);
	memcpy(file + 16, dim, sizeof dim);
	memcpy(file + 168, &offset, 8);
	memcpy(file + 348, &form, 4);
	for (int i = 0; i < 3; i++)
		memcpy(file + 400 + (size_t)40 * (size_t)i, &step, 8);
	for (int i = 0; i < N; i++) {
		v[i] = i - 50;
		put16(file + 544 + (size_t)2 * (size_t)i, i - 50, false);
	}
	put_file(in_dir("two.nii"), file, sizeof file);
	assert_values(in_dir("two.nii"), v, 0);
}

/* Rows of a slice are the same voxels as the slice, whatever the type. */
static void rows_of_slices(void **state)
{
	(void)state;
	static const struct { int code, bits; } types[] = { { 4, 16 }, { 512, 16 }, { 2, 8 }, { 16, 32 } };
	static const char *const names[] = { "r.nii", "r.nii.gz" };
	double v[N];
	for (int i = 0; i < N; i++)
		v[i] = i % 97;
	for (size_t i = 0; i < 8; i++) {
		struct nii h = plain(types[i / 2].code, types[i / 2].bits);
		struct scan *scan;
		struct err err;
		int16_t scratch[NX * NY], other[NX * NY];
		const int16_t *whole, *rows;
		assert_int_equal(open_scan(save(names[i % 2], &h, v), 0, 0.0, &scan, &err), 0);
		for (int z = 0; z < NZ; z++)
			for (int y = 0; y <= NY; y++) {
				assert_int_equal(scan_slab(scan, z, 1, scratch, &whole, &err), 0);
				assert_int_equal(scan_rows(scan, z, y, NY - y, other, &rows, &err), 0);
				assert_memory_equal(rows, whole + (size_t)y * NX, (size_t)NX * (size_t)(NY - y) * 2);
			}
		assert_int_equal(scan_slab(scan, NZ - 1, 2, scratch, &whole, &err), GPPI_E_USAGE);
		assert_int_equal(scan_slab(scan, -1, 1, scratch, &whole, &err), GPPI_E_USAGE);
		assert_int_equal(scan_rows(scan, NZ, 0, 1, scratch, &rows, &err), GPPI_E_USAGE);
		assert_int_equal(scan_rows(scan, 0, NY, 1, scratch, &rows, &err), GPPI_E_USAGE);
		assert_int_equal(scan_rows(scan, 0, -1, 1, scratch, &rows, &err), GPPI_E_USAGE);
		scan_close(scan);
	}
}

/* A file that shrinks while it is open is an error, not a crash. */
static void cut_while_open(void **state)
{
	(void)state;
	double v[N] = { 0 };
	struct nii h = plain(4, 16);
	struct scan *scan;
	struct err err;
	int16_t scratch[NX * NY];
	const int16_t *p;
	const char *path = save("m.nii", &h, v);
	assert_int_equal(open_scan(path, 0, 0.0, &scan, &err), 0);
	assert_int_equal(truncate(path, 352 + NX * NY * 2 + 5), 0);
	assert_int_equal(scan_slab(scan, 0, 1, scratch, &p, &err), 0);
	assert_int_equal(scan_slab(scan, 1, 1, scratch, &p, &err), GPPI_E_FORMAT);
	assert_non_null(strstr(err.text, "m.nii"));
	scan_close(scan);
}

/* A compressed file tells its unit when it is unpacked, and fails then where it is damaged. */
static void packed_files_settle(void **state)
{
	(void)state;
	double v[N] = { 0 };
	struct nii h = plain(4, 16);
	struct scan *scan;
	struct err err;
	v[N - 1] = -900;
	assert_int_equal(open_scan(save("u.nii.gz", &h, v), 0, 0.0, &scan, &err), 0);
	assert_int_equal(scan_info(scan)->unit, SCAN_UNIT_PENDING);
	assert_int_equal(scan_settle(scan, &err), 0);
	assert_int_equal(scan_info(scan)->unit, SCAN_UNIT_HU);
	assert_int_equal(scan_settle(scan, &err), 0);
	scan_close(scan);
	v[N - 1] = 900;
	assert_int_equal(open_scan(save("u.nii.gz", &h, v), 0, 0.0, &scan, &err), 0);
	assert_int_equal(scan_settle(scan, &err), 0);
	assert_int_equal(scan_info(scan)->unit, SCAN_UNIT_UNKNOWN);
	scan_close(scan);
	size_t n;
	uint8_t *bytes = get_file(in_dir("u.nii.gz"), &n);
	bytes[n - 6] ^= 1; /* of the checksum */
	put_file(in_dir("u.nii.gz"), bytes, n);
	free(bytes);
	assert_refused(in_dir("u.nii.gz"), GPPI_E_FORMAT, "u.nii.gz"); /* such a short one at once */
}

/* A volume of many decoding steps: closed halfway, damaged at the very end. */
static void packed_files_end_late(void **state)
{
	(void)state;
	enum { SIDE = 256 };
	size_t n = (size_t)SIDE * SIDE * 12, size;
	int16_t *voxels = malloc(n * 2), *scratch = malloc((size_t)SIDE * SIDE * 2);
	const int16_t *p;
	uint8_t head[352] = { 0 };
	struct nii h = plain(4, 16);
	struct scan *scan;
	struct err err;
	double v[N] = { 0 };
	assert_true(voxels && scratch);
	for (size_t i = 0; i < n; i++)
		voxels[i] = (int16_t)(i * i % 30011);
	uint8_t *small = get_file(save("x.nii", &h, v), &size);
	memcpy(head, small, sizeof head);
	free(small);
	memcpy(head + 42, (int16_t[]){ SIDE, SIDE, 12 }, 6);
	gzFile gz = gzopen(in_dir("l.nii.gz"), "wb1");
	assert_int_equal(gzwrite(gz, head, sizeof head), sizeof head);
	assert_int_equal(gzwrite(gz, voxels, (unsigned)(n * 2)), n * 2);
	assert_int_equal(gzclose(gz), Z_OK);
	assert_int_equal(open_scan(in_dir("l.nii.gz"), 0, 0.0, &scan, &err), 0);
	scan_close(scan);
	assert_int_equal(open_scan(in_dir("l.nii.gz"), 0, 0.0, &scan, &err), 0);
	assert_int_equal(scan_slab(scan, 11, 1, scratch, &p, &err), 0);
	assert_memory_equal(p, voxels + (size_t)SIDE * SIDE * 11, (size_t)SIDE * SIDE * 2);
	scan_close(scan);
	uint8_t *bytes = get_file(in_dir("l.nii.gz"), &size);
	bytes[size - 6] ^= 1; /* of the checksum */
	put_file(in_dir("l.nii.gz"), bytes, size);
	assert_int_equal(open_scan(in_dir("l.nii.gz"), 0, 0.0, &scan, &err), 0);
	assert_int_equal(scan_slab(scan, 0, 1, scratch, &p, &err), 0);
	assert_int_equal(scan_settle(scan, &err), GPPI_E_FORMAT);
	assert_non_null(strstr(err.text, "l.nii.gz"));
	scan_close(scan);
	free(bytes);
	free(voxels);
	free(scratch);
}

static void hostile_headers(void **state)
{
	(void)state;
	double v[N] = { 0 };
	struct nii h;
#define REFUSED(code, word, ...) do { \
		h = plain(4, 16); \
		__VA_ARGS__; \
		assert_refused(save("h.nii", &h, v), code, word); \
		assert_refused(save("h.nii.gz", &h, v), code, word); \
	} while (0)
	REFUSED(GPPI_E_FORMAT, "h.nii", h.dim[3] = 500);          /* dims exceed the file */
	REFUSED(GPPI_E_FORMAT, "h.nii", h.dim[1] = 32767, h.dim[2] = 32767, h.dim[3] = 32767);
	REFUSED(GPPI_E_FORMAT, "axis 2", h.dim[2] = -5);
	REFUSED(GPPI_E_FORMAT, "axis 1", h.dim[1] = 0);
	REFUSED(GPPI_E_FORMAT, "dimensions", h.dim[0] = 9);
	REFUSED(GPPI_E_FORMAT, "dimensions", h.dim[0] = -3);
	REFUSED(GPPI_E_UNSUPPORTED, "single slice", h.dim[3] = 1);
	REFUSED(GPPI_E_UNSUPPORTED, "single slice", h.dim[0] = 2);
	REFUSED(GPPI_E_UNSUPPORTED, "more than one volume", h.dim[0] = 4, h.dim[4] = 2);
	REFUSED(GPPI_E_UNSUPPORTED, "type 128", h.type = 128);
	REFUSED(GPPI_E_FORMAT, "bits", h.type = 64);
	REFUSED(GPPI_E_UNSUPPORTED, ".hdr/.img", h.magic = "ni1");
	REFUSED(GPPI_E_UNSUPPORTED, "Analyze", h.magic = "");
#undef REFUSED
	/* The offset of the voxels: beyond the file, inside the header, no number. */
	static const double offsets[] = { 1e6, 100, -1, 352.5, NAN, 1e30 };
	for (int k = 0; k < 6; k++) {
		uint8_t file[352 + N * 2] = { 0 };
		h = plain(4, 16);
		h.offset = offsets[k];
		header(&h, file);
		put_file(in_dir("off.nii"), file, sizeof file);
		assert_refused(in_dir("off.nii"), GPPI_E_FORMAT, "off.nii");
	}
}

static void numbers_that_are_none(void **state)
{
	(void)state;
	for (int k = 0; k < 4; k++) {
		double v[N] = { 0 };
		struct nii h = plain(k & 1 ? 64 : 16, k & 1 ? 64 : 32);
		v[2 * NX * NY + 3] = k & 2 ? INFINITY : NAN;
		assert_refused(save("n.nii", &h, v), GPPI_E_FORMAT, "slice 2");
		assert_refused(save("n.nii.gz", &h, v), GPPI_E_FORMAT, "n.nii.gz: slice 2");
	}
	double v[N] = { 1e308, -1e308 };
	struct nii h = plain(64, 64);
	assert_refused(save("n.nii", &h, v), GPPI_E_FORMAT, "n.nii");
}

/* Every file cut short fails with a sentence, never with a crash. */
static void cut_files(void **state)
{
	(void)state;
	double v[N];
	for (int i = 0; i < N; i++)
		v[i] = (i * 7919) % 5000 - 1000;
	static const char *const names[] = { "c.nii", "c.nii.gz", "f.nii", "f.nii.gz" };
	for (int k = 0; k < 4; k++) {
		struct nii h = k < 2 ? plain(4, 16) : plain(16, 32);
		size_t n;
		uint8_t *bytes = get_file(save(names[k], &h, v), &n);
		for (size_t cut = 0; cut < n; cut += cut < 16 || cut > n - 16 ? 1 : 7) {
			put_file(in_dir(names[k]), bytes, cut);
			assert_refused(in_dir(names[k]), GPPI_E_FORMAT, names[k]);
		}
		free(bytes);
	}
}

static void damaged_gzip(void **state)
{
	(void)state;
	double v[N];
	for (int i = 0; i < N; i++)
		v[i] = (i * 7919) % 5000 - 1000;
	struct nii h = plain(4, 16);
	size_t n;
	uint8_t *bytes = get_file(save("d.nii.gz", &h, v), &n);
	bytes[n - 6] ^= 0x55; /* the checksum */
	put_file(in_dir("d.nii.gz"), bytes, n);
	assert_refused(in_dir("d.nii.gz"), GPPI_E_FORMAT, "damaged");
	free(bytes);
}

/* A stream that would unpack to far more than its header promises is read as promised. */
static void bomb(void **state)
{
	(void)state;
	struct nii h = plain(4, 16);
	uint8_t head[352];
	static const uint8_t zeros[1 << 16];
	double v[N] = { 0 };
	header(&h, head);
	gzFile gz = gzopen(in_dir("b.nii.gz"), "wb1");
	assert_non_null(gz);
	gzwrite(gz, head, 352);
	for (int i = 0; i < 1024; i++)
		gzwrite(gz, zeros, sizeof zeros);
	assert_int_equal(gzclose(gz), Z_OK);
	assert_values(in_dir("b.nii.gz"), v, 0);
}

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
	struct err err;
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
		assert_string_equal(scan_info(scan)->detail, "files not used: 1");
		scan_close(scan);
	}
	assert_int_equal(scan_open(set, 4, 0.0, &scan, &err), GPPI_E_USAGE);
	scan_set_free(set);
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
	struct err err;
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

static int wrapped_read(void *user, int z0, int nz, int16_t *dst, struct err *err)
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
	struct err err;
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_type_in_both_orders),
		TEST(wide_ranges_and_fractions_are_scaled),
		TEST(scaling_rules),
		TEST(hounsfield_is_recognised),
		TEST(spacing_rules),
		TEST(voxel_offset_is_honoured),
		TEST(version_2_is_read),
		TEST(rows_of_slices),
		TEST(cut_while_open),
		TEST(packed_files_settle),
		TEST(packed_files_end_late),
		TEST(hostile_headers),
		TEST(numbers_that_are_none),
		TEST(cut_files),
		TEST(damaged_gzip),
		TEST(bomb),
		TEST(other_files_and_folders),
		TEST(folder_of_volumes),
		TEST(writer_round_trip),
		TEST(wrapped_source),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

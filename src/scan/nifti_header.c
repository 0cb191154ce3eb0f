#include "scan/nifti.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "scan/flat.h"

/* Fields of both versions, widened. */
struct fields {
	int64_t dim[8];
	int datatype, bitpix, qform, sform, units;
	double pixdim[8], offset, slope, inter, srow[3][4];
	double quatern[3], qoffset[3];
};

static uint64_t get(const uint8_t *p, int width, bool big)
{
	uint64_t v = 0;
	for (int i = 0; i < width; i++)
		v |= (uint64_t)p[i] << 8 * (big ? width - 1 - i : i);
	return v;
}

static int get_i16(const uint8_t *p, bool big)
{
	return (int16_t)get(p, 2, big);
}

static int32_t get_i32(const uint8_t *p, bool big)
{
	return (int32_t)get(p, 4, big);
}

static double get_f32(const uint8_t *p, bool big)
{
	uint32_t bits = (uint32_t)get(p, 4, big);
	float f;
	memcpy(&f, &bits, 4);
	return (double)f;
}

static double get_f64(const uint8_t *p, bool big)
{
	uint64_t bits = get(p, 8, big);
	double d;
	memcpy(&d, &bits, 8);
	return d;
}

static void read_v1(const uint8_t *h, bool big, struct fields *f)
{
	for (size_t i = 0; i < 8; i++) {
		f->dim[i] = get_i16(h + 40 + 2 * i, big);
		f->pixdim[i] = get_f32(h + 76 + 4 * i, big);
	}
	f->datatype = get_i16(h + 70, big);
	f->bitpix = get_i16(h + 72, big);
	f->offset = get_f32(h + 108, big);
	f->slope = get_f32(h + 112, big);
	f->inter = get_f32(h + 116, big);
	f->units = h[123];
	f->qform = get_i16(h + 252, big);
	f->sform = get_i16(h + 254, big);
	for (size_t i = 0; i < 12; i++)
		f->srow[i / 4][i % 4] = get_f32(h + 280 + 4 * i, big);
	for (size_t i = 0; i < 3; i++) {
		f->quatern[i] = get_f32(h + 256 + 4 * i, big);
		f->qoffset[i] = get_f32(h + 268 + 4 * i, big);
	}
}

static void read_v2(const uint8_t *h, bool big, struct fields *f)
{
	for (size_t i = 0; i < 8; i++) {
		f->dim[i] = (int64_t)get(h + 16 + 8 * i, 8, big);
		f->pixdim[i] = get_f64(h + 104 + 8 * i, big);
	}
	f->datatype = get_i16(h + 12, big);
	f->bitpix = get_i16(h + 14, big);
	f->offset = (double)(int64_t)get(h + 168, 8, big);
	f->slope = get_f64(h + 176, big);
	f->inter = get_f64(h + 184, big);
	f->qform = get_i32(h + 344, big);
	f->sform = get_i32(h + 348, big);
	for (size_t i = 0; i < 12; i++)
		f->srow[i / 4][i % 4] = get_f64(h + 400 + 8 * i, big);
	for (size_t i = 0; i < 3; i++) {
		f->quatern[i] = get_f64(h + 352 + 8 * i, big);
		f->qoffset[i] = get_f64(h + 376 + 8 * i, big);
	}
	f->units = get_i32(h + 500, big);
}

/* Version by the first field, in either byte order; 0 where it is neither. */
static int version_of(const uint8_t *h, size_t n, bool *big)
{
	for (int b = 0; n >= 4 && b < 2; b++) {
		*big = b;
		int32_t size = get_i32(h, b);
		if (size == 348 || size == 540)
			return size == 348 ? 1 : 2;
	}
	return 0;
}

bool nifti_sniff(const uint8_t *head, size_t n)
{
	bool big;
	return version_of(head, n, &big) != 0;
}

static int check_dims(const struct fields *f, const char *path, struct nifti_header *out,
		      struct gppi_error *err)
{
	int64_t nd = f->dim[0];
	if (nd < 1 || nd > 7)
		return err_set(err, GPPI_E_FORMAT,
			       "%s: the header claims %lld dimensions; the file is damaged", path,
			       (long long)nd);
	int64_t d[8] = { 0, 1, 1, 1, 1, 1, 1, 1 };
	for (int i = 1; i <= nd; i++) {
		d[i] = f->dim[i];
		/* Unused trailing dimensions are sometimes left at 0. */
		if (i > 3 && d[i] == 0)
			d[i] = 1;
		if (d[i] < 1 || d[i] > 65535)
			return err_set(err, GPPI_E_FORMAT,
				       "%s: the header claims a size of %lld voxels along axis %d; "
				       "the file is damaged", path, (long long)d[i], i);
		if (i > 3 && d[i] != 1)
			return err_set(err, GPPI_E_UNSUPPORTED,
				       "%s: holds more than one volume (axis %d has %lld entries); "
				       "save one volume per file", path, i, (long long)d[i]);
	}
	if (d[3] < 2)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: holds a single slice; a whole volume is needed", path);
	out->nx = (int)d[1];
	out->ny = (int)d[2];
	out->nz = (int)d[3];
	return 0;
}

static int check_type(const struct fields *f, const char *path, struct voxel_map *map,
		      struct gppi_error *err)
{
	switch (f->datatype) {
	case 2: map->type = VOXEL_UINT8; break;
	case 4: map->type = VOXEL_INT16; break;
	case 8: map->type = VOXEL_INT32; break;
	case 16: map->type = VOXEL_FLOAT32; break;
	case 64: map->type = VOXEL_FLOAT64; break;
	case 256: map->type = VOXEL_INT8; break;
	case 512: map->type = VOXEL_UINT16; break;
	case 768: map->type = VOXEL_UINT32; break;
	default:
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: voxels of NIfTI type %d are not read; save it as int16", path,
			       f->datatype);
	}
	if (f->bitpix && (size_t)f->bitpix != 8 * voxel_bytes(map->type))
		return err_set(err, GPPI_E_FORMAT,
			       "%s: the header says %d bits for %s voxels; the file is damaged", path,
			       f->bitpix, voxel_name(map->type));
	return 0;
}

/* The qform carries its spacing in pixdim, so that there are two statements. */
static void find_spacing(const struct fields *f, struct nifti_header *out)
{
	int space = f->units & 7;
	double unit_um = space == 1 ? 1e6 : space == 3 ? 1.0 : 1e3;
	for (int j = 0; j < 3; j++) {
		double column = sqrt(f->srow[0][j] * f->srow[0][j] + f->srow[1][j] * f->srow[1][j] +
				     f->srow[2][j] * f->srow[2][j]);
		out->pixdim_um[j] = f->pixdim[j + 1] * unit_um;
		out->sform_um[j] = f->sform > 0 ? column * unit_um : 0.0;
	}
}

/* Columns at right angles: what viewers take for a rotation. */
static bool is_rotation(const double m[3][4])
{
	for (int a = 0; a < 3; a++) {
		int b = (a + 1) % 3;
		double dot = 0, aa = 0, bb = 0;
		for (int i = 0; i < 3; i++) {
			dot += m[i][a] * m[i][b];
			aa += m[i][a] * m[i][a];
			bb += m[i][b] * m[i][b];
		}
		if (!(fabs(dot) <= 1e-3 * sqrt(aa * bb)))
			return false;
	}
	return true;
}

/* The quaternion as three columns; pixdim[0] < 0 turns the third. */
static void qform_matrix(const struct fields *f, double m[3][4])
{
	double b = f->quatern[0], c = f->quatern[1], d = f->quatern[2];
	double a = sqrt(fmax(0, 1 - (b * b + c * c + d * d)));
	double turn = f->pixdim[0] < 0 ? -1 : 1;
	const double r[3][3] = {
		{ a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c) },
		{ 2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b) },
		{ 2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c },
	};
	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 3; j++)
			m[i][j] = r[i][j] * f->pixdim[j + 1] * (j == 2 ? turn : 1);
		m[i][3] = f->qoffset[i];
	}
}

/* NIfTI's axes are RAS. Where the file names no space, viewers built on ITK take the voxels' axes for LPS
 * ones; where both forms are there and differ, they take the qform but for scanner coordinates. */
static void find_place(const struct fields *f, struct nifti_header *out)
{
	int space = f->units & 7;
	double mm = space == 1 ? 1e3 : space == 3 ? 1e-3 : 1.0, m[3][4] = { 0 };
	struct scan_place *p = &out->place;
	bool take_s = f->sform > 0 && (f->qform <= 0 || (f->sform == 1 && is_rotation(f->srow)));

	if (take_s) {
		memcpy(m, f->srow, sizeof m);
	} else if (f->qform > 0) {
		qform_matrix(f, m);
	} else {
		m[0][0] = -fabs(f->pixdim[1]);
		m[1][1] = -fabs(f->pixdim[2]);
		m[2][2] = fabs(f->pixdim[3]);
	}
	for (int i = 0; i < 3; i++) {
		double scale = i < 2 ? -mm : mm;
		p->origin[i] = scale * m[i][3];
		for (int j = 0; j < 3; j++)
			p->step[j][i] = scale * m[i][j];
	}
	p->known = scan_place_is_sound(p);
}

static int check_offset(const struct fields *f, const char *path, struct nifti_header *out,
			struct gppi_error *err)
{
	size_t least = out->version == 1 ? 348 : 540;
	double off = f->offset == 0.0 ? (double)(out->version == 1 ? 352 : 544) : f->offset;
	if (!(off >= (double)least && off < 1e15) || off != floor(off))
		return err_set(err, GPPI_E_FORMAT,
			       "%s: the header puts the voxels at byte %g; the file is damaged", path,
			       f->offset);
	out->offset = (size_t)off;
	return 0;
}

int nifti_parse(const uint8_t *head, size_t n, const char *path, struct nifti_header *out,
		struct gppi_error *err)
{
	*out = (struct nifti_header){ 0 };
	bool big;
	out->version = version_of(head, n, &big);
	if (!out->version)
		return err_set(err, GPPI_E_FORMAT, "%s: is not a NIfTI file", path);
	if (n < (out->version == 1 ? 348u : 540u))
		return err_set(err, GPPI_E_FORMAT,
			       "%s: ends inside its NIfTI header; the file is cut", path);
	const char *magic = (const char *)head + (out->version == 1 ? 344 : 4);
	const char *pair = out->version == 1 ? "ni1" : "ni2";
	const char *single = out->version == 1 ? "n+1" : "n+2";
	if (memcmp(magic, pair, 4) == 0)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: is the header of a .hdr/.img pair; save it as one .nii file", path);
	if (memcmp(magic, single, 4) != 0)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: is not NIfTI (an Analyze header?); save it as one .nii file", path);

	struct fields f = { 0 };
	if (out->version == 1)
		read_v1(head, big, &f);
	else
		read_v2(head, big, &f);
	out->map.swap = flat_must_swap(big);

	int rc;
	if ((rc = check_dims(&f, path, out, err)) < 0 ||
	    (rc = check_type(&f, path, &out->map, err)) < 0 ||
	    (rc = check_offset(&f, path, out, err)) < 0)
		return rc;
	size_t voxels, bytes;
	if (!size_mul3((size_t)out->nx, (size_t)out->ny, (size_t)out->nz, &voxels) ||
	    !size_mul(voxels, voxel_bytes(out->map.type), &bytes) || voxels > SIZE_MAX / 16)
		return err_set(err, GPPI_E_FORMAT,
			       "%s: the header claims %d x %d x %d voxels, more than any memory", path,
			       out->nx, out->ny, out->nz);
	bool scaled = f.slope != 0.0 && isfinite(f.slope);
	out->map.file_slope = scaled ? f.slope : 1.0;
	out->map.file_intercept = scaled && isfinite(f.inter) ? f.inter : 0.0;
	find_spacing(&f, out);
	find_place(&f, out);
	return 0;
}

/* MetaImage (.mha, .mhd with its data file): a text header, then voxels as they are or packed. Source of the layout:
 * the MetaIO documentation of ITK. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "scan/flat.h"
#include "scan/format.h"
#include "scan/text_header.h"

#define DIMS_MAX 10

/* Fields as the header gives them. */
struct fields {
	long long dims[3];
	struct text_sizes spacing, size;
	double offset[3], axes[9], slope, intercept;
	bool has_dims, has_spacing, has_size, big, packed, ascii;
	bool several; /* more than one along a fourth axis, or a further one */
	long long ndims, channels, header_size;
	char type[24], data[512];
};

static const struct { const char *name; enum voxel_type type; } types[] = {
	{ "MET_CHAR", VOXEL_INT8 },    { "MET_UCHAR", VOXEL_UINT8 },
	{ "MET_SHORT", VOXEL_INT16 },  { "MET_USHORT", VOXEL_UINT16 },
	{ "MET_INT", VOXEL_INT32 },    { "MET_UINT", VOXEL_UINT32 },
	{ "MET_LONG", VOXEL_INT32 },   { "MET_ULONG", VOXEL_UINT32 },
	{ "MET_FLOAT", VOXEL_FLOAT32 }, { "MET_DOUBLE", VOXEL_FLOAT64 },
};

static bool metaimage_sniff(const uint8_t *head, size_t n)
{
	static const char *const first[] = { "ObjectType", "ObjectSubType", "NDims", "Comment", "BinaryData",
					     "CompressedData", "DimSize", "ElementSpacing", "ElementType" };
	for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
		size_t len = strlen(first[i]);
		if (n <= len || memcmp(head, first[i], len) != 0)
			continue;
		while (len < n && (head[len] == ' ' || head[len] == '\t'))
			len++;
		return len < n && head[len] == '=';
	}
	return false;
}

static int bad(const char *path, const char *key, const char *value, struct gppi_error *err)
{
	return err_set(err, GPPI_E_FORMAT, "%s: \"%.40s = %.80s\" in its header means nothing; the file is "
		       "damaged", path, key, value);
}

static bool is_true(const char *value)
{
	return value[0] == 'T' || value[0] == 't' || value[0] == '1' || value[0] == 'Y' || value[0] == 'y';
}

/* The first three axes of a matrix of 3 x 3, 4 x 4 ... numbers. */
static bool directions(int n, const double *matrix, double axes[9])
{
	int dims = 3;
	while (dims < DIMS_MAX && dims * dims < n)
		dims++;
	dims = dims * dims == n ? dims : 3;
	for (int i = 0; n >= 9 && i < 9; i++)
		axes[i] = matrix[i / 3 * dims + i % 3];
	return n >= 9;
}

/* Sizes of the first three axes. */
static void voxel_sizes(const char *v, long long ndims, struct text_sizes *out)
{
	char three[128];
	snprintf(three, sizeof three, "%s", v);
	if (ndims > 3)
		three[text_words(three, 3)] = '\0';
	text_sizes_read(three, out);
}

static int take(const char *path, const char *key, const char *v, struct fields *f, struct gppi_error *err)
{
	double d[DIMS_MAX * DIMS_MAX];
	bool ok = true;
	if (!strcmp(key, "ObjectType")) {
		if (strcasecmp(v, "Image") != 0)
			return err_set(err, GPPI_E_UNSUPPORTED, "%s: holds a MetaIO object of type \"%.40s\", "
				       "not an image", path, v);
	} else if (!strcmp(key, "NDims")) {
		ok = text_whole(v, 1, DIMS_MAX, &f->ndims);
	} else if (!strcmp(key, "DimSize")) {
		int n = number_list(v, d, DIMS_MAX);
		ok = f->has_dims = n >= 3 && n <= DIMS_MAX;
		for (int i = 3; i < n && ok; i++)
			f->several = f->several || d[i] != 1.0;
		f->several = f->several || n < f->ndims;
		for (int i = 0; i < 3 && ok; i++) {
			ok = d[i] >= 1.0 && d[i] <= 65535.0 && d[i] == floor(d[i]);
			f->dims[i] = ok ? (long long)d[i] : 0;
		}
	} else if (!strcmp(key, "ElementSpacing")) {
		voxel_sizes(v, f->ndims, &f->spacing);
		f->has_spacing = true;
	} else if (!strcmp(key, "ElementSize")) {
		voxel_sizes(v, f->ndims, &f->size);
		f->has_size = true;
	} else if (!strcmp(key, "Offset") || !strcmp(key, "Position") || !strcmp(key, "Origin")) {
		ok = text_numbers(v, f->offset, 3);
	} else if (!strcmp(key, "TransformMatrix") || !strcmp(key, "Orientation") || !strcmp(key, "Rotation")) {
		ok = directions(number_list(v, d, DIMS_MAX * DIMS_MAX), d, f->axes);
	} else if (!strcmp(key, "ElementType")) {
		snprintf(f->type, sizeof f->type, "%s", v);
	} else if (!strcmp(key, "ElementNumberOfChannels")) {
		ok = text_whole(v, 1, 1000000, &f->channels);
	} else if (!strcmp(key, "ElementByteOrderMSB") || !strcmp(key, "BinaryDataByteOrderMSB")) {
		f->big = is_true(v);
	} else if (!strcmp(key, "BinaryData")) {
		f->ascii = !is_true(v);
	} else if (!strcmp(key, "CompressedData")) {
		f->packed = is_true(v);
	} else if (!strcmp(key, "HeaderSize")) {
		ok = text_whole(v, -1, 1LL << 40, &f->header_size);
	} else if (!strcmp(key, "ElementToIntensityFunctionSlope")) {
		ok = text_numbers(v, &f->slope, 1);
	} else if (!strcmp(key, "ElementToIntensityFunctionOffset")) {
		ok = text_numbers(v, &f->intercept, 1);
	} else if (!strcmp(key, "ElementDataFile")) {
		snprintf(f->data, sizeof f->data, "%s", v);
	}
	return ok ? 0 : bad(path, key, v, err);
}

/* All lines up to ElementDataFile, behind which the voxels may begin. */
static int read_fields(struct text_header *h, struct fields *f, struct gppi_error *err)
{
	for (char *line; !f->data[0] && (line = text_header_line(h, true));) {
		char *value = text_value(line, "=");
		if (!value && !line[strspn(line, " \t")])
			continue;
		if (!value)
			return err_set(err, GPPI_E_FORMAT, "%s: its header is no MetaImage header near "
				       "\"%.40s\"", h->path, line);
		int rc = take(h->path, line, value, f, err);
		if (rc < 0)
			return rc;
	}
	if (!f->data[0] || !f->has_dims || !f->type[0])
		return err_set(err, GPPI_E_FORMAT, "%s: its header lacks %s; the file is cut or damaged", h->path,
			       !f->has_dims ? "DimSize" : !f->type[0] ? "ElementType" : "ElementDataFile");
	return 0;
}

static int check(const char *path, const struct fields *f, struct flat_layout *l, struct gppi_error *err)
{
	if (f->ndims < 3 || (f->ndims > 3 && f->several) || f->dims[2] < 2)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: holds a picture or several volumes (NDims %lld); a "
			       "single volume is needed", path, f->ndims);
	if (f->channels != 1)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: has %lld values in each voxel; save one", path,
			       f->channels);
	if (f->ascii)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: its voxels are written as text; save it with "
			       "BinaryData = True", path);
	if (!strncmp(f->data, "LIST", 4) || strchr(f->data, '%'))
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: its voxels are spread over several files; save it as "
			       "one .mha file", path);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(types[i].name, f->type)) {
			l->map.type = types[i].type;
			l->map.swap = flat_must_swap(f->big);
			return 0;
		}
	return err_set(err, GPPI_E_UNSUPPORTED, "%s: voxels of type %s are not read; save it as MET_SHORT", path,
		       f->type);
}

static int locate(const struct text_header *h, const struct fields *f, struct flat_layout *l, struct gppi_error *err)
{
	bool local = !strcasecmp(f->data, "LOCAL");
	size_t at = local ? h->at : 0;
	int rc = 0;
	if (local)
		snprintf(l->path, sizeof l->path, "%s", h->path);
	else
		rc = text_data_file(h->path, f->data, l->path, err);
	if (rc < 0)
		return rc;
	l->packed = f->packed;
	if (f->packed)
		l->packed_at = f->header_size > 0 ? (size_t)f->header_size : at;
	else if (f->header_size == -1)
		return text_from_end(l, err);
	else
		l->offset = f->header_size > 0 ? (size_t)f->header_size : at;
	return 0;
}

/* Row i of the matrix is the direction of axis i, in LPS. */
static void find_place(const struct fields *f, struct scan_place *p)
{
	static const double ones[3] = { 1, 1, 1 };
	const double *step = f->has_spacing ? f->spacing.step : f->has_size ? f->size.step : ones;

	for (int i = 0; i < 3; i++) {
		p->origin[i] = f->offset[i];
		for (int j = 0; j < 3; j++)
			p->step[i][j] = f->axes[3 * i + j] * step[i];
	}
	p->known = scan_place_is_sound(p);
}

static int metaimage_open(const char *path, struct scan *scan, struct gppi_error *err)
{
	struct fields f = { .ndims = 3, .channels = 1, .slope = 1.0,
			    .axes = { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };
	struct flat_layout l = { .packed = false };
	struct text_header *h;
	struct scan_info *info = &scan->info;
	int rc = text_header_read(path, &h, err);
	if (rc < 0)
		return rc;
	if ((rc = read_fields(h, &f, err)) < 0 || (rc = check(path, &f, &l, err)) < 0)
		goto end;
	l.nx = (int)f.dims[0];
	l.ny = (int)f.dims[1];
	l.nz = (int)f.dims[2];
	bool scaled = isfinite(f.slope) && f.slope != 0.0 && isfinite(f.intercept);
	l.map.file_slope = scaled ? f.slope : 1.0;
	l.map.file_intercept = scaled ? f.intercept : 0.0;
	if ((rc = locate(h, &f, &l, err)) < 0 || (rc = flat_open(&l, scan, err)) < 0)
		goto end;
	snprintf(info->format, sizeof info->format, "MetaImage%s", l.packed ? " (zlib)" : "");
	snprintf(info->path, sizeof info->path, "%s", path);
	if (strcmp(l.path, path) != 0)
		scan_note(info, "voxels in: %s", f.data);
	text_sizes_take(f.has_spacing ? &f.spacing : &f.size, 1000.0, info);
	find_place(&f, &info->place);
end:
	text_header_free(h);
	return rc;
}

const struct scan_format metaimage_format = {
	.name = "MetaImage", .sniff = metaimage_sniff, .open = metaimage_open, .suffixes = { ".mha", ".mhd" },
};

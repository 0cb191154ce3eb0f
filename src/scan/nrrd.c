/* NRRD (.nrrd, .nhdr with its data file): a text header, then voxels as they are or packed. Source of the layout: the
 * NRRD 0005 definition of Teem. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "scan/flat.h"
#include "scan/format.h"
#include "scan/text_header.h"

#define AXES_MAX 16

/* Fields as the header gives them. */
struct fields {
	long long dimension, line_skip, byte_skip;
	double sizes[AXES_MAX], axes[9], origin[3];
	int axis[3];     /* those of the volume; others are of one value */
	struct text_sizes spacing;
	char space[40], unit[40], spacings[512], units[256];
	bool has_axes, has_sizes, has_endian, big;
	char type[32], encoding[16], data[512];
};

static const struct { const char *names; enum voxel_type type; } types[] = {
	{ "|signed char|int8|int8_t|", VOXEL_INT8 },
	{ "|uchar|unsigned char|uint8|uint8_t|", VOXEL_UINT8 },
	{ "|short|short int|signed short|signed short int|int16|int16_t|", VOXEL_INT16 },
	{ "|ushort|unsigned short|unsigned short int|uint16|uint16_t|", VOXEL_UINT16 },
	{ "|int|signed int|int32|int32_t|", VOXEL_INT32 },
	{ "|uint|unsigned int|uint32|uint32_t|", VOXEL_UINT32 },
	{ "|float|", VOXEL_FLOAT32 },
	{ "|double|", VOXEL_FLOAT64 },
};

static bool nrrd_sniff(const uint8_t *head, size_t n)
{
	return n >= 8 && !memcmp(head, "NRRD000", 7);
}

/* Vectors in brackets are separated by commas, so that their numbers cannot have any. */
static bool vector(const char **s, double v[3])
{
	char copy[128];
	const char *open = strchr(*s, '('), *close = open ? strchr(open, ')') : NULL;
	if (!close || close - open >= (int)sizeof copy)
		return false;
	snprintf(copy, sizeof copy, "%.*s", (int)(close - open), open);
	*s = close + 1;
	return number_list(copy, v, 3) == 3;
}

/* "(a,b,c) (d,e,f) (g,h,i)": the lengths of three vectors. */
static void directions(const char *text, struct fields *f)
{
	const char *s = text;
	f->has_axes = true;
	f->spacing = (struct text_sizes){ .odd = "" };
	for (size_t i = 0; i < 3 && f->has_axes; i++) {
		double *v = f->axes + 3 * i;
		f->has_axes = vector(&s, v);
		f->spacing.step[i] = f->has_axes ? sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) : 0.0;
		f->spacing.zero = f->spacing.zero || (f->has_axes && f->spacing.step[i] == 0.0);
	}
	if (!f->has_axes)
		snprintf(f->spacing.odd, sizeof f->spacing.odd, "%s", text);
}

static int take(const char *path, const char *key, const char *v, struct fields *f, struct gppi_error *err)
{
	bool ok = true;
	if (!strcasecmp(key, "dimension"))
		ok = text_whole(v, 1, AXES_MAX, &f->dimension);
	else if (!strcasecmp(key, "sizes"))
		ok = f->has_sizes = number_list(v, f->sizes, AXES_MAX) >= (f->dimension > 0 ? f->dimension : 3);
	else if (!strcasecmp(key, "type"))
		snprintf(f->type, sizeof f->type, "%s", v);
	else if (!strcasecmp(key, "encoding"))
		snprintf(f->encoding, sizeof f->encoding, "%s", v);
	else if (!strcasecmp(key, "endian"))
		f->has_endian = true, f->big = !strcasecmp(v, "big"), ok = f->big || !strcasecmp(v, "little");
	else if (!strcasecmp(key, "line skip") || !strcasecmp(key, "lineskip"))
		ok = text_whole(v, 0, 1000000, &f->line_skip);
	else if (!strcasecmp(key, "byte skip") || !strcasecmp(key, "byteskip"))
		ok = text_whole(v, -1, 1LL << 40, &f->byte_skip);
	else if (!strcasecmp(key, "data file") || !strcasecmp(key, "datafile"))
		snprintf(f->data, sizeof f->data, "%s", v);
	else if (!strcasecmp(key, "spacings"))
		snprintf(f->spacings, sizeof f->spacings, "%s", v);
	else if (!strcasecmp(key, "space directions"))
		directions(v, f);
	else if (!strcasecmp(key, "space origin"))
		(void)text_numbers(v, f->origin, 3);
	else if (!strcasecmp(key, "space"))
		snprintf(f->space, sizeof f->space, "%s", v);
	else if (!strcasecmp(key, "space units"))
		snprintf(f->unit, sizeof f->unit, "%.*s", (int)text_words(v, 1), v); /* of all axes */
	else if (!strcasecmp(key, "units"))
		snprintf(f->units, sizeof f->units, "%s", v);
	if (ok)
		return 0;
	return err_set(err, GPPI_E_FORMAT, "%s: \"%.40s: %.80s\" in its header means nothing; the file is damaged",
		       path, key, v);
}

/* The names of several files follow, and end the header. */
static bool is_list(const struct fields *f)
{
	return !strncasecmp(f->data, "LIST", 4) && (!f->data[4] || f->data[4] == ' ' || f->data[4] == '\t');
}

/* All lines up to the empty one. */
static int read_fields(struct text_header *h, struct fields *f, struct gppi_error *err)
{
	bool ended = false;
	char *line = text_header_line(h, false); /* the magic */
	while (line && !is_list(f) && (line = text_header_line(h, f->data[0]))) {
		ended = !line[0];
		if (ended)
			break;
		if (line[0] == '#' || strstr(line, ":="))
			continue;
		char *value = text_value(line, ":");
		if (!value)
			return err_set(err, GPPI_E_FORMAT, "%s: its header is no NRRD header near \"%.40s\"",
				       h->path, line);
		int rc = take(h->path, line, value, f, err);
		if (rc < 0)
			return rc;
	}
	/* A header of its own may end with its file. */
	if ((!ended && !f->data[0]) || !f->dimension || !f->has_sizes || !f->type[0] || !f->encoding[0])
		return err_set(err, GPPI_E_FORMAT, "%s: its header lacks %s; the file is cut or damaged", h->path,
			       !f->dimension ? "dimension" : !f->has_sizes ? "sizes" : !f->type[0] ? "type"
			       : !f->encoding[0] ? "encoding" : "its end");
	return 0;
}

static int find_type(const char *path, const struct fields *f, struct voxel_map *map, struct gppi_error *err)
{
	char wanted[40];
	snprintf(wanted, sizeof wanted, "|%s|", f->type);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strstr(types[i].names, wanted)) {
			map->type = types[i].type;
			if (voxel_bytes(map->type) > 1 && !f->has_endian)
				return err_set(err, GPPI_E_FORMAT, "%s: its header lacks endian; the file is "
					       "damaged", path);
			map->swap = flat_must_swap(f->big);
			return 0;
		}
	return err_set(err, GPPI_E_UNSUPPORTED, "%s: voxels of type \"%s\" are not read; save it as short", path,
		       f->type);
}

/* More than three dimensions are those of one volume where the others are of one value: a list of one volume, a
 * vector of one value in each voxel. */
static bool find_axes(struct fields *f)
{
	int left = (int)f->dimension - 3, n = 0;
	for (int i = 0; i < f->dimension; i++)
		if (left > 0 && f->sizes[i] == 1.0)
			left--;
		else if (n < 3)
			f->axis[n++] = i;
	return left == 0 && n == 3;
}

/* Word `index` of several, in quotes or not; empty where there are fewer. */
static void word_at(const char *s, int index, char *out, size_t room)
{
	size_t from = text_words(s, index), to = text_words(s, index + 1);
	from += strspn(s + from, " \t");
	snprintf(out, room, "%.*s", (int)(to > from && to - from < room ? to - from : 0), s + from);
}

/* What is told of each axis, for those of the volume. */
static void take_axes(struct fields *f)
{
	char words[3][40], text[128];
	if (f->dimension > 3 && f->spacings[0]) {
		for (int i = 0; i < 3; i++)
			word_at(f->spacings, f->axis[i], words[i], sizeof words[i]);
		snprintf(text, sizeof text, "%s %s %s", words[0], words[1], words[2]);
		text_sizes_read(text, &f->spacing);
	} else if (f->spacings[0]) {
		text_sizes_read(f->spacings, &f->spacing);
	}
	if (f->units[0])
		word_at(f->units, f->axis[0], f->unit, sizeof f->unit);
}

static int check(const char *path, struct fields *f, struct flat_layout *l, struct gppi_error *err)
{
	if (!find_axes(f))
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: has %lld dimensions, not three (a picture, several volumes, or "
			       "several values in each voxel); save a single volume",
			       path, f->dimension);
	int *const dims[] = { &l->nx, &l->ny, &l->nz };
	for (int i = 0; i < 3; i++) {
		double size = f->sizes[f->axis[i]];
		if (!(size >= 1.0 && size <= 65535.0) || size != floor(size))
			return err_set(err, GPPI_E_FORMAT, "%s: the header claims a size of %g voxels along axis "
				       "%d; the file is damaged", path, size, f->axis[i] + 1);
		*dims[i] = (int)size;
	}
	if (l->nz < 2)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: holds a single slice; a whole volume is needed", path);
	l->packed = !strcasecmp(f->encoding, "gzip") || !strcasecmp(f->encoding, "gz");
	if (!l->packed && strcasecmp(f->encoding, "raw") != 0)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: its encoding \"%s\" is not read; save it with the "
			       "encoding raw or gzip", path, f->encoding);
	if (is_list(f) || strchr(f->data, '%'))
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: its voxels are spread over several files; save it as "
			       "one .nrrd file", path);
	return find_type(path, f, &l->map, err);
}

static int locate(const struct text_header *h, const struct fields *f, struct flat_layout *l, struct gppi_error *err)
{
	size_t at = f->data[0] ? 0 : h->at;
	int rc = 0;
	if (f->data[0])
		rc = text_data_file(h->path, f->data, l->path, err);
	else
		snprintf(l->path, sizeof l->path, "%s", h->path);
	if (rc == 0)
		rc = text_skip_lines(l->path, f->line_skip, &at, err);
	if (rc < 0)
		return rc;
	if (f->byte_skip == -1 && !l->packed)
		return text_from_end(l, err);
	if (f->byte_skip == -1)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: \"byte skip: -1\" is for the encoding raw only", h->path);
	l->packed_at = at;
	l->offset = (size_t)f->byte_skip + (l->packed ? 0 : at);
	return 0;
}

/* Names of spaces say where x and y point; z points to the head in all that are in use. */
static void find_place(const struct fields *f, double unit_um, struct scan_place *p)
{
	const char *s = f->space;
	bool right = !strncasecmp(s, "right", 5) || !strncasecmp(s, "RA", 2);
	bool front = right || !strncasecmp(s, "left-anterior", 13) || !strncasecmp(s, "LA", 2);

	for (int j = 0; j < 3; j++) {
		double mm = unit_um / 1e3 * ((j == 0 && right) || (j == 1 && front) ? -1 : 1);
		p->origin[j] = f->origin[j] * mm;
		for (int i = 0; i < 3; i++)
			p->step[i][j] = f->axes[3 * i + j] * mm;
	}
	p->known = f->has_axes && scan_place_is_sound(p);
}

static int nrrd_open(const char *path, struct scan *scan, struct gppi_error *err)
{
	struct fields f = { 0 };
	struct flat_layout l = { .map = { .file_slope = 1.0 } };
	struct text_header *h;
	struct scan_info *info = &scan->info;
	int rc = text_header_read(path, &h, err);
	if (rc < 0)
		return rc;
	if ((rc = read_fields(h, &f, err)) < 0 || (rc = check(path, &f, &l, err)) < 0 ||
	    (rc = locate(h, &f, &l, err)) < 0 || (rc = flat_open(&l, scan, err)) < 0)
		goto end;
	snprintf(info->format, sizeof info->format, "NRRD%s", l.packed ? " (gzip)" : "");
	snprintf(info->path, sizeof info->path, "%s", path);
	if (f.data[0])
		scan_note(info, "voxels in: %s", f.data);
	take_axes(&f);
	double unit_um = spacing_unit_or_mm(info, f.unit);
	text_sizes_take(&f.spacing, unit_um, info);
	find_place(&f, unit_um, &info->place);
end:
	text_header_free(h);
	return rc;
}

const struct scan_format nrrd_format = {
	.name = "NRRD", .sniff = nrrd_sniff, .open = nrrd_open, .suffixes = { ".nrrd", ".nhdr" },
};

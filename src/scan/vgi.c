/* VOX (one file, text header "Vox1999a") and VGI (an INI file beside its raw voxels), as Volume Graphics and several
 * reconstruction programs write them. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "scan/flat.h"
#include "scan/format.h"
#include "scan/text_header.h"

/* What both headers tell. */
struct fields {
	double size[3], scale, offset;
	struct text_sizes step;
	bool has_size, has_order, big;
	long long bits, skip, volumes;
	char type[32], name[512], unit[40], format[32];
	int files;
};

static bool vox_sniff(const uint8_t *head, size_t n)
{
	return n >= 9 && !memcmp(head, "Vox1999a", 8) && isspace(head[8]);
}

static bool vgi_sniff(const uint8_t *head, size_t n)
{
	size_t i = 0;
	if (n >= 3 && !memcmp(head, "\xef\xbb\xbf", 3))
		i = 3;
	while (i < n && isspace(head[i]))
		i++;
	return n - i >= 7 && !memcmp(head + i, "{volume", 7);
}

static int bad(const char *path, const char *what, struct gppi_error *err)
{
	return err_set(err, GPPI_E_FORMAT, "%s: its header lacks or garbles %s; the file is cut or damaged", path,
		       what);
}

/* Dimensions, voxel type and spacing, common to both. */
static int set_layout(const char *path, const struct fields *f, struct flat_layout *l, struct gppi_error *err)
{
	int *const dims[] = { &l->nx, &l->ny, &l->nz };
	for (int i = 0; i < 3; i++) {
		if (!f->has_size || !(f->size[i] >= 1.0 && f->size[i] <= 65535.0) || f->size[i] != floor(f->size[i]))
			return bad(path, "the size", err);
		*dims[i] = (int)f->size[i];
	}
	bool is_signed = !strcasecmp(f->type, "integer") || !strcasecmp(f->type, "signed integer");
	bool is_float = !strcasecmp(f->type, "float");
	if ((!is_signed && !is_float && strcasecmp(f->type, "unsigned integer") != 0) ||
	    (is_float ? f->bits != 32 : f->bits != 8 && f->bits != 16))
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: voxels of %lld bits (%s) are not read; save 16-bit ones",
			       path, f->bits, f->type);
	l->map.type = is_float ? VOXEL_FLOAT32 : f->bits == 8 ? is_signed ? VOXEL_INT8 : VOXEL_UINT8
		    : is_signed ? VOXEL_INT16 : VOXEL_UINT16;
	l->map.swap = flat_must_swap(f->big);
	bool scaled = isfinite(f->scale) && f->scale != 0.0 && isfinite(f->offset);
	l->map.file_slope = scaled ? f->scale : 1.0;
	l->map.file_intercept = scaled ? f->offset : 0.0;
	return 0;
}

/* The number behind a word of a Field line. */
static void field_number(const char *line, const char *word, double *out)
{
	const char *at = strstr(line, word);
	double v;
	const char *end;
	if (at && number_at(at + strlen(word), &v, &end))
		*out = v;
}

static bool take_vox(const char *line, struct fields *f)
{
	if (!strncmp(line, "VolumeCount ", 12))
		return text_whole(line + 12, 1, 1000, &f->volumes);
	if (!strncmp(line, "VolumeSize ", 11))
		return f->has_size = text_numbers(line + 11, f->size, 3);
	if (!strncmp(line, "VolumeScale ", 12))
		text_sizes_read(line + 12, &f->step);
	else if (!strncmp(line, "VoxelSize ", 10))
		return text_whole(line + 10, 1, 64, &f->bits);
	else if (!strncmp(line, "Endian ", 7)) {
		f->has_order = line[7] == 'L' || line[7] == 'B';
		f->big = line[7] == 'B';
	} else if (!strncmp(line, "Field", 5)) {
		if (f->files++ == 0) {
			field_number(line, "Scale ", &f->scale);
			field_number(line, "Offset ", &f->offset);
		}
	}
	return true;
}

/* Two parts, of the file and of its first volume, each ended by ## and a form feed. */
static int read_vox(struct text_header *h, struct fields *f, struct gppi_error *err)
{
	char *line = text_header_line(h, false);
	int parts = 0;
	while (line && parts < 2 && (line = text_header_line(h, false))) {
		if (!strcmp(line, "##\f"))
			parts++;
		else if (!take_vox(line, f))
			return bad(h->path, line, err);
	}
	if (parts < 2)
		return bad(h->path, "its end", err);
	if (f->volumes != 1 || f->files > 1)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: holds several volumes or fields; save a single one",
			       h->path);
	if (f->bits > 8 && !f->has_order)
		return bad(h->path, "Endian", err);
	return 0;
}

static int vox_open(const char *path, struct scan *scan, struct gppi_error *err)
{
	struct fields f = { .scale = 1.0, .volumes = 1, .type = "unsigned integer" };
	struct flat_layout l = { .packed = false };
	struct text_header *h;
	struct scan_info *info = &scan->info;
	int rc = text_header_read(path, &h, err);
	if (rc < 0)
		return rc;
	if (!vox_sniff((const uint8_t *)h->text, h->size))
		rc = bad(path, "its beginning", err);
	else if ((rc = read_vox(h, &f, err)) == 0)
		rc = set_layout(path, &f, &l, err);
	l.offset = h->at;
	text_header_free(h);
	snprintf(l.path, sizeof l.path, "%s", path);
	if (rc < 0 || (rc = flat_open(&l, scan, err)) < 0)
		return rc;
	snprintf(info->format, sizeof info->format, "VOX");
	snprintf(info->path, sizeof info->path, "%s", path);
	text_sizes_take(&f.step, 1e4, info); /* cm */
	return 0;
}

/* Keys are written in any case. */
static bool take_vgi(const char *section, const char *key, const char *value, struct fields *f)
{
	if (!strcasecmp(section, "[file1]")) {
		if (!strcasecmp(key, "Name"))
			snprintf(f->name, sizeof f->name, "%s", value);
		else if (!strcasecmp(key, "Size"))
			return f->has_size = text_numbers(value, f->size, 3);
		else if (!strcasecmp(key, "Datatype"))
			snprintf(f->type, sizeof f->type, "%s", value);
		else if (!strcasecmp(key, "BitsPerElement"))
			return text_whole(value, 1, 64, &f->bits);
		else if (!strcasecmp(key, "FileFormat"))
			snprintf(f->format, sizeof f->format, "%s", value);
		else if (!strcasecmp(key, "SkipHeader"))
			return text_whole(value, 0, 1LL << 40, &f->skip);
	} else if (!strcasecmp(section, "[geometry]")) {
		if (!strcasecmp(key, "resolution"))
			text_sizes_read(value, &f->step);
		else if (!strcasecmp(key, "unit"))
			snprintf(f->unit, sizeof f->unit, "%s", value);
	}
	return true;
}

/* "{volume2}" and so on: what follows is another volume's. */
static bool next_volume(const char *line)
{
	long long number;
	char copy[24];
	if (strncasecmp(line, "{volume", 7) != 0)
		return false;
	snprintf(copy, sizeof copy, "%.*s", (int)strcspn(line + 7, "}"), line + 7);
	return text_whole(copy, 2, 1000000, &number);
}

static int read_vgi(struct text_header *h, struct fields *f, struct gppi_error *err)
{
	char section[64] = "";
	for (char *line; (line = text_header_line(h, true));) {
		char *value = text_value(line, "=");
		line += strspn(line, " \t");
		if (next_volume(line))
			break;
		if (!value && line[0] == '[') {
			snprintf(section, sizeof section, "%.*s", (int)strcspn(line, " \t\r"), line);
			f->files += !strncasecmp(section, "[file", 5);
		} else if (value && !take_vgi(section, line, value, f)) {
			return bad(h->path, line, err);
		}
	}
	if (f->files > 1)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: its voxels are spread over %d files; save them as one",
			       h->path, f->files);
	if (f->format[0] && strcasecmp(f->format, "raw") != 0)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: its voxels are in a file of the format \"%s\"; save them as raw, or "
			       "give that file",
			       h->path, f->format);
	return f->name[0] ? 0 : bad(h->path, "the name of the file with the voxels", err);
}

static int vgi_open(const char *path, struct scan *scan, struct gppi_error *err)
{
	struct fields f = { .scale = 1.0 };
	struct flat_layout l = { .packed = false };
	struct text_header *h;
	struct scan_info *info = &scan->info;
	int rc = text_header_read(path, &h, err);
	if (rc < 0)
		return rc;
	rc = read_vgi(h, &f, err);
	text_header_free(h);
	/* The name often leads to where the file was made: only the last part counts. */
	const char *name = f.name;
	for (const char *c = f.name; *c; c++)
		name = *c == '/' || *c == '\\' ? c + 1 : name;
	if (rc < 0 || (rc = set_layout(path, &f, &l, err)) < 0 ||
	    (rc = text_data_file(path, name, l.path, err)) < 0)
		return rc;
	l.offset = (size_t)f.skip;
	if ((rc = flat_open(&l, scan, err)) < 0)
		return rc;
	snprintf(info->format, sizeof info->format, "VGI");
	snprintf(info->path, sizeof info->path, "%s", path);
	scan_note(info, "voxels in: %s", name);
	text_sizes_take(&f.step, spacing_unit_or_mm(info, f.unit), info);
	return 0;
}

const struct scan_format vox_format = {
	.name = "VOX", .sniff = vox_sniff, .open = vox_open, .suffixes = { ".vox" },
};

const struct scan_format vgi_format = {
	.name = "VGI", .sniff = vgi_sniff, .open = vgi_open, .suffixes = { ".vgi" },
};

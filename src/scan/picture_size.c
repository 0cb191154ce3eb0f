#include "scan/picture_size.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "picture/picture.h"
#include "scan/reader.h"
#include "scan/tiff_axes.h"

#define WORD 64

/* The value of "key=value" on a line of ImageJ's description; false where it is not there. */
static bool imagej(const struct tiff_file *t, const char *key, char out[WORD])
{
	const char *value = tiff_imagej(t, key);
	if (value)
		snprintf(out, WORD, "%.*s", (int)strcspn(value, "\r\n"), value);
	return value != NULL;
}

/* A unit of ImageJ; `otherwise` where there is none. "pixel" is no length: the sizes mean nothing. */
static double imagej_unit(const struct tiff_file *t, const char *key, double otherwise, struct scan_info *info)
{
	char word[WORD];
	if (!imagej(t, key, word) || !word[0])
		return otherwise;
	double um = spacing_unit_um(word);
	if (!(um > 0.0) && strncasecmp(word, "pixel", 5) != 0 && strncasecmp(word, "voxel", 5) != 0)
		spacing_doubt(info, "its unit \"%.20s\" is not known", word);
	return um;
}

/* A resolution in centimetres or inches may be one of a printer; smaller units are written by programs that know the
 * size. */
static double pixel(double pixels, double per_um)
{
	if (per_um >= 1e4)
		return spacing_of_resolution(pixels, per_um);
	return pixels > 0.0 ? per_um / pixels : 0.0;
}

static void note_unused(double pixels, double per_um, double used, struct scan_info *info)
{
	char dots[32];
	if (pixels > 0.0 && per_um > 0.0 && !(used > 0.0))
		scan_note(info, "resolution: %s dots per inch, which is taken for no voxel size",
			  number_short(dots, sizeof dots, 4, pixels * 25400.0 / per_um));
}

static void imagej_size(const struct tiff_file *t, struct scan_info *info, double um[3])
{
	char word[WORD];
	double unit = imagej_unit(t, "unit", t->unit_um, info), z = imagej_unit(t, "zunit", unit, info);
	double y = imagej_unit(t, "yunit", unit, info);
	um[0] = pixel(t->pixels_per[0], unit);
	um[1] = pixel(t->pixels_per[1], y);
	um[2] = 0.0;
	note_unused(t->pixels_per[0], unit, um[0], info);
	if (!imagej(t, "spacing", word))
		return;
	if (!number_parse(word, &um[2]))
		spacing_doubt(info, "its spacing \"%.20s\" is not understood", word);
	else if (um[2] == 0.0)
		spacing_doubt(info, "its spacing is 0");
	/* Where the pixels are those of a printer, their unit says nothing of slices either. */
	um[2] *= um[0] > 0.0 || z < 1e4 ? z : 0.0;
}

/* The attribute `name` of an XML element that begins at `tag`; false where it has none. */
static bool attribute(const char *tag, const char *name, char out[WORD])
{
	size_t n = strlen(name), end = strcspn(tag, ">");
	for (const char *at = tag; (at = strstr(at, name)) && at < tag + end; at += n) {
		const char *value = at + n + strspn(at + n, " \t\r\n");
		if (!strchr(" \t\r\n", at[-1]) || *value != '=')
			continue;
		value++;
		value += strspn(value, " \t\r\n");
		if (*value != '"' && *value != '\'')
			continue;
		const char quote[2] = { *value, '\0' };
		snprintf(out, WORD, "%.*s", (int)strcspn(value + 1, quote), value + 1);
		return true;
	}
	return false;
}

/* The first Pixels element of OME-XML, with or without the prefix of a name space; NULL: there is none. */
static const char *ome_pixels(const char *text)
{
	if (!strstr(text, "<OME") && !strstr(text, "<ome:") && !strstr(text, "openmicroscopy.org"))
		return NULL;
	/* what is before the first element is none */
	const char *first = strchr(text, '<');
	for (const char *at = first ? first : ""; (at = strstr(at, "Pixels")); at += 6)
		if ((at[-1] == '<' || at[-1] == ':') && strchr(" \t\r\n", at[6]))
			return at;
	return NULL;
}

/* Sizes are in um where no unit is told. */
static void ome_size(const char *pixels, struct scan_info *info, double um[3])
{
	static const char *const names[3] = { "PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ" };
	for (int i = 0; i < 3; i++) {
		char value[WORD], unit[WORD], key[32];
		double scale = 1.0, v = 0.0;
		um[i] = 0.0;
		if (!attribute(pixels, names[i], value))
			continue;
		snprintf(key, sizeof key, "%sUnit", names[i]);
		if (attribute(pixels, key, unit))
			scale = spacing_unit_um(unit);
		if (!number_parse(value, &v))
			spacing_doubt(info, "%s \"%.20s\" is not understood", names[i], value);
		else if (v == 0.0)
			spacing_doubt(info, "%s is 0", names[i]);
		else
			um[i] = v * scale;
	}
}

/* The second statement must not contradict the first. */
static void compare(struct scan_info *info, const double um[3], const double plane[2])
{
	for (int i = 0; i < 2; i++)
		if (um[i] > 0.0 && plane[i] > 0.0 && fabs(um[i] - plane[i]) > 0.01 * plane[i]) {
			spacing_doubt(info, "OME-XML says %.4g um, the resolution %.4g um", um[i], plane[i]);
			return;
		}
}

void tiff_size(const struct tiff_file *t, struct scan_info *info, double um[3])
{
	const char *text = t->description ? t->description : "", *pixels = ome_pixels(text);
	const double plane[2] = { pixel(t->pixels_per[0], t->unit_um), pixel(t->pixels_per[1], t->unit_um) };
	if (pixels) {
		ome_size(pixels, info, um);
		compare(info, um, plane);
	} else if (!strncmp(text, "ImageJ=", 7)) {
		imagej_size(t, info, um);
	} else {
		um[0] = plane[0];
		um[1] = plane[1];
		um[2] = 0.0;
		note_unused(t->pixels_per[0], t->unit_um, plane[0], info);
	}
}

int picture_size(const char *path, struct scan_info *info, double um[3], struct gppi_error *err)
{
	struct picture_stored p = { 0 };
	struct tiff_file t;
	int rc = picture_read_head(path, &p, err);
	um[0] = um[1] = um[2] = 0.0;
	if (rc < 0)
		return rc;
	for (int i = 0; i < 2; i++)
		um[i] = spacing_of_resolution(p.per_metre[i], 1e6);
	note_unused(p.per_metre[0], 1e6, um[0], info);
	if (strcmp(p.format, "TIFF") != 0)
		return 0;
	rc = tiff_file_read(path, &t, err);
	if (rc == 0)
		tiff_size(&t, info, um);
	tiff_file_free(&t);
	return rc;
}

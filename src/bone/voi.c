/* The volume of interest as people write it: presets, and OFFSET,LENGTH[,SIDE]. */
#include "bone/voi.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

#define UM_MAX 100000.0 /* 100 mm: no scanned bone of a mouse is longer */
#define SLICES_MAX 65535.0

static const struct {
	const char *name;
	struct gppi_voi voi;
} preset[] = {
	{ "trabecular", { 300, 1000, GPPI_VOI_UM, GPPI_VOI_UM, GPPI_VOI_SHAFT } },
	{ "spongiosa", { 0, 300, GPPI_VOI_UM, GPPI_VOI_UM, GPPI_VOI_SHAFT } },
	{ "epiphysis", { 300, 300, GPPI_VOI_UM, GPPI_VOI_UM, GPPI_VOI_EPIPHYSIS } },
	{ "percent", { 2, 10, GPPI_VOI_PERCENT, GPPI_VOI_PERCENT, GPPI_VOI_SHAFT } },
};

static const struct {
	const char *word;
	enum gppi_voi_unit unit;
	double scale;
} unit_word[] = {
	{ "um", GPPI_VOI_UM, 1 }, { "\xc2\xb5m", GPPI_VOI_UM, 1 }, { "\xce\xbcm", GPPI_VOI_UM, 1 },
	{ "mm", GPPI_VOI_UM, 1000 }, { "sl", GPPI_VOI_SLICES, 1 }, { "slices", GPPI_VOI_SLICES, 1 },
	{ "%", GPPI_VOI_PERCENT, 1 },
};

const char *voi_preset_names(void)
{
	return "trabecular, spongiosa, epiphysis, percent";
}

static double largest(enum gppi_voi_unit unit)
{
	return unit == GPPI_VOI_UM ? UM_MAX : unit == GPPI_VOI_SLICES ? SLICES_MAX : 100;
}

static const char *unit_name(enum gppi_voi_unit unit)
{
	return unit == GPPI_VOI_UM ? "um" : unit == GPPI_VOI_SLICES ? "sl" : "%";
}

static int check_part(const char *what, double value, enum gppi_voi_unit unit, struct gppi_error *err)
{
	if (unit != GPPI_VOI_UM && unit != GPPI_VOI_SLICES && unit != GPPI_VOI_PERCENT)
		return err_set(err, GPPI_E_USAGE, "unit %d of the VOI's %s does not exist", (int)unit, what);
	if (!isfinite(value) || fabs(value) > largest(unit))
		return err_set(err, GPPI_E_USAGE, "a VOI %s of %g %s makes no sense; give at most %g %s", what,
			       value, unit_name(unit), largest(unit), unit_name(unit));
	return 0;
}

int voi_check(const struct gppi_voi *voi, struct gppi_error *err)
{
	int rc = check_part("offset", voi->offset, voi->offset_unit, err);

	if (rc == 0)
		rc = check_part("length", voi->length, voi->length_unit, err);
	if (rc < 0)
		return rc;
	if (voi->length <= 0)
		return err_set(err, GPPI_E_USAGE, "a VOI length of %g %s makes no sense; give more than 0",
			       voi->length, unit_name(voi->length_unit));
	if (voi->side != GPPI_VOI_SHAFT && voi->side != GPPI_VOI_EPIPHYSIS)
		return err_set(err, GPPI_E_USAGE, "side %d of the VOI does not exist", (int)voi->side);
	return 0;
}

/* A number and its unit, nothing behind them. */
static int parse_part(const char *text, double *value, enum gppi_voi_unit *unit, struct gppi_error *err)
{
	size_t digits = strspn(text, "+-.0123456789"); /* no "1e3": nobody writes so */
	const char *end = NULL;

	if (!number_at(text, value, &end) || end != text + digits)
		return err_set(err, GPPI_E_USAGE, "\"%s\" of the VOI does not begin with a number; write e.g. 300um",
			       text);
	while (*end == ' ')
		end++;
	if (!*end)
		return err_set(err, GPPI_E_USAGE, "\"%s\" of the VOI has no unit; write um, mm, sl (slices) or %% "
			       "behind the number", text);
	for (size_t i = 0; i < sizeof unit_word / sizeof *unit_word; i++)
		if (strcmp(end, unit_word[i].word) == 0) {
			*unit = unit_word[i].unit;
			*value *= unit_word[i].scale;
			return 0;
		}
	return err_set(err, GPPI_E_USAGE, "\"%s\" of the VOI has an unknown unit; choose um, mm, sl (slices) or %%",
		       text);
}

static int parse_side(const char *word, enum gppi_voi_side *side, struct gppi_error *err)
{
	if (strcmp(word, "shaft") == 0)
		*side = GPPI_VOI_SHAFT;
	else if (strcmp(word, "epiphysis") == 0 || strcmp(word, "knee") == 0)
		*side = GPPI_VOI_EPIPHYSIS;
	else
		return err_set(err, GPPI_E_USAGE, "the VOI runs towards the \"shaft\" or the \"epiphysis\", not \"%s\"",
			       word);
	return 0;
}

int voi_parse(const char *text, struct gppi_voi *out, struct gppi_error *err)
{
	char copy[96], *part[3] = { NULL };
	struct gppi_voi voi = { .side = GPPI_VOI_SHAFT };
	int n = 0, rc;

	for (size_t i = 0; i < sizeof preset / sizeof *preset; i++)
		if (strcmp(text, preset[i].name) == 0) {
			*out = preset[i].voi;
			return 0;
		}
	if ((size_t)snprintf(copy, sizeof copy, "%s", text) >= sizeof copy || !strchr(copy, ','))
		return err_set(err, GPPI_E_USAGE, "the VOI \"%.60s\" is neither a preset (%s) nor OFFSET,LENGTH[,SIDE] "
			       "such as 300um,1000um,shaft", text, voi_preset_names());
	for (char *at = copy; at && n < 3; n++) {
		part[n] = at;
		at = strchr(at, ',');
		if (at)
			*at++ = 0;
		if (n == 2 && at)
			return err_set(err, GPPI_E_USAGE, "the VOI \"%s\" has too many parts; write "
				       "OFFSET,LENGTH[,SIDE]", text);
	}
	rc = parse_part(part[0], &voi.offset, &voi.offset_unit, err);
	if (rc == 0)
		rc = parse_part(part[1], &voi.length, &voi.length_unit, err);
	if (rc == 0 && part[2])
		rc = parse_side(part[2], &voi.side, err);
	if (rc == 0)
		rc = voi_check(&voi, err);
	if (rc == 0)
		*out = voi;
	return rc;
}

const char *voi_text(const struct gppi_voi *voi, char *buf, size_t size)
{
	char offset[32], length[32];

	snprintf(buf, size, "%s%s,%s%s,%s", number_short(offset, sizeof offset, 6, voi->offset),
		 unit_name(voi->offset_unit), number_short(length, sizeof length, 6, voi->length),
		 unit_name(voi->length_unit), voi->side == GPPI_VOI_SHAFT ? "shaft" : "epiphysis");
	return buf;
}

static double part_um(double value, enum gppi_voi_unit unit, double pitch_um, double bone_um)
{
	if (unit == GPPI_VOI_SLICES)
		return value * pitch_um;
	return unit == GPPI_VOI_PERCENT ? value / 100 * bone_um : value;
}

void voi_um(const struct gppi_voi *voi, double pitch_um, double bone_um, double *offset_um,
	    double *length_um)
{
	*offset_um = part_um(voi->offset, voi->offset_unit, pitch_um, bone_um);
	*length_um = part_um(voi->length, voi->length_unit, pitch_um, bone_um);
}

int voi_direction(const struct gppi_voi *voi, int shaft_first)
{
	return (voi->side == GPPI_VOI_SHAFT) == !shaft_first ? 1 : -1;
}

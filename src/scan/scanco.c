#include "scan/scanco.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/printable.h"
#include "base/text_form.h"

#define TEXT_MAX 160
#define PERMILLE 32.767 /* stored: 1000 are the largest of 16 bits */
#define VMS_DAY ((int64_t)864000000000) /* in 100 ns */
#define DAY_1970 40587
#define DAY_2200 124593

int32_t scanco_i32(const uint8_t *p)
{
	return (int32_t)((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
}

int64_t scanco_i64(const uint8_t *p)
{
	return (int64_t)((uint64_t)(uint32_t)scanco_i32(p) | (uint64_t)(uint32_t)scanco_i32(p + 4) << 32);
}

/* Four little-endian words, the one with sign and exponent first; 0.1m * 2^(e-1024). */
double scanco_vax_double(const uint8_t *p)
{
	uint64_t bits = 0;
	for (int i = 0; i < 8; i += 2)
		bits = bits << 16 | (uint64_t)p[i] | (uint64_t)p[i + 1] << 8;
	uint64_t exponent = bits >> 52 & 0x7ff;
	double mantissa = 1.0 + (double)(bits & 0xfffffffffffff) / 4503599627370496.0;
	double value = exponent ? ldexp(mantissa, (int)exponent - 1025) : 0.0;
	return bits >> 63 ? -value : value;
}

void scanco_text(const char *text, size_t n, char *field, size_t size)
{
	char copy[TEXT_MAX + 1] = "", wide[2 * TEXT_MAX + 1];
	while (n && (*text == ' ' || *text == '\t'))
		text++, n--;
	n = n < TEXT_MAX ? n : TEXT_MAX;
	memcpy(copy, text, n);
	copy[n] = '\0';
	for (n = strlen(copy); n && (unsigned char)copy[n - 1] <= ' ';)
		copy[--n] = '\0';
	text_from_latin1(copy, wide, sizeof wide); /* old files are in Latin-1 */
	(void)printable_copy(printable_is_utf8(copy, n) ? copy : wide, field, size);
}

static void put_day(char day[16], long year, long month, long d)
{
	snprintf(day, 16, "%04u-%02u-%02u", (unsigned)year % 10000, (unsigned)month % 100, (unsigned)d % 100);
}

/* A day of the Gregorian calendar; 1858-11-17 is 0 (H. F. Fliegel, T. C. van Flandern, 1968). */
void scanco_vms_day(const uint8_t *p, char day[16])
{
	int64_t days = scanco_i64(p) / VMS_DAY;
	day[0] = '\0';
	if (days < DAY_1970 || days > DAY_2200)
		return;
	long l = (long)days + 2400001 + 68569, n = 4 * l / 146097;
	l -= (146097 * n + 3) / 4;
	long i = 4000 * (l + 1) / 1461001;
	l -= 1461 * i / 4 - 31;
	long j = 80 * l / 2447, d = l - 2447 * j / 80;
	l = j / 11;
	put_day(day, 100 * (n - 49) + i + l, j + 2 - 12 * l, d);
}

void scanco_text_day(const char *text, char day[16])
{
	static const char months[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
	int d, year;
	char month[4];
	day[0] = '\0';
	if (sscanf(text, " %2d-%3[A-Z]-%4d", &d, month, &year) != 3 || strlen(month) != 3)
		return;
	const char *at = strstr(months, month);
	if (at && (at - months) % 3 == 0 && d >= 1 && d <= 31 && year >= 1970 && year <= 2200)
		put_day(day, year, (at - months) / 3 + 1, d);
}

static bool usable(double v)
{
	return isfinite(v) && fabs(v) < 1e9;
}

/* Densities whose unit is not stated are taken as those of every other file. */
static bool is_mgha(const char *unit)
{
	return !unit[0] || strncasecmp(unit, "mg HA/c", 7) == 0;
}

/* From values, which are stored * file_slope + file_intercept, to stored * slope + intercept. */
static struct scan_scale from_value(const struct voxel_map *map, double slope, double intercept)
{
	double ratio = slope / map->file_slope;

	return (struct scan_scale){ ratio, intercept - ratio * map->file_intercept };
}

bool scanco_scale(const struct scanco_calibration *c, struct voxel_map *map, struct scan_info *info)
{
	bool scaled = usable(c->mu_scaling) && c->mu_scaling > 1.0;
	bool hu = scaled && usable(c->mu_water) && c->mu_water > 1e-6;
	bool dense = scaled && usable(c->slope) && usable(c->intercept) && fabs(c->slope) > 1e-6;
	const char *unit = c->unit[0] ? c->unit : "mg HA/ccm";

	map->file_slope = 1.0;
	map->file_intercept = 0.0;
	if (!scaled) {
		scan_note(info, "scale: mu_scaling is %.9g, values are left as they are", c->mu_scaling);
		return false;
	}
	scan_note(info, "mu: stored / %.9g [1/cm]", c->mu_scaling);
	if (dense)
		scan_note(info, "density: stored * %.9g + %.9g [%s]", c->slope / c->mu_scaling, c->intercept,
			  unit);
	if (hu) {
		scan_note(info, "water: mu %.9g [1/cm]", c->mu_water);
		map->file_slope = 1000.0 / (c->mu_scaling * c->mu_water);
		map->file_intercept = -1000.0;
	} else if (dense) {
		scan_note(info, "unit: %s", unit);
		map->file_slope = c->slope / c->mu_scaling;
		map->file_intercept = c->intercept;
	}
	if (dense && is_mgha(c->unit))
		info->mgha = from_value(map, c->slope / c->mu_scaling, c->intercept);
	info->permille = from_value(map, 1 / PERMILLE, 0);
	return hu;
}

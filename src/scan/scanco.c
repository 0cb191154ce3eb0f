#include "scan/scanco.h"

#include <math.h>
#include <string.h>

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

static bool usable(double v)
{
	return isfinite(v) && fabs(v) < 1e9;
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
	return hu;
}

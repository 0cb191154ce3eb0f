/* What SCANCO's ISQ and AIM files share: VAX numbers and the calibration of a scan.
 * Facts about the layouts: see isq.c and aim.c. */
#ifndef SCAN_SCANCO_H
#define SCAN_SCANCO_H

#include <stdbool.h>
#include <stdint.h>

#include "scan/reader.h"
#include "scan/voxels.h"

#define SCANCO_DETAIL 128

/* Little-endian integers at p. */
int32_t scanco_i32(const uint8_t *p);
int64_t scanco_i64(const uint8_t *p);
/* VAX G double at p; NaN never comes out. */
double scanco_vax_double(const uint8_t *p);

/* Text of n bytes, blanks at its ends left out, as UTF-8 into a field of `size` bytes. */
void scanco_text(const char *text, size_t n, char *field, size_t size);
/* The day of a VMS time at p (100 ns since 1858), "2024-02-29"; empty where it is none. */
void scanco_vms_day(const uint8_t *p, char day[16]);
/* The same of "29-FEB-2024 10:15:00.00". */
void scanco_text_day(const char *text, char day[16]);

/* Zeros mean unknown. mu = raw / mu_scaling [1/cm]; HU = mu * 1000 / mu_water - 1000;
 * density [mg HA/cm3] = mu * slope + intercept. */
struct scanco_calibration {
	double mu_scaling, mu_water;
	double slope, intercept; /* of the density; slope 0: unknown */
	char unit[24];           /* of the density, as in the file */
};

/* Sets the scale of a map whose type is set to HU where the calibration tells it, to density otherwise,
 * to 1 where it tells neither (mu_scaling <= 1). Returns true for HU. Sets info->mgha and info->permille where
 * known. The calibration's own numbers and the scales not chosen are appended to info->detail. */
bool scanco_scale(const struct scanco_calibration *c, struct voxel_map *map, struct scan_info *info);

#endif

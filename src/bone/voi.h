/* The volume of interest: what was asked for, in slices of one scan. */
#ifndef BONE_VOI_H
#define BONE_VOI_H

#include "base/err.h"
#include "gppi/gppi.h"

/* GPPI_E_USAGE with a sentence where numbers, units or side make no sense. */
int voi_check(const struct gppi_voi *voi, struct gppi_error *err);

/* The same as gppi_voi_parse(). */
int voi_parse(const char *text, struct gppi_voi *out, struct gppi_error *err);

/* The same as gppi_voi_text(). */
const char *voi_text(const struct gppi_voi *voi, char *buf, size_t size);

/* Offset and length in um for slices pitch_um apart and a bone of bone_um. */
void voi_um(const struct gppi_voi *voi, double pitch_um, double bone_um, double *offset_um,
	    double *length_um);

/* 1: the VOI runs towards higher slice numbers of the file, -1: towards lower ones. */
int voi_direction(const struct gppi_voi *voi, int shaft_first);

/* Names of the presets joined by ", ". */
const char *voi_preset_names(void);

#endif

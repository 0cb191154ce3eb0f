/* The reconstruction log of Bruker SkyScan machines, "<prefix>_rec.log" beside the slices: an INI file in
 * Latin-1. */
#ifndef SCAN_BRUKER_H
#define SCAN_BRUKER_H

#include <stdbool.h>

#include "base/err.h"

struct bruker_log {
	char path[1024];
	double pixel_um; /* 0: not stated */
	double step;     /* distance of slices in pixels, 1 where not stated, 0 where that is not understood */
	char odd[32];    /* a size that is not understood; empty: none */
	int width, height, sections; /* 0: not stated */
	int columns, rows, files;    /* of the projections; 0: not stated */
	bool has_window;
	double low, high; /* attenuation of the darkest and the brightest grey */
	char scanner[64];
};

/* Finds the log of slices whose paths begin with `prefix` (folder and name up to the number). 1: found
 * and read, 0: there is none, negative: it cannot be read. */
int bruker_log_find(const char *prefix, struct bruker_log *out, struct gppi_error *err);

#endif

/* Colours of a number, dark to bright, which everybody tells apart: brightness rises all the way. */
#ifndef REPORT_RAMP_H
#define REPORT_RAMP_H

#include "report/canvas.h"

#define RAMP_BAR_H 12

/* Of 0..1; what lies beyond has the colour of that end. */
struct colour ramp_colour(double share);

/* A bar of all colours, w wide and RAMP_BAR_H high, with words below its beginning, middle and end. */
void ramp_bar(struct canvas *c, int x, int y, int w, const char *low, const char *middle, const char *high);

#endif

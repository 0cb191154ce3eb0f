/* Files of full size that are still being written: copies that reserve their space first. */
#ifndef SCAN_UNWRITTEN_H
#define SCAN_UNWRITTEN_H

#include "scan/reader.h"

/* Looks at some slices of a scan whose slices can be read in any order, and adds a doubt where some of them hold a
 * single value that is not what lies around the bone in the others. Slices that cannot be read are told when they
 * are asked for. */
int unwritten_look(struct scan *scan, struct gppi_error *err);

#endif

/* Several bones in one scan: a holder of up to six tubes with one femur each, scanned together. */
#ifndef FIND_HOLDER_H
#define FIND_HOLDER_H

#include <stdbool.h>

#include "scan/crop.h"
#include "find/overview.h"
#include "find/frame.h"

#define HOLDER_MAX 12           /* bones; holders take up to six */
#define HOLDER_FIELD_UM 6000.0  /* a field narrower than this in x and in y shows one bone */

struct holder {
	int n;                        /* bones; 1 where the scan shows no more than one */
	struct crop box[HOLDER_MAX];  /* of n > 1: row by row from y = 0, in a row from x = 0 */
};

/* Is the field of view wide enough for more than one femur? */
bool holder_possible(const struct scan_info *info);

/* Looks for femora in a coarse copy of the whole field (overview_read_field()): long parts of bone side by side,
 * of similar length and size, that do not lie along a side face. Boxes have a margin, at most half the way to the
 * next bone, and begin and end on coarse voxels. */
int holder_find(const struct scan_info *info, const struct overview *c, double margin_um,
		struct holder *out, struct gppi_error *err);

/* Puts boxes into their order: rows from y = 0, each from x = 0. Boxes whose centres differ by less than half
 * their height in y share a row. */
void holder_sort(struct crop *box, int n);

/* Where the bone in `box` lies, from the coarse copy of the whole field: what frame_locate() says of crop_open()
 * of that box, exactly where 40 um are a whole number of voxels. */
int holder_locate(const struct scan_info *crop_info, const struct overview *c, const struct crop *box,
		  struct frame *out, struct gppi_error *err);

#endif

/* Which part of a picture along the bone is the bone: not its holder, the noise around it or what lies beside it. */
#ifndef FLAT_STRIP_PART_H
#define FLAT_STRIP_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "picture/picture.h"
#include "flat/strip_levels.h"

struct strip_part {
	int side, w, h; /* w x h blocks of side x side pixels cover the picture */
	uint8_t *bone;  /* [h][w]: 1 where a block belongs to the bone */
};

/* The largest of what is bright in blocks of `side` pixels (>= 1), gaps of two blocks closed, with large parts above
 * and below it and the blocks beside, into which its edges reach. The caller frees out->bone. 0, or GPPI_E_NOMEM. */
int strip_part_find(const struct picture *picture, const struct strip_levels *levels, int side, const char *path,
		    struct strip_part *out, struct gppi_error *err);

/* Whether the pixel in row r of the file and column x belongs to the bone's part. */
static inline bool strip_part_has(const struct strip_part *part, int r, int x)
{
	return part->bone[(size_t)(r / part->side) * (size_t)part->w + (size_t)(x / part->side)];
}

#endif

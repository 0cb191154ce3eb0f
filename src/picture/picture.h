/* Grey pictures from files: PNG, JPEG and PGM. Knows nothing of bones. */
#ifndef PICTURE_PICTURE_H
#define PICTURE_PICTURE_H

#include <stdint.h>

#include "base/err.h"

#define PICTURE_SIDE_MAX 16384

struct picture {
	int w, h;
	uint8_t *grey; /* w * h, row by row from the top, 0 black .. 255 white; owned */
};

/* The format is told by the first bytes, not by the name; colours become their brightness. Fails with
 * GPPI_E_IO (cannot be read), GPPI_E_FORMAT (no such picture, or damaged) or GPPI_E_NOMEM. */
int picture_read(const char *path, struct picture *out, struct err *err);
void picture_free(struct picture *picture);

#endif

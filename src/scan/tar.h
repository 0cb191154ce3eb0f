/* Sequential reading of a tar archive: POSIX ustar and pax, and what GNU tar makes of them. Strict, for archives come
 * from outside: checksums must hold; sparse and split members are refused. Names are not used as paths: no file is
 * created. */
#ifndef SCAN_TAR_H
#define SCAN_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TAR_BLOCK 512

struct tar {
	/* Up to n bytes, fewer only at the end; how many is in *got. */
	int (*read)(void *source, void *dst, size_t n, size_t *got, struct gppi_error *err);
	void *source;
	const char *label;  /* for sentences */
	uint64_t left, pad; /* of the member at hand: bytes not read yet, and what fills its last block */
};

struct tar_member {
	uint64_t bytes;
	bool file;      /* false: a folder, a link ..., without bytes */
	char name[256]; /* the last part of its path */
};

/* Do these bytes begin an archive? */
bool tar_sniff(const uint8_t *head, size_t n);

/* The next member, what is left of the one before passed over. 1: there is one; 0: the archive has ended. */
int tar_next(struct tar *tar, struct tar_member *out, struct gppi_error *err);
/* Up to n bytes of the member; *got is 0 at its end only. */
int tar_read(struct tar *tar, void *dst, size_t n, size_t *got, struct gppi_error *err);

#endif

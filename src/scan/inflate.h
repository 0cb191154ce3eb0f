/* Decoder of deflate streams (RFC 1951) for large files: reads through a callback, writes into a
 * window of its own. About twice as fast as zlib, which matters where unpacking is most of the
 * work. Hostile streams end in an error; nothing outside the window is ever touched. */
#ifndef SCAN_INFLATE_H
#define SCAN_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define INFLATE_HISTORY 32768
#define INFLATE_STEP 131072   /* output at a time, about */
#define INFLATE_MATCH 258     /* longest copy: the last symbol of a step may go this far beyond */
#define INFLATE_INPUT 65536
#define INFLATE_SLACK 64      /* bytes around the buffers that whole words may touch */
#define INFLATE_LENGTHS 11    /* bits looked up at once */
#define INFLATE_DISTANCES 8

struct inflate {
	/* Puts up to `room` bytes at dst; *got = 0 at the end of the file. */
	int (*read)(void *user, uint8_t *dst, size_t room, size_t *got, struct err *err);
	void *user;

	uint64_t bits;            /* read but not consumed; nbits of them count */
	unsigned nbits;
	const uint8_t *in, *end;  /* within input[] */
	bool eof;
	enum inflate_phase { INFLATE_BLOCK, INFLATE_STORED, INFLATE_CODES, INFLATE_END } phase;
	bool last;                /* the current block is the last */
	size_t stored;            /* bytes left of a stored block */
	size_t filled;            /* end of the output in window[] */
	uint32_t length[(1 << INFLATE_LENGTHS) + 144 * 16];
	uint32_t distance[(1 << INFLATE_DISTANCES) + 16 * 128];
	uint8_t input[INFLATE_INPUT + INFLATE_SLACK];
	uint8_t window[INFLATE_HISTORY + INFLATE_STEP + INFLATE_MATCH + INFLATE_SLACK];
};

enum { INFLATE_DAMAGED = 1, INFLATE_CUT = 2 };

/* Once, before the first stream; the read callback is set by the caller. */
void inflate_init(struct inflate *s);
/* Starts a new stream at the current byte (after inflate_bytes() of its header). */
void inflate_start(struct inflate *s);

/* Decodes up to about INFLATE_STEP bytes more: *out (within the window, valid until the next
 * call) and *n; *n = 0 with s->phase == INFLATE_END at the end. Returns 0, INFLATE_DAMAGED,
 * INFLATE_CUT, or the negative code of read(). */
int inflate_some(struct inflate *s, const uint8_t **out, size_t *n, struct err *err);

/* Up to n bytes as they are in the file, from the next whole byte: headers and trailers.
 * *got < n only at the end of the file. */
int inflate_bytes(struct inflate *s, uint8_t *dst, size_t n, size_t *got, struct err *err);

#endif

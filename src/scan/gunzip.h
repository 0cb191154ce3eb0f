/* Sequential reading of a gzip file (RFC 1952, also several members in a row) or a zlib stream
 * (RFC 1950). */
#ifndef SCAN_GUNZIP_H
#define SCAN_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Deflate expands by this factor at most: headers that state more are wrong. */
#define GUNZIP_MAX_RATIO 1032

struct gunzip;

/* Opens the stream that begins at byte `at` of the file. Owned by the caller: gunzip_close().
 * `path` must outlive it. */
int gunzip_open(const char *path, size_t at, struct gunzip **out, struct gppi_error *err);
void gunzip_close(struct gunzip *gz);

/* Another reader at the same place of the stream, which goes on by itself. The first may be suspended. Owned by
 * the caller. */
int gunzip_copy(const struct gunzip *gz, struct gunzip **out, struct gppi_error *err);
/* Closes the file of a reader that is only copied from now on. */
void gunzip_suspend(struct gunzip *gz);

/* Up to n bytes; returns how many (fewer only at the end of the stream) in *got. */
int gunzip_some(struct gunzip *gz, void *dst, size_t n, size_t *got, struct gppi_error *err);
/* Exactly n bytes; a stream that ends earlier is GPPI_E_FORMAT. */
int gunzip_exact(struct gunzip *gz, void *dst, size_t n, struct gppi_error *err);
/* The same, thrown away. */
int gunzip_skip(struct gunzip *gz, size_t n, struct gppi_error *err);
/* Call after the last byte wanted: verifies checksum and length when the stream ends soon. */
int gunzip_finish(struct gunzip *gz, struct gppi_error *err);

#endif

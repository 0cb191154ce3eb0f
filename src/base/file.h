/* Opens files whose names come from outside: a command line, a header, a folder that others write into. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* Opens a regular file for reading; anything else (a folder, a pipe, a socket, a device) is refused without
 * waiting for it. *bytes (may be NULL) is its size. Owned by the caller: close(). */
int file_open(const char *path, int *fd, uint64_t *bytes, struct gppi_error *err);
/* The same as a stream: fclose(). */
int file_stream(const char *path, FILE **out, uint64_t *bytes, struct gppi_error *err);

#endif

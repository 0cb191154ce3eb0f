/* Files that appear whole or not at all: written to a temporary name beside the target, synced,
 * renamed. A program that dies on the way leaves the old file as it was. */
#ifndef BASE_ATOMIC_H
#define BASE_ATOMIC_H

#include <stdio.h>

#include "base/err.h"

struct atomic_file;

/* Starts writing `path`. An existing file that is not a regular one (a device, a folder) is
 * refused, since a rename would replace it. Ends with exactly one commit or abort. */
int atomic_open(const char *path, struct atomic_file **out, struct gppi_error *err);
FILE *atomic_stream(struct atomic_file *file);

/* Makes the file appear under its name; on failure (disk full ...) nothing appears. Frees file. */
int atomic_commit(struct atomic_file *file, struct gppi_error *err);
/* Gives up; NULL allowed. Frees file. */
void atomic_abort(struct atomic_file *file);

/* Removes the temporary files of this process that are being written: for os_on_death(). */
void atomic_remove_all(void);

#endif

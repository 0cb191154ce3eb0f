/* Files that grow over a long run, and get their name when they are complete: until then they are FILE.part, which
 * stays with all that was flushed when the program is ended, by a signal or a power cut. */
#ifndef BASE_PART_H
#define BASE_PART_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

struct part_file;

/* PATH.part, beside the file that a link PATH leads to. The caller frees it; NULL: out of memory. */
char *part_name(const char *path);

/* Begins PATH.part, anew or, where keep is not NULL, with `size` bytes of it. Refuses what base/atomic.h refuses, and
 * what another run is writing. Ends with exactly one commit, leave or remove. */
int part_open(const char *path, const char *keep, size_t size, struct part_file **out, struct gppi_error *err);
FILE *part_stream(struct part_file *file);
/* Its name on the disk; lives as long as the file. */
const char *part_path(const struct part_file *file);

/* What was printed since the last call belongs together, a row: it is on its way to the disk now, or left out whole. */
void part_flush(struct part_file *file);

/* PATH becomes what PATH.part is. Where it cannot (disk full ...), the .part stays as it is. Frees file. */
int part_commit(struct part_file *file, struct gppi_error *err);
/* Leaves PATH.part for later. Frees file. */
void part_leave(struct part_file *file);
/* Removes it; NULL allowed. Frees file. */
void part_remove(struct part_file *file);

#endif

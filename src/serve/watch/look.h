/* What a file or folder looks like from outside: when this stays the same, nobody writes to it. */
#ifndef SERVE_WATCH_LOOK_H
#define SERVE_WATCH_LOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define LOOK_DEPTH 32 /* levels of folders that are looked into; the readers enter fewer */

struct look {
	uint64_t state; /* changes with sizes, times, names */
	uint64_t bytes; /* of all files in it */
	int files;      /* and links, pipes ... */
	bool deep;      /* there is more below LOOK_DEPTH */
};

/* Of the entry `name` at `path`. Links are not followed. What cannot be read is left out: its reader will meet it. */
void look_entry(const char *path, const char *name, const struct stat *st, struct look *out);
/* By its path; false where it is not there. */
bool look_path(const char *path, struct look *out);

#endif

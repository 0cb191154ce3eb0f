/* What a file or folder looks like from outside: when this stays the same, nobody writes to it. */
#ifndef SERVE_WATCH_LOOK_H
#define SERVE_WATCH_LOOK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define LOOK_DEPTH 32 /* levels of folders that are looked into; the readers enter fewer */
#define LOOK_ENTRIES 1000000

struct look {
	uint64_t state; /* changes with sizes, times, names */
	uint64_t bytes; /* of all files in it */
	int files;      /* and links, pipes ... */
	bool deep;      /* there is more below LOOK_DEPTH */
	bool many;      /* there are more than look_entries; state is then the same for all of these */
	int entries;
	const atomic_bool *stop; /* when true the look ends early; NULL: never */
};

/* Files and folders that are looked at in one drop, LOOK_ENTRIES; tests have less. */
extern int look_entries;
#define LOOK_MANY "it has more than 1,000,000 files and folders; no scan has so many"

/* Of the entry `name` at `path`. Links are not followed. What cannot be read is left out: its reader will meet it. */
void look_entry(const char *path, const char *name, const struct stat *st, const atomic_bool *stop, struct look *out);
/* By its path; false where it is not there. */
bool look_path(const char *path, struct look *out);
bool look_path_until(const char *path, const atomic_bool *stop, struct look *out);

#endif

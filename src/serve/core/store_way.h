/* How a path is reached in a watch folder, whose owner may be hostile: a room, or a folder in it, may become a link
 * to another tree at any time. So each folder below the root is opened without following links, the rooms are
 * compared with those of store_open(), and what is done is done by the open folder: nothing can change in between.
 * Paths outside of watch folders are those of the configuration, and are taken as they are. */
#ifndef SERVE_STORE_WAY_H
#define SERVE_STORE_WAY_H

#include <sys/stat.h>

#include "serve/core/store.h"

struct store_way {
	int folder;     /* the folder of the entry, opened with O_PATH */
	char name[256]; /* of the entry in it */
	int below;      /* names below the root of a watch folder; 0: it lies in none */
	bool room;      /* the first of them is a room */
	int why;        /* errno of a failure */
};

/* The entry itself need not be there. To be closed after success only. */
int store_way_open(const char *path, struct store_way *out, struct gppi_error *err);
void store_way_close(const struct store_way *way);

/* Remembers a watch folder, before rooms are made in it: st is the root. */
int store_root_note(const struct store *store, const struct stat *st, struct gppi_error *err);
/* Remembers its rooms, which have to be real folders. */
int store_rooms_note(const struct store *store, struct gppi_error *err);
/* The rooms are no longer kept open, so that a share can be unmounted; they stay known. */
void store_rooms_leave(const struct store *store);

/* Removes an entry with all in it, which may be of any depth. 0, also where there is none, or -1 with errno. */
int store_remove_at(int folder, const char *name);

/* Writes a small file anew, as a whole, synced; whatever lies at its path, a pipe or a link, is replaced unopened. */
int store_put(const char *path, const char *text, size_t n, struct gppi_error *err);

#endif

/* Where data waits, on disk. A store is a folder with five rooms:
 *
 *     incoming/KEY/    objects of a series that is still arriving
 *     queue/KEY/       complete, waits for a worker
 *     work/KEY/        under way
 *     done/KEY/        its result is written
 *     quarantine/KEY/  no result; quarantine/KEY.txt says why
 *
 * The spool of the receiver is one store, every watch folder is another. All ways from room to room are
 * single renames, synced, so that a power cut leaves each job in exactly one room. */
#ifndef SERVE_STORE_H
#define SERVE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define STORE_KEY 129   /* a name of a job, with its NUL */
#define STORE_PATH 1536

enum store_room { STORE_INCOMING, STORE_QUEUE, STORE_WORK, STORE_DONE, STORE_QUARANTINE, STORE_ROOMS };

struct store {
	char root[1024];
	bool watch;      /* a watch folder */
};

/* Makes the rooms. */
int store_open(struct store *store, const char *root, bool watch, struct err *err);
/* Is this the name of a room? */
bool store_is_room(const char *name);

/* ROOT/room/key, or the room itself (key NULL). Returns out. */
const char *store_path(const struct store *store, enum store_room room, const char *key, char out[STORE_PATH]);

/* Keys are made of letters, digits, and -_. only, do not begin with a dot and are never a peer's text
 * unchecked. A well-formed UID is its own key; anything else becomes x and part of its SHA-256. */
void store_uid_key(const char *uid, char key[STORE_KEY]);
/* From the name of a file: other characters become _; never looks like a UID. */
void store_name_key(const char *name, char key[STORE_KEY]);

/* Renames and syncs both folders. Refuses to replace. */
int store_move(const char *from, const char *to, struct err *err);
int store_sync(const char *folder, struct err *err);
int store_make(const char *folder, struct err *err); /* there already: 0 */
bool store_exists(const char *path);
/* Removes a file or a folder with all in it; links are not followed. */
int store_remove(const char *path, struct err *err);

/* Names in a folder but those with a dot in front, sorted by name; count, or negative. Freed with store_free_names(). */
int store_names(const char *folder, char ***names, struct err *err);
void store_free_names(char **names, int n);
/* How many files are in a folder, and the SHA-256 of their sorted names. */
int store_digest(const char *folder, char hex[65], struct err *err);

/* From any room to quarantine/, the reason beside it. A taken name gets -2, -3 ... */
int store_quarantine(const struct store *store, const char *from, const char *key, const char *reason,
		     struct err *err);

/* Bytes free for this user on the disk of a path; UINT64_MAX where that is not known. */
uint64_t store_space(const char *path);

#endif

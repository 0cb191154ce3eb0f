/* Where data waits, on disk. A store is a folder with five rooms, and in a room each job has a folder of its own:
 *
 *     incoming/KEY/    objects of a series that is still arriving
 *     queue/KEY/       complete, waits for a worker
 *     work/KEY/        under way
 *     done/KEY/        its result is written
 *     quarantine/KEY/  no result
 *
 *     KEY/data/        what came, under its own names
 *     KEY/state        what the service notes of the job, see state.h
 *     KEY/reason.txt   in quarantine: why there is no result
 *
 * Names of people's files occur in data/ only: whatever they are called, they meet none of the service's.
 * The spool of the receiver is one store, every watch folder is another. All ways from room to room are
 * single renames of the job's folder, synced, so that a power cut leaves each job in exactly one room. */
#ifndef SERVE_STORE_STORE_H
#define SERVE_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define STORE_KEY 129   /* a name of a job, with its NUL */
#define STORE_PATH 1536

enum store_room { STORE_INCOMING, STORE_QUEUE, STORE_WORK, STORE_DONE, STORE_QUARANTINE, STORE_ROOMS };

#define STORE_DATA "data"
#define STORE_REASON "reason.txt"

#define STORE_LOCK "lock"             /* in the root of a spool, and of a watch folder; says which layout it has */
#define STORE_WATCH_LOCK ".gppi-lock"

struct store {
	char root[1024];
	bool watch;      /* a watch folder */
	/* Changed by store_open_again() while other threads read: atomic operations only. */
	int lock;        /* held while the store is open; -1: not open: store_is_open() */
	dev_t device;    /* of the root, when it was opened: store_is_there() */
	ino_t inode;
};

/* Locks the store, makes the rooms, and brings one of version 0.1.0 into this form. On failure it is closed. */
int store_open(struct store *store, const char *root, bool watch, struct gppi_error *err);
void store_close(struct store *store);
/* The same root once more, locked anew; other threads may use the store meanwhile. */
int store_open_again(struct store *store, struct gppi_error *err);
bool store_is_open(const struct store *store);
/* Is the root still the folder it was? A share may go and come back, or be another one. */
bool store_is_there(const struct store *store);
/* Every room of an open store stands, and is the folder that it was. Somebody who tidies a share may remove one, or
 * put a link in its place: what is in it then is not touched, see store_way.h. */
bool store_has_rooms(const struct store *store);
/* Is this the name of a room? */
bool store_is_room(const char *name);

/* ROOT/room/key, the folder of a job, or the room itself (key NULL). Returns out. */
const char *store_path(const struct store *store, enum store_room room, const char *key, char out[STORE_PATH]);
/* ROOT/room/key/data. */
const char *store_data(const struct store *store, enum store_room room, const char *key, char out[STORE_PATH]);

/* A new job is put together in room/.KEY, and gets its name when all is there: whole or not at all.
 * store_begin() gives the folder for its data. */
int store_begin(const struct store *store, enum store_room room, const char *key, char data[STORE_PATH],
		struct gppi_error *err);
int store_finish(const struct store *store, enum store_room room, const char *key, struct gppi_error *err);

/* Keys are made of letters, digits, and -_. only, do not begin with a dot and are never a peer's text
 * unchecked. A well-formed UID is its own key; anything else becomes x and part of its SHA-256. */
void store_uid_key(const char *uid, char key[STORE_KEY]);
/* From the name of a file: other characters become _; never looks like a UID. */
void store_name_key(const char *name, char key[STORE_KEY]);
/* Is this a key, of either kind? */
bool store_is_key(const char *text);
bool store_key_is_uid(const char *key);
/* A free key: the base, or that with a number, which is the next one where 2, 3 ... are taken without a gap. Asks some
 * dozen times, however many are taken. */
int store_free_key(const char *base, bool (*is_free)(void *user, const char *key), void *user, char key[STORE_KEY],
		   struct gppi_error *err);
/* One that is free in a room. */
int store_room_key(const struct store *store, enum store_room which, const char *base, char key[STORE_KEY],
		   struct gppi_error *err);

/* Renames and syncs both folders. Refuses to replace, and to make a job of what is no folder (GPPI_E_FORMAT). */
int store_move(const char *from, const char *to, struct gppi_error *err);
/* Renames a file over what is there. Syncs nothing. */
int store_replace(const char *from, const char *to, struct gppi_error *err);
int store_sync(const char *folder, struct gppi_error *err);
int store_make(const char *folder, struct gppi_error *err); /* there already: 0 */
bool store_exists(const char *path);
/* Removes a file or a folder with all in it, however deep; links are not followed. */
int store_remove(const char *path, struct gppi_error *err);
bool store_remove_empty(const char *folder); /* false: it is not there, or not empty */

/* Names in a folder but those with a dot in front, sorted by name; count, or negative. Freed with
 * store_free_names(). */
int store_names(const char *folder, char ***names, struct gppi_error *err);
void store_free_names(char **names, int n);
/* How many files are in a folder, and the SHA-256 of their sorted names. */
int store_digest(const char *folder, char hex[65], struct gppi_error *err);

/* In a folder where only the service writes: files that atomic_open() has left, whose names are those of a file that
 * ends with `part`, and six letters behind a dot. */
void store_remove_temporary(const char *folder, const char *part);

/* The folder of a job to quarantine/, with the reason. A taken name gets -2, -3 ... */
int store_quarantine(const struct store *store, const char *from, const char *key, const char *reason,
		     struct gppi_error *err);

/* Bytes free for this user on the disk of a path; UINT64_MAX where that is not known. */
uint64_t store_space(const char *path);

#endif

#define _GNU_SOURCE
#include "serve/core/store.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/sha256.h"
#include "serve/core/migrate.h"
#include "serve/core/store_way.h"

static const char *const rooms[STORE_ROOMS] = { "incoming", "queue", "work", "done", "quarantine" };

bool store_is_room(const char *name)
{
	for (int i = 0; i < STORE_ROOMS; i++)
		if (strcmp(name, rooms[i]) == 0)
			return true;
	return false;
}

const char *store_path(const struct store *store, enum store_room room, const char *key, char out[STORE_PATH])
{
	snprintf(out, STORE_PATH, "%s/%s%s%s", store->root, rooms[room], key ? "/" : "", key ? key : "");
	return out;
}

const char *store_data(const struct store *store, enum store_room room, const char *key, char out[STORE_PATH])
{
	snprintf(out, STORE_PATH, "%s/%s/%s/" STORE_DATA, store->root, rooms[room], key);
	return out;
}

/* One service for each store: two would take jobs away from each other. Some network shares know no locks: there
 * nothing is held. */
#define LOCK_TRIES 10 /* within 0.2 s */
#define LOCK_WAIT_US 20000

static int lock_store(struct store *store, struct gppi_error *err)
{
	char path[STORE_PATH];

	snprintf(path, sizeof path, "%s/%s", store->root, store->watch ? STORE_WATCH_LOCK : STORE_LOCK);
	int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	__atomic_store_n(&store->lock, lock, __ATOMIC_RELEASE);
	if (lock < 0)
		return err_set(err, GPPI_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
	/* gppi serve --status looks at the lock for a moment */
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(lock, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK)
			break;
		usleep(LOCK_WAIT_US);
	}
	if (errno == EWOULDBLOCK)
		return err_set(err, GPPI_E_IO, "%s: another gppi serve uses this %s; stop it first, or give this one "
			       "its own", store->root, store->watch ? "watch folder" : "spool");
	return store->watch ? 0 : err_set(err, GPPI_E_IO, "%s: cannot be locked: %s", path, strerror(errno));
}

/* All but root and watch, which other threads read meanwhile. */
static int open_rooms(struct store *store, struct gppi_error *err)
{
	char path[STORE_PATH];
	struct stat st = { 0 };
	int rc = store->watch ? 0 : store_make(store->root, err);

	if (rc == 0 && (stat(store->root, &st) != 0 || !S_ISDIR(st.st_mode)))
		rc = err_set(err, GPPI_E_IO, "%s: this watch folder is not there; make it, or mount the share",
			     store->root);
	if (rc == 0)
		rc = lock_store(store, err);
	if (rc == 0 && store->watch)
		rc = store_root_note(store, &st, err);
	if (rc == 0)
		rc = migrate_rooms(store, err);
	for (int i = 0; i < STORE_ROOMS && rc == 0; i++)
		rc = store_make(store_path(store, (enum store_room)i, NULL, path), err);
	if (rc == 0 && store->watch)
		rc = store_rooms_note(store, err);
	if (rc == 0)
		rc = migrate_jobs(store, err);
	if (rc == 0)
		rc = store_sync(store->root, err);
	if (rc < 0) {
		store_close(store);
		return rc;
	}
	__atomic_store_n(&store->device, st.st_dev, __ATOMIC_RELAXED);
	__atomic_store_n(&store->inode, st.st_ino, __ATOMIC_RELAXED);
	return 0;
}

int store_open(struct store *store, const char *root, bool watch, struct gppi_error *err)
{
	*store = (struct store){ .watch = watch, .lock = -1 };
	snprintf(store->root, sizeof store->root, "%s", root);
	return open_rooms(store, err);
}

int store_open_again(struct store *store, struct gppi_error *err)
{
	store_close(store);
	return open_rooms(store, err);
}

void store_close(struct store *store)
{
	int lock = __atomic_exchange_n(&store->lock, -1, __ATOMIC_ACQ_REL);

	if (lock >= 0)
		close(lock);
	if (store->watch)
		store_rooms_leave(store);
}

bool store_is_open(const struct store *store)
{
	return __atomic_load_n(&store->lock, __ATOMIC_ACQUIRE) >= 0;
}

bool store_is_there(const struct store *store)
{
	struct stat st;

	return stat(store->root, &st) == 0 && st.st_dev == __atomic_load_n(&store->device, __ATOMIC_RELAXED) &&
	       st.st_ino == __atomic_load_n(&store->inode, __ATOMIC_RELAXED);
}

int store_begin(const struct store *store, enum store_room room, const char *key, char data[STORE_PATH],
		struct gppi_error *err)
{
	char hidden[STORE_KEY + 1], folder[STORE_PATH];

	snprintf(hidden, sizeof hidden, ".%s", key);
	int rc = store_make(store_path(store, room, hidden, folder), err);
	return rc == 0 ? store_make(store_data(store, room, hidden, data), err) : rc;
}

int store_finish(const struct store *store, enum store_room room, const char *key, struct gppi_error *err)
{
	char hidden[STORE_KEY + 1], from[STORE_PATH], to[STORE_PATH];

	snprintf(hidden, sizeof hidden, ".%s", key);
	store_path(store, room, hidden, from);
	return store_move(from, store_path(store, room, key, to), err);
}

/* ---- keys ---- */

static bool is_uid(const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || n > 64 || text[0] == '.' || text[n - 1] == '.' || strspn(text, "0123456789.") != n)
		return false;
	return !strstr(text, "..");
}

void store_uid_key(const char *uid, char key[STORE_KEY])
{
	struct sha256 sum;
	uint8_t digest[32];
	char hex[65];

	if (is_uid(uid)) {
		snprintf(key, STORE_KEY, "%s", uid);
		return;
	}
	sha256_init(&sum);
	sha256_update(&sum, uid, strlen(uid));
	sha256_final(&sum, digest);
	sha256_hex(digest, hex);
	snprintf(key, STORE_KEY, "x%.32s", hex);
}

void store_name_key(const char *name, char key[STORE_KEY])
{
	char text[112];

	snprintf(text, sizeof text, "%.100s", name);
	for (char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			*c = '_';
	bool plain = isalpha((unsigned char)text[0]) || text[0] == '_';
	snprintf(key, STORE_KEY, "%s%s", plain && text[0] != 'x' ? "" : "file-", text);
}

/* KEY-NUMBER, where KEY is taken. */
static void number_key(const char *key, int number, char out[STORE_KEY])
{
	snprintf(out, STORE_KEY, "%.110s-%d", key, number);
}

#define TRIED_IN_TURN 8
#define NUMBER_MAX (1 << 30)

int store_free_key(const char *base, bool (*is_free)(void *user, const char *key), void *user, char key[STORE_KEY],
		   struct gppi_error *err)
{
	int taken = 1, number = 2;

	snprintf(key, STORE_KEY, "%s", base);
	if (is_free(user, key))
		return 0;
	for (;; number = number < TRIED_IN_TURN ? number + 1 : 2 * number) {
		number_key(base, number, key);
		if (is_free(user, key))
			break;
		if (number >= NUMBER_MAX)
			return err_set(err, GPPI_E_IO, "%s: there is no free name of this beginning", base);
		taken = number;
	}
	while (number - taken > 1) { /* the first free one behind one that is taken */
		int middle = taken + (number - taken) / 2;
		number_key(base, middle, key);
		if (is_free(user, key))
			number = middle;
		else
			taken = middle;
	}
	number_key(base, number, key);
	return 0;
}

bool store_key_is_uid(const char *key)
{
	return isdigit((unsigned char)key[0]) || key[0] == 'x';
}

bool store_is_key(const char *text)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || (text[n] && strchr("-_.", text[n])))
		n++;
	return n > 0 && n < STORE_KEY && !text[n] && text[0] != '.' && text[0] != '-';
}

bool store_exists(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

/* ---- contents ---- */

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int store_names(const char *folder, char ***names, struct gppi_error *err)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, visible, by_bytes);

	*names = NULL;
	if (n < 0)
		return err_set(err, GPPI_E_IO, "%s: the folder cannot be read: %s", folder, strerror(errno));
	char **list = calloc((size_t)n + 1, sizeof *list);
	int kept = 0;
	for (int i = 0; i < n; i++) {
		if (list && (list[kept] = strdup(entries[i]->d_name)))
			kept++;
		free(entries[i]);
	}
	free(entries);
	if (!list || kept < n) {
		store_free_names(list, kept);
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for %d names", folder, n);
	}
	*names = list;
	return n;
}

void store_free_names(char **names, int n)
{
	for (int i = 0; names && i < n; i++)
		free(names[i]);
	free(names);
}

int store_digest(const char *folder, char hex[65], struct gppi_error *err)
{
	struct sha256 sum;
	uint8_t digest[32];
	char **names;
	int n = store_names(folder, &names, err);

	if (n < 0)
		return n;
	sha256_init(&sum);
	for (int i = 0; names && i < n; i++)
		sha256_update(&sum, names[i], strlen(names[i]) + 1);
	sha256_final(&sum, digest);
	sha256_hex(digest, hex);
	store_free_names(names, n);
	return n;
}

void store_remove_temporary(const char *folder, const char *part)
{
	char path[STORE_PATH + 300], **names;
	struct gppi_error err;
	size_t m = strlen(part);
	int n = store_names(folder, &names, &err);

	for (int i = 0; names && i < n; i++) {
		size_t length = strlen(names[i]);
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		if (length >= m + 6 && memcmp(names[i] + length - m - 6, part, m) == 0)
			(void)unlink(path);
	}
	if (n >= 0)
		store_free_names(names, n);
}

struct room {
	const struct store *store;
	enum store_room which;
};

static bool is_free_in(void *user, const char *key)
{
	const struct room *room = user;
	char path[STORE_PATH];

	return !store_exists(store_path(room->store, room->which, key, path));
}

int store_room_key(const struct store *store, enum store_room which, const char *base, char key[STORE_KEY],
		   struct gppi_error *err)
{
	struct room room = { store, which };

	return store_free_key(base, is_free_in, &room, key, err);
}

int store_quarantine(const struct store *store, const char *from, const char *key, const char *reason,
		     struct gppi_error *err)
{
	char to[STORE_PATH], note[STORE_PATH + 16], name[STORE_KEY], *text = NULL;

	int rc = store_room_key(store, STORE_QUARANTINE, key, name, err);
	if (rc < 0)
		return rc;
	store_path(store, STORE_QUARANTINE, name, to);
	snprintf(note, sizeof note, "%s/" STORE_REASON, from);
	int n = asprintf(&text, "%s\n", reason);
	if (n < 0)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", note);
	rc = store_put(note, text, (size_t)n, err);
	free(text);
	if (rc == 0)
		rc = store_sync(from, err);
	return rc == 0 ? store_move(from, to, err) : rc;
}

uint64_t store_space(const char *path)
{
	struct statvfs fs;

	if (statvfs(path, &fs) != 0)
		return UINT64_MAX;
	return (uint64_t)fs.f_bavail * fs.f_frsize;
}

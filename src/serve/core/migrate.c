#define _GNU_SOURCE
#include "serve/core/migrate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/core/log.h"

#define LAYOUT "2\n" /* what the lock of a store says since jobs have folders of their own */

static const char *old_room(const struct store *store, enum store_room room, char out[STORE_PATH])
{
	char path[STORE_PATH];

	snprintf(out, STORE_PATH, "%.1400s.0.1.0", store_path(store, room, NULL, path));
	return out;
}

int migrate_rooms(const struct store *store, struct gppi_error *err)
{
	char text[2], from[STORE_PATH], to[STORE_PATH];

	if (pread(store->lock, text, sizeof text, 0) == sizeof text && memcmp(text, LAYOUT, sizeof text) == 0)
		return 0;
	/* A kill in between leaves some rooms renamed, and none made anew before the lock says so. */
	for (int i = 0; i < STORE_ROOMS; i++) {
		store_path(store, (enum store_room)i, NULL, from);
		if (store_exists(from) && rename(from, old_room(store, (enum store_room)i, to)) != 0)
			return err_set(err, GPPI_E_IO, "%s: cannot be moved to %s: %s", from, to, strerror(errno));
	}
	int rc = store_sync(store->root, err);
	if (rc == 0 && (pwrite(store->lock, LAYOUT, sizeof text, 0) != sizeof text || fsync(store->lock) != 0))
		rc = err_set(err, GPPI_E_IO, "%s: cannot be written to: %s", store->root, strerror(errno));
	return rc;
}

/* quarantine/KEY.txt of before is the reason of quarantine/KEY. */
static void take_reason(const struct store *store, const char *old, const char *name, const char *key)
{
	char from[STORE_PATH], folder[STORE_PATH], to[STORE_PATH + 16];

	snprintf(from, sizeof from, "%.1200s/%s.txt", old, name);
	snprintf(to, sizeof to, "%s/" STORE_REASON, store_path(store, STORE_QUARANTINE, key, folder));
	if (!store_exists(to))
		(void)store_move(from, to, NULL);
}

/* A folder was the data of a job; anything else was put there by somebody. */
static int carry_over(const struct store *store, enum store_room room, const char *old, const char *name,
		      bool folder, struct gppi_error *err)
{
	char key[STORE_KEY], base[STORE_KEY], from[STORE_PATH], data[STORE_PATH], to[2 * STORE_PATH];
	const char *visible = name + (name[0] == '.'); /* queue/.KEY: a drop that was being taken */

	snprintf(from, sizeof from, "%.1200s/%s", old, name);
	if (folder && store_remove_empty(from))
		return 0;
	if (store_is_key(visible))
		snprintf(base, sizeof base, "%s", visible);
	else
		store_name_key(visible, base);
	int rc = store_room_key(store, room, base, key, err);
	if (rc == 0)
		rc = store_begin(store, room, key, data, err);
	if (rc < 0)
		return rc;
	snprintf(to, sizeof to, folder ? "%s" : "%s/%s", data, name);
	if (folder) /* nothing is replaced */
		(void)store_remove_empty(data);
	rc = store_move(from, to, err);
	if (rc < 0)
		return rc;
	snprintf(to, sizeof to, "%s/.attempts", data);
	(void)store_remove(to, NULL);
	rc = store_finish(store, room, key, err);
	if (rc == 0 && room == STORE_QUARANTINE)
		take_reason(store, old, visible, key);
	return rc;
}

static bool is_note(enum store_room room, const char *name)
{
	size_t n = strlen(name);
	return room == STORE_QUARANTINE && n > 4 && strcmp(name + n - 4, ".txt") == 0;
}

/* Somebody may have put a link to another tree there. */
static DIR *open_old(const char *old)
{
	int fd = open(old, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

static int carry_room(const struct store *store, enum store_room room, struct gppi_error *err)
{
	char old[STORE_PATH], path[STORE_PATH + 300];
	struct dirent *e;
	int rc = 0, n = 0;
	DIR *dir = open_old(old_room(store, room, old));

	while (dir && rc == 0 && (e = readdir(dir))) {
		struct stat st;
		snprintf(path, sizeof path, "%s/%s", old, e->d_name);
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || lstat(path, &st) != 0)
			continue;
		bool folder = S_ISDIR(st.st_mode);
		if (!folder && room == STORE_INCOMING && !store->watch) /* an object that was being received */
			(void)unlink(path);
		else if (folder || !is_note(room, e->d_name))
			rc = carry_over(store, room, old, e->d_name, folder, err);
		n++;
	}
	if (dir)
		closedir(dir);
	if (rc == 0)
		(void)rmdir(old);
	if (n)
		serve_log(LOG_NOTE, "carried_over room=%s entries=%d", old, n);
	return rc;
}

int migrate_jobs(const struct store *store, struct gppi_error *err)
{
	int rc = 0;

	for (int i = 0; i < STORE_ROOMS && rc == 0; i++)
		rc = carry_room(store, (enum store_room)i, err);
	return rc;
}

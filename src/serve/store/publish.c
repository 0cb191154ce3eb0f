#define _GNU_SOURCE
#include "serve/store/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"
#include "serve/core/log.h"
#include "serve/core/service.h"

#define PROBE_BYTES (8 << 20)

static const char *path_in(const struct service *s, const char *room, const char *name, char out[STORE_PATH])
{
	snprintf(out, STORE_PATH, "%s%s%s%s", service_config(s)->results, room, name ? "/" : "", name ? name : "");
	return out;
}

const char *publish_new(const struct service *s, const char *name, char out[STORE_PATH])
{
	return path_in(s, "/.new", name, out);
}

int publish_begin(const struct service *s, const char *key, struct gppi_error *err)
{
	char path[STORE_PATH];
	int rc = store_remove(publish_new(s, key, path), err);

	return rc == 0 ? store_make(path, err) : rc;
}

bool publish_takes(const char *folder)
{
	char path[STORE_PATH + 32];

	snprintf(path, sizeof path, "%s/.probe.XXXXXX", folder);
	int fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return false;
	bool takes = posix_fallocate(fd, 0, PROBE_BYTES) == 0 && fsync(fd) == 0;
	close(fd);
	(void)unlink(path);
	return takes;
}

/* A symbolic link is written through, and an existing file keeps its mode. */
int publish_file(const struct service *s, const char *name, struct gppi_error *err)
{
	char from[STORE_PATH], to[STORE_PATH];
	struct stat st;

	publish_new(s, name, from);
	path_in(s, "", name, to);
	bool exists = stat(to, &st) == 0;
	char *real = exists ? os_real_path(to) : NULL;
	int rc = 0;
	if (exists && S_ISDIR(st.st_mode))
		rc = err_set(err, GPPI_E_IO, "%s: is a folder, and in the way of a file of this name; move it away",
			     to);
	else if ((exists && chmod(from, st.st_mode & 07777) != 0) || os_replace(from, real ? real : to) != 0)
		rc = err_set(err, GPPI_E_IO, "%s: cannot be replaced: %s", to, strerror(errno));
	free(real);
	return rc;
}

int publish_folder(const struct service *s, const char *key, struct gppi_error *err)
{
	char from[STORE_PATH], to[STORE_PATH], old[STORE_PATH];
	struct stat st;

	publish_new(s, key, from);
	path_in(s, "", key, to);
	int rc = store_sync(from, err);
	if (rc == 0 && lstat(to, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			return err_set(err, GPPI_E_IO, "%s: is in the way of a folder of this name; move it away", to);
		rc = store_remove(path_in(s, "/.old", key, old), err);
		if (rc == 0)
			rc = store_move(to, old, err);
	}
	if (rc == 0)
		rc = store_move(from, to, err);
	if (rc == 0)
		(void)store_remove(path_in(s, "/.old", key, old), NULL);
	return rc;
}

bool publish_taken(const struct service *s, const char *key)
{
	const char *table = service_config(s)->csv;
	size_t n = strlen(key);
	char path[STORE_PATH], name[STORE_KEY + 8];

	if (n > 5 && strcasecmp(key + n - 5, ".html") == 0) /* of a page */
		return true;
	if (strcasecmp(key, table) == 0)
		return true;
	snprintf(name, sizeof name, "%s.json", key); /* as version 0.1.0 named them */
	return store_exists(path_in(s, "", key, path)) || store_exists(path_in(s, "", name, path));
}

/* Results of version 0.1.0 stay as they are: KEY.json, KEY.jpg ... */
static void tell_old(const struct service *s)
{
	char **names;
	struct gppi_error err;
	int n = store_names(service_config(s)->results, &names, &err), old = 0;

	for (int i = 0; i < n; i++) {
		const char *dot = strrchr(names[i], '.');
		old += dot && strcmp(dot, ".json") == 0;
	}
	if (n >= 0)
		store_free_names(names, n);
	if (old)
		serve_log(LOG_NOTE,
			  "old_results folder=%s count=%d what=\"results of version 0.1.0 stay as KEY.json and "
			  "KEY.jpg; new ones are folders KEY\"",
			  service_config(s)->results, old);
}

int publish_recover(const struct service *s, struct gppi_error *err)
{
	char path[STORE_PATH], to[STORE_PATH], **names = NULL;
	int rc = store_make(service_config(s)->results, err);

	if (rc == 0)
		rc = store_remove(publish_new(s, NULL, path), err);
	if (rc == 0)
		rc = store_make(path, err);
	if (rc == 0)
		rc = store_make(path_in(s, "/.old", NULL, path), err);
	int n = rc == 0 ? store_names(path, &names, err) : rc;
	for (int i = 0; i < n && rc == 0; i++) {
		path_in(s, "/.old", names[i], path);
		rc = store_exists(path_in(s, "", names[i], to)) ? store_remove(path, err) : store_move(path, to, err);
	}
	if (n >= 0)
		store_free_names(names, n);
	tell_old(s);
	return n < 0 ? n : rc;
}

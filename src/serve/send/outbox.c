#define _GNU_SOURCE
#include "serve/core/outbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic.h"
#include "serve/core/ids.h"
#include "serve/core/log.h"

#define RETRY "retry.txt"

static const char *path_in(const char *spool, const char *room, const char *name, char out[STORE_PATH])
{
	snprintf(out, STORE_PATH, "%s/send/%s%s%s", spool, room, name ? "/" : "", name ? name : "");
	return out;
}

int outbox_open(const char *spool, struct gppi_error *err)
{
	char path[STORE_PATH];

	snprintf(path, sizeof path, "%s/send", spool);
	int rc = store_make(path, err);
	if (rc == 0)
		rc = store_make(path_in(spool, "staged", NULL, path), err);
	if (rc == 0)
		rc = store_make(path_in(spool, "waiting", NULL, path), err);
	return rc == 0 ? store_make(path_in(spool, "refused", NULL, path), err) : rc;
}

void outbox_tidy(const char *spool, bool staged)
{
	char path[STORE_PATH], **names;
	struct gppi_error err;
	int n = staged ? store_names(path_in(spool, "staged", NULL, path), &names, &err) : -1;

	for (int i = 0; i < n; i++)
		(void)store_remove(path_in(spool, "staged", names[i], path), &err);
	if (n >= 0)
		store_free_names(names, n);
	store_remove_temporary(path_in(spool, "refused", NULL, path), ".dcm.txt.");
	snprintf(path, sizeof path, "%s/send", spool);
	store_remove_temporary(path, RETRY ".");
}

int outbox_begin(const char *spool, const char *key, struct gppi_error *err)
{
	char path[STORE_PATH];
	int rc = store_remove(path_in(spool, "staged", key, path), err);

	return rc == 0 ? store_make(path, err) : rc;
}

void outbox_stem(const char *spool, const char *key, int index, char out[STORE_PATH])
{
	char name[STORE_KEY + 32];

	snprintf(name, sizeof name, "%s/bone-%d", key, index + 1);
	path_in(spool, "staged", name, out);
}

void outbox_drop(const char *spool, const char *key)
{
	char path[STORE_PATH];
	struct gppi_error err;

	(void)store_remove(path_in(spool, "staged", key, path), &err);
}

/* "bone-1-report.dcm": what gppi_write_dicom() makes of outbox_stem(). */
static bool is_object(const char *name)
{
	static const char *const ends[] = { "-report.dcm", "-key.dcm", "-picture.dcm", "-segments.dcm" };
	const char *digits = name + strlen("bone-");
	size_t n = strncmp(name, "bone-", strlen("bone-")) == 0 ? strspn(digits, "0123456789") : 0;

	for (size_t i = 0; n > 0 && n < 6 && i < sizeof ends / sizeof *ends; i++)
		if (strcmp(digits + n, ends[i]) == 0)
			return true;
	return false;
}

/* KEY/bone-1-report.dcm becomes KEY-bone-1-report@UID.dcm. A worker may have been taken over: whatever else lies there
 * stays, and goes with the folder. */
static int release_one(const char *spool, const char *key, const char *name, struct gppi_error *err)
{
	char from[STORE_PATH], to[STORE_PATH], part[STORE_KEY + SEND_NAME], new[SEND_NAME], uid[STORE_KEY];
	struct dicom_ids ids;
	struct stat st;
	size_t n = strlen(name);

	snprintf(part, sizeof part, "%s/%s", key, name);
	path_in(spool, "staged", part, from);
	int rc = is_object(name) && lstat(from, &st) == 0 && S_ISREG(st.st_mode)
			 ? dicom_ids_read(from, &ids, err)
			 : err_set(err, GPPI_E_FORMAT, "%s: is no object of a result", from);
	if (rc == GPPI_E_FORMAT || rc == GPPI_E_UNSUPPORTED) {
		serve_log(LOG_WARN, "not_sent key=%s what=\"%s\"", key, err->text);
		return 0;
	}
	if (rc < 0)
		return rc;
	store_uid_key(ids.sop, uid);
	snprintf(new, sizeof new, "%s-%.*s@%s.dcm", key, (int)(n - 4), name, uid);
	if (rename(from, path_in(spool, "waiting", new, to)) != 0)
		return err_set(err, GPPI_E_IO, "%s: cannot be moved to %s: %s", from, to, strerror(errno));
	return 1;
}

int outbox_release(const char *spool, const char *key, struct gppi_error *err)
{
	char folder[STORE_PATH], waiting[STORE_PATH], **names;
	int released = 0, rc = 0;

	path_in(spool, "staged", key, folder);
	if (!store_exists(folder))
		return 0;
	int n = store_names(folder, &names, err);
	if (n < 0)
		return n;
	for (int i = 0; i < n && rc >= 0; i++) {
		rc = release_one(spool, key, names[i], err);
		released += rc > 0;
	}
	store_free_names(names, n);
	if (rc >= 0)
		rc = store_sync(path_in(spool, "waiting", NULL, waiting), err);
	if (rc >= 0)
		rc = store_remove(folder, err);
	return rc < 0 ? rc : released;
}

/* ---- waiting/ ---- */

struct waiting {
	struct timespec since;
	char *name;
};

static int by_time(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;

	if (x->since.tv_sec != y->since.tv_sec)
		return x->since.tv_sec < y->since.tv_sec ? -1 : 1;
	if (x->since.tv_nsec != y->since.tv_nsec)
		return x->since.tv_nsec < y->since.tv_nsec ? -1 : 1;
	return strcmp(x->name, y->name);
}

const char *outbox_path(const char *spool, const char *name, char out[STORE_PATH])
{
	return path_in(spool, "waiting", name, out);
}

int outbox_waiting(const char *spool, char ***names, struct gppi_error *err)
{
	char path[STORE_PATH];
	int n = store_names(path_in(spool, "waiting", NULL, path), names, err);

	if (n <= 1)
		return n;
	struct waiting *list = calloc((size_t)n, sizeof *list);
	if (!list) {
		store_free_names(*names, n);
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for %d names", path, n);
	}
	for (int i = 0; i < n; i++) {
		struct stat st;
		list[i].name = (*names)[i];
		if (lstat(path_in(spool, "waiting", list[i].name, path), &st) == 0)
			list[i].since = st.st_mtim;
	}
	qsort(list, (size_t)n, sizeof *list, by_time);
	for (int i = 0; i < n; i++)
		(*names)[i] = list[i].name;
	free(list);
	return n;
}

void outbox_sent(const char *spool, const char *name)
{
	char path[STORE_PATH];

	(void)unlink(path_in(spool, "waiting", name, path));
}

int outbox_refuse(const char *spool, const char *name, const char *reason, struct gppi_error *err)
{
	char from[STORE_PATH], to[STORE_PATH], note[STORE_PATH + 8];
	struct atomic_file *file;

	path_in(spool, "waiting", name, from);
	snprintf(note, sizeof note, "%s.txt", path_in(spool, "refused", name, to));
	int rc = atomic_open(note, &file, err);
	if (rc < 0)
		return rc;
	fprintf(atomic_stream(file), "%s\nTo try again, move the file back into send/waiting.\n", reason);
	rc = atomic_commit(file, err);
	/* the same object once more takes the place of the first */
	if (rc == 0 && rename(from, to) != 0)
		rc = err_set(err, GPPI_E_IO, "%s: cannot be moved to %s: %s", from, to, strerror(errno));
	return rc;
}

void outbox_last(const char *spool, const char *name)
{
	char path[STORE_PATH];

	(void)utimensat(AT_FDCWD, path_in(spool, "waiting", name, path), NULL, AT_SYMLINK_NOFOLLOW);
}

void outbox_sync(const char *spool)
{
	char path[STORE_PATH];
	struct gppi_error err;

	(void)store_sync(path_in(spool, "refused", NULL, path), &err);
	(void)store_sync(path_in(spool, "waiting", NULL, path), &err);
}

/* ---- patience, over a restart ---- */

static void retry_path(const char *spool, char out[STORE_PATH])
{
	snprintf(out, STORE_PATH, "%s/send/" RETRY, spool);
}

void outbox_retry_write(const char *spool, int failures, long long next)
{
	char path[STORE_PATH];
	struct atomic_file *file;
	struct gppi_error err;

	retry_path(spool, path);
	if (failures <= 0) {
		(void)unlink(path);
		return;
	}
	if (atomic_open(path, &file, &err) < 0)
		return; /* only patience is lost */
	fprintf(atomic_stream(file), "%d %lld\n", failures, next);
	(void)atomic_commit(file, &err);
}

int outbox_retry_read(const char *spool, long long *next)
{
	char path[STORE_PATH], text[64] = "", *end;

	*next = 0;
	retry_path(spool, path);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	bool ok = fgets(text, sizeof text, file) != NULL;
	fclose(file);
	long failures = ok ? strtol(text, &end, 10) : 0;
	if (failures < 1 || failures > 1000000)
		return 0;
	*next = strtoll(end, NULL, 10);
	return (int)failures;
}

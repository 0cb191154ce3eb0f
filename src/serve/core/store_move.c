/* All that changes something in a store: each by the open folder, see store_way.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/core/store_way.h"

int store_make(const char *folder, struct gppi_error *err)
{
	struct store_way way;
	struct stat st = { 0 };
	int rc = store_way_open(folder, &way, err);

	if (rc < 0 && (way.why == ENOENT || way.why == EACCES))
		return err_set(err, GPPI_E_IO, "%s: the folder cannot be made: %s", folder, strerror(way.why));
	if (rc < 0)
		return rc;
	/* outside of watch folders, those of the configuration may be links */
	if (mkdirat(way.folder, way.name, 0777) != 0 &&
	    (errno != EEXIST || fstatat(way.folder, way.name, &st, way.below ? AT_SYMLINK_NOFOLLOW : 0) != 0 ||
	     !S_ISDIR(st.st_mode)))
		rc = S_ISLNK(st.st_mode) ?
		     err_set(err, GPPI_E_IO, "%s: is a link; the service needs a real folder there", folder) :
		     err_set(err, GPPI_E_IO, "%s: the folder cannot be made: %s", folder, strerror(errno));
	store_way_close(&way);
	return rc;
}

static int sync_open(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	/* some file systems (network shares) cannot sync folders */
	int rc = fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : -1;
	int why = errno;
	close(fd);
	errno = why;
	return rc;
}

int store_sync(const char *folder, struct gppi_error *err)
{
	if (sync_open(AT_FDCWD, folder) == 0)
		return 0;
	return err_set(err, GPPI_E_IO, "%s: cannot be synced: %s", folder, strerror(errno));
}

/* ROOT/room/KEY of a watch folder is a folder, and so is KEY/data: links that somebody has put there would lead the
 * jobs elsewhere. Whoever owns the folder may still put one there after this: then the ways to it fail, and readers
 * refuse what is a link. */
static int check_job(const struct store_way *from, const char *path, struct gppi_error *err)
{
	struct stat st;
	int fd = openat(from->folder, from->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno != ELOOP && errno != ENOTDIR) /* which the rename tells */
		return 0;
	bool bad = fd < 0 || (fstatat(fd, STORE_DATA, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode));
	if (fd >= 0)
		close(fd);
	return bad ? err_set(err, GPPI_E_FORMAT,
			     "%s: is no folder of a job: it, or the data in it, is a link or a file", path) : 0;
}

static int move(const struct store_way *a, const struct store_way *b)
{
	struct stat st;

	if (renameat2(a->folder, a->name, b->folder, b->name, RENAME_NOREPLACE) == 0)
		return 0;
	/* Not every file system knows RENAME_NOREPLACE; all movers into one room hold the same lock. */
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	int why = errno;
	if (fstatat(b->folder, b->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = why;
		return -1;
	}
	return renameat(a->folder, a->name, b->folder, b->name);
}

/* over: a file, over what is there, and nothing is synced. */
static int move_entry(const char *from, const char *to, bool over, struct gppi_error *err)
{
	struct store_way a, b;
	int rc = store_way_open(from, &a, err);

	if (rc < 0)
		return rc;
	rc = store_way_open(to, &b, err);
	if (rc < 0)
		goto close_a;
	if (!over && b.room && b.below == 2)
		rc = check_job(&a, from, err);
	if (rc == 0 && (over ? renameat(a.folder, a.name, b.folder, b.name) : move(&a, &b)) != 0)
		rc = err_set(err, GPPI_E_IO, "%s: cannot be moved to %s: %s", from, to, strerror(errno));
	if (rc == 0 && !over && (sync_open(b.folder, ".") != 0 || sync_open(a.folder, ".") != 0))
		rc = err_set(err, GPPI_E_IO, "%s: its folder cannot be synced: %s", to, strerror(errno));
	store_way_close(&b);
close_a:
	store_way_close(&a);
	return rc;
}

int store_move(const char *from, const char *to, struct gppi_error *err)
{
	return move_entry(from, to, false, err);
}

int store_replace(const char *from, const char *to, struct gppi_error *err)
{
	return move_entry(from, to, true, err);
}

int store_remove(const char *path, struct gppi_error *err)
{
	struct store_way way;
	int rc = store_way_open(path, &way, err);

	if (rc < 0)
		return way.why == ENOENT ? 0 : rc;
	if (store_remove_at(way.folder, way.name) != 0)
		rc = err_set(err, GPPI_E_IO, "%s: cannot be removed: %s", path, strerror(errno));
	store_way_close(&way);
	return rc;
}

bool store_remove_empty(const char *folder)
{
	struct store_way way;

	if (store_way_open(folder, &way, NULL) < 0)
		return false;
	bool removed = unlinkat(way.folder, way.name, AT_REMOVEDIR) == 0;
	store_way_close(&way);
	return removed;
}

static bool write_whole(int fd, const char *text, size_t n)
{
	while (n > 0) {
		ssize_t wrote = write(fd, text, n);
		if (wrote < 0 && errno != EINTR)
			return false;
		text += wrote > 0 ? wrote : 0;
		n -= wrote > 0 ? (size_t)wrote : 0;
	}
	return true;
}

/* A folder of that name is in the way of a rename; of what the service writes, nothing is one. */
static bool replace(int folder, const char *from, const char *to)
{
	if (renameat(folder, from, folder, to) == 0)
		return true;
	return errno == EISDIR && store_remove_at(folder, to) == 0 && renameat(folder, from, folder, to) == 0;
}

int store_put(const char *path, const char *text, size_t n, struct gppi_error *err)
{
	struct store_way way;
	char new[sizeof way.name + 8];
	int rc = store_way_open(path, &way, err);

	if (rc < 0)
		return rc;
	snprintf(new, sizeof new, "%s.new", way.name);
	(void)store_remove_at(way.folder, new); /* of a kill, or put there by somebody */
	int fd = openat(way.folder, new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	bool good = fd >= 0 && write_whole(fd, text, n) && fsync(fd) == 0;
	int why = errno;
	if (fd >= 0 && close(fd) != 0 && good) {
		good = false;
		why = errno;
	}
	if (good && !replace(way.folder, new, way.name)) {
		good = false;
		why = errno;
	}
	if (!good) {
		if (fd >= 0)
			(void)unlinkat(way.folder, new, 0);
		rc = err_set(err, GPPI_E_IO, "%s: cannot be written: %s", path, strerror(why));
	}
	store_way_close(&way);
	return rc;
}

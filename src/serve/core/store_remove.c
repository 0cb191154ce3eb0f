/* Removes whatever people have dropped. Nothing is followed, and nothing depends on how deep it is: what lies in a
 * folder of the top one is renamed up into that, so that two open folders are enough. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "serve/core/store_way.h"

#define ENTRIES_MAX 16000000 /* somebody may put things there as fast as they are removed: not for ever */

struct removal {
	int top;
	long long entries;
	unsigned fresh; /* number of the next name in the top folder */
	bool moved;     /* something has gone in this pass */
	int why;        /* errno of the first failure in it */
};

static DIR *open_folder(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/* 0, or an errno: ENOTEMPTY for a folder with something in it. */
static int remove_entry(int folder, const char *name)
{
	if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
		return 0;
	int why = errno;
	/* of a folder, Linux says EISDIR, POSIX EPERM; the second call tells whether it is one */
	if (unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno == EEXIST)
		return ENOTEMPTY;
	return errno == ENOTDIR ? why : errno;
}

static void fail(struct removal *r, int why)
{
	if (!r->why)
		r->why = why;
}

/* A full folder: under a fresh name into the top one. */
static void lift(struct removal *r, int folder, const char *name)
{
	char fresh[32];
	int rc;

	do {
		snprintf(fresh, sizeof fresh, ".gone-%u", r->fresh++);
		rc = renameat(folder, name, r->top, fresh);
	} while (rc != 0 && (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR) && r->fresh < ENTRIES_MAX);
	if (rc == 0 || errno == ENOENT)
		r->moved = true;
	else
		fail(r, errno);
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* `inner` lies in the top folder, and is not empty. */
static void empty_inner(struct removal *r, const char *inner)
{
	struct dirent *e;
	DIR *dir = open_folder(r->top, inner);

	if (!dir) {
		fail(r, errno);
		return;
	}
	while ((e = readdir(dir)) && r->entries < ENTRIES_MAX) {
		if (is_dots(e->d_name))
			continue;
		r->entries++;
		int why = remove_entry(dirfd(dir), e->d_name);
		if (why == ENOTEMPTY)
			lift(r, dirfd(dir), e->d_name);
		else if (why)
			fail(r, why);
		else
			r->moved = true;
	}
	closedir(dir);
	int why = remove_entry(r->top, inner);
	if (!why)
		r->moved = true;
	else
		fail(r, why);
}

/* What was lifted meanwhile may be met in this pass or the next one. */
static void one_pass(struct removal *r, DIR *top)
{
	struct dirent *e;

	r->moved = false;
	r->why = 0;
	rewinddir(top);
	while ((e = readdir(top)) && r->entries < ENTRIES_MAX) {
		if (is_dots(e->d_name))
			continue;
		r->entries++;
		int why = remove_entry(r->top, e->d_name);
		if (why == ENOTEMPTY)
			empty_inner(r, e->d_name);
		else if (why)
			fail(r, why);
		else
			r->moved = true;
	}
}

int store_remove_at(int folder, const char *name)
{
	struct removal r = { 0 };
	int why = remove_entry(folder, name);

	if (why == ENOTEMPTY) {
		DIR *top = open_folder(folder, name);
		if (top) {
			r.top = dirfd(top);
			do {
				one_pass(&r, top);
				why = remove_entry(folder, name);
			} while (why == ENOTEMPTY && r.moved && r.entries < ENTRIES_MAX);
			closedir(top);
			if (why == ENOTEMPTY && r.why)
				why = r.why;
		} else {
			why = errno;
		}
	}
	errno = why;
	return why ? -1 : 0;
}

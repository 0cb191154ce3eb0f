#define _GNU_SOURCE
#include "base/part.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/os.h"
#include "base/part_lock.h"

struct part_file {
	FILE *stream;
	char *path; /* see target() */
	char *part;
	long good;  /* bytes up to the last whole row */
	int why;    /* errno of the first failed write */
	int lock;   /* of part; until it has its name, or is left */
};

static void free_file(struct part_file *f)
{
	if (f->stream)
		fclose(f->stream);
	part_unlock(f->lock);
	free(f->path);
	free(f->part);
	free(f);
}

/* Where a link leads to, so that it stays one; else the path as it is. */
static char *target(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && stat(path, &st) == 0)
		return os_real_path(path);
	return strdup(path);
}

char *part_name(const char *path)
{
	char *to = target(path), *part = NULL;

	if (!to || asprintf(&part, "%s.part", to) < 0)
		part = NULL;
	free(to);
	return part;
}

/* The rows kept, as a whole or not at all: what is there now must not be lost to a full disk. The new file is taken
 * before it has its name. */
static int begin_with(struct part_file *f, const char *keep, size_t size, struct gppi_error *err)
{
	struct atomic_file *file;
	int rc = atomic_open(f->part, &file, err), lock = -1;

	if (rc < 0)
		return rc;
	fwrite(keep, 1, size, atomic_stream(file));
	if (!part_lock_stream(atomic_stream(file), &lock)) {
		rc = err_set(err, GPPI_E_IO, "%s: cannot be written: %s", f->part, strerror(errno));
		atomic_abort(file);
		return rc;
	}
	rc = atomic_commit(file, err);
	part_unlock(f->lock);
	f->lock = lock;
	return rc;
}

/* Two runs that write one file would each leave out rows of the other. */
static int take(struct part_file *f, struct gppi_error *err)
{
	struct stat st;

	if (stat(f->part, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(err, GPPI_E_IO, "%s: is not a regular file; remove it", f->part);
	if (part_lock(f->part, &f->lock))
		return 0;
	if (errno == EBUSY)
		return err_set(err, GPPI_E_IO, "%s: another run of gppi is writing it; wait until that has ended, or "
			       "name another file", f->part);
	return err_set(err, GPPI_E_IO, "%s: cannot be written: %s", f->path, strerror(errno));
}

int part_open(const char *path, const char *keep, size_t size, struct part_file **out, struct gppi_error *err)
{
	struct stat st;
	bool exists = stat(path, &st) == 0;
	int rc = 0;

	*out = NULL;
	if (exists && !S_ISREG(st.st_mode))
		return err_set(err, GPPI_E_IO, "%s: is not a regular file; name a file to write", path);
	struct part_file *f = calloc(1, sizeof *f);
	if (!f)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
	f->lock = -1;
	f->path = target(path);
	f->part = part_name(path);
	if (!f->path || !f->part)
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
	if (rc == 0)
		rc = take(f, err);
	if (rc == 0 && keep)
		rc = begin_with(f, keep, size, err);
	if (rc == 0 && !(f->stream = fopen(f->part, keep ? "ab" : "wb")))
		rc = err_set(err, GPPI_E_IO, "%s: cannot be written: %s", path, strerror(errno));
	if (rc < 0) {
		free_file(f);
		return rc;
	}
	f->good = (long)(keep ? size : 0);
	*out = f;
	return 0;
}

FILE *part_stream(struct part_file *file)
{
	return file->stream;
}

const char *part_path(const struct part_file *file)
{
	return file->part;
}

void part_flush(struct part_file *f)
{
	if (f->why)
		return;
	errno = 0;
	if (fflush(f->stream) == 0 && !ferror(f->stream))
		f->good = ftell(f->stream);
	else
		f->why = os_write_failure(f->stream);
}

/* Closes it; what is behind the last whole row is cut off. */
static void finish(struct part_file *f)
{
	fclose(f->stream);
	f->stream = NULL;
	if (f->why && truncate(f->part, f->good) != 0)
		f->why = errno;
}

int part_commit(struct part_file *f, struct gppi_error *err)
{
	struct stat st;
	int rc = 0;

	part_flush(f);
	if (!f->why && os_sync(f->stream) != 0)
		f->why = errno;
	finish(f);
	if (!f->why && stat(f->path, &st) == 0 && chmod(f->part, st.st_mode & 07777) != 0)
		f->why = errno;
	if (!f->why && os_replace(f->part, f->path) != 0)
		f->why = errno;
	if (f->why)
		rc = err_set(err, GPPI_E_IO, "%s: could not be written: %s; what there is lies in %s", f->path,
			     strerror(f->why), f->part);
	free_file(f);
	return rc;
}

void part_leave(struct part_file *f)
{
	part_flush(f);
	finish(f);
	free_file(f);
}

void part_remove(struct part_file *f)
{
	if (!f)
		return;
	fclose(f->stream);
	f->stream = NULL;
	unlink(f->part);
	free_file(f);
}

#define _GNU_SOURCE
#include "base/atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct atomic_file {
	FILE *stream;
	char *path; /* with symbolic links resolved, so that a link stays a link */
	char *temp;
};

static void free_file(struct atomic_file *f)
{
	if (!f)
		return;
	free(f->path);
	free(f->temp);
	free(f);
}

/* The mode a plain open() would give; of the old file where there is one. */
static mode_t wanted_mode(const struct stat *old)
{
	if (old)
		return old->st_mode & 07777;
	mode_t mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

/* A rename is safe against power loss only once its folder is on disk too. Some file systems
 * cannot sync folders: the file itself is synced already, so that is not an error. */
static void sync_folder(const char *path)
{
	char *copy = strdup(path);
	if (!copy)
		return;
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
	free(copy);
}

int atomic_open(const char *path, struct atomic_file **out, struct err *err)
{
	struct stat st;
	bool exists = stat(path, &st) == 0;
	int fd = -1, rc;

	*out = NULL;
	if (exists && !S_ISREG(st.st_mode))
		return err_set(err, GPPI_E_IO, "%s: is not a regular file; name a file to write", path);
	struct atomic_file *f = calloc(1, sizeof *f);
	if (!f)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
	f->path = exists ? realpath(path, NULL) : strdup(path);
	if (!f->path || asprintf(&f->temp, "%s.XXXXXX", f->path) < 0) {
		f->temp = NULL;
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
		goto fail;
	}
	fd = mkostemp(f->temp, O_CLOEXEC);
	if (fd < 0) {
		rc = err_set(err, GPPI_E_IO, "%s: cannot be written: %s", path, strerror(errno));
		goto fail;
	}
	if (fchmod(fd, wanted_mode(exists ? &st : NULL)) != 0 || !(f->stream = fdopen(fd, "w"))) {
		rc = err_set(err, GPPI_E_IO, "%s: cannot be written: %s", path, strerror(errno));
		close(fd);
		unlink(f->temp);
		goto fail;
	}
	*out = f;
	return 0;
fail:
	free_file(f);
	return rc;
}

FILE *atomic_stream(struct atomic_file *file)
{
	return file->stream;
}

int atomic_commit(struct atomic_file *f, struct err *err)
{
	int rc = 0;

	/* errno of an earlier failed write may be lost by now; the sentence still names the file. */
	bool bad = ferror(f->stream) != 0;
	errno = bad ? EIO : 0;
	bad = bad || fflush(f->stream) != 0 || fsync(fileno(f->stream)) != 0;
	int why = errno;
	if (fclose(f->stream) != 0 && !bad) {
		bad = true;
		why = errno;
	}
	if (!bad && rename(f->temp, f->path) != 0) {
		bad = true;
		why = errno;
	}
	if (bad) {
		unlink(f->temp);
		rc = err_set(err, GPPI_E_IO, "%s: could not be written: %s", f->path, strerror(why));
	} else {
		sync_folder(f->path);
	}
	free_file(f);
	return rc;
}

void atomic_abort(struct atomic_file *f)
{
	if (!f)
		return;
	fclose(f->stream);
	unlink(f->temp);
	free_file(f);
}

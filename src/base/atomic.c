#define _POSIX_C_SOURCE 200809L
#include "base/atomic.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"

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

int atomic_open(const char *path, struct atomic_file **out, struct err *err)
{
	struct stat st;
	bool exists = stat(path, &st) == 0;
	int rc;

	*out = NULL;
	if (exists && !S_ISREG(st.st_mode))
		return err_set(err, GPPI_E_IO, "%s: is not a regular file; name a file to write", path);
	struct atomic_file *f = calloc(1, sizeof *f);
	if (!f)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
	f->path = exists ? os_real_path(path) : strdup(path);
	if (!f->path) {
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
		goto fail;
	}
	f->stream = os_temp_open(f->path, &f->temp);
	if (!f->stream) {
		rc = err_set(err, GPPI_E_IO, "%s: cannot be written: %s", path, strerror(errno));
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
	bad = bad || os_sync(f->stream) != 0;
	int why = errno;
	if (fclose(f->stream) != 0 && !bad) {
		bad = true;
		why = errno;
	}
	if (!bad && os_replace(f->temp, f->path) != 0) {
		bad = true;
		why = errno;
	}
	if (bad) {
		unlink(f->temp);
		rc = err_set(err, GPPI_E_IO, "%s: could not be written: %s", f->path, strerror(why));
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

#define _POSIX_C_SOURCE 200809L
#include "base/atomic.h"

#include <errno.h>
#include <stdatomic.h>
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
	int place; /* of temp in `pending`; -1 none */
};

/* Names of temporary files, for a program that is ended. A signal handler takes names out, and who does owns
 * them. More files than places are rare and only miss that. */
#define PENDING_MAX 256
static char *_Atomic pending[PENDING_MAX];

static void remember(struct atomic_file *f)
{
	f->place = -1;
	for (int i = 0; i < PENDING_MAX && f->place < 0; i++) {
		char *none = NULL;
		if (atomic_compare_exchange_strong(&pending[i], &none, f->temp))
			f->place = i;
	}
}

static void free_temp(struct atomic_file *f)
{
	char *name = f->temp;

	if (!name || f->place < 0 || atomic_compare_exchange_strong(&pending[f->place], &name, NULL))
		free(f->temp);
}

void atomic_remove_all(void)
{
	for (int i = 0; i < PENDING_MAX; i++) {
		char *name = atomic_exchange(&pending[i], NULL);
		if (name)
			unlink(name);
	}
}

static void free_file(struct atomic_file *f)
{
	if (!f)
		return;
	free(f->path);
	free_temp(f);
	free(f);
}

int atomic_open(const char *path, struct atomic_file **out, struct gppi_error *err)
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
	f->temp = os_temp_name(f->path);
	if (!f->temp) {
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
		goto fail;
	}
	remember(f); /* before the file is there: a signal may come at any time */
	f->stream = os_temp_open(f->path, f->temp);
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

int atomic_commit(struct atomic_file *f, struct gppi_error *err)
{
	int rc = 0;
	bool bad = ferror(f->stream) != 0;

	int why = bad ? os_write_failure(f->stream) : 0;
	if (!bad && os_sync(f->stream) != 0) {
		bad = true;
		why = errno;
	}
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

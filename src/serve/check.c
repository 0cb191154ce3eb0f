#define _GNU_SOURCE
#include "serve/check.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gppi/gppi.h"
#include "serve/receive/receiver.h"

static bool is_folder(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* As this user, whoever it is: a service of another one may see it otherwise. */
static int must_write(const char *path, const char *what, struct gppi_error *err)
{
	if (access(path, W_OK | X_OK) == 0)
		return 0;
	return err_set(err, GPPI_E_IO, "%s: %s cannot be written to: %s; give it to the user of the service", path,
		       what, strerror(errno));
}

/* One that the start would make. */
static int check_own(const char *path, const char *what, struct gppi_error *err)
{
	char parent[SERVE_PATH];
	struct stat st;

	if (is_folder(path))
		return must_write(path, what, err);
	if (lstat(path, &st) == 0)
		return err_set(err, GPPI_E_IO, "%s: %s is no folder; move it away", path, what);
	snprintf(parent, sizeof parent, "%s", path);
	const char *above = dirname(parent);
	if (!is_folder(above))
		return err_set(err, GPPI_E_IO, "%s: %s cannot be made, since %s is not there; make that first", path,
			       what, above);
	return must_write(above, "the folder above", err);
}

static int check_file(const char *path, const char *what, struct gppi_error *err)
{
	struct stat st;

	if (!*path)
		return 0;
	if (stat(path, &st) != 0)
		return err_set(err, GPPI_E_IO, "%s: %s is not there: %s", path, what, strerror(errno));
	if (!S_ISREG(st.st_mode) || access(path, R_OK) != 0)
		return err_set(err, GPPI_E_IO, "%s: %s cannot be read; check what it is, and its permissions", path,
			       what);
	return 0;
}

static int check_tls(const struct serve_config *c, struct gppi_error *err)
{
	const struct serve_dicom *d = &c->dicom;
	void *tls = NULL;
	int rc = check_file(d->tls_certificate, "tls_certificate", err);

	if (rc == 0)
		rc = check_file(d->tls_key, "tls_key", err);
	if (rc == 0)
		rc = check_file(d->tls_ca, "tls_ca", err);
	if (rc == 0 && d->port && d->tls_key[0]) {
		rc = association_tls(d->tls_certificate, d->tls_key, d->tls_ca, &tls, err);
		association_tls_free(tls);
	}
	if (rc == 0)
		rc = check_file(c->send.tls_certificate, "tls_certificate of [send]", err);
	if (rc == 0)
		rc = check_file(c->send.tls_key, "tls_key of [send]", err);
	return rc == 0 ? check_file(c->send.tls_ca, "tls_ca of [send]", err) : rc;
}

static int check_watch(const struct serve_watch *w, FILE *notes, struct gppi_error *err)
{
	struct stat st;

	if (is_folder(w->folder)) {
		if (!w->in_place)
			return must_write(w->folder, "the watch folder", err);
		return access(w->folder, R_OK | X_OK) == 0 ? 0 :
		       err_set(err, GPPI_E_IO, "%s: the watch folder cannot be read: %s", w->folder, strerror(errno));
	}
	if (lstat(w->folder, &st) == 0)
		return err_set(err, GPPI_E_IO, "%s: the watch folder is no folder; give one", w->folder);
	fprintf(notes, "%s: this watch folder is not there now; the service would wait for it\n", w->folder);
	return 0;
}

static int check_weights(const char *folder, struct gppi_error *err)
{
	struct gppi_models *models = NULL;
	int rc = *folder ? gppi_models_open(folder, &models, err) : 0;

	gppi_models_free(models);
	return rc;
}

int check_disk(const struct serve_config *c, FILE *notes, struct gppi_error *err)
{
	int rc = check_own(c->spool, "the spool", err);

	if (rc == 0)
		rc = check_own(c->results, "the results folder", err);
	if (rc == 0)
		rc = check_weights(c->weights, err);
	if (rc == 0)
		rc = check_tls(c, err);
	for (int i = 0; i < c->nwatch && rc == 0; i++)
		rc = check_watch(&c->watch[i], notes, err);
	return rc;
}

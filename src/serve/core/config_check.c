/* What the values of a configuration must be together. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "serve/core/config.h"

static int check_send(struct serve_config *c, const char *path, struct gppi_error *err)
{
	struct serve_send *send = &c->send;

	if (!send->host[0] && (send->port || send->called_title[0]))
		return err_set(err, GPPI_E_USAGE, "%s: [send] needs host, the PACS to send to", path);
	if (!send->host[0])
		return 0;
	if (!send->port || !send->called_title[0])
		return err_set(err, GPPI_E_USAGE, "%s: [send] needs port and called_title, those of the PACS", path);
	if (send->tls && !send->tls_ca[0])
		return err_set(err, GPPI_E_USAGE, "%s: [send] with tls = yes needs tls_ca, by which the PACS is known",
			       path);
	if (!send->tls_certificate[0] != !send->tls_key[0] || (!send->tls && (send->tls_ca[0] || send->tls_key[0])))
		return err_set(err, GPPI_E_USAGE, "%s: TLS in [send] needs tls = yes, and tls_certificate and tls_key "
			       "go together", path);
	if (!send->calling_title[0])
		snprintf(send->calling_title, sizeof send->calling_title, "%s", c->dicom.ae_title);
	return 0;
}

/* Is `path` the folder, or in it? */
static bool lies_in(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	if (strcmp(folder, "/") == 0)
		return true;
	return strncmp(path, folder, n) == 0 && (!path[n] || path[n] == '/');
}

/* What is taken out of a watch folder must not be the service's own. */
static int check_watch(const struct serve_config *c, const struct serve_watch *w, const char *path,
		       struct gppi_error *err)
{
	if (!w->folder[0])
		return err_set(err, GPPI_E_USAGE, "%s:%d: [watch %s] needs a folder", path, w->line, w->name);
	if (lies_in(c->spool, w->folder) || lies_in(c->results, w->folder))
		return err_set(err, GPPI_E_USAGE,
			       "%s:%d: spool and results cannot lie in the folder of [watch %s]; what "
			       "is there would be taken for scans",
			       path, w->line, w->name);
	if (lies_in(w->folder, c->spool))
		return err_set(err, GPPI_E_USAGE,
			       "%s:%d: the folder of [watch %s] cannot lie in the spool, which is the service's own",
			       path, w->line, w->name);
	for (const struct serve_watch *other = c->watch; other < w; other++) {
		if (strcmp(w->folder, other->folder) == 0)
			return err_set(err, GPPI_E_USAGE, "%s:%d: [watch %s] has the same folder as [watch %s]", path,
				       w->line, w->name, other->name);
		if (lies_in(w->folder, other->folder) || lies_in(other->folder, w->folder))
			return err_set(err, GPPI_E_USAGE, "%s:%d: the folders of [watch %s] and [watch %s] lie in each "
				       "other; give one of them", path, w->line, w->name, other->name);
	}
	return 0;
}

int config_check(struct serve_config *c, const char *path, struct gppi_error *err)
{
	if (!c->spool[0])
		return err_set(err, GPPI_E_USAGE, "%s: [service] needs spool, the folder for work under way", path);
	if (!c->results[0])
		return err_set(err, GPPI_E_USAGE, "%s: [service] needs results, the folder for results", path);
	if (strcmp(c->spool, c->results) == 0)
		return err_set(err, GPPI_E_USAGE, "%s: spool and results are one folder; give each its own", path);
	if (!c->dicom.port && !c->nwatch)
		return err_set(err, GPPI_E_USAGE, "%s: nothing to do: give [dicom] a port, or a [watch NAME] "
			       "with a folder", path);
	if (c->csv[0] == '.')
		return err_set(err, GPPI_E_USAGE, "%s: csv cannot begin with a dot", path);
	if (c->dicom.port && !c->dicom.ae.n && !c->dicom.ae.any)
		return err_set(err, GPPI_E_USAGE, "%s: [dicom] needs allow_ae, the AE titles that may send", path);
	if (!c->dicom.tls_certificate[0] != !c->dicom.tls_key[0] || (c->dicom.tls_ca[0] && !c->dicom.tls_key[0]))
		return err_set(err, GPPI_E_USAGE, "%s: TLS needs both tls_certificate and tls_key", path);
	if (!c->dicom.nets.n)
		(void)allow_nets_add(&c->dicom.nets, "127.0.0.0/8 ::1");
	for (int i = 0; i < c->nwatch; i++) {
		int rc = check_watch(c, &c->watch[i], path, err);
		if (rc < 0)
			return rc;
	}
	return check_send(c, path, err);
}

#define _GNU_SOURCE
#include "serve/keys.h"

#include <sys/stat.h>

#include "serve/core/log.h"

/* A group may share a key, as Debian's ssl-cert does; but not change it. */
#define EXPOSED (S_IRWXO | S_IWGRP)

static int check(const char *key, bool strict, struct gppi_error *err)
{
	struct stat st;
	struct gppi_error why;

	if (!*key || stat(key, &st) != 0 || !(st.st_mode & EXPOSED)) /* one that is missing is told when it is used */
		return 0;
	int rc = err_set(&why, GPPI_E_USAGE,
			 "%s: others can read or change this private key; as its owner: chmod g-w,o= %s", key, key);
	if (!strict) {
		serve_log(LOG_WARN, "key_exposed what=\"%s\"", why.text);
		return 0;
	}
	if (err)
		*err = why;
	return rc;
}

int keys_check(const struct serve_config *config, struct gppi_error *err)
{
	int rc = check(config->dicom.tls_key, config->strict, err);
	return rc == 0 ? check(config->send.tls_key, config->strict, err) : rc;
}

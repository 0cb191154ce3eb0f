/* What a job leaves in the results folder: KEY.jpg, rows of the table, KEY.json, in this order; then its
 * record. A crash before the record means that all is written once more, over the same names.
 *
 * Further results (a DICOM object to be sent on, for example) belong between the pictures and the table:
 * written whole under a name made of the key. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/atomic.h"
#include "report/report.h"
#include "serve/log.h"
#include "serve/service.h"

void results_picture(const struct service *s, const char *key, int index, char out[STORE_PATH])
{
	const char *folder = service_config(s)->results;

	if (index == 0)
		snprintf(out, STORE_PATH, "%s/%s.jpg", folder, key);
	else
		snprintf(out, STORE_PATH, "%s/%s-%d.jpg", folder, key, index + 1);
}

static char *table_head(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	report_csv_head(out);
	if (fclose(out) != 0 || size == 0) {
		free(text);
		return NULL;
	}
	text[size - 1] = 0; /* the end of the line */
	char *head = NULL;
	if (asprintf(&head, "%s,Key\n", text) < 0)
		head = NULL;
	free(text);
	return head;
}

/* Does a row end with ",key"? Keys need no quotes. */
static bool row_is(const char *line, ssize_t n, const char *key)
{
	size_t length = strlen(key);

	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	return (size_t)n > length && line[(size_t)n - length - 1] == ',' &&
	       memcmp(line + (size_t)n - length, key, length) == 0;
}

/* A table with other columns (of another version) is put aside, not mixed. */
static int put_aside(const char *path, struct err *err)
{
	char aside[STORE_PATH + 32];

	snprintf(aside, sizeof aside, "%s.until-%lld", path, (long long)time(NULL));
	serve_log(LOG_NOTE, "table_put_aside file=%s", aside);
	return store_move(path, aside, err);
}

static int rewrite(const char *path, const char *key, const char *rows, struct err *err)
{
	struct atomic_file *file = NULL;
	char *head = table_head(), *line = NULL;
	size_t room = 0;
	ssize_t n;
	int rc = 0;
	FILE *old = fopen(path, "re");

	if (!head || (!old && errno != ENOENT)) {
		rc = head ? err_set(err, GPPI_E_IO, "%s: cannot be read: %s", path, strerror(errno)) :
		     err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
		goto done;
	}
	n = old ? getline(&line, &room, old) : 0;
	if (old && (n <= 0 || strcmp(line, head) != 0)) {
		fclose(old);
		old = NULL;
		rc = put_aside(path, err);
	}
	if (rc == 0)
		rc = atomic_open(path, &file, err);
	if (rc < 0)
		goto done;
	FILE *out = atomic_stream(file);
	fputs(head, out);
	while (old && (n = getline(&line, &room, old)) > 0)
		if (!row_is(line, n, key))
			fwrite(line, 1, (size_t)n, out);
	fputs(rows, out);
	if (old && ferror(old)) {
		atomic_abort(file);
		rc = err_set(err, GPPI_E_IO, "%s: cannot be read", path);
	} else {
		rc = atomic_commit(file, err);
	}
done:
	if (old)
		fclose(old);
	free(line);
	free(head);
	return rc;
}

int results_commit(struct service *s, const struct job *job, const char *json, const char *csv, struct err *err)
{
	const struct serve_config *c = service_config(s);
	char path[STORE_PATH], work[STORE_PATH], hex[65];
	struct atomic_file *file;
	int rc = 0;

	if (c->csv[0] && *csv) {
		snprintf(path, sizeof path, "%s/%s", c->results, c->csv);
		pthread_mutex_lock(&s->table);
		rc = rewrite(path, job->key, csv, err);
		pthread_mutex_unlock(&s->table);
	}
	if (rc < 0)
		return rc;
	snprintf(path, sizeof path, "%s/%s.json", c->results, job->key);
	rc = atomic_open(path, &file, err);
	if (rc < 0)
		return rc;
	fputs(json, atomic_stream(file));
	rc = atomic_commit(file, err);
	int objects = rc == 0 ? store_digest(store_path(job->store, STORE_WORK, job->key, work), hex, err) : rc;
	return objects < 0 ? objects : record_write(s, job->key, objects, hex, err);
}

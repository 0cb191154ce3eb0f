#define _GNU_SOURCE
#include "serve/jobs/worker_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int write_all(int fd, const void *from, size_t n, struct gppi_error *err)
{
	const char *p = from;

	while (n) {
		ssize_t wrote = write(fd, p, n);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return err_set(err, GPPI_E_IO, "the worker and the service cannot talk: %s", strerror(errno));
		p += wrote;
		n -= (size_t)wrote;
	}
	return 0;
}

int worker_write(int fd, json_t *head, const char *const texts[WORKER_TEXTS], const size_t sizes[WORKER_TEXTS],
		 struct gppi_error *err)
{
	int rc = head && json_object_set_new(head, "texts", json_pack("[I,I,I]", (json_int_t)sizes[0],
		(json_int_t)sizes[1], (json_int_t)sizes[2])) == 0 ? 0 : -1;
	char *line = rc == 0 ? json_dumps(head, JSON_COMPACT) : NULL;

	json_decref(head);
	if (!line)
		return err_set(err, GPPI_E_NOMEM, "out of memory between worker and service");
	rc = write_all(fd, line, strlen(line), err);
	if (rc == 0)
		rc = write_all(fd, "\n", 1, err);
	for (int i = 0; i < WORKER_TEXTS && rc == 0; i++)
		rc = write_all(fd, texts[i] ? texts[i] : "", sizes[i], err);
	free(line);
	return rc;
}

static int read_all(int fd, worker_wait wait, void *user, char *to, size_t n, struct gppi_error *err)
{
	while (n) {
		int rc = wait(user, fd, err);
		if (rc < 0)
			return rc;
		ssize_t got = read(fd, to, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_set(err, GPPI_E_IO, "the worker ended without an answer");
		to += got;
		n -= (size_t)got;
	}
	return 0;
}

/* A line without its end. */
static int read_line(int fd, worker_wait wait, void *user, char line[WORKER_LINE], struct gppi_error *err)
{
	for (size_t n = 0; n < WORKER_LINE; n++) {
		int rc = read_all(fd, wait, user, line + n, 1, err);
		if (rc < 0)
			return rc;
		if (line[n] == '\n') {
			line[n] = 0;
			return 0;
		}
	}
	return err_set(err, GPPI_E_IO, "the worker answers too long a line");
}

int worker_read(int fd, worker_wait wait, void *user, json_t **head, char *texts[WORKER_TEXTS],
		size_t sizes[WORKER_TEXTS], struct gppi_error *err)
{
	char line[WORKER_LINE];
	int rc = read_line(fd, wait, user, line, err);

	*head = NULL;
	for (int i = 0; i < WORKER_TEXTS; i++) {
		texts[i] = NULL;
		sizes[i] = 0;
	}
	if (rc < 0)
		return rc;
	*head = json_loads(line, 0, NULL);
	const json_t *list = json_object_get(*head, "texts");
	for (size_t i = 0; i < WORKER_TEXTS && rc == 0; i++) {
		json_int_t n = json_integer_value(json_array_get(list, i));
		if (json_array_size(list) != WORKER_TEXTS || n < 0 || n > WORKER_TEXT) {
			rc = err_set(err, GPPI_E_IO, "the worker answers nonsense");
			break;
		}
		texts[i] = calloc((size_t)n + 1, 1);
		sizes[i] = (size_t)n;
		rc = texts[i] ? read_all(fd, wait, user, texts[i], (size_t)n, err) :
		     err_set(err, GPPI_E_NOMEM, "out of memory between worker and service");
	}
	if (rc < 0) {
		for (int i = 0; i < WORKER_TEXTS; i++)
			free(texts[i]);
		json_decref(*head);
		*head = NULL;
	}
	return rc;
}

long long worker_number(const json_t *head, const char *name)
{
	return json_integer_value(json_object_get(head, name));
}

const char *worker_string(const json_t *head, const char *name)
{
	const char *text = json_string_value(json_object_get(head, name));
	return text ? text : "";
}

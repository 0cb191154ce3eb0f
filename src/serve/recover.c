/* After a crash, a power cut or a stop: each thing back to where it belongs. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/log.h"
#include "serve/service.h"

/* PATH.XXXXXX as base/atomic names it, for the files written here. */
static bool is_temporary(const char *name)
{
	static const char *const suffix[] = { ".json.", ".jpg.", ".csv.", ".rec.", ".txt.", ".dcm.", ".html.", ".part." };
	const char *dot = strrchr(name, '.');
	bool lower = true;

	if (strncmp(name, "temp-", 5) == 0) /* of the receiver */
		return true;
	if (!dot || strlen(dot) != 7)
		return false;
	for (const char *c = dot + 1; *c; c++) {
		if (!isalnum((unsigned char)*c))
			return false;
		lower = lower && islower((unsigned char)*c);
	}
	for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++) {
		size_t n = strlen(suffix[i]);
		if ((size_t)(dot - name) + 1 >= n && memcmp(dot + 1 - n, suffix[i], n) == 0)
			return !lower; /* a person's planes.csv.backup is none */
	}
	return false;
}

/* Files that were being written when the program died. */
void recover_temporary(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		char path[STORE_PATH + 300];
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		if (is_temporary(e->d_name) && unlink(path) == 0)
			serve_log(LOG_NOTE, "temporary_removed file=%s", e->d_name);
	}
	if (dir)
		closedir(dir);
}

static int attempts_of(const char *folder)
{
	char path[STORE_PATH + 16], text[16] = "";

	snprintf(path, sizeof path, "%s/.attempts", folder);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	long n = fgets(text, sizeof text, file) ? strtol(text, NULL, 10) : 0;
	fclose(file);
	return (int)n;
}

/* work/KEY: answered already, or to be done again. */
static int recover_work(struct service *s, struct store *store, const char *key, struct err *err)
{
	char folder[STORE_PATH], to[STORE_PATH], hex[65], answered[65];
	int n, objects;

	store_path(store, STORE_WORK, key, folder);
	n = store_digest(folder, hex, err);
	if (n < 0)
		return n;
	if (record_read(s, key, &objects, answered) && strcmp(hex, answered) == 0) {
		serve_log(LOG_NOTE, "recovered key=%s to=done", key);
		n = outbox_release(s->spool.root, key, err);
		if (n < 0)
			return n;
		int rc = store_exists(store_path(store, STORE_DONE, key, to)) ? store_remove(to, err) : 0;
		return rc == 0 ? store_move(folder, to, err) : rc;
	}
	int attempts = attempts_of(folder);
	if (attempts >= service_config(s)->max_attempts) {
		char reason[200];
		snprintf(reason, sizeof reason, "the service ended %d times while it worked on this; to try again, move it "
			 "back", attempts);
		counters_add(&s->counters, COUNT_QUARANTINED, 1);
		serve_log(LOG_WARN, "quarantined key=%s attempts=%d", key, attempts);
		return store_quarantine(store, folder, key, reason, err);
	}
	serve_log(LOG_NOTE, "recovered key=%s to=queue attempts=%d", key, attempts);
	return store_move(folder, store_path(store, STORE_QUEUE, key, to), err);
}

/* queue/.KEY: a drop that was being taken. */
static int recover_claims(struct store *store, struct err *err)
{
	char room[STORE_PATH], from[STORE_PATH + 300], to[STORE_PATH];
	struct dirent *e;
	int rc = 0;
	DIR *dir = opendir(store_path(store, STORE_QUEUE, NULL, room));

	while (dir && rc == 0 && (e = readdir(dir))) {
		if (e->d_name[0] != '.' || strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(from, sizeof from, "%s/%s", room, e->d_name);
		if (rmdir(from) != 0 && strlen(e->d_name) < STORE_KEY)
			rc = store_move(from, store_path(store, STORE_QUEUE, e->d_name + 1, to), err);
	}
	if (dir)
		closedir(dir);
	return rc;
}

static int recover_store(struct service *s, struct store *store, struct err *err)
{
	char room[STORE_PATH], **names = NULL;

	recover_temporary(store_path(store, STORE_INCOMING, NULL, room));
	recover_temporary(store_path(store, STORE_QUARANTINE, NULL, room));
	int rc = recover_claims(store, err);
	int n = rc == 0 ? store_names(store_path(store, STORE_WORK, NULL, room), &names, err) : rc;
	if (n < 0)
		return n;
	for (int i = 0; i < n && rc == 0; i++)
		rc = recover_work(s, store, names[i], err);
	store_free_names(names, n);
	n = rc == 0 ? store_names(store_path(store, STORE_QUEUE, NULL, room), &names, err) : rc;
	if (n < 0)
		return n;
	for (int i = 0; i < n && rc == 0; i++)
		if (strlen(names[i]) < STORE_KEY)
			rc = queue_put(&s->queue, store, names[i], err);
	store_free_names(names, n);
	return rc == 0 ? collect_recover(s, store, err) : rc;
}

int recover_all(struct service *s, struct err *err)
{
	const struct serve_config *c = service_config(s);
	char records[STORE_PATH];

	snprintf(records, sizeof records, "%s/records", c->spool);
	int rc = store_make(c->results, err);
	if (rc == 0)
		rc = store_make(records, err);
	recover_temporary(c->results);
	recover_temporary(records);
	recover_temporary(c->spool);
	snprintf(records, sizeof records, "%s/send", c->spool);
	recover_temporary(records);
	snprintf(records, sizeof records, "%s/send/refused", c->spool);
	recover_temporary(records);
	if (rc == 0)
		rc = outbox_open(c->spool, err);
	if (rc == 0)
		rc = pages_recover(s, err);
	if (rc == 0)
		rc = recover_store(s, &s->spool, err);
	for (int i = 0; i < c->nwatch && rc == 0; i++)
		rc = recover_store(s, &s->watch[i], err);
	if (rc == 0)
		outbox_tidy(c->spool);
	return rc;
}

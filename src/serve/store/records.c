/* SPOOL/records/KEY.rec: one line for each series or drop that was answered, kept for ever: it tells a
 * duplicate, and after a crash what was already done. */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/atomic.h"
#include "serve/core/service.h"
#include "serve/store/publish.h"

const char *record_path(const struct service *s, const char *key, char out[STORE_PATH])
{
	snprintf(out, STORE_PATH, "%s/records/%s.rec", s->spool.root, key);
	return out;
}

int record_write(const char *path, const struct record *record, struct gppi_error *err)
{
	struct atomic_file *file;
	int rc = atomic_open(path, &file, err);

	if (rc < 0)
		return rc;
	fprintf(atomic_stream(file), "%d %s\n", record->objects, record->hex);
	return atomic_commit(file, err);
}

bool record_read(const char *path, struct record *out)
{
	char line[128];
	FILE *file = fopen(path, "re");

	if (!file)
		return false;
	char *end = NULL;
	bool ok = fgets(line, sizeof line, file) != NULL;
	fclose(file);
	out->objects = ok ? (int)strtol(line, &end, 10) : 0;
	if (!ok || out->objects < 1 || !end || *end != ' ' || strlen(end + 1) < 64)
		return false;
	snprintf(out->hex, sizeof out->hex, "%.64s", end + 1);
	return true;
}

int record_of(const char *data, struct record *out, struct gppi_error *err)
{
	out->objects = store_digest(data, out->hex, err);
	return out->objects < 0 ? out->objects : 0;
}

/* Only the service writes there, and temporary names end with a dot and six letters. */
void records_recover(const struct service *s)
{
	char folder[STORE_PATH], path[STORE_PATH + 300];
	struct dirent *e;

	snprintf(folder, sizeof folder, "%s/records", s->spool.root);
	DIR *dir = opendir(folder);
	while (dir && (e = readdir(dir))) {
		const char *dot = strrchr(e->d_name, '.');
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		if (dot && strcmp(dot, ".rec") != 0)
			(void)unlink(path); /* of . and .. it fails */
	}
	if (dir)
		closedir(dir);
}

static bool taken(const struct store *store, const char *key)
{
	char path[STORE_PATH], hidden[STORE_KEY + 1];

	for (int room = 0; room < STORE_ROOMS; room++)
		if (store_exists(store_path(store, (enum store_room)room, key, path)))
			return true;
	/* being put together, see watch_claim.c */
	snprintf(hidden, sizeof hidden, ".%s", key);
	return store_exists(store_path(store, STORE_QUEUE, hidden, path));
}

bool record_key_free(struct service *s, const char *key)
{
	char path[STORE_PATH];

	if (store_exists(record_path(s, key, path)) || queue_has(&s->queue, key) || taken(&s->spool, key))
		return false;
	if (publish_taken(s, key))
		return false;
	for (int i = 0; i < service_config(s)->nwatch; i++)
		if (store_is_open(&s->watch[i]) && taken(&s->watch[i], key))
			return false;
	return true;
}

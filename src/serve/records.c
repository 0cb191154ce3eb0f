/* SPOOL/records/KEY.rec: one line for each series or drop that was answered, kept for ever: it tells a
 * duplicate, and after a crash what was already done. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "serve/service.h"

static void record_path(const struct service *s, const char *key, char out[STORE_PATH])
{
	snprintf(out, STORE_PATH, "%s/records/%s.rec", s->spool.root, key);
}

int record_write(const struct service *s, const char *key, int objects, const char hex[65], struct err *err)
{
	char path[STORE_PATH];
	struct atomic_file *file;

	record_path(s, key, path);
	int rc = atomic_open(path, &file, err);
	if (rc < 0)
		return rc;
	fprintf(atomic_stream(file), "%d %s\n", objects, hex);
	return atomic_commit(file, err);
}

bool record_read(const struct service *s, const char *key, int *objects, char hex[65])
{
	char path[STORE_PATH], line[128];

	record_path(s, key, path);
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	char *end = NULL;
	bool ok = fgets(line, sizeof line, file) != NULL;
	fclose(file);
	*objects = ok ? (int)strtol(line, &end, 10) : 0;
	if (!ok || *objects < 1 || !end || *end != ' ' || strlen(end + 1) < 64)
		return false;
	snprintf(hex, 65, "%.64s", end + 1);
	return true;
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

	record_path(s, key, path);
	if (store_exists(path) || queue_has(&s->queue, key) || taken(&s->spool, key))
		return false;
	snprintf(path, sizeof path, "%s/%s.json", service_config(s)->results, key);
	if (store_exists(path))
		return false;
	for (int i = 0; i < service_config(s)->nwatch; i++)
		if (taken(&s->watch[i], key))
			return false;
	return true;
}

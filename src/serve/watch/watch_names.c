/* What belongs together in a watch folder: a header, and the files with its voxels and notes. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan/need.h"
#include "serve/watch/guard.h"
#include "serve/watch/watch.h"

static const char *const header_ends[] = { ".mhd", ".nhdr", ".vgi", NULL };
static const char *const data_ends[] = { ".raw", ".zraw", ".vol", ".bin", ".raw.gz", ".img", NULL };
static const char *const note_ends[] = { ".log", ".txt", NULL };

/* The length of the name without one of these ends; 0: it has none. */
static size_t without_any(const char *name, const char *const *ends)
{
	size_t n = strlen(name), found = 0;

	for (; *ends; ends++) {
		size_t m = strlen(*ends);
		if (n > m && strcasecmp(name + n - m, *ends) == 0 && (!found || n - m < found))
			found = n - m;
	}
	return found;
}

size_t watch_header_stem(const char *name)
{
	return without_any(name, header_ends);
}

/* Dates and numbers have dots, too: only known ends are left out. */
size_t watch_part_stem(const char *name)
{
	size_t data = without_any(name, data_ends);

	return data ? data : without_any(name, note_ends);
}

bool watch_header_name(const char *name)
{
	return watch_header_stem(name) > 0;
}

bool watch_is_header(const struct drop *drop)
{
	return !drop->folder && !drop->other && watch_header_name(drop->name);
}

bool watch_is_data(const struct drop *drop)
{
	return !drop->folder && without_any(drop->name, data_ends) > 0;
}

bool watch_goes_along(const struct drop *header, const char *named, const char *name)
{
	size_t stem = watch_header_stem(header->name);

	if (strcmp(header->name, name) == 0)
		return false;
	if (strcmp(named, name) == 0)
		return true;
	return watch_part_stem(name) == stem && memcmp(header->name, name, stem) == 0;
}

static bool is_free(void *user, const char *key)
{
	return record_key_free(user, key);
}

int watch_free_key(struct service *s, const char *base, char key[STORE_KEY], struct gppi_error *err)
{
	return store_free_key(base, is_free, s, key, err);
}

char *watch_named(const struct watcher *w, const struct drop *header)
{
	char path[STORE_PATH + 300];
	struct scan_need need;

	snprintf(path, sizeof path, "%s/%s", w->store->root, header->name);
	guard_begin(path);
	bool known = strlen(path) < STORE_PATH && scan_need(path, &need);
	guard_end();
	const char *name = known ? strrchr(need.path, '/') : NULL;
	return strdup(name ? name + 1 : "");
}

#define _GNU_SOURCE
#include "serve/core/place.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/atomic.h"
#include "base/sha256.h"
#include "scan/need.h"
#include "serve/core/log.h"
#include "serve/core/service.h"
#include "serve/core/state.h"
#include "serve/watch/look.h"
#include "serve/watch/watch.h"

void place_init(struct place *p)
{
	pthread_mutex_init(&p->lock, NULL);
}

void place_free(struct place *p)
{
	for (int i = 0; i < p->n; i++)
		free(p->list[i].name);
	free(p->list);
	pthread_mutex_destroy(&p->lock);
}

/* ---- on disk ---- */

static void short_hash(const char *text, char out[33])
{
	struct sha256 sum;
	uint8_t digest[32];
	char hex[65];

	sha256_init(&sum);
	sha256_update(&sum, text, strlen(text));
	sha256_final(&sum, digest);
	sha256_hex(digest, hex);
	snprintf(out, 33, "%.32s", hex);
}

static void folder_of(const struct service *s, int index, char out[STORE_PATH])
{
	char hash[33];

	short_hash(service_config(s)->watch[index].folder, hash);
	snprintf(out, STORE_PATH, "%s/place/%s", s->spool.root, hash);
}

static int write_entry(const struct service *s, int index, const struct place_entry *e, struct gppi_error *err)
{
	char folder[STORE_PATH], path[STORE_PATH + 40], hash[33];
	struct atomic_file *file;

	folder_of(s, index, folder);
	short_hash(e->name, hash);
	snprintf(path, sizeof path, "%s/%s", folder, hash);
	int rc = atomic_open(path, &file, err);
	if (rc < 0)
		return rc;
	/* the name comes last: it may have line ends in it */
	fprintf(atomic_stream(file), "look %" PRIx64 " key %s hash %s as %s\n%s", e->look, e->key,
		e->hex[0] ? e->hex : "-", e->hex[0] ? e->as : "-", e->name);
	return atomic_commit(file, err);
}

static bool read_entry(const char *path, struct place_entry *out)
{
	char name[STORE_PATH];
	FILE *file = fopen(path, "re");

	if (!file)
		return false;
	*out = (struct place_entry){ 0 };
	bool ok = fscanf(file, "look %" SCNx64 " key %128s hash %64s as %128s", &out->look, out->key, out->hex,
			 out->as) == 4 &&
		  fgetc(file) == '\n';
	size_t n = ok ? fread(name, 1, sizeof name - 1, file) : 0;
	fclose(file);
	name[n] = 0;
	if (strlen(out->hex) != 64)
		out->hex[0] = 0;
	out->name = n ? strdup(name) : NULL;
	return out->name != NULL;
}

/* ---- in memory, under the lock ---- */

/* Where the name is, or would have to be. */
static int position(const struct place *p, const char *name)
{
	int low = 0, high = p->n;

	while (low < high) {
		int middle = low + (high - low) / 2;
		if (strcmp(p->list[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct place_entry *find(const struct place *p, const char *name)
{
	int at = position(p, name);

	return at < p->n && strcmp(p->list[at].name, name) == 0 ? &p->list[at] : NULL;
}

/* Takes the name of *entry. NULL: out of memory. */
static struct place_entry *add(struct place *p, const struct place_entry *entry)
{
	if (p->n == p->room) {
		int room = p->room ? 2 * p->room : 64;
		struct place_entry *grown = realloc(p->list, (size_t)room * sizeof *grown);
		if (!grown)
			return NULL;
		p->list = grown;
		p->room = room;
	}
	int at = position(p, entry->name);
	memmove(p->list + at + 1, p->list + at, (size_t)(p->n - at) * sizeof *p->list);
	p->list[at] = *entry;
	p->n++;
	return &p->list[at];
}

int place_open(struct service *s, int index, struct gppi_error *err)
{
	char folder[STORE_PATH], path[STORE_PATH + 300], **names = NULL;
	struct place *p = &s->place[index];

	snprintf(path, sizeof path, "%s/place", s->spool.root);
	folder_of(s, index, folder);
	int rc = store_make(path, err);
	if (rc == 0)
		rc = store_make(folder, err);
	int n = rc == 0 ? store_names(folder, &names, err) : rc;
	if (n < 0)
		return n;
	for (int i = 0; i < n && rc == 0; i++) {
		struct place_entry entry;
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		if (strlen(names[i]) != 32) { /* one that was being written */
			(void)store_remove(path, NULL);
		} else if (read_entry(path, &entry) && !add(p, &entry)) {
			free(entry.name);
			rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory for %d names", folder, n);
		}
	}
	store_free_names(names, n);
	return rc;
}

/* ---- what is there ---- */

bool place_look_until(const char *path, const atomic_bool *stop, uint64_t *look)
{
	struct scan_need need;
	struct look own, data = { 0 };
	struct stat st;

	if (!look_path_until(path, stop, &own))
		return false;
	/* a folder that a header names would be looked through at every poll, whatever is in it */
	if (watch_header_name(path) && scan_need(path, &need) && strcmp(need.path, path) != 0 &&
	    stat(need.path, &st) == 0 && S_ISREG(st.st_mode))
		look_entry(need.path, strrchr(need.path, '/') ? strrchr(need.path, '/') + 1 : need.path, &st, NULL,
			   &data);
	*look = own.state ^ data.state * 3;
	*look += *look == 0 || *look == PLACE_NEVER ? 2 : 0;
	return true;
}

bool place_look(const char *path, uint64_t *look)
{
	return place_look_until(path, NULL, look);
}

bool place_known(struct service *s, int index, const char *name, uint64_t look)
{
	struct place *p = &s->place[index];

	pthread_mutex_lock(&p->lock);
	const struct place_entry *e = find(p, name);
	bool known = e && (e->look == look || queue_has(&s->queue, e->key));
	pthread_mutex_unlock(&p->lock);
	return known;
}

static int remember(struct service *s, int index, const char *name, uint64_t look, const char *key,
		    struct gppi_error *err)
{
	struct place *p = &s->place[index];
	struct place_entry new = { 0 };
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	struct place_entry *e = find(p, name);
	if (!e) {
		new.name = strdup(name);
		e = new.name ? add(p, &new) : NULL;
	}
	if (!e) {
		free(new.name);
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory", name);
	} else {
		e->look = look;
		snprintf(e->key, sizeof e->key, "%s", key);
		rc = write_entry(s, index, e, err);
	}
	pthread_mutex_unlock(&p->lock);
	return rc;
}

/* The whole path tells which bone it is; of a long one, its end. */
static void key_of(const char *name, char key[STORE_KEY])
{
	size_t n = strlen(name);

	store_name_key(name + (n > 100 ? n - 100 : 0), key);
}

/* A job of its own for a name, begun in the queue with its state written; its key and folder. */
static int begin(struct service *s, int index, const char *name, struct job_state *state, char key[STORE_KEY],
		 char folder[STORE_PATH], struct gppi_error *err)
{
	struct gppi_error why;
	char base[STORE_KEY], data[STORE_PATH];

	key_of(name, base);
	int rc = watch_free_key(s, base, key, err);
	if (rc == 0)
		rc = store_begin(&s->spool, STORE_QUEUE, key, data, err);
	if (rc < 0)
		return rc;
	snprintf(state->source, sizeof state->source, "%.1200s/%s", s->watch[index].root, name);
	snprintf(folder, STORE_PATH, "%.*s", (int)(strrchr(data, '/') - data), data);
	rc = state_write(folder, state, err);
	if (rc < 0)
		(void)store_remove(folder, &why);
	return rc;
}

int place_take(struct service *s, int index, const char *name, uint64_t look, char key[STORE_KEY],
	       struct gppi_error *err)
{
	struct job_state state = { .look = look };
	struct gppi_error why;
	char folder[STORE_PATH], before[STORE_KEY] = "";
	struct place *p = &s->place[index];

	pthread_mutex_lock(&p->lock);
	const struct place_entry *e = find(p, name);
	if (e)
		snprintf(before, sizeof before, "%s", e->key);
	pthread_mutex_unlock(&p->lock);
	/* one that failed before is tried again in its own place */
	if (before[0] && store_exists(store_path(&s->spool, STORE_QUARANTINE, before, folder)) &&
	    store_remove(folder, err) < 0)
		return GPPI_E_IO;
	int rc = begin(s, index, name, &state, key, folder, err);
	if (rc < 0)
		return rc;
	rc = state_sync(folder, err);
	if (rc == 0)
		rc = store_finish(&s->spool, STORE_QUEUE, key, err);
	if (rc < 0)
		(void)store_remove(folder, &why);
	/* a crash just here takes it once more: by its content it is known then */
	if (rc == 0)
		rc = remember(s, index, name, look, key, err);
	return rc == 0 ? queue_put(&s->queue, &s->spool, key, err) : rc;
}

int place_refuse(struct service *s, int index, const char *name, const char *reason, struct gppi_error *err)
{
	struct job_state state = { .look = PLACE_NEVER };
	struct gppi_error why;
	char key[STORE_KEY], folder[STORE_PATH];
	int rc = begin(s, index, name, &state, key, folder, err);

	if (rc < 0)
		return rc;
	rc = store_quarantine(&s->spool, folder, key, reason, err);
	if (rc < 0)
		(void)store_remove(folder, &why);
	return rc == 0 ? remember(s, index, name, PLACE_NEVER, key, err) : rc;
}

/* Of no name within a folder: "", an absolute one, or one that goes up. */
static bool leads_out(const char *name)
{
	size_t n;

	if (!*name || *name == '/')
		return true;
	for (; *name; name += n + (name[n] == '/')) {
		n = strcspn(name, "/");
		if (n == 2 && name[0] == '.' && name[1] == '.')
			return true;
	}
	return false;
}

int place_of(const struct service *s, const char *source)
{
	const struct serve_config *c = service_config(s);

	for (int i = 0; i < c->nwatch && *source; i++) {
		size_t n = strlen(c->watch[i].folder);
		if (c->watch[i].in_place && strncmp(source, c->watch[i].folder, n) == 0 && source[n] == '/' &&
		    !leads_out(source + n + 1))
			return i;
	}
	return -1;
}

/* The entry of a job, unless another one has taken the scan since. Then the lock of its folder is held. */
static struct place_entry *entry_of(struct service *s, const char *source, const char *key, int *index)
{
	*index = place_of(s, source);
	if (*index < 0)
		return NULL;
	struct place *p = &s->place[*index];
	pthread_mutex_lock(&p->lock);
	struct place_entry *e = find(p, source + strlen(service_config(s)->watch[*index].folder) + 1);
	if (e && strcmp(e->key, key) == 0)
		return e;
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void write_back(struct service *s, int index, const struct place_entry *e)
{
	struct gppi_error err;

	if (write_entry(s, index, e, &err) < 0)
		serve_log(LOG_WARN, "place_failed what=\"%s\"", err.text);
	pthread_mutex_unlock(&s->place[index].lock);
}

void place_forget(struct service *s, const char *source, const char *key)
{
	int index;
	struct place_entry *e = entry_of(s, source, key, &index);

	if (!e)
		return;
	e->look = 0;
	write_back(s, index, e);
}

void place_answered(struct service *s, const char *source, const char *key, const char *hex, const char *as)
{
	int index;
	struct place_entry *e = entry_of(s, source, key, &index);

	if (!e)
		return;
	snprintf(e->hex, sizeof e->hex, "%s", hex);
	snprintf(e->as, sizeof e->as, "%s", as);
	write_back(s, index, e);
}

bool place_same(struct service *s, int index, const char *hex, char key[STORE_KEY])
{
	struct place *p = &s->place[index];
	bool found = false;

	pthread_mutex_lock(&p->lock);
	for (int i = 0; i < p->n && !found; i++) {
		found = strcmp(p->list[i].hex, hex) == 0;
		if (found)
			snprintf(key, STORE_KEY, "%s", p->list[i].as);
	}
	pthread_mutex_unlock(&p->lock);
	return found;
}

/* What a worker does with a scan that was left in place: finds out whether it is still the one that was taken, and
 * by its content whether it was answered before. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha256.h"
#include "scan/need.h"
#include "serve/core/log.h"
#include "serve/core/work.h"
#include "serve/watch/look.h"

#define BLOCK (1 << 20)

/* At a stop; reading a large scan takes minutes. */
static bool stopped(struct work *w)
{
	double limit = atomic_load(&w->service->cancel_after), now = clock_now();

	if (w->deadline > 0 && now >= w->deadline)
		atomic_store(&w->late, true);
	return (limit > 0 && now >= limit) || atomic_load(&w->late);
}

struct content {
	struct work *w;
	struct sha256 sum;
	uint64_t left, max; /* bytes: of max_size */
};

/* follow: O_NOFOLLOW, or 0 for a file that is read through a link, too. */
static int add_file(struct content *c, const char *path, int follow, struct gppi_error *err)
{
	uint8_t *block = malloc(BLOCK);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | follow), rc = 0;
	struct stat st;
	ssize_t n = 0;

	if (fd < 0 || !block)
		rc = fd < 0 ? err_set(err, GPPI_E_IO, "%s: cannot be opened: %s", path, strerror(errno)) :
		     err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
	else if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		rc = err_set(err, GPPI_E_FORMAT, "%s: is no regular file", path);
	while (rc == 0 && (n = read(fd, block, BLOCK)) > 0) {
		sha256_update(&c->sum, block, (size_t)n);
		if ((uint64_t)n > c->left) /* of a file that grows, or one that a header names */
			rc = err_set(err, GPPI_E_FORMAT, "%s: with this it has more bytes than max_size in the "
				     "configuration allows (%llu)", path, (unsigned long long)c->max);
		c->left -= (uint64_t)n;
		if (rc == 0 && stopped(c->w))
			rc = err_set(err, GPPI_E_CANCELLED, "%s: stopped", path);
	}
	if (rc == 0 && n < 0)
		rc = err_set(err, GPPI_E_IO, "%s: cannot be read: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	free(block);
	return rc;
}

static int add_folder(struct content *c, const char *folder, int depth, struct gppi_error *err);

static int add_path(struct content *c, const char *path, int depth, struct gppi_error *err)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return err_set(err, GPPI_E_IO, "%s: cannot be read: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return depth < LOOK_DEPTH ? add_folder(c, path, depth + 1, err) : 0;
	return S_ISREG(st.st_mode) ? add_file(c, path, O_NOFOLLOW, err) : 0;
}

/* With the names, which order the slices. */
static int add_folder(struct content *c, const char *folder, int depth, struct gppi_error *err)
{
	char path[STORE_PATH + 300], **names = NULL;
	int n = store_names(folder, &names, err), rc = n < 0 ? n : 0;

	for (int i = 0; i < n && rc == 0; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		sha256_update(&c->sum, names[i], strlen(names[i]) + 1);
		if (strlen(path) < STORE_PATH)
			rc = add_path(c, path, depth, err);
	}
	if (n >= 0)
		store_free_names(names, n);
	return rc;
}

static int hash_content(struct work *w, char hex[65], struct gppi_error *err)
{
	const char *source = w->state.source;
	uint64_t max = service_config(w->service)->watch[place_of(w->service, source)].max_size;
	struct content c = { .w = w, .left = max, .max = max };
	struct scan_need need;
	uint8_t digest[32];

	sha256_init(&c.sum);
	int rc = add_path(&c, source, 0, err);
	/* named by a stranger: a file, or a link to one, as readers take it; nothing that would be walked through */
	if (rc == 0 && scan_need(source, &need) && strcmp(need.path, source) != 0)
		rc = add_file(&c, need.path, 0, err);
	sha256_final(&c.sum, digest);
	sha256_hex(digest, hex);
	return rc;
}

/* Nothing is left to do where this very content was answered, under this name or another one. */
static enum outcome compare(struct work *w, struct gppi_error *err)
{
	struct service *s = w->service;
	const char *key = w->job->key;
	char path[STORE_PATH], same[STORE_KEY];
	struct record old;

	if (record_read(record_path(s, key, path), &old) && strcmp(old.hex, w->record.hex) == 0) {
		/* a crash came between the record and the end of the job */
		if (outbox_release(s->spool.root, key, err) < 0)
			return WORK_LATER;
		snprintf(same, sizeof same, "%s", key);
	} else if (!place_same(s, place_of(s, w->state.source), w->record.hex, same)) {
		return WORK_DONE;
	}
	place_answered(s, w->state.source, key, w->record.hex, same);
	counters_add(&s->counters, COUNT_DUPLICATES, 1);
	serve_log(LOG_INFO, "known key=%s as=%s", key, same);
	return WORK_NOTHING;
}

int place_input(struct work *w, struct gppi_error *err)
{
	const char *source = w->state.source, *problem;
	char text[256];

	/* the service writes none there: others would choose what is read, and that in the name of another folder */
	if (w->job->store->watch) {
		err_set(err, GPPI_E_FORMAT, "%s: its state names a file elsewhere, which none of a watch folder does",
			w->job->key);
		return WORK_BAD;
	}
	if (place_of(w->service, source) < 0) {
		serve_log(LOG_WARN, "gone key=%s what=\"its folder is no watch folder any more\"", w->job->key);
		return WORK_NOTHING;
	}
	if (!store_exists(source)) {
		serve_log(LOG_WARN, "gone key=%s", w->job->key);
		place_forget(w->service, source, w->job->key);
		return WORK_NOTHING;
	}
	problem = work_refuse(w, source, text, sizeof text);
	if (problem) {
		err_set(err, GPPI_E_FORMAT, "%s: %s", w->job->key, problem);
		return WORK_BAD;
	}
	if (!work_input_is_same(w))
		return WORK_NOTHING;
	w->record.objects = 1;
	int rc = hash_content(w, w->record.hex, err);
	if (rc < 0) /* a share that is slow to answer, or away, is no fault of the data */
		return rc == GPPI_E_FORMAT || atomic_load(&w->late) ? WORK_BAD : WORK_LATER;
	snprintf(w->input, sizeof w->input, "%s", source);
	snprintf(w->shown, sizeof w->shown, "%s", source);
	return compare(w, err);
}

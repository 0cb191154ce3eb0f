/* What a job reads, and whether it may be read at all. */
#define _GNU_SOURCE
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/core/log.h"
#include "serve/core/work.h"
#include "serve/watch/look.h"

/* ---- what may be opened at all ---- */

/* nftw() has no argument for its callback. */
static _Thread_local struct {
	uint64_t bytes;
	const char *problem;
	int files, entries;
} seen;

static int meet(const char *path, const struct stat *st, int flag, struct FTW *where)
{
	(void)path;
	if (++seen.entries > look_entries + 2) /* with data/ and the drop itself, which look_entry() does not count */
		seen.problem = LOOK_MANY;
	else if (where->level > LOOK_DEPTH + 1)
		seen.problem = "its folders lie deeper in each other than any scan's; put the folder of the scan "
			       "itself there";
	else if (flag == FTW_SL || S_ISLNK(st->st_mode))
		seen.problem = "it is a link, or has one in it; links are not followed, put the files themselves there";
	else if (flag == FTW_NS || flag == FTW_DNR)
		seen.problem = "some of it cannot be read; check its permissions";
	else if (flag == FTW_F && !S_ISREG(st->st_mode))
		seen.problem = "it is neither a file nor a folder (a pipe, socket or device)";
	else if (flag == FTW_F && access(path, R_OK) != 0)
		seen.problem = "it cannot be read; check its permissions";
	if (flag == FTW_F) {
		seen.bytes += (uint64_t)st->st_size;
		seen.files++;
	}
	return seen.problem != NULL;
}

const char *work_refuse(const struct work *w, const char *path, char *text, size_t size)
{
	int watch = work_watch(w);
	uint64_t limit = watch >= 0 ? service_config(w->service)->watch[watch].max_size : UINT64_MAX;

	memset(&seen, 0, sizeof seen);
	nftw(path, meet, 16, FTW_PHYS);
	if (seen.problem)
		return seen.problem;
	if (!seen.files)
		return w->state.source[0] ? "it is not there any more" : "there is nothing in it";
	if (seen.bytes <= limit)
		return NULL;
	snprintf(text, size, "it has %llu bytes, more than max_size in the configuration allows (%llu)",
		 (unsigned long long)seen.bytes, (unsigned long long)limit);
	return text;
}

/* The one thing in the folder, or the folder. */
static void choose(const char *data, const char *later, char path[STORE_PATH], char shown[STORE_PATH])
{
	char **names;
	int n = store_names(data, &names, NULL);

	snprintf(path, STORE_PATH, "%s", data);
	snprintf(shown, STORE_PATH, "%s", later);
	if (n == 1 && strlen(data) + strlen(names[0]) + 2 < STORE_PATH) {
		snprintf(path + strlen(path), STORE_PATH - strlen(path), "/%s", names[0]);
		snprintf(shown + strlen(shown), STORE_PATH - strlen(shown), "/%s", names[0]);
	}
	if (n >= 0)
		store_free_names(names, n);
}

int work_watch(const struct work *w)
{
	if (w->state.source[0])
		return place_of(w->service, w->state.source);
	return w->job->store->watch ? (int)(w->job->store - w->service->watch) : -1;
}

bool work_input_is_same(const struct work *w)
{
	uint64_t look;

	if (!w->state.source[0] || (place_look(w->state.source, &look) && look == w->state.look))
		return true;
	serve_log(LOG_NOTE, "changed key=%s", w->job->key);
	place_forget(w->service, w->state.source, w->job->key);
	return false;
}

enum outcome work_input(struct work *w, struct gppi_error *err)
{
	const struct job *job = w->job;
	char data[STORE_PATH], later[STORE_PATH], text[256];

	if (w->state.source[0])
		return (enum outcome)place_input(w, err);
	store_data(job->store, STORE_WORK, job->key, data);
	store_data(job->store, STORE_DONE, job->key, later);
	const char *problem = work_refuse(w, data, text, sizeof text);
	if (problem) {
		err_set(err, GPPI_E_FORMAT, "%s: %s", job->key, problem);
		return WORK_BAD;
	}
	choose(data, later, w->input, w->shown);
	return record_of(data, &w->record, err) < 0 ? WORK_LATER : WORK_DONE;
}

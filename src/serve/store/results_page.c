/* A job's part of the study page, and the page it belongs to. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "api/outputs.h"
#include "report/page.h"
#include "serve/core/ids.h"
#include "serve/core/log.h"
#include "serve/core/work.h"

/* The first file in a folder, at most `depth` folders down; a file itself. */
static bool first_file(const char *folder, int depth, char out[STORE_PATH])
{
	char path[STORE_PATH + 300], **names;
	struct gppi_error err;
	struct stat self;
	bool found = lstat(folder, &self) == 0 && S_ISREG(self.st_mode);

	if (found) {
		snprintf(out, STORE_PATH, "%s", folder);
		return true;
	}
	int n = store_names(folder, &names, &err);

	for (int i = 0; i < n && !found; i++) {
		struct stat st;
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		if (strlen(path) >= STORE_PATH || lstat(path, &st) != 0)
			continue;
		found = S_ISREG(st.st_mode);
		if (found)
			snprintf(out, STORE_PATH, "%.*s", STORE_PATH - 1, path);
		else if (S_ISDIR(st.st_mode) && depth > 0)
			found = first_file(path, depth - 1, out);
	}
	if (n >= 0)
		store_free_names(names, n);
	return found;
}

static bool study_of(const char *path, char key[STORE_KEY])
{
	struct dicom_ids ids;
	struct gppi_error err;
	char head[132];
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return false;
	bool dicom = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		     read(fd, head, sizeof head) == (ssize_t)sizeof head && memcmp(head + 128, "DICM", 4) == 0;
	close(fd);
	if (!dicom || dicom_ids_read(path, &ids, &err) < 0 || !ids.study[0])
		return false;
	store_uid_key(ids.study, key);
	return true;
}

/* "study-UID", or "watch-NAME-2026-11": the month of the file, which stays the same over a restart; of the folder
 * where there is none, a link for example. */
static void group_of(const struct work *w, char out[STORE_KEY])
{
	char data[STORE_PATH], path[STORE_PATH], key[STORE_KEY], month[16] = "";
	const char *read = w->input;
	int watch = work_watch(w);
	struct stat st;
	struct tm tm;

	if (!*read) /* it was not even looked at */
		read = w->state.source[0] ? w->state.source : store_data(w->job->store, STORE_WORK, w->job->key, data);
	bool found = first_file(read, 2, path);
	if (found && study_of(path, key)) {
		snprintf(out, STORE_KEY, "study-%.100s", key);
		return;
	}
	if (watch < 0) {
		snprintf(out, STORE_KEY, "study-unknown");
		return;
	}
	if (lstat(found ? path : read, &st) == 0 && localtime_r(&st.st_mtim.tv_sec, &tm))
		strftime(month, sizeof month, "-%Y-%m", &tm);
	store_name_key(service_config(w->service)->watch[watch].name, key);
	snprintf(out, STORE_KEY, "watch-%.100s%s", key, month);
}

static int one_part(struct gppi_input *input, const char *shown, const struct results_bone *bone,
		    struct page_part *part, struct gppi_error *err)
{
	struct gppi_item item = { NULL, NULL, NULL };

	(void)gppi_input_item(input, bone->index, &item, NULL);
	if (!bone->result)
		return page_part_failure(item.name, shown, bone->index, bone->why ? bone->why : "failed", part, err);
	int rc = output_page_part(input, bone->index, bone->result, part, err);
	if (rc == 0 || rc == GPPI_E_NOMEM || rc == GPPI_E_CANCELLED)
		return rc;
	/* the result is there; that its pictures are not is no reason to have none */
	serve_log(LOG_WARN, "page_part_failed what=\"%s\"", err->text);
	return page_part_failure(item.name, shown, bone->index, err->text, part, err);
}

int results_page_text(const struct work *w, struct gppi_input *input, const struct results_bone *bones, int n,
		      char **text, size_t *size, struct gppi_error *err)
{
	int rc = 0;
	FILE *all = open_memstream(text, size);

	if (!all)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for its page", w->job->key);
	for (int i = 0; i < n && rc == 0; i++) {
		struct page_part part;
		rc = one_part(input, w->shown, &bones[i], &part, err);
		if (rc == 0)
			fwrite(part.text, 1, part.size, all);
		page_part_free(&part);
	}
	if (fclose(all) != 0 && rc == 0)
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory for its page", w->job->key);
	return rc;
}

int results_page(const struct work *w, const char *text, size_t size, struct gppi_error *err)
{
	char group[STORE_KEY];

	group_of(w, group);
	return pages_put(w->service, group, w->job->key, text, size, err);
}

void results_none(const struct work *w, const char *why)
{
	char there[STORE_PATH], group[STORE_KEY];
	struct service *s = w->service;
	struct page_part part;
	struct gppi_error err;

	outbox_drop(s->spool.root, w->job->key);
	if (!service_config(s)->page)
		return;
	group_of(w, group);
	store_path(w->job->store, STORE_QUARANTINE, w->job->key, there);
	int rc = page_part_failure(NULL, w->state.source[0] ? w->state.source : there, -1, why, &part, &err);
	if (rc == 0)
		rc = pages_put(s, group, w->job->key, part.text, part.size, &err);
	if (rc < 0) /* the reason lies in quarantine, too */
		serve_log(LOG_WARN, "page_part_failed what=\"%s\"", err.text);
	page_part_free(&part);
}

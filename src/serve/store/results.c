/* What a job leaves in the results folder: pictures and DICOM results, rows of the table, the JSON; then the part of
 * the study page, and its record. A crash before the record means that all is written once more, over the same
 * names. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/atomic.h"
#include "bone/input.h"
#include "report/measures.h"
#include "report/report.h"
#include "serve/core/log.h"
#include "serve/core/service.h"
#include "serve/store/publish.h"

/* RESULTS/.new/KEY/bone-NUMBER, numbers from 1, with an end */
static void bone_path(const struct service *s, const char *key, int number, const char *end, char out[STORE_PATH])
{
	char name[STORE_KEY + 64];

	snprintf(name, sizeof name, "%s/bone-%d%s", key, number + 1, end);
	publish_new(s, name, out);
}

/* ---- picture and DICOM results ---- */

int results_begin(const struct service *s, const char *key, struct gppi_error *err)
{
	int rc = publish_begin(s, key, err);

	return rc == 0 && service_config(s)->send.host[0] ? outbox_begin(s->spool.root, key, err) : rc;
}

/* An empty `from` was not written: neither is `to`. */
static int copy_file(const char *from, const char *to, struct gppi_error *err)
{
	char block[65536];
	struct atomic_file *file;
	size_t n;

	if (!*from)
		return 0;
	FILE *in = fopen(from, "re");
	if (!in)
		return err_set(err, GPPI_E_IO, "%s: cannot be read: %s", from, strerror(errno));
	int rc = atomic_open(to, &file, err);
	if (rc == 0) {
		while ((n = fread(block, 1, sizeof block, in)) > 0)
			fwrite(block, 1, n, atomic_stream(file));
		if (ferror(in)) {
			atomic_abort(file);
			rc = err_set(err, GPPI_E_IO, "%s: cannot be read", from);
		} else {
			rc = atomic_commit(file, err);
		}
	}
	fclose(in);
	return rc;
}

static int copy_dicom(const struct service *s, const char *key, int number, const struct gppi_dicom_files *files,
		      struct gppi_error *err)
{
	char to[STORE_PATH];

	bone_path(s, key, number, "-report.dcm", to);
	int rc = copy_file(files->report, to, err);
	bone_path(s, key, number, "-key.dcm", to);
	if (rc == 0)
		rc = copy_file(files->key, to, err);
	bone_path(s, key, number, "-picture.dcm", to);
	if (rc == 0)
		rc = copy_file(files->picture, to, err);
	bone_path(s, key, number, "-segments.dcm", to);
	return rc == 0 ? copy_file(files->segments, to, err) : rc;
}

static int write_dicom(struct service *s, const char *key, struct gppi_input *input, int index,
		       const struct gppi_result *result, int number, struct gppi_error *err)
{
	const struct serve_config *c = service_config(s);
	struct gppi_dicom_files files;
	char stem[STORE_PATH], staged[STORE_PATH], new[STORE_PATH];
	int rc = 0;

	outbox_stem(s->spool.root, key, 0, stem);
	*strrchr(stem, '/') = 0; /* results_begin() made it, unless sending was switched on meanwhile */
	snprintf(staged, sizeof staged, "%s", stem);
	bool send = c->send.host[0] && store_exists(staged);
	if (!send && !c->dicom_results)
		return 0;
	if (send)
		outbox_stem(s->spool.root, key, number, stem);
	else
		bone_path(s, key, number, "", stem);
	rc = gppi_write_dicom(s->models, input, index, result, stem, &files, err);
	if (rc == GPPI_E_UNSUPPORTED) /* not from DICOM */
		return 0;
	if (rc == GPPI_E_NOMEM || rc == GPPI_E_CANCELLED ||
	    (rc != GPPI_OK && !publish_takes(send ? staged : publish_new(s, key, new))))
		return rc;
	if (rc != GPPI_OK) {
		/* values in the scan that no DICOM object may have: the plane is no less right for that */
		serve_log(LOG_WARN, "no_dicom key=%s what=\"%s\"", key, err->text);
		return 0;
	}
	if (send && c->dicom_results)
		rc = copy_dicom(s, key, number, &files, err);
	if (send && !(c->send.objects & SERVE_SR))
		(void)unlink(files.report);
	if (send && !(c->send.objects & SERVE_KOS))
		(void)unlink(files.key);
	if (send && !(c->send.objects & SERVE_SC))
		(void)unlink(files.picture);
	if (send && files.segments[0] && !(c->send.objects & SERVE_SEG))
		(void)unlink(files.segments);
	return rc;
}

/* The numbers of a bone that was measured, as `gppi measure --csv` has them. */
static int results_measures(const struct service *s, const char *key, struct gppi_input *input, int index, int number,
			    struct gppi_error *err)
{
	const struct bone *bone = &input->bone[index]->bone;
	struct atomic_file *file;
	char path[STORE_PATH];

	if (!bone->measures)
		return 0;
	const struct report_measures r = report_measures_of(bone);
	bone_path(s, key, number, "-measures.csv", path);
	int rc = atomic_open(path, &file, err);
	if (rc < 0)
		return rc;
	report_measures_csv_head(atomic_stream(file));
	report_measures_csv(atomic_stream(file), &r);
	return atomic_commit(file, err);
}

int results_bone(struct service *s, const struct job *job, struct gppi_input *input, int index,
		 const struct gppi_result *result, int number, struct gppi_error *err)
{
	char picture[STORE_PATH];

	if (service_config(s)->qc) {
		bone_path(s, job->key, number, ".jpg", picture);
		int rc = gppi_write_qc(input, index, result, picture, err);
		if (rc < 0)
			return rc;
	}
	int rc = results_measures(s, job->key, input, index, number, err);
	return rc < 0 ? rc : write_dicom(s, job->key, input, index, result, number, err);
}

/* ---- the table ---- */

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
static int put_aside(const char *path, struct gppi_error *err)
{
	char aside[STORE_PATH + 32];

	for (long long when = time(NULL);; when++) { /* a drop may be called so */
		snprintf(aside, sizeof aside, "%s.until-%lld", path, when);
		if (!store_exists(aside))
			break;
	}
	serve_log(LOG_NOTE, "table_put_aside file=%s", aside);
	return store_move(path, aside, err);
}

static int rewrite(const struct service *s, const char *key, const char *rows, struct gppi_error *err)
{
	const char *name = service_config(s)->csv;
	char path[STORE_PATH], new[STORE_PATH];
	struct atomic_file *file = NULL;
	char *head = table_head(), *line = NULL;
	size_t room = 0;
	ssize_t n;
	int rc = 0;

	snprintf(path, sizeof path, "%s/%s", service_config(s)->results, name);
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
		rc = atomic_open(publish_new(s, name, new), &file, err);
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
		if (rc == 0)
			rc = publish_file(s, name, err);
	}
done:
	if (old)
		fclose(old);
	free(line);
	free(head);
	return rc;
}

/* A worker wrote to this folder, and work_check_folders() found nothing of such a name: nothing is there, no link
 * either, that would be written through. */
static int is_new(const char *path, struct gppi_error *err)
{
	return store_exists(path) ? err_set(err, GPPI_E_IO, "%s: is there already", path) : 0;
}

static int write_text(const char *path, const char *text, struct gppi_error *err)
{
	struct atomic_file *file = NULL;
	int rc = atomic_open(path, &file, err);

	if (rc < 0)
		return rc;
	fputs(text, atomic_stream(file));
	return atomic_commit(file, err);
}

int results_commit(struct service *s, const struct job *job, const struct record *record, const char *json,
		   const char *csv, struct gppi_error *err)
{
	char path[STORE_PATH], name[STORE_KEY + 32];
	int rc = 0;

	if (service_config(s)->csv[0] && *csv) {
		pthread_mutex_lock(&s->table);
		rc = rewrite(s, job->key, csv, err);
		pthread_mutex_unlock(&s->table);
	}
	snprintf(name, sizeof name, "%s/result.json", job->key);
	if (rc == 0)
		rc = is_new(publish_new(s, name, path), err);
	if (rc == 0)
		rc = write_text(path, json, err);
	snprintf(name, sizeof name, "%s/.record", job->key);
	if (rc == 0)
		rc = is_new(publish_new(s, name, path), err);
	if (rc == 0)
		rc = record_write(path, record, err);
	return rc == 0 ? publish_folder(s, job->key, err) : rc;
}

bool results_are_out(const struct service *s, const char *key, const struct record *record)
{
	char path[STORE_PATH];
	struct record out;

	snprintf(path, sizeof path, "%s/%s/.record", service_config(s)->results, key);
	return record_read(path, &out) && strcmp(out.hex, record->hex) == 0;
}

int results_record(struct service *s, const char *key, const struct record *record, struct gppi_error *err)
{
	char path[STORE_PATH];
	int rc = record_write(record_path(s, key, path), record, err);

	if (rc < 0)
		return rc;
	/* not before the record: a job done once more must not be sent once more */
	rc = outbox_release(s->spool.root, key, err);
	if (rc > 0) {
		atomic_fetch_add(&s->send.waiting, rc);
		send_wake(s);
	}
	return rc < 0 ? rc : 0;
}

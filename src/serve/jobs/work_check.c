#define _GNU_SOURCE
#include "serve/jobs/work_check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/leftover.h"
#include "base/printable.h"
#include "report/report.h"
#include "serve/core/store_way.h"
#include "serve/store/publish.h"

/* Several times what the longest names and reasons make. */
#define ROW_MOST 16384
#define LINE_MOST 65536
#define PART_MOST (2u << 20) /* of the page, for each bone: pictures have 240 kB, those of measures as much */
#define DISK_LEAST (256u << 20) /* room for the largest results of a bone */

static int taken_over(const struct work *w, const char *what, struct gppi_error *err)
{
	return err_set(err, GPPI_E_FORMAT,
		       "%s: the worker that read it %s, which no sound one does; it is damaged in a way that the "
		       "reader does not stand, or made to do harm",
		       w->job->key, what);
}

/* ---- the table ---- */

static int columns(void)
{
	char *head = NULL;
	size_t size = 0;
	int n = 1;
	FILE *out = open_memstream(&head, &size);

	if (!out)
		return -1;
	report_csv_head(out);
	fclose(out);
	for (const char *c = head; c && *c; c++)
		n += *c == ',';
	free(head);
	return n;
}

/* Behind the field that begins here; NULL where its quotes are none. */
static const char *field_end(const char *at, const char *end)
{
	if (at == end || *at != '"')
		return (at = memchr(at, ',', (size_t)(end - at))) ? at : end;
	for (at++; at < end; at++) {
		if (*at != '"')
			continue;
		if (at + 1 == end || at[1] != '"')
			return at + 1;
		at++;
	}
	return NULL;
}

/* `n` harmless fields, and none is a formula. `end` is within a text that ends by zero. */
static bool row_is_sound(const char *at, const char *end, int n)
{
	unsigned code;

	for (const char *c = at; c < end;) {
		size_t bytes = printable_decode(c, &code);
		if (!bytes || (code != '\t' && !printable_harmless(code)))
			return false;
		c += bytes;
	}
	for (int i = 0; i < n; i++) {
		const char *close = field_end(at, end);
		size_t quoted = at < end && *at == '"'; /* bytes of a quote */
		if (!close || (close < end && *close != ',') || (close == end) != (i == n - 1))
			return false;
		if (!quoted && memchr(at, '"', (size_t)(close - at)))
			return false;
		if (report_csv_formula(at + quoted, (size_t)(close - at) - 2 * quoted))
			return false;
		at = close + 1;
	}
	return true;
}

/* Rows end with ",KEY". */
static bool rows_are_sound(const char *csv, const char *key, int rows, int n)
{
	const size_t m = strlen(key) + 1;

	for (; *csv; rows--) {
		const char *end = strchr(csv, '\n');
		if (!end || end - csv > ROW_MOST || (size_t)(end - csv) < m || rows <= 0)
			return false;
		if (end[-(long)m] != ',' || memcmp(end - m + 1, key, m - 1) != 0 || !row_is_sound(csv, end - m, n))
			return false;
		csv = end + 1;
	}
	return rows == 0;
}

/* ---- lines of JSON ---- */

static bool is_json(const char *text, size_t n, bool list)
{
	json_t *value = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	bool is = list ? json_is_array(value) : json_is_object(value);

	json_decref(value);
	return is;
}

static bool lines_are_sound(const char *json, int lines)
{
	for (; *json; lines--) {
		const char *end = strchr(json, '\n');
		if (!end || end - json > LINE_MOST || lines <= 0 || !is_json(json, (size_t)(end - json), false))
			return false;
		json = end + 1;
	}
	return lines == 0;
}

int work_check_lines(const struct work *w, const char *json, const char *csv, struct gppi_error *err)
{
	const int n = columns();

	if (n < 0)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", w->job->key);
	if (w->bones < 1 || w->failed < 0 || w->review < 0 || w->bones > WORK_BONES_MOST ||
	    w->failed > WORK_BONES_MOST || w->review > w->bones)
		return taken_over(w, "counts bones that cannot be", err);
	if (!lines_are_sound(json, w->bones + w->failed))
		return taken_over(w, "gives lines of JSON that are none", err);
	if (!rows_are_sound(csv, w->job->key, w->bones + w->failed, n))
		return taken_over(w, "gives rows that do not go into the table", err);
	return 0;
}

/* ---- the page ---- */

/* The text between an opening tag and the next closing one, of which nothing in between is any; *at goes behind it. */
static const char *element(const char **at, const char *end, const char *class, size_t *n)
{
	static const char close[] = "</script>\n";
	char open[64];
	size_t length = (size_t)snprintf(open, sizeof open, "<script type=\"application/json\" class=\"%s\">", class);

	if ((size_t)(end - *at) < length || memcmp(*at, open, length) != 0)
		return NULL;
	const char *body = *at + length, *tag = memchr(body, '<', (size_t)(end - body));
	if (!tag || (size_t)(end - tag) < strlen(close) || memcmp(tag, close, strlen(close)) != 0)
		return NULL;
	*n = (size_t)(tag - body);
	*at = tag + strlen(close);
	return body;
}

/* In base64, in JSON. */
static bool are_pictures(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char c = text[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    (!c || !strchr("+/=\",[]", c)))
			return false;
	}
	return is_json(text, n, true);
}

/* As report/page_part.c writes them: nothing in there is any element of the page but these. */
int work_check_page(const struct work *w, const char *text, size_t size, struct gppi_error *err)
{
	const char *at = text, *end = text + size, *body;
	int left = w->bones + w->failed;
	size_t n;

	if (size / PART_MOST >= (size_t)left)
		return taken_over(w, "gives too large a part of the study page", err);
	for (; at < end; left--) {
		body = element(&at, end, "bone", &n);
		if (left <= 0 || !body || !is_json(body, n, false))
			return taken_over(w, "gives a part of the study page that is none", err);
		body = element(&at, end, "pictures", &n);
		if (body && !are_pictures(body, n))
			return taken_over(w, "gives pictures for the study page that are none", err);
	}
	return left == 0 ? 0 : taken_over(w, "does not give all bones for the study page", err);
}

/* ---- folders ---- */

/* "bone-NUMBER" and one of the ends */
static bool is_name(const char *name, int bones, const char *const *ends)
{
	static const char bone[] = "bone-";
	const char *digit = name + strlen(bone);
	char *behind;

	if (strncmp(name, bone, strlen(bone)) != 0 || *digit < '1' || *digit > '9')
		return false;
	long number = strtol(digit, &behind, 10);
	for (; *ends && strcmp(behind, *ends) != 0; ends++)
		;
	return *ends && number <= bones;
}

static int check_entries(const struct work *w, DIR *dir, const char *const *ends, struct gppi_error *err)
{
	struct dirent *e;
	struct stat st;

	while ((e = readdir(dir))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (leftover_name(e->d_name) && store_remove_at(dirfd(dir), e->d_name) == 0)
			continue; /* what file servers and desktops leave in any folder */
		if (!is_name(e->d_name, w->bones, ends))
			return taken_over(w, "leaves a file that belongs to no result", err);
		if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
		    st.st_nlink > 1)
			return taken_over(w, "leaves something that is no regular file", err);
	}
	return 0;
}

static int check_folder(const struct work *w, const char *folder, const char *const *ends, struct gppi_error *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (!dir) {
		int why = errno;
		if (fd >= 0)
			close(fd);
		return err_set(err, GPPI_E_IO, "%s: cannot be looked at: %s", folder, strerror(why));
	}
	int rc = check_entries(w, dir, ends, err);
	closedir(dir);
	return rc;
}

static const char *staged(const struct work *w, char out[STORE_PATH])
{
	outbox_stem(w->service->spool.root, w->job->key, 0, out);
	*strrchr(out, '/') = 0;
	return out;
}

int work_check_folders(const struct work *w, struct gppi_error *err)
{
	static const char *const results[] = { ".jpg", "-measures.csv", "-report.dcm", "-key.dcm", "-picture.dcm",
					       "-segments.dcm", NULL };
	const char *const *objects = results + 2;
	char folder[STORE_PATH];
	int rc = check_folder(w, publish_new(w->service, w->job->key, folder), results, err);

	return rc == 0 && store_exists(staged(w, folder)) ? check_folder(w, folder, objects, err) : rc;
}

/* ---- trouble ---- */

bool work_check_weights(const struct work *w)
{
	const char *folder = service_config(w->service)->weights;
	struct gppi_models *models = NULL;
	struct gppi_error err;
	bool good = gppi_models_open(*folder ? folder : NULL, &models, &err) == GPPI_OK;

	gppi_models_free(models);
	return good;
}

static bool is_free(const char *folder)
{
	return store_space(folder) >= DISK_LEAST && publish_takes(folder);
}

/* Without what it has written: it may have filled the disk itself. */
bool work_check_disk(const struct work *w)
{
	char folder[STORE_PATH];
	struct gppi_error err;

	return results_begin(w->service, w->job->key, &err) == 0 &&
	       is_free(publish_new(w->service, w->job->key, folder)) &&
	       (!store_exists(staged(w, folder)) || is_free(folder));
}

/* Different names for scans of one name. Work grows with the inputs as sorting does: lists have tens of thousands. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/size.h"
#include "cli/names.h"

#define FOLDERS_MAX 8 /* of a path, in a name */

struct folders { /* the last ones that a scan lies in */
	struct names_entry *entry;
	char text[1024];
};

static int by_plain(const void *va, const void *vb)
{
	const struct names_entry *a = *(struct names_entry *const *)va, *b = *(struct names_entry *const *)vb;
	int c = strcasecmp(a->plain, b->plain); /* one file name on many systems */

	return c ? c : strcasecmp(a->patient, b->patient);
}

static int by_folders(const void *va, const void *vb)
{
	return strcasecmp(((const struct folders *)va)->text, ((const struct folders *)vb)->text);
}

/* PREFIX_NAME; of what is too long the prefix is cut, at its beginning. */
static void put_before(char name[128], const char *prefix)
{
	char whole[1024 + 128 + 2];
	size_t n = (size_t)snprintf(whole, sizeof whole, "%.1024s_%.127s", prefix, name);
	size_t skip = n > 127 ? n - 127 : 0;

	memcpy(name, whole + skip, n - skip + 1);
}

/* The folder that a scan is in, or that it is. */
static size_t folder_length(const struct names_entry *e)
{
	const char *path = e->path, *slash = strrchr(path, '/');
	struct stat st;

	if (!e->listed && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return strlen(path);
	return slash ? (size_t)(slash - path) : 0;
}

/* Writes "ab/mouse 7" as "ab_mouse 7": the last `count` folders a scan lies in, or fewer where there are no more. */
static void folders_of(const struct names_entry *e, int count, char out[1024])
{
	const char *end = e->path + e->folder, *base = end;

	for (int k = 0; k < count && base > e->path;) {
		base--;
		if (base > e->path && base[-1] == '/')
			k++;
	}
	snprintf(out, 1024, "%.*s", (int)(end - base), base);
	for (char *c = out; *c; c++)
		*c = *c == '/' ? '_' : *c;
}

/* Sets `needed` of n entries of one name: the fewest folders by which each differs from all others; 0: none do. */
static int find_folders(struct names_entry **group, size_t n, struct gppi_error *err)
{
	struct folders *f = size_realloc(NULL, n, sizeof *f);
	size_t left = n;

	if (!f)
		return err_set(err, GPPI_E_NOMEM, "out of memory for the names of bones");
	for (size_t i = 0; i < n; i++) {
		group[i]->folder = folder_length(group[i]);
		group[i]->needed = 0;
	}
	for (int count = 1; count <= FOLDERS_MAX && left; count++) {
		for (size_t i = 0; i < n; i++) {
			f[i].entry = group[i];
			folders_of(group[i], count, f[i].text);
		}
		qsort(f, n, sizeof *f, by_folders);
		for (size_t i = 0; i < n; i++) {
			bool alone = (i == 0 || by_folders(&f[i - 1], &f[i])) &&
				     (i + 1 == n || by_folders(&f[i], &f[i + 1]));
			if (alone && !f[i].entry->needed) {
				f[i].entry->needed = count;
				left--;
			}
		}
	}
	free(f);
	return 0;
}

/* patients: how many of the group have the patient of this entry. */
static void choose(struct names_entry *e, size_t n, size_t patients)
{
	char folders[1024], name[128];
	bool patient = *e->patient && patients < n;
	int count = patient && patients < 2 ? 0 : e->needed;

	snprintf(name, sizeof name, "%s", e->plain);
	if (patient && strncmp(name, e->patient, strlen(e->patient)) != 0)
		put_before(name, e->patient);
	if (count > 0) {
		folders_of(e, count, folders);
		size_t own = strlen(name), all = strlen(folders);
		bool last = all >= own && strcasecmp(folders + all - own, name) == 0 &&
			    (all == own || folders[all - own - 1] == '_');
		if (last) /* a series without a name has that of its folder */
			name[0] = 0, put_before(name, folders), name[strlen(name) - 1] = 0;
		else if (*folders)
			put_before(name, folders);
	} else if (!patient) {
		snprintf(name, sizeof name, "%s", e->name);
	}
	snprintf(e->name, sizeof e->name, "%s", name);
}

static int tell_apart(struct names_entry **group, size_t n, struct gppi_error *err)
{
	int rc = n > 1 ? find_folders(group, n, err) : 0;

	for (size_t i = 0, end; i < n && rc == 0 && n > 1; i = end) {
		for (end = i + 1; end < n && strcasecmp(group[i]->patient, group[end]->patient) == 0;)
			end++;
		for (size_t k = i; k < end; k++) {
			group[k]->alike = true;
			if (!group[k]->given)
				choose(group[k], n, end - i);
		}
	}
	return rc;
}

int names_apart(struct names *names, struct gppi_error *err)
{
	struct names_entry **sorted = size_realloc(NULL, names->n + 1, sizeof(struct names_entry *));
	size_t n = names->n;
	int rc = 0;

	if (!sorted)
		return err_set(err, GPPI_E_NOMEM, "out of memory for the names of bones");
	for (size_t i = 0; i < n; i++)
		sorted[i] = &names->entry[i];
	qsort(sorted, n, sizeof(struct names_entry *), by_plain);
	for (size_t i = 0, end; i < n && rc == 0; i = end) {
		for (end = i + 1; end < n && strcasecmp(sorted[i]->plain, sorted[end]->plain) == 0;)
			end++;
		rc = tell_apart(sorted + i, end - i, err);
	}
	free(sorted);
	return rc;
}

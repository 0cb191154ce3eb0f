#define _GNU_SOURCE
#include "cli/detect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/os.h"
#include "base/printable.h"
#include "base/size.h"

int qc_folder(const char *folder, struct gppi_error *err)
{
	struct stat st;

	if (os_make_folder(folder) == 0)
		return 0;
	if (errno == EEXIST && stat(folder, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	if (errno == EEXIST)
		errno = ENOTDIR;
	return err_set(err, GPPI_E_IO, "%s: the folder cannot be made: %s", folder,
		       strerror(errno));
}

/* Names come from files: no way out of the folder, no hidden files. */
static void make_safe(char *name)
{
	printable(name);
	for (char *c = name; *c; c++)
		if (*c == '/' || *c == '?')
			*c = '_';
	if (name[0] == '.')
		name[0] = '_';
}

static bool is_used(const struct qc_names *names, const char *path)
{
	for (size_t i = 0; i < names->nused; i++)
		if (strcasecmp(names->used[i], path) == 0) /* one name on many systems */
			return true;
	return false;
}

char *out_path(struct qc_names *names, const char *name, const char *ending)
{
	char *safe = strdup(*name ? name : "bone"), *path = NULL;

	if (!safe)
		return NULL;
	make_safe(safe);
	if (asprintf(&path, "%s/%s%s", names->folder, safe, ending) < 0)
		path = NULL;
	for (int n = 2; path && is_used(names, path); n++) {
		free(path);
		if (asprintf(&path, "%s/%s-%d%s", names->folder, safe, n, ending) < 0)
			path = NULL;
	}
	free(safe);
	char **used = path ? size_realloc(names->used, names->nused + 1, sizeof *used) : NULL;
	char *copy = used ? strdup(path) : NULL;
	if (used)
		names->used = used;
	if (!copy) {
		free(path);
		return NULL;
	}
	names->used[names->nused++] = copy;
	return path;
}

void qc_names_free(struct qc_names *names)
{
	for (size_t i = 0; i < names->nused; i++)
		free(names->used[i]);
	free(names->used);
}

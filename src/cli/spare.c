#include "cli/spare.h"

#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "base/size.h"

struct spare_file {
	struct os_file_id id;
};

static int ascending(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct spare_file));
}

static void add(struct spare *s, const char *path)
{
	struct spare_file f = { .id = { 0 } };

	if (path && *path && os_file_id(path, &f.id))
		s->file[s->n++] = f;
}

/* Of lists only the scans of this run: those of other shards may be many, on a slow disk. */
static int make(struct spare *s, struct gppi_error *err)
{
	const size_t most = (s->names ? s->names->n : 0) + s->nmore;

	s->file = size_realloc(NULL, most + 1, sizeof *s->file);
	if (!s->file)
		return err_set(err, GPPI_E_NOMEM, "out of memory for %zu files", most);
	for (size_t i = 0; s->names && i < s->names->n; i++)
		if (s->names->entry[i].input >= 0)
			add(s, s->names->entry[i].path);
	for (size_t i = 0; i < s->nmore; i++)
		add(s, s->more[i]);
	qsort(s->file, s->n, sizeof *s->file, ascending);
	return 0;
}

int spare_check(struct spare *s, const char *path, struct gppi_error *err)
{
	struct spare_file f = { .id = { 0 } };

	if (!path || strcmp(path, "-") == 0 || !os_file_id(path, &f.id))
		return 0;
	int rc = s->file ? 0 : make(s, err);
	if (rc < 0 || !bsearch(&f, s->file, s->n, sizeof f, ascending))
		return rc;
	return err_set(err, GPPI_E_USAGE, "%s: is read in this run; name another file or folder for what is written",
		       path);
}

void spare_free(struct spare *s)
{
	free(s->file);
	s->file = NULL;
	s->n = 0;
}

#define _GNU_SOURCE
#include "cli/names.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/size.h"
#include "scan/format.h"
#include "scan/scan.h"

#define OPEN_MAX 64   /* inputs kept open; the others are opened twice */

/* ---- what the inputs hold ---- */

static struct names_entry *add(struct names *names, int input, int item)
{
	struct names_entry *grown = size_realloc(names->entry, names->n + 1, sizeof *grown);

	if (!grown)
		return NULL;
	names->entry = grown;
	struct names_entry *e = &grown[names->n++];
	*e = (struct names_entry){ .input = input, .item = item };
	return e;
}

/* A file of one volume, by its name: its bone has that name. */
static int add_file(struct names *names, const char *path, int input)
{
	struct names_entry *e = add(names, input, 0);

	if (!e)
		return GPPI_E_NOMEM;
	format_file_name(path, e->name);
	snprintf(e->plain, sizeof e->plain, "%s", e->name);
	snprintf(e->path, sizeof e->path, "%s", path);
	return 0;
}

/* Within an input the second scan of a name is NAME_2. */
static void find_plain(const struct names *names, size_t first, struct names_entry *e)
{
	char *end = strrchr(e->plain, '_');

	if (!end || end == e->plain || !end[1] || end[1 + strspn(end + 1, "0123456789")])
		return;
	for (size_t i = first; i < names->n; i++)
		if (strncmp(names->entry[i].name, e->plain, (size_t)(end - e->plain)) == 0 &&
		    !names->entry[i].name[end - e->plain]) {
			*end = 0;
			return;
		}
}

static int add_all(struct names *names, const struct gppi_input *in, int input)
{
	size_t first = names->n;

	for (int i = 0; i < gppi_input_count(in); i++) {
		struct names_entry *e = add(names, input, i);
		struct gppi_item item;
		if (!e)
			return GPPI_E_NOMEM;
		(void)gppi_input_item(in, i, &item, NULL);
		snprintf(e->name, sizeof e->name, "%s", item.name);
		snprintf(e->plain, sizeof e->plain, "%s", item.name);
		snprintf(e->patient, sizeof e->patient, "%s", item.patient);
		snprintf(e->path, sizeof e->path, "%s", item.path);
	}
	for (size_t i = first; i < names->n; i++)
		find_plain(names, first, &names->entry[i]);
	return 0;
}

static int open_input(const struct names *names, const char *path, const struct gppi_options *opt,
		      struct gppi_input **out, struct gppi_error *error)
{
	if (strcmp(path, "-") == 0)
		return gppi_input_read(0, names->in->pipe_name, opt, out, error);
	return gppi_input_open_with(path, opt, out, error);
}

static int look_at(struct names *names, const char *path, int input, const struct gppi_options *opt)
{
	struct gppi_input *in;
	struct stat st;

	if (strcmp(path, "-") == 0) /* can be read once only */
		return 0;
	bool exists = stat(path, &st) == 0; /* missing files are reported when they are opened */
	if (format_by_name(path) && (!exists || S_ISREG(st.st_mode)))
		return add_file(names, path, input);
	if (!exists)
		return 0;
	if (gppi_input_open_with(path, opt, &in, NULL) != GPPI_OK)
		return 0;
	int rc = add_all(names, in, input);
	if (rc == 0 && input < OPEN_MAX)
		names->open[input] = in;
	else
		gppi_input_free(in);
	return rc;
}

/* An input of a list, or of another shard of it: NULL. */
static int add_listed(struct names *names, const char *path, int input, const struct list_entry *entry)
{
	char whole[1024];
	size_t n = (size_t)snprintf(whole, sizeof whole, "%s", path);

	while (n > 1 && whole[n - 1] == '/')
		whole[--n] = 0;
	if (add_file(names, whole, input) < 0)
		return GPPI_E_NOMEM;
	struct names_entry *e = &names->entry[names->n - 1];
	e->listed = true;
	e->given = entry && *entry->name;
	if (e->given) {
		snprintf(e->name, sizeof e->name, "%s", entry->name);
		snprintf(e->plain, sizeof e->plain, "%s", entry->name);
	}
	return 0;
}

int names_plan(struct names *names, const struct names_inputs *in, const struct gppi_options *opt,
	       struct gppi_error *err)
{
	int rc = 0;

	*names = (struct names){ .in = in };
	names->open = calloc((size_t)in->n + 1, sizeof(struct gppi_input *));
	if (!names->open)
		return err_set(err, GPPI_E_NOMEM, "out of memory for %d inputs", in->n);
	for (int i = 0; i < in->n && rc == 0; i++) {
		if (in->entry)
			rc = add_listed(names, in->path[i], i, in->entry[i]);
		else
			rc = look_at(names, in->path[i], i, opt);
	}
	for (int i = 0; i < in->nothers && rc == 0; i++)
		rc = add_listed(names, in->others[i], -1, NULL);
	if (rc < 0)
		return err_set(err, rc, "out of memory for the names of bones");
	return names_apart(names, err);
}

void names_free(struct names *names)
{
	for (int i = 0; names->open && i < names->in->n; i++)
		gppi_input_free(names->open[i]);
	for (size_t i = 0; i < names->nused; i++)
		free(names->used[i]);
	free(names->open);
	free(names->used);
	free(names->entry);
	*names = (struct names){ 0 };
}

/* ---- during the run ---- */

/* One scan has the name of the entry; several have it before their own. */
static int rename_listed(const struct names_entry *e, struct gppi_input *in, struct gppi_error *error)
{
	int n = gppi_input_count(in), rc = GPPI_OK;

	for (int i = 0; i < n && rc == GPPI_OK; i++) {
		struct gppi_item item;
		char name[128];
		rc = gppi_input_item(in, i, &item, error);
		snprintf(name, sizeof name, n > 1 ? "%.80s_%.40s" : "%s", e->name, item.name);
		if (rc == GPPI_OK && strcmp(item.name, name) != 0)
			rc = gppi_input_rename(in, i, name, error);
	}
	return rc;
}

static int rename_one(const struct names_entry *e, struct gppi_input *in, struct gppi_error *error)
{
	struct gppi_item item;

	if (e->listed)
		return rename_listed(e, in, error);
	if (gppi_input_item(in, e->item, &item, NULL) != GPPI_OK || strcmp(item.name, e->name) == 0 || !e->alike)
		return GPPI_OK;
	return gppi_input_rename(in, e->item, e->name, error);
}

int names_open(struct names *names, int input, const struct gppi_options *opt, struct gppi_input **out,
	       struct gppi_error *error)
{
	int rc = GPPI_OK;

	*out = names->open[input];
	names->open[input] = NULL;
	if (!*out)
		rc = open_input(names, names->in->path[input], opt, out, error);
	for (size_t i = 0; i < names->n && rc == GPPI_OK; i++)
		if (names->entry[i].input == input)
			rc = rename_one(&names->entry[i], *out, error);
	return rc;
}

void names_of_failed(const struct names *names, const char *path, int input, const struct gppi_input *in, int index,
		     char name[128])
{
	struct gppi_item item;

	format_file_name(path, name);
	for (size_t i = 0; i < names->n; i++)
		if (names->entry[i].input == input && names->entry[i].item == 0)
			snprintf(name, 128, "%s", names->entry[i].name);
	scan_safe_name(name);
	if (in && gppi_input_item(in, index, &item, NULL) == GPPI_OK)
		snprintf(name, 128, "%s", item.name);
}

static bool same_name(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0; /* one file name on many systems */
}

static bool is_used(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->nused; i++)
		if (same_name(names->used[i], name))
			return true;
	return false;
}

int names_note(struct names *names, const char *name)
{
	char **grown = size_realloc(names->used, names->nused + 1, sizeof *grown), *copy = strdup(name);

	if (grown)
		names->used = grown;
	if (!grown || !copy) {
		free(copy);
		return GPPI_E_NOMEM;
	}
	names->used[names->nused++] = copy;
	return GPPI_OK;
}

int names_take(struct names *names, struct gppi_input *input, int index, struct gppi_error *error)
{
	char name[128];
	struct gppi_item item;
	int rc = gppi_input_item(input, index, &item, error);

	if (rc != GPPI_OK)
		return rc;
	snprintf(name, sizeof name, "%s", item.name);
	for (int k = 2; is_used(names, name); k++)
		snprintf(name, sizeof name, "%.110s-%d", item.name, k);
	if (strcmp(name, item.name) != 0)
		rc = gppi_input_rename(input, index, name, error);
	if (rc == GPPI_OK && names_note(names, name) != GPPI_OK) {
		rc = GPPI_E_NOMEM;
		if (error)
			*error = (struct gppi_error){ rc, "out of memory for the names of bones" };
	}
	return rc;
}

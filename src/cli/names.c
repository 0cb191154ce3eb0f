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
#define FOLDERS_MAX 8 /* of a path, in a name */

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

static int look_at(struct names *names, const char *path, int input, const struct gppi_options *opt)
{
	struct gppi_input *in;
	struct stat st;

	bool exists = stat(path, &st) == 0; /* what is not there is told when it is opened */
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

/* ---- different names ---- */

static bool same_name(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0; /* one file name on many systems */
}

/* PREFIX_NAME; of what is too long the prefix is cut, at its beginning. */
static void put_before(char name[128], const char *prefix)
{
	char whole[1024 + 128 + 2];
	size_t n = (size_t)snprintf(whole, sizeof whole, "%.1024s_%.127s", prefix, name);
	size_t skip = n > 127 ? n - 127 : 0;

	memcpy(name, whole + skip, n - skip + 1);
}

/* Writes "ab/mouse 7" as "ab_mouse 7": the last `count` folders a scan lies in, or fewer where there are no more. */
static void folders_of(const struct names_entry *e, int count, char out[1024])
{
	struct stat st;

	snprintf(out, 1024, "%s", e->path);
	if (stat(out, &st) != 0 || !S_ISDIR(st.st_mode)) {
		char *slash = strrchr(out, '/');
		*(slash ? slash : out) = 0;
	}
	const char *base = out + strlen(out);
	for (int k = 0; k < count && base > out;) {
		base--;
		if (base > out && base[-1] == '/')
			k++;
	}
	memmove(out, base, strlen(base) + 1);
	for (char *c = out; *c; c++)
		*c = *c == '/' ? '_' : *c;
}

/* How often does entry i's plain name occur, with its patient before it where `patients`? */
static size_t alike(const struct names *names, size_t i, bool patients)
{
	const struct names_entry *e = &names->entry[i];
	size_t n = 0;

	for (size_t k = 0; k < names->n; k++)
		n += same_name(names->entry[k].plain, e->plain) &&
		     (!patients || same_name(names->entry[k].patient, e->patient));
	return n;
}

/* The fewest folders by which entry i and all others of its name differ; 0: none do. */
static int folders_needed(const struct names *names, size_t i)
{
	char mine[1024], other[1024];

	for (int count = 1; count <= FOLDERS_MAX; count++) {
		bool differ = true;
		folders_of(&names->entry[i], count, mine);
		for (size_t k = 0; k < names->n && differ; k++) {
			if (k == i || !same_name(names->entry[k].plain, names->entry[i].plain))
				continue;
			folders_of(&names->entry[k], count, other);
			differ = !same_name(mine, other);
		}
		if (differ)
			return count;
	}
	return 0;
}

static void choose(struct names *names, size_t i)
{
	struct names_entry *e = &names->entry[i];
	char folders[1024], name[128];

	if (alike(names, i, false) < 2)
		return;
	snprintf(name, sizeof name, "%s", e->plain);
	size_t n = strlen(e->patient);
	bool patient = n > 0 && alike(names, i, true) < alike(names, i, false);
	if (patient && strncmp(name, e->patient, n) != 0)
		put_before(name, e->patient);
	int count = patient && alike(names, i, true) < 2 ? 0 : folders_needed(names, i);
	if (count > 0) {
		folders_of(e, count, folders);
		size_t own = strlen(name), all = strlen(folders);
		bool last = all >= own && same_name(folders + all - own, name) && (all == own || folders[all - own - 1] == '_');
		if (last) /* a series without a name has that of its folder */
			name[0] = 0, put_before(name, folders), name[strlen(name) - 1] = 0;
		else if (*folders)
			put_before(name, folders);
	} else if (!patient) {
		snprintf(name, sizeof name, "%s", e->name);
	}
	snprintf(e->name, sizeof e->name, "%s", name);
}

int names_plan(struct names *names, char *const *inputs, int ninputs, const struct gppi_options *opt, struct err *err)
{
	int rc = 0;

	*names = (struct names){ .ninputs = ninputs };
	names->open = calloc((size_t)ninputs, sizeof(struct gppi_input *));
	if (!names->open)
		return err_set(err, GPPI_E_NOMEM, "out of memory for %d inputs", ninputs);
	for (int i = 0; i < ninputs && rc == 0; i++)
		rc = look_at(names, inputs[i], i, opt);
	if (rc < 0)
		return err_set(err, rc, "out of memory for the names of bones");
	for (size_t i = 0; i < names->n; i++)
		choose(names, i);
	return 0;
}

void names_free(struct names *names)
{
	for (int i = 0; names->open && i < names->ninputs; i++)
		gppi_input_free(names->open[i]);
	for (size_t i = 0; i < names->nused; i++)
		free(names->used[i]);
	free(names->open);
	free(names->used);
	free(names->entry);
	*names = (struct names){ 0 };
}

/* ---- during the run ---- */

int names_open(struct names *names, char *const *inputs, int input, const struct gppi_options *opt,
	       struct gppi_input **out, struct gppi_error *error)
{
	int rc = GPPI_OK;

	*out = names->open[input];
	names->open[input] = NULL;
	if (!*out)
		rc = gppi_input_open_with(inputs[input], opt, out, error);
	for (size_t i = 0; i < names->n && rc == GPPI_OK; i++) {
		const struct names_entry *e = &names->entry[i];
		struct gppi_item item;
		if (e->input == input && gppi_input_item(*out, e->item, &item, NULL) == GPPI_OK &&
		    strcmp(item.name, e->name) != 0 && alike(names, i, false) > 1)
			rc = gppi_input_rename(*out, e->item, e->name, error);
	}
	return rc;
}

void names_of_file(const struct names *names, const char *path, int input, char name[128])
{
	format_file_name(path, name);
	for (size_t i = 0; i < names->n; i++)
		if (names->entry[i].input == input && names->entry[i].item == 0)
			snprintf(name, 128, "%s", names->entry[i].name);
	scan_safe_name(name);
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

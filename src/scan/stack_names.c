/* Names of pictures: numbers and the texts between them. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/size.h"
#include "scan/stack_list.h"

#define DIGITS_MAX 18 /* of a number; longer ones are identifiers, and letters like others */

int stack_list_new(struct stack_list **out, struct gppi_error *err)
{
	*out = calloc(1, sizeof **out);
	return *out ? 0 : err_set(err, GPPI_E_NOMEM, "not enough memory");
}

void stack_list_free(struct stack_list *list)
{
	if (!list)
		return;
	for (int i = 0; i < list->n; i++)
		free(list->names[i].path);
	free(list->names);
	free(list->groups);
	free(list);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Where the suffix of a file's name begins; digits behind a dot are none ("slice.0001"). */
static size_t find_end(const char *path, size_t name)
{
	const char *dot = strrchr(path + name, '.');
	if (!dot || dot == path + name || !dot[strspn(dot, ".0123456789")])
		return strlen(path);
	return (size_t)(dot - path);
}

/* A minus belongs to a number where it does not join it to what is before ("m7_-12", but not "2024-03"). */
static bool has_sign(const char *path, size_t name, size_t at)
{
	return at > name && path[at - 1] == '-' && (at - 1 == name || strchr("_ (=", path[at - 2]));
}

/* Finds the last NAME_NUMBERS numbers of a name. */
static void find_numbers(struct picture_name *e)
{
	const char *slash = strrchr(e->path, '/');
	size_t name = slash ? (size_t)(slash + 1 - e->path) : 0, at;
	struct name_number found[NAME_NUMBERS];
	e->end = find_end(e->path, name);
	e->n = 0;
	for (size_t end = e->end; end > name && e->n < NAME_NUMBERS; end = at) {
		for (; end > name && !is_digit(e->path[end - 1]);)
			end--;
		for (at = end; at > name && is_digit(e->path[at - 1]);)
			at--;
		if (at == end || end - at > DIGITS_MAX)
			continue;
		long long value = strtoll(e->path + at, NULL, 10);
		bool sign = has_sign(e->path, name, at);
		at -= sign;
		found[e->n++] = (struct name_number){ at, end - at, sign ? -value : value };
	}
	for (int i = 0; i < e->n; i++)
		e->numbers[i] = found[e->n - 1 - i];
}

int stack_list_add(struct stack_list *list, const struct stack_file *file, struct gppi_error *err)
{
	if (list->n == list->room) {
		int room = list->room ? 2 * list->room : 64;
		struct picture_name *grown = size_realloc(list->names, (size_t)room, sizeof *grown);
		if (!grown)
			return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", file->path);
		list->names = grown;
		list->room = room;
	}
	struct picture_name *e = &list->names[list->n];
	*e = (struct picture_name){ .path = strdup(file->path), .dev = file->dev, .ino = file->ino,
				    .damaged = file->damaged };
	if (!e->path)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", file->path);
	find_numbers(e);
	list->n++;
	list->linked = list->linked || file->again;
	return 0;
}

/* The text in front of number i, or behind the last one. */
static const char *text(const struct picture_name *e, int i, size_t *length)
{
	size_t from = i ? e->numbers[i - 1].at + e->numbers[i - 1].length : 0;
	*length = (i < e->n ? e->numbers[i].at : e->end) - from;
	return e->path + from;
}

static int compare_texts(const struct picture_name *a, const struct picture_name *b)
{
	for (int i = 0; i <= a->n; i++) {
		size_t n, m;
		const char *x = text(a, i, &n), *y = text(b, i, &m);
		/* behind the last number upper and lower case are mixed in practice, as in suffixes */
		int c = i < a->n || !a->n ? memcmp(x, y, n < m ? n : m) : strncasecmp(x, y, n < m ? n : m);
		if (c || n != m)
			return c ? c : n < m ? -1 : 1;
		if (i == 0 && a->n != b->n)
			return a->n < b->n ? -1 : 1;
	}
	return 0;
}

bool names_same_text(const struct picture_name *a, const struct picture_name *b)
{
	return compare_texts(a, b) == 0;
}

int names_compare(const struct picture_name *a, const struct picture_name *b)
{
	int c = compare_texts(a, b);
	for (int i = 0; i < a->n && !c; i++)
		c = (a->numbers[i].value > b->numbers[i].value) - (a->numbers[i].value < b->numbers[i].value);
	return c ? c : strcmp(a->path, b->path);
}

int stack_list_others(const struct stack_list *list)
{
	return list->others;
}

const char *stack_list_damaged(struct stack_list *list, int *i)
{
	while (*i < list->n && (!list->names[*i].damaged || list->names[*i].grouped))
		(*i)++;
	if (*i == list->n)
		return NULL;
	list->others--;
	return list->names[(*i)++].path;
}

int stack_list_pictures(const struct stack_list *list)
{
	return list->n;
}

const char *stack_path(const struct stack_list *list, int index)
{
	return list->groups[index].folder;
}

void stack_name(const struct stack_list *list, int index, char name[128])
{
	const struct picture_group *g = &list->groups[index];
	const struct picture_name *e = &list->names[g->first];
	const struct name_number *number = &e->numbers[e->p];
	size_t folder = strlen(g->folder) + 1, n = number->at > folder ? number->at - folder : 0;
	snprintf(name, 128, "%.*s", (int)(n < 127 ? n : 127), e->path + folder);
	n = strlen(name);
	while (n && strchr("_-. (", name[n - 1]))
		name[--n] = '\0';
	if (n > 4 && !strcmp(name + n - 4, "_rec"))
		name[n -= 4] = '\0';
	if (g->split) {
		size_t behind = number->at + number->length;
		snprintf(name + n, 128 - n, "%.*s", (int)(e->end - behind), e->path + behind);
	}
	const char *slash = strrchr(g->folder, '/');
	if (!name[0])
		snprintf(name, 128, "%.127s", slash && slash[1] ? slash + 1 : g->folder);
}

/* Inside the room: the pictures of a folder by name (stack_names.c), which of them are slices of one scan
 * (stack_group.c), and which are there twice (stack_copies.c); stack_list.c opens them. */
#ifndef SCAN_STACK_LIST_H
#define SCAN_STACK_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scan/stack.h"

#define NAME_NUMBERS 8 /* of a name; those further left are letters like others */

struct picture_name {
	char *path;
	size_t end;        /* of the name, in front of its suffix */
	uint64_t dev, ino; /* the file; ino 0: not known */
	bool damaged, grouped;
	int n;
	struct name_number {
		size_t at, length; /* in path */
		long long value;
	} numbers[NAME_NUMBERS];
	int p;             /* the number that counts slices, while and after they are put together */
	long long number;  /* its value */
};

struct picture_group {
	int first, n; /* of the sorted names */
	int copies;   /* left out: the same slices in another format */
	bool split;   /* other groups differ from it behind the number only */
	char folder[1024];
};

struct stack_list {
	struct picture_name *names;
	int n, room;
	struct picture_group *groups;
	int ngroups, groups_room;
	int others;
	bool linked; /* a file is there under two names */
};

/* Texts between the numbers, then numbers by value, then the whole path. */
int names_compare(const struct picture_name *a, const struct picture_name *b);
bool names_same_text(const struct picture_name *a, const struct picture_name *b);

/* Leaves out of a group, sorted by number, what is there in another format; counts it in `copies`. */
void copies_leave_out(struct stack_list *list, struct picture_group *group);
/* Leaves out groups that are made of links to the files of another. */
int copies_of_links(struct stack_list *list, struct gppi_error *err);

#endif

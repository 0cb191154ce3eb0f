/* What an input path holds, as set.c gathers it. */
#ifndef SCAN_SET_PARTS_H
#define SCAN_SET_PARTS_H

#include <stdbool.h>

#include "scan/format.h"
#include "scan/series.h"
#include "scan/stack.h"
#include "scan/stream.h"
#include "scan/walk.h"

struct item {
	const struct scan_format *format; /* of a file; NULL: a series or a stack */
	bool stack;
	int index; /* in the list of series or stacks */
	char name[128];
	char path[1024];
};

/* Names of volumes: to begin with all zeros. */
struct set_name;
struct set_names {
	struct set_name *root, *newest;
};

struct scan_set {
	struct item *items;
	int n, room;
	struct set_names names; /* of the items */
	struct series_list *series;
	struct stack_list *stacks;
	bool folder;      /* or an archive */
	struct stream *stream; /* NULL: of a path */
	struct walk walk; /* of the folder */
	int others; /* files that are none of these */
	const char *unread;    /* pictures of a kind that is not read */
	int unreads;
	struct gppi_error projection; /* what is said where there is nothing else */
	int packed;            /* DICOM files behind gzip */
};

/* set_names.c. Makes a name safe and, by a number at its end, different from those added before. */
int set_names_add(struct set_names *names, char name[128], const char *path, struct gppi_error *err);
bool set_names_has(const struct set_names *names, const char *name);
void set_names_free(struct set_names *names);

/* set_nothing.c: why a path holds no scan, and what to do. */
int set_nothing_found(const struct scan_set *set, const char *path, struct gppi_error *err);

#endif

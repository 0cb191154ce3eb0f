/* The images of an input and the series they make: shared by series.c, series_group.c and series_join.c. */
#ifndef SCAN_SERIES_LIST_H
#define SCAN_SERIES_LIST_H

#include "scan/series.h"

/* Why images of several series, as the files tell them, are one group. */
enum series_join {
	SERIES_AS_TOLD,
	SERIES_LOOSE,         /* single slices, each a series of its own */
	SERIES_STRAY,         /* such slices that have nothing else in common: they come together to be refused as
			       * one */
	SERIES_CONCATENATION, /* files of many frames that are parts of one, as they say */
	SERIES_PARTS          /* files of many frames that fit together by their positions */
};

struct series_group {
	int first, n; /* range of list->objects after grouping */
	enum series_join join;
	bool shared_name; /* another patient has a series of the same name */
	char path[1024];
};

struct series_waiting {
	char path[1024];
	struct dicom_object *object;
	int rc;
};

struct series_list {
	struct series_waiting *waiting; /* files not read yet */
	int nwaiting, room;
	struct dicom_object **objects;
	int n;
	int others;
	char directory[1024]; /* the first DICOMDIR; empty: none */
	struct series_group *groups;
	int ngroups, scouts;
};

/* An image while it is sorted into groups. */
struct series_member {
	struct dicom_object *object;
	int group;             /* -1: left out */
	enum series_join join; /* of its group */
};

/* Length of the folder in a path, without the slash. */
size_t series_folder(const char *path);
/* Order by folder. */
int series_compare_folders(const struct dicom_object *a, const struct dicom_object *b);

/* Do two images lie in parallel planes with the same axes? The last digits that exporters write vary. */
bool series_parallel(const struct dicom_object *a, const struct dicom_object *b);

/* series_group.c: sorts all objects into groups. */
int series_make_groups(struct series_list *list, struct gppi_error *err);

/* series_join.c: joins groups that belong together. Members are sorted by folder and series, groups are numbered
 * in that order from 0. */
int series_join_groups(struct series_member *members, int n, struct gppi_error *err);

#endif

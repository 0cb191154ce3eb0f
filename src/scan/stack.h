/* Slices as pictures: one file each in a folder, or the pages of a TIFF file. */
#ifndef SCAN_STACK_H
#define SCAN_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include "scan/reader.h"
#include "scan/voxels.h"

#define STACK_LEAST 10 /* pictures of one name in a folder that count as a scan */

/* The pictures of an input and their grouping by name. */
struct stack_list;

int stack_list_new(struct stack_list **out, struct gppi_error *err);
void stack_list_free(struct stack_list *list);

/* Notes a picture, to be grouped by stack_list_group(). dev and ino tell whether two names are of one file (ino 0: not
 * known); `again`: another name of it was noted before. */
struct stack_file {
	const char *path;
	uint64_t dev, ino;
	bool again;
	bool damaged; /* a picture by its name alone */
};
int stack_list_add(struct stack_list *list, const struct stack_file *file, struct gppi_error *err);

/* Groups the pictures of each folder into scans: names that differ in the number of the slice only, whichever of their
 * numbers that is. Groups of less than STACK_LEAST are left out, as pictures of something else; so are copies of a scan
 * in another format, and groups of links to the files of another. To be called once; returns how many groups. */
int stack_list_group(struct stack_list *list, struct gppi_error *err);
/* The next damaged picture from *i on that belongs to no group, its path; NULL: no more. It counts as no other then. */
const char *stack_list_damaged(struct stack_list *list, int *i);
/* Pictures in all. */
int stack_list_pictures(const struct stack_list *list);
/* How many pictures a group has that are projections, by the log of the machine, and a sentence that says so; 0: they
 * are none. */
int stack_projections(const struct stack_list *list, int index, struct gppi_error *sentence);
/* Pictures left out. */
int stack_list_others(const struct stack_list *list);

/* A name for reports, before it is made unique, and the folder. */
void stack_name(const struct stack_list *list, int index, char name[128]);
const char *stack_path(const struct stack_list *list, int index);

/* Opens group `index` into a scan (all of it but info.name), in order of the numbers. Gaps, equal
 * numbers and mixed sizes or depths are errors that name the files. */
int stack_open(const struct stack_list *list, int index, struct scan *scan, struct gppi_error *err);

/* What the pixels of pictures are as voxels. */
enum voxel_type stack_voxel_type(int bytes, bool is_signed, bool is_float);

/* For stacks and for TIFF files of many pages: n slices, each a file and page, into a scan. info.path, format and
 * spacing are left to the caller. Takes files and ifds over, also where it fails. ifds NULL: one page in each file;
 * else one file. */
struct stack_slices {
	char (*files)[1024];
	uint64_t *ifds;
	int n;
	const char *path; /* for sentences */
};
int stack_slices_open(const struct stack_slices *slices, struct scan *scan, struct gppi_error *err);

#endif

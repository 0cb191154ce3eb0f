/* Text headers of volumes: lines, numbers, and the data files they name. */
#ifndef SCAN_TEXT_HEADER_H
#define SCAN_TEXT_HEADER_H

#include "scan/flat.h"

#define TEXT_HEADER_MAX 65536 /* bytes; longer headers are refused */

struct text_header {
	const char *path;
	char text[TEXT_HEADER_MAX + 1]; /* ends with NUL; NULs within become spaces */
	size_t size, at;
};

/* Reads the first bytes of a file. Owned by the caller: free(). */
int text_header_read(const char *path, struct text_header **out, struct err *err);

/* The next line without its end, in place; NULL behind the last complete one, unless `whole_file` lets
 * the end of the text end a line. h->at is the offset behind it in the file. */
char *text_header_line(struct text_header *h, bool whole_file);

/* Splits "key SEPARATOR value" in place, spaces around both removed; NULL where there is no separator. */
char *text_value(char *line, const char *separator);

/* A list of n numbers or more, the first n of which are stored; false where there are fewer or other things. See
 * number_list(). */
bool text_numbers(const char *s, double *out, int n);

/* Sizes of voxels along x, y, z as a header writes them. */
struct text_sizes {
	double step[3]; /* 0: not stated ("nan") */
	char odd[32];   /* what is not understood; empty: all is */
};
void text_sizes_read(const char *s, struct text_sizes *out);
/* Into the scan's spacing, by the rule of scan/spacing.h. */
void text_sizes_take(const struct text_sizes *sizes, double unit_um, struct scan_info *info);

/* One whole number within lo..hi. */
bool text_whole(const char *s, long long lo, long long hi, long long *out);

/* The file `name` in the folder of `header_path`. Names that lead out of it are refused: a header
 * must not make the program read just any file. */
int text_data_file(const char *header_path, const char *name, char out[1024], struct err *err);

/* Offset of voxels that end with their file. */
int text_from_end(struct flat_layout *l, struct err *err);

#endif

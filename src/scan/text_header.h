/* Text headers of volumes: lines, numbers, and the data files they name. */
#ifndef SCAN_TEXT_HEADER_H
#define SCAN_TEXT_HEADER_H

#include "scan/flat.h"

#define TEXT_HEADER_MAX ((size_t)16 << 20) /* bytes; longer headers are refused */

struct text_header {
	const char *path;
	char *text; /* as far as it was read; ends with NUL, NULs within become spaces */
	size_t size, at, room;
	bool whole; /* the file is no longer than what was read */
};

/* Reads the first bytes of a file; more as lines are asked for. Owned by the caller: text_header_free(). */
int text_header_read(const char *path, struct text_header **out, struct gppi_error *err);
void text_header_free(struct text_header *h);

/* The same for a file that is all text, of a Windows program maybe: UTF-16 becomes Latin-1, and lines may end with CR
 * alone. */
int text_file_read(const char *path, struct text_header **out, struct gppi_error *err);

/* The next line without its end, in place, valid until the next call; NULL behind the last complete one, unless
 * `whole_file` lets the end of the file end a line. h->at is the offset behind it in the file. */
char *text_header_line(struct text_header *h, bool whole_file);

/* Splits "key SEPARATOR value" in place, spaces around both removed; NULL where there is no separator. */
char *text_value(char *line, const char *separator);

/* A list of n numbers or more, the first n of which are stored; false where there are fewer or other things. See
 * number_list(). */
bool text_numbers(const char *s, double *out, int n);

/* Sizes of voxels along x, y, z as a header writes them. */
struct text_sizes {
	double step[3]; /* 0: not stated ("nan"), or not a size */
	bool zero;      /* one is stated as 0 */
	char odd[32];   /* what is not understood; empty: all is */
};
void text_sizes_read(const char *s, struct text_sizes *out);
/* Into the scan's spacing, by the rule of scan/spacing.h. */
void text_sizes_take(const struct text_sizes *sizes, double unit_um, struct scan_info *info);

/* Length of the first n words, in quotes or not, and of the space in front of them. */
size_t text_words(const char *s, int n);

/* One whole number within lo..hi. */
bool text_whole(const char *s, long long lo, long long hi, long long *out);

/* The file `name` in the folder of `header_path`. Names that lead out of it are refused: a header
 * must not make the program read just any file. */
int text_data_file(const char *header_path, const char *name, char out[1024], struct gppi_error *err);

/* Moves *at behind this many lines of a regular file, which are to lie within TEXT_HEADER_MAX bytes. */
int text_skip_lines(const char *path, long long lines, size_t *at, struct gppi_error *err);

/* Offset of voxels that end with their file. */
int text_from_end(struct flat_layout *l, struct gppi_error *err);

#endif

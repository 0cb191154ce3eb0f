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

/* n numbers, separated by spaces, commas or brackets; false where there are fewer or other things. */
bool text_numbers(const char *s, double *out, int n);

/* One whole number within lo..hi. */
bool text_whole(const char *s, long long lo, long long hi, long long *out);

/* The file `name` in the folder of `header_path`. Names that lead out of it are refused: a header
 * must not make the program read just any file. */
int text_data_file(const char *header_path, const char *name, char out[1024], struct err *err);

/* Distances in um, for scan_take_spacing(): all 0 where they mean nothing (not finite or positive, or all
 * exactly 1 mm, which is what programs write that know none). */
void text_spacing(const double step[3], double unit_um, double um[3]);

/* Offset of voxels that end with their file. */
int text_from_end(struct flat_layout *l, struct err *err);

#endif

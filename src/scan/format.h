/* The formats of single files: how a file is recognised and opened. */
#ifndef SCAN_FORMAT_H
#define SCAN_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scan/reader.h"

#define FORMAT_HEAD_BYTES 640 /* what a sniff looks at */

struct scan_format {
	const char *name;
	/* Does a file that starts with these n bytes (fewer only where it is shorter) claim to be one? */
	bool (*sniff)(const uint8_t *head, size_t n);
	/* Opens it into scan: info (but its name), ops and self. */
	int (*open)(const char *path, struct scan *scan, struct gppi_error *err);
	bool packed;             /* may be packed with gzip as a whole */
	bool alone;              /* its files name no others */
	const char *suffixes[3]; /* left out of names for reports; see format_of() */
};

/* The format of a file by its first bytes; NULL where it is none of these. `packed`: they were
 * behind gzip. */
const struct scan_format *format_of(const uint8_t *head, size_t n);

/* The format that a file with this name should have: in a folder, a damaged file is a volume of
 * its own that fails when opened. NULL for other names. */
const struct scan_format *format_by_name(const char *path);

/* How many bytes of a file's name, without folders, stand before its ending: ".nii.gz", ".ISQ;1", ".dcm" ... */
size_t format_name_length(const char *name);

/* The file name without folder and the suffixes of formats. */
void format_file_name(const char *path, char name[128]);

#endif

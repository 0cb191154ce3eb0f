/* The formats of single files: how a file is recognised and opened. A new one is its file in this folder, with a
 * `const struct scan_format NAME_format`, and its NAME in SCAN_FORMATS. */
#ifndef SCAN_FORMAT_H
#define SCAN_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scan/reader.h"

#define FORMAT_HEAD_BYTES 640 /* what a sniff looks at */

/* In the order in which a file is compared with them. */
#define SCAN_FORMATS(X) X(nifti) X(isq) X(aim) X(metaimage) X(tiff) X(nrrd) X(vox) X(vgi)

struct scan_format {
	const char *name; /* in sentences and in help */
	/* Does a file that starts with these n bytes (fewer only where it is shorter) claim to be one? NULL: not told
	 * by its first bytes alone. */
	bool (*sniff)(const uint8_t *head, size_t n);
	/* Opens it into scan: info (but its name), ops and self. */
	int (*open)(const char *path, struct scan *scan, struct gppi_error *err);
	bool packed;             /* may be packed with gzip as a whole */
	bool alone;              /* its files name no others */
	const char *suffixes[3]; /* left out of names for reports; see format_of() */
};

#define SCAN_FORMAT(name) extern const struct scan_format name##_format;
SCAN_FORMATS(SCAN_FORMAT)
#undef SCAN_FORMAT

/* "NIfTI, ISQ, AIM": the names of all formats, or of those whose files name no others. Returns text. */
const char *format_names(bool alone, char *text, size_t size);

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

/* A scan that comes through a pipe, once and in order. Readers go to and fro in files: its bytes are kept in memory, as
 * files that are in no folder and are gone with the process. */
#ifndef SCAN_STREAM_H
#define SCAN_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Bytes kept: as many as half of the memory of this machine, and no more than these. */
#define STREAM_MAX_BYTES ((size_t)16 << 30)
#define STREAM_MAX_FILES 16384 /* of a tar archive */

struct stream {
	struct stream_file {
		int fd;
		char path[32]; /* under which it can be opened */
	} *file;
	int n;
	bool archive; /* of files, else the one that came */
};

/* Reads to the end: a file of any format, or a tar archive of them, also behind gzip. `label` stands for it in
 * sentences. Owned by the caller: stream_free(). */
int stream_read(int fd, const char *label, struct stream **out, struct gppi_error *err);
void stream_free(struct stream *stream); /* NULL allowed */

/* Replaces paths of kept files in a sentence by the label. */
void stream_name_in(char *text, size_t size, const char *label);

#endif

/* How large a file must be before it is whole, as its header says: for files that are still being written. */
#ifndef SCAN_NEED_H
#define SCAN_NEED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct scan_need {
	char path[1024];     /* of the file with the voxels: the header itself, or the one that it names */
	uint64_t need, has;  /* bytes; need 0: the header does not tell (compressed voxels) */
};

/* Reads the header only. false: this is no volume of one file, its header cannot be read (yet), or the file that it
 * names is not there; then all of out is 0. */
bool scan_need(const char *path, struct scan_need *out);

#endif

/* All files below a folder, in order of their names, each folder once. */
#ifndef SCAN_WALK_H
#define SCAN_WALK_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"

#define WALK_DEPTH 8          /* levels of folders below the first that are entered */
#define WALK_ENTRIES 1000000  /* names looked at */

/* What was seen on the way. */
struct walk {
	int folders;    /* entered below the first */
	bool too_deep;  /* there were folders below WALK_DEPTH */
	int left_aside; /* names that leftover_name() knows, hidden ones apart */
};

/* Calls visit() for every regular file, links followed; `again`: another name of a file visited before. A negative code
 * of it ends the walk. A folder that links lead to again is entered once. Sub-folders that cannot be read are left
 * out. */
typedef int walk_visit(void *arg, const char *path, const struct stat *st, bool again, struct gppi_error *err);
int walk_folder(const char *folder, walk_visit *visit, void *arg, struct walk *walk, struct gppi_error *err);

#endif

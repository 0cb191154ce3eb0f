/* What a run reads is not written over: the scans of all its inputs, in folders too, masks, tables, lists. */
#ifndef CLI_SPARE_H
#define CLI_SPARE_H

#include "cli/names.h"

struct spare {
	const struct names *names; /* of the run, planned; NULL: none */
	const char *const *more;   /* other files that are read, some of them NULL */
	size_t nmore;
	struct spare_file *file;   /* ascending; made when an output exists already */
	size_t n;
};

/* GPPI_E_USAGE where the output `path` (NULL and "-" are none) is one of them. */
int spare_check(struct spare *spare, const char *path, struct gppi_error *err);
void spare_free(struct spare *spare);

#endif

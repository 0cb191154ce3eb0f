/* What lies beside the networks of a solution: DIR/bm.json says which files they are and how they are used. */
#ifndef HEAVY_MANIFEST_H
#define HEAVY_MANIFEST_H

#include <stdbool.h>

#include "heavy/solution.h"

#define HEAVY_MEMBERS_MAX 8

struct heavy_manifest {
	const struct heavy_solution *solution;
	struct heavy_way way;
	struct onnx_want want; /* of its networks */
	int members;
	struct {
		char file[1088];  /* path */
		char sha256[65];
	} member[HEAVY_MEMBERS_MAX];
	double parameters;      /* of one network; 0: not said */
	char trained_on[128];   /* one line; "unknown data" */
};

/* Reads FOLDER/SOLUTION.json. *found false, and 0, where there is none; GPPI_E_WEIGHTS with a sentence where it says
 * what cannot be. Network files are not looked at. */
int heavy_manifest_read(const char *folder, const struct heavy_solution *solution, struct heavy_manifest *out,
			bool *found, struct gppi_error *err);

#endif

#define _GNU_SOURCE
#include "cli/cli.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/program.h"

/* dcmtk looks for DICOM's data dictionary where its own package puts it. The relocatable tarball brings the
 * dictionary along (../lib/gppi, seen from the program), for machines without dcmtk. A path with a colon cannot be
 * told to dcmtk: the colon separates files. */
void cli_dictionary(void)
{
#ifdef __linux__
	char home[PATH_MAX], first[PATH_MAX + 32], both[2 * sizeof first];

	if (getenv("DCMDICTPATH") || program_folder(home, sizeof home) < 0)
		return;
	char *slash = strrchr(home, '/');
	if (!slash || strchr(home, ':'))
		return;
	*slash = 0;
	snprintf(first, sizeof first, "%s/lib/gppi/dicom.dic", home);
	snprintf(both, sizeof both, "%s:%s/lib/gppi/private.dic", first, home);
	if (access(first, R_OK) == 0)
		setenv("DCMDICTPATH", both, 0);
#endif
}

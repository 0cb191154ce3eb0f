#include "base/leftover.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Copies and downloads under way, and the older version that an editor keeps. */
static const char *const endings[] = { ".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload",
				       ".download", "~" };

/* Of Windows, macOS and network disks, whose thumbnails look like slices. */
static const char *const names[] = { "Thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "$RECYCLE.BIN",
				     "System Volume Information", "RECYCLER", "Icon\r", "__MACOSX", "@eaDir",
				     "#recycle", "@Recycle", "#snapshot", "lost+found" };

bool leftover_name(const char *name)
{
	size_t n = strlen(name);

	/* Hidden files, those of macOS ("._") among them; locks of office programs ("~$"), names of temporary files. */
	if (name[0] == '.' || name[0] == '~')
		return true;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcasecmp(name, names[i]))
			return true;
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t m = strlen(endings[i]);
		if (n > m && !strcasecmp(name + n - m, endings[i]))
			return true;
	}
	return false;
}

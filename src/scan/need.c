#define _POSIX_C_SOURCE 200809L
#include "scan/need.h"

#include <stdio.h>
#include <sys/stat.h>

#include "scan/flat.h"
#include "scan/format.h"
#include "scan/reader.h"

int scan_tell_need(struct scan *scan, const char *path, uint64_t bytes)
{
	snprintf(scan->need->path, sizeof scan->need->path, "%s", path);
	scan->need->need = bytes;
	return GPPI_E_CANCELLED;
}

bool scan_need(const char *path, struct scan_need *out)
{
	uint8_t head[FORMAT_HEAD_BYTES];
	struct scan scan = { .need = out };
	struct gppi_error err;
	struct stat st;
	size_t n;

	*out = (struct scan_need){ 0 };
	if (flat_read_file(path, 0, head, sizeof head, &n, &err) < 0)
		return false;
	const struct scan_format *format = format_of(head, n);
	if (!format) /* of compressed ones nothing is known from outside */
		return false;
	int rc = format->open(path, &scan, &err);
	if (rc == 0 && scan.ops && scan.ops->close) /* of a format that has no answer */
		scan.ops->close(scan.self);
	if (!out->path[0]) {
		*out = (struct scan_need){ 0 };
		return false;
	}
	if (stat(out->path, &st) == 0 && S_ISREG(st.st_mode))
		out->has = (uint64_t)st.st_size;
	return true;
}

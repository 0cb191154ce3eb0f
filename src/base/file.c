#define _GNU_SOURCE
#include "base/file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"

int file_open(const char *path, int *fd, uint64_t *bytes, struct gppi_error *err)
{
	struct stat st;
	int rc = 0;

	*fd = os_open(path);
	if (*fd < 0 || fstat(*fd, &st) < 0)
		rc = err_set(err, GPPI_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		rc = err_set(err, GPPI_E_IO, "%s: is not a regular file, but a %s; name a file", path,
			     S_ISDIR(st.st_mode) ? "folder" : "pipe, a socket or a device");
	else if (bytes)
		*bytes = (uint64_t)st.st_size;
	if (rc < 0 && *fd >= 0)
		close(*fd);
	if (rc < 0)
		*fd = -1;
	return rc;
}

int file_stream(const char *path, FILE **out, uint64_t *bytes, struct gppi_error *err)
{
	int fd, rc = file_open(path, &fd, bytes, err);

	*out = NULL;
	if (rc < 0)
		return rc;
	*out = fdopen(fd, "rb");
	if (*out)
		return 0;
	rc = err_set(err, GPPI_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
	close(fd);
	return rc;
}

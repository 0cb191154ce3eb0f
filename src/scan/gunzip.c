#define _POSIX_C_SOURCE 200809L
#include "scan/gunzip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define IN_BYTES 65536
#define TAIL_BYTES 65536 /* what may follow the voxels and is still checked */

struct gunzip {
	const char *path;
	int fd;
	bool ended;       /* the last member is complete */
	bool input_ended; /* nothing left in the file */
	z_stream z;
	unsigned char in[IN_BYTES];
};

int gunzip_open(const char *path, struct gunzip **out, struct err *err)
{
	*out = NULL;
	struct gunzip *gz = calloc(1, sizeof *gz);
	if (!gz)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to open it", path);
	gz->path = path;
	gz->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (gz->fd < 0) {
		int code = err_set(err, GPPI_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
		free(gz);
		return code;
	}
	if (inflateInit2(&gz->z, 15 + 16) != Z_OK) {
		close(gz->fd);
		free(gz);
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to unpack it", path);
	}
	*out = gz;
	return 0;
}

void gunzip_close(struct gunzip *gz)
{
	if (!gz)
		return;
	inflateEnd(&gz->z);
	close(gz->fd);
	free(gz);
}

static int refill(struct gunzip *gz, struct err *err)
{
	if (gz->z.avail_in || gz->input_ended)
		return 0;
	ssize_t n;
	do
		n = read(gz->fd, gz->in, IN_BYTES);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(err, GPPI_E_IO, "%s: cannot be read: %s", gz->path, strerror(errno));
	gz->input_ended = n == 0;
	gz->z.next_in = gz->in;
	gz->z.avail_in = (uInt)n;
	return 0;
}

/* One step of inflate, with the change to a following member. */
static int step(struct gunzip *gz, struct err *err)
{
	int rc = refill(gz, err);
	if (rc < 0)
		return rc;
	if (!gz->z.avail_in && gz->input_ended)
		return err_set(err, GPPI_E_FORMAT,
			       "%s: the compressed data end too early; the file is cut, copy it again",
			       gz->path);
	int z = inflate(&gz->z, Z_NO_FLUSH);
	if (z == Z_STREAM_END) {
		rc = refill(gz, err);
		if (rc < 0)
			return rc;
		/* Padding behind the last member is ignored, as gzip does. */
		if (gz->z.avail_in && gz->z.next_in[0] == 0x1f)
			inflateReset(&gz->z);
		else
			gz->ended = true;
		return 0;
	}
	if (z == Z_MEM_ERROR)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to unpack it", gz->path);
	if (z != Z_OK && z != Z_BUF_ERROR)
		return err_set(err, GPPI_E_FORMAT,
			       "%s: the compressed data are damaged; copy the file again", gz->path);
	return 0;
}

int gunzip_some(struct gunzip *gz, void *dst, size_t n, size_t *got, struct err *err)
{
	unsigned char *p = dst;
	size_t left = n;
	*got = 0;
	while (left && !gz->ended) {
		uInt part = left < (1u << 30) ? (uInt)left : 1u << 30;
		gz->z.next_out = p;
		gz->z.avail_out = part;
		int rc = step(gz, err);
		size_t made = part - gz->z.avail_out;
		p += made;
		left -= made;
		*got += made;
		if (rc < 0)
			return rc;
	}
	return 0;
}

int gunzip_exact(struct gunzip *gz, void *dst, size_t n, struct err *err)
{
	size_t got;
	int rc = gunzip_some(gz, dst, n, &got, err);
	if (rc < 0)
		return rc;
	if (got < n)
		return err_set(err, GPPI_E_FORMAT,
			       "%s: holds fewer voxels than its header promises; the file is cut",
			       gz->path);
	return 0;
}

int gunzip_finish(struct gunzip *gz, struct err *err)
{
	unsigned char tail[4096];
	for (size_t sum = 0; !gz->ended && sum < TAIL_BYTES;) {
		size_t got;
		int rc = gunzip_some(gz, tail, sizeof tail, &got, err);
		if (rc < 0)
			return rc;
		sum += got;
	}
	return 0;
}

#define _POSIX_C_SOURCE 200809L
#include "scan/gunzip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan/crc32.h"
#include "scan/inflate.h"

#define TAIL_BYTES 65536 /* what may follow the voxels and is still checked */

struct gunzip {
	const char *path;
	int fd;
	bool ended;          /* the last member is complete */
	uint32_t crc, size;  /* of the current member so far */
	const uint8_t *ready; /* decoded, not handed out */
	size_t left;
	struct inflate inflate;
};

static int read_file(void *user, uint8_t *dst, size_t room, size_t *got, struct err *err)
{
	struct gunzip *gz = user;
	ssize_t n;
	do
		n = read(gz->fd, dst, room);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(err, GPPI_E_IO, "%s: cannot be read: %s", gz->path, strerror(errno));
	*got = (size_t)n;
	return 0;
}

static int cut(const struct gunzip *gz, struct err *err)
{
	return err_set(err, GPPI_E_FORMAT,
		       "%s: the compressed data end too early; the file is cut, copy it again", gz->path);
}

static int damaged(const struct gunzip *gz, struct err *err)
{
	return err_set(err, GPPI_E_FORMAT,
		       "%s: the compressed data are damaged; copy the file again", gz->path);
}

static int bytes(struct gunzip *gz, uint8_t *dst, size_t n, struct err *err)
{
	size_t got;
	int rc = inflate_bytes(&gz->inflate, dst, n, &got, err);
	return rc < 0 ? rc : got < n ? cut(gz, err) : 0;
}

static int skip_text(struct gunzip *gz, struct err *err)
{
	uint8_t c;
	int rc;
	do
		rc = bytes(gz, &c, 1, err);
	while (rc == 0 && c);
	return rc;
}

/* The header of a member (RFC 1952, 2.3) behind its first byte, which *is* 0x1f. */
static int member(struct gunzip *gz, struct err *err)
{
	enum { CHECK = 2, EXTRA = 4, NAME = 8, COMMENT = 16, RESERVED = 0xe0 };
	uint8_t h[9], c;
	int rc = bytes(gz, h, sizeof h, err);
	if (rc < 0)
		return rc;
	if (h[0] != 0x8b || h[1] != 8 || (h[2] & RESERVED))
		return damaged(gz, err);
	if (h[2] & EXTRA) {
		uint8_t n[2];
		rc = bytes(gz, n, 2, err);
		for (int i = n[0] | n[1] << 8; rc == 0 && i > 0; i--)
			rc = bytes(gz, &c, 1, err);
	}
	if (rc == 0 && (h[2] & NAME))
		rc = skip_text(gz, err);
	if (rc == 0 && (h[2] & COMMENT))
		rc = skip_text(gz, err);
	if (rc == 0 && (h[2] & CHECK))
		rc = bytes(gz, h, 2, err);
	gz->crc = gz->size = 0;
	inflate_start(&gz->inflate);
	return rc;
}

int gunzip_open(const char *path, struct gunzip **out, struct err *err)
{
	*out = NULL;
	struct gunzip *gz = malloc(sizeof *gz);
	if (!gz)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to unpack it", path);
	gz->path = path;
	gz->ended = false;
	gz->left = 0;
	gz->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (gz->fd < 0) {
		int code = err_set(err, GPPI_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
		free(gz);
		return code;
	}
	inflate_init(&gz->inflate);
	gz->inflate.read = read_file;
	gz->inflate.user = gz;
	uint8_t first;
	int rc = bytes(gz, &first, 1, err);
	if (rc == 0)
		rc = first == 0x1f ? member(gz, err) : damaged(gz, err);
	if (rc < 0) {
		gunzip_close(gz);
		return rc;
	}
	*out = gz;
	return 0;
}

void gunzip_close(struct gunzip *gz)
{
	if (!gz)
		return;
	close(gz->fd);
	free(gz);
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Behind the last byte of a member: its checksum and length, then perhaps another one. */
static int end_of_member(struct gunzip *gz, struct err *err)
{
	uint8_t tail[8], next;
	size_t got;
	int rc = bytes(gz, tail, sizeof tail, err);
	if (rc < 0)
		return rc;
	if (le32(tail) != gz->crc || le32(tail + 4) != gz->size)
		return damaged(gz, err);
	rc = inflate_bytes(&gz->inflate, &next, 1, &got, err);
	if (rc < 0)
		return rc;
	/* Padding behind the last member is ignored, as gzip does. */
	if (got == 1 && next == 0x1f)
		return member(gz, err);
	gz->ended = true;
	return 0;
}

/* Decodes some more, with the change to a following member. */
static int step(struct gunzip *gz, struct err *err)
{
	int rc = inflate_some(&gz->inflate, &gz->ready, &gz->left, err);
	if (rc == INFLATE_CUT || rc == INFLATE_DAMAGED) {
		gz->left = 0;
		return rc == INFLATE_CUT ? cut(gz, err) : damaged(gz, err);
	}
	if (rc < 0)
		return rc;
	gz->crc = crc32_add(gz->crc, gz->ready, gz->left);
	gz->size += (uint32_t)gz->left;
	return gz->inflate.phase == INFLATE_END ? end_of_member(gz, err) : 0;
}

int gunzip_some(struct gunzip *gz, void *dst, size_t n, size_t *got, struct err *err)
{
	uint8_t *p = dst;
	*got = 0;
	while (*got < n) {
		if (!gz->left) {
			if (gz->ended)
				break;
			int rc = step(gz, err);
			if (rc < 0)
				return rc;
			continue;
		}
		size_t part = gz->left < n - *got ? gz->left : n - *got;
		memcpy(p + *got, gz->ready, part);
		gz->ready += part;
		gz->left -= part;
		*got += part;
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
	uint8_t tail[4096];
	for (size_t sum = 0; !gz->ended && sum < TAIL_BYTES;) {
		size_t got;
		int rc = gunzip_some(gz, tail, sizeof tail, &got, err);
		if (rc < 0)
			return rc;
		sum += got;
	}
	return 0;
}

/* Streams are decoded by ISA-L, about twice as fast as zlib; it also checks sums and lengths. */
#define _POSIX_C_SOURCE 200809L
#include "scan/gunzip.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <isa-l/igzip_lib.h>

#include "base/file.h"
#include "base/stop.h"

#define TAIL_BYTES 65536 /* what may follow the voxels and is still checked */
#define INPUT_BYTES (1 << 20) /* the decoder copies its window after every block of input */
#define OUTPUT_MAX ((size_t)4 << 20) /* bytes between two questions whether to go on */

struct gunzip {
	const char *path;
	int fd;
	off_t at;            /* byte of the file that is read next */
	bool eof, ended;     /* of the file; the last member is complete */
	struct inflate_state state;
	uint8_t *input;      /* INPUT_BYTES; NULL while suspended */
};

static int cut(const struct gunzip *gz, struct gppi_error *err)
{
	return err_set(err, GPPI_E_FORMAT,
		       "%s: the compressed data end too early; the file is cut, copy it again", gz->path);
}

static int damaged(const struct gunzip *gz, struct gppi_error *err)
{
	return err_set(err, GPPI_E_FORMAT,
		       "%s: the compressed data are damaged; copy the file again", gz->path);
}

/* More input where there is none. */
static int refill(struct gunzip *gz, struct gppi_error *err)
{
	ssize_t n;

	if (gz->state.avail_in || gz->eof)
		return 0;
	if (!gz->input && !(gz->input = malloc(INPUT_BYTES)))
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to unpack it", gz->path);
	do
		n = read(gz->fd, gz->input, INPUT_BYTES);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(err, GPPI_E_IO, "%s: cannot be read: %s", gz->path, strerror(errno));
	gz->eof = n == 0;
	gz->at += n;
	gz->state.next_in = gz->input;
	gz->state.avail_in = (uint32_t)n;
	return 0;
}

/* Behind a member: another one, or padding, which is ignored as gzip does. */
static int next_member(struct gunzip *gz, struct gppi_error *err)
{
	int rc = refill(gz, err);

	if (rc < 0)
		return rc;
	if (!gz->state.avail_in || *gz->state.next_in != 0x1f || gz->state.crc_flag != ISAL_GZIP) {
		gz->ended = true;
		return 0;
	}
	uint8_t *in = gz->state.next_in;
	uint32_t left = gz->state.avail_in;
	isal_inflate_reset(&gz->state);
	gz->state.crc_flag = ISAL_GZIP;
	gz->state.next_in = in;
	gz->state.avail_in = left;
	return 0;
}

/* The file, from gz->at on. */
static int open_at(struct gunzip *gz, struct gppi_error *err)
{
	int rc = file_open(gz->path, &gz->fd, NULL, err);

	if (rc == 0 && lseek(gz->fd, gz->at, SEEK_SET) < 0)
		rc = err_set(err, GPPI_E_IO, "%s: cannot be read: %s", gz->path, strerror(errno));
	return rc;
}

int gunzip_open(const char *path, size_t at, struct gunzip **out, struct gppi_error *err)
{
	*out = NULL;
	struct gunzip *gz = malloc(sizeof *gz);
	if (!gz)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to unpack it", path);
	gz->path = path;
	gz->input = NULL;
	gz->eof = gz->ended = false;
	gz->at = (off_t)at;
	isal_inflate_init(&gz->state);
	gz->state.avail_in = 0;
	int rc = open_at(gz, err);
	if (rc == 0)
		rc = refill(gz, err);
	if (rc == 0 && !gz->state.avail_in)
		rc = cut(gz, err);
	if (rc < 0) {
		gunzip_close(gz);
		return rc;
	}
	gz->state.crc_flag = gz->input[0] == 0x1f ? ISAL_GZIP : ISAL_ZLIB;
	*out = gz;
	return 0;
}

void gunzip_close(struct gunzip *gz)
{
	if (!gz)
		return;
	gunzip_suspend(gz);
	free(gz);
}

static void forget_input(struct gunzip *gz)
{
	gz->at -= (off_t)gz->state.avail_in;
	gz->eof = gz->eof && gz->state.avail_in == 0;
	gz->state.avail_in = 0;
}

void gunzip_suspend(struct gunzip *gz)
{
	if (gz->fd >= 0)
		close(gz->fd);
	gz->fd = -1;
	forget_input(gz);
	free(gz->input);
	gz->input = NULL;
}

/* Between two calls the decoder's state holds all it needs, its window too; only the input lies outside, and is
 * read again. */
int gunzip_copy(const struct gunzip *gz, struct gunzip **out, struct gppi_error *err)
{
	*out = NULL;
	struct gunzip *copy = malloc(sizeof *copy);
	if (!copy)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to unpack it", gz->path);
	*copy = *gz;
	copy->input = NULL;
	forget_input(copy);
	int rc = open_at(copy, err);
	if (rc < 0)
		gunzip_close(copy);
	else
		*out = copy;
	return rc;
}

int gunzip_some(struct gunzip *gz, void *dst, size_t n, size_t *got, struct gppi_error *err)
{
	struct inflate_state *s = &gz->state;

	*got = 0;
	while (*got < n && !gz->ended) {
		size_t part = n - *got < OUTPUT_MAX ? n - *got : OUTPUT_MAX;
		int rc = stop_asked(err);
		if (rc == 0)
			rc = refill(gz, err);
		if (rc < 0)
			return rc;
		s->next_out = (uint8_t *)dst + *got;
		s->avail_out = (uint32_t)part;
		uint32_t before = s->avail_in;
		rc = isal_inflate(s);
		if (rc < 0 || rc == ISAL_NEED_DICT)
			return damaged(gz, err);
		*got += part - s->avail_out;
		if (s->block_state == ISAL_BLOCK_FINISH) {
			if ((rc = next_member(gz, err)) < 0)
				return rc;
		} else if (gz->eof && s->avail_out == part && s->avail_in == before) {
			return cut(gz, err);
		}
	}
	return 0;
}

int gunzip_exact(struct gunzip *gz, void *dst, size_t n, struct gppi_error *err)
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

int gunzip_finish(struct gunzip *gz, struct gppi_error *err)
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

int gunzip_skip(struct gunzip *gz, size_t n, struct gppi_error *err)
{
	uint8_t chunk[4096];
	int rc = 0;
	while (rc == 0 && n) {
		size_t part = n < sizeof chunk ? n : sizeof chunk;
		rc = gunzip_exact(gz, chunk, part, err);
		n -= part;
	}
	return rc;
}

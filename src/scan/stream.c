#define _GNU_SOURCE
#include "scan/stream.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/leftover.h"
#include "base/os.h"
#include "base/size.h"
#include "base/stop.h"
#include "scan/budget.h"
#include "scan/gunzip.h"
#include "scan/tar.h"

#define CHUNK 262144

/* Where bytes come from, with those that were looked at already. */
struct source {
	int fd;            /* -1: gz */
	struct gunzip *gz;
	const char *label;
	uint8_t head[TAR_BLOCK];
	size_t nhead, used;
	uint64_t room;     /* bytes that may still come */
};

static uint64_t stream_most(void)
{
	uint64_t half = os_memory() / 2;

	return half < STREAM_MAX_BYTES ? half : STREAM_MAX_BYTES;
}

static int too_much(const struct source *s, struct gppi_error *err)
{
	return err_set(err, GPPI_E_UNSUPPORTED, "%s: more comes than this machine can keep in memory; save it as a "
		       "file, and give that", s->label);
}

static int read_fd(const struct source *s, void *dst, size_t n, size_t *got, struct gppi_error *err)
{
	for (*got = 0; *got < n;) {
		int rc = stop_asked(err);
		if (rc < 0)
			return rc;
		ssize_t part = read(s->fd, (char *)dst + *got, n - *got);
		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return err_set(err, GPPI_E_IO, "%s: cannot be read: %s", s->label, strerror(errno));
		if (part == 0)
			break;
		*got += (size_t)part;
	}
	return 0;
}

static int source_read(void *source, void *dst, size_t n, size_t *got, struct gppi_error *err)
{
	struct source *s = source;
	size_t first = s->nhead - s->used < n ? s->nhead - s->used : n, more = 0;

	memcpy(dst, s->head + s->used, first);
	s->used += first;
	int rc = first == n ? 0 : s->gz ? gunzip_some(s->gz, (char *)dst + first, n - first, &more, err)
					: read_fd(s, (char *)dst + first, n - first, &more, err);
	*got = first + more;
	if (rc == 0 && more > s->room)
		return too_much(s, err);
	s->room -= rc == 0 ? more : 0;
	return rc;
}

/* Looks at the first bytes, which are read again. */
static int source_peek(struct source *s, struct gppi_error *err)
{
	size_t got;
	int rc = source_read(s, s->head, sizeof s->head, &got, err);

	s->nhead = rc == 0 ? got : 0;
	s->used = 0;
	return rc;
}

/* ---- kept files ---- */

static int add_file(struct stream *stream, const char *label, struct stream_file **out, struct gppi_error *err)
{
	struct stream_file *grown = size_realloc(stream->file, (size_t)stream->n + 1, sizeof *grown);

	if (!grown)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to keep it", label);
	stream->file = grown;
	*out = &grown[stream->n];
	(*out)->fd = stream->n < STREAM_MAX_FILES ? os_memory_file((*out)->path) : (errno = EMFILE, -1);
	if ((*out)->fd < 0 && errno == EMFILE)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: holds more than the %d files that can be kept in memory; unpack it, "
			       "and give the folder",
			       label, stream->n);
	if ((*out)->fd < 0)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: cannot be kept in memory on this system (%s); save it as a file, and "
			       "give that",
			       label, strerror(errno));
	stream->n++;
	return 0;
}

static int put(int fd, const char *label, const uint8_t *chunk, size_t n, struct gppi_error *err)
{
	for (size_t done = 0; done < n;) {
		ssize_t part = write(fd, chunk + done, n - done);
		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return err_set(err, GPPI_E_NOMEM, "%s: cannot be kept in memory: %s", label, strerror(errno));
		done += (size_t)part;
	}
	return 0;
}

/* Keeps what `read` gives until it gives nothing. */
static int keep(struct stream *stream, int (*read_some)(void *, void *, size_t, size_t *, struct gppi_error *),
		void *from,
		const char *label, struct gppi_error *err)
{
	struct stream_file *file;
	uint8_t *chunk = malloc(CHUNK);
	size_t got = 1;
	int rc = chunk ? add_file(stream, label, &file, err)
		       : err_set(err, GPPI_E_NOMEM, "%s: not enough memory", label);

	while (rc == 0 && got) {
		rc = read_some(from, chunk, CHUNK, &got, err);
		if (rc == 0)
			rc = put(file->fd, label, chunk, got, err);
	}
	free(chunk);
	return rc;
}

static int member_read(void *tar, void *dst, size_t n, size_t *got, struct gppi_error *err)
{
	return tar_read(tar, dst, n, got, err);
}

static int keep_members(struct stream *stream, struct source *source, struct gppi_error *err)
{
	struct tar tar = { .read = source_read, .source = source, .label = source->label };
	struct tar_member member;
	int rc;

	stream->archive = true;
	while ((rc = tar_next(&tar, &member, err)) > 0) {
		if (!member.file || !member.bytes || member.name[0] == '.' || leftover_name(member.name))
			continue;
		if (member.bytes > source->room)
			return too_much(source, err);
		if ((rc = keep(stream, member_read, &tar, source->label, err)) < 0)
			return rc;
	}
	if (rc == 0 && stream->n == 0)
		rc = err_set(err, GPPI_E_FORMAT, "%s: the tar archive holds no files", source->label);
	return rc;
}

/* Is what was kept an archive behind gzip? Then its files take its place. */
static int open_packed(struct stream *stream, const char *label, uint64_t packed, struct gppi_error *err)
{
	struct stream_file outer = stream->file[0];
	struct source source = { .fd = -1, .label = label, .room = BUDGET_VOXELS_FREE };
	int rc = gunzip_open(outer.path, 0, &source.gz, NULL);

	if (rc == 0)
		rc = source_peek(&source, NULL);
	if (rc < 0 || !tar_sniff(source.head, source.nhead)) {
		gunzip_close(source.gz); /* what is wrong with it is told by the reader of its format */
		return 0;
	}
	if (packed > BUDGET_VOXELS_FREE / BUDGET_VOXELS_PER_BYTE)
		source.room = packed * BUDGET_VOXELS_PER_BYTE;
	source.room = source.room < stream_most() ? source.room : stream_most();
	stream->n = 0;
	rc = keep_members(stream, &source, err);
	gunzip_close(source.gz);
	close(outer.fd);
	return rc;
}

int stream_read(int fd, const char *label, struct stream **out, struct gppi_error *err)
{
	struct source source = { .fd = fd, .label = label, .room = stream_most() };
	struct stream *stream = calloc(1, sizeof *stream);
	int rc = 0;

	*out = NULL;
	if (!stream)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", label);
	if (isatty(fd))
		rc = err_set(err, GPPI_E_USAGE, "%s: is a terminal; send a scan through a pipe, or name a file", label);
	if (rc == 0)
		rc = source_peek(&source, err);
	if (rc == 0 && source.nhead == 0)
		rc = err_set(err, GPPI_E_FORMAT, "%s: nothing came", label);
	if (rc == 0 && tar_sniff(source.head, source.nhead)) {
		rc = keep_members(stream, &source, err);
	} else if (rc == 0) {
		bool packed = source.nhead > 2 && source.head[0] == 0x1f && source.head[1] == 0x8b;
		rc = keep(stream, source_read, &source, label, err);
		if (rc == 0 && packed)
			rc = open_packed(stream, label, stream_most() - source.room, err);
	}
	if (rc < 0)
		stream_free(stream);
	else
		*out = stream;
	return rc;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	for (int i = 0; i < stream->n; i++)
		close(stream->file[i].fd);
	free(stream->file);
	free(stream);
}

void stream_name_in(char *text, size_t size, const char *label)
{
	for (char *at; (at = strstr(text, OS_MEMORY_FILES));) {
		char *rest = at + strlen(OS_MEMORY_FILES);
		while (*rest == '/' || (*rest >= '0' && *rest <= '9'))
			rest++;
		char *copy = strdup(rest);
		snprintf(at, size - (size_t)(at - text), "%s%s", label, copy ? copy : "");
		free(copy);
	}
}

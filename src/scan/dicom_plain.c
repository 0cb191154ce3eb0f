#define _POSIX_C_SOURCE 200809L
#include "scan/dicom_plain.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"

#define HEAD 12 /* tag, type and length of the element */
#define PREAMBLE 132 /* "DICM" included */
#define META_USUAL 1024 /* bytes at the file's beginning that hold its meta header, nearly always */
#define META_MOST 65536

bool dicom_is_plain(const struct dicom_object *object)
{
	uint16_t probe = 1;
	bool host_big = *(const uint8_t *)&probe == 0;
	return object->plain && !host_big && !object->big_endian;
}

static int read_at(int fd, void *dst, size_t n, size_t at)
{
	uint8_t *p = dst;
	while (n) {
		ssize_t got = os_read_at(fd, p, n, at);
		if (got <= 0)
			return -1;
		p += got;
		at += (size_t)got;
		n -= (size_t)got;
	}
	return 0;
}

/* Is this the head of a pixel element of `size` bytes? Explicit: tag, OB or OW, two zeros and the
 * length; implicit: the last eight bytes are tag and length. */
static bool is_head(const uint8_t head[HEAD], size_t size)
{
	static const uint8_t tag[4] = { 0xe0, 0x7f, 0x10, 0 };
	size_t length = (size_t)head[8] | (size_t)head[9] << 8 | (size_t)head[10] << 16 |
			(size_t)head[11] << 24;
	bool explicit_type = !memcmp(head, tag, 4) && head[4] == 'O' && (head[5] == 'W' || head[5] == 'B') &&
			     !head[6] && !head[7];
	return length == size && (explicit_type || !memcmp(head + 4, tag, 4));
}

int dicom_plain_read(const struct dicom_place *place, void *dst)
{
	size_t size = (place->bytes + 1) & ~(size_t)1;
	uint8_t head[HEAD];
	uint64_t all;
	int rc = -1, fd;
	if (file_open(place->path, &fd, &all, NULL) < 0)
		return -1;
	if (all >= size + HEAD) {
		size_t start = (size_t)all - size;
		if (read_at(fd, head, HEAD, start - HEAD) == 0 && is_head(head, size))
			rc = read_at(fd, dst, place->n, start + place->at);
	}
	close(fd);
	return rc;
}

/* Behind the preamble the length of the group comes first; without it all of `n` bytes may belong to it. */
static size_t meta_end(const uint8_t *head, size_t n)
{
	static const uint8_t length[8] = { 2, 0, 0, 0, 'U', 'L', 4, 0 };
	const uint8_t *p = head + PREAMBLE;

	if (n < PREAMBLE + HEAD || memcmp(head + PREAMBLE - 4, "DICM", 4) != 0)
		return 0;
	if (memcmp(p, length, sizeof length) != 0)
		return META_MOST;
	size_t bytes = (size_t)p[8] | (size_t)p[9] << 8 | (size_t)p[10] << 16 | (size_t)p[11] << 24;
	return bytes < META_MOST ? PREAMBLE + HEAD + bytes : META_MOST;
}

/* Does a transfer syntax stand there that deflates the data set? */
static bool names_it(const uint8_t *head, size_t n)
{
	static const char *const uid[] = { "1.2.1.99", "1.2.4.95", "1.2.4.205" };
	static const char root[] = "1.2.840.10008.";

	const size_t before = sizeof root - 1;

	for (size_t i = PREAMBLE; i + before < n; i++)
		for (int k = 0; k < 3 && head[i] == '1'; k++)
			if (strlen(uid[k]) <= n - i - before && !memcmp(head + i, root, before) &&
			    !memcmp(head + i + before, uid[k], strlen(uid[k])))
				return true;
	return false;
}

bool dicom_is_deflated(const char *path)
{
	uint8_t usual[META_USUAL], *all = NULL;
	bool deflated = false;
	int fd;
	if (file_open(path, &fd, NULL, NULL) < 0)
		return false;
	ssize_t got = os_read_at(fd, usual, sizeof usual, 0);
	size_t n = got < 0 ? 0 : (size_t)got, end = meta_end(usual, n);
	deflated = names_it(usual, n < end ? n : end);
	if (!deflated && end > n && n == sizeof usual && (all = malloc(end))) {
		got = os_read_at(fd, all, end, 0);
		deflated = got > 0 && names_it(all, (size_t)got);
	}
	free(all);
	close(fd);
	return deflated;
}

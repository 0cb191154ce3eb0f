#define _POSIX_C_SOURCE 200809L
#include "scan/dicom_plain.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"

#define HEAD 12 /* tag, type and length of the element */

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

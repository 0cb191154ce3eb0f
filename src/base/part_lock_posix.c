#define _GNU_SOURCE
#include "base/part_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 20

/* A failure other than a lock of somebody else means that this disk has none. */
static bool is_held(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

static bool has_name(int fd, const char *path)
{
	struct stat file, named;

	return fstat(fd, &file) == 0 && stat(path, &named) == 0 && file.st_ino == named.st_ino &&
	       file.st_dev == named.st_dev;
}

bool part_lock(const char *path, int *lock)
{
	*lock = -1;
	for (int i = 0; i < TRIES; i++) {
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		if (fd < 0)
			return false;
		bool held = is_held(fd);
		if (!held && has_name(fd, path)) {
			*lock = fd;
			return true;
		}
		close(fd);
		if (held)
			break;
	} /* the one who had it gave it another name meanwhile */
	errno = EBUSY;
	return false;
}

bool part_lock_stream(FILE *stream, int *lock)
{
	*lock = fcntl(fileno(stream), F_DUPFD_CLOEXEC, 0);
	if (*lock < 0)
		return false;
	if (!is_held(*lock))
		return true;
	close(*lock);
	*lock = -1;
	errno = EBUSY;
	return false;
}

void part_unlock(int lock)
{
	if (lock >= 0)
		close(lock);
}

/* Counts what makes files survive a power cut, and in which order: takes the place of the C library's fsync(),
 * rename() and renameat2(). Include once in a program that asks for GNU sources. */
#ifndef TESTS_SYNC_LOG_H
#define TESTS_SYNC_LOG_H

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One letter for each: f a file was synced, d a folder, r something was renamed. */
static char sync_log[64];

static void sync_note(char what)
{
	size_t n = strlen(sync_log);
	if (n + 1 < sizeof sync_log) {
		sync_log[n] = what;
		sync_log[n + 1] = 0;
	}
}

static void sync_forget(void)
{
	sync_log[0] = 0;
}

int fsync(int fd)
{
	struct stat st;
	sync_note(fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) ? 'd' : 'f');
	return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
	sync_note('r');
	return (int)syscall(SYS_renameat2, -100, from, -100, to, 0); /* -100: AT_FDCWD */
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	sync_note('r');
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

#endif

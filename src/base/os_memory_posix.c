/* Memory of the machine, and files that lie in it. */
#define _GNU_SOURCE
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/resource.h>
#endif

#define OPEN_FILES 20000 /* at once, at most */

uint64_t os_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

	return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0;
}

/* Linux: proc(5), VmHWM of status and clear_refs. */
uint64_t os_memory_peak(void)
{
	char line[128];
	uint64_t bytes = 0;
	FILE *status = fopen("/proc/self/status", "r");

	while (status && bytes == 0 && fgets(line, sizeof line, status))
		if (strncmp(line, "VmHWM:", 6) == 0)
			bytes = (uint64_t)strtoull(line + 6, NULL, 10) << 10;
	if (status)
		fclose(status);
	return bytes;
}

void os_memory_peak_reset(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "5", 1);
	close(fd);
}

int os_memory_file(char path[32])
{
#ifdef __linux__
	struct rlimit files;
	int fd = memfd_create("scan", MFD_CLOEXEC);

	/* one for each slice of a series: more than a shell allows at first */
	if (fd < 0 && errno == EMFILE && getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max < OPEN_FILES ? files.rlim_max : OPEN_FILES;
		if (setrlimit(RLIMIT_NOFILE, &files) == 0)
			fd = memfd_create("scan", MFD_CLOEXEC);
		else
			errno = EMFILE;
	}
	snprintf(path, 32, OS_MEMORY_FILES "/%d", fd);
	return fd;
#else
	*path = 0;
	errno = ENOSYS;
	return -1;
#endif
}

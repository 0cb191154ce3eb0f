/* Memory of the machine, and files that lie in it. */
#define _GNU_SOURCE
#include "base/os.h"

#include <errno.h>
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

#define _GNU_SOURCE
#include "base/program.h"

#include <string.h>
#include <unistd.h>

int program_folder(char *buf, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", buf, size);

	if (n <= 0 || (size_t)n >= size)
		return -1;
	buf[n] = 0;
	char *slash = strrchr(buf, '/');
	if (!slash)
		return -1;
	*slash = 0;
	return 0;
}

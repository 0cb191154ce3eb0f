#include "base/os.h"

#include <errno.h>
#include <windows.h>

uint64_t os_memory(void)
{
	MEMORYSTATUSEX memory = { .dwLength = sizeof memory };

	return GlobalMemoryStatusEx(&memory) ? memory.ullTotalPhys : 0;
}

int os_memory_file(char path[32])
{
	*path = 0;
	errno = ENOSYS;
	return -1;
}

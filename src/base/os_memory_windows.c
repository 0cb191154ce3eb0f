#include "base/os.h"

#include <errno.h>
#include <windows.h>
#include <psapi.h>

uint64_t os_memory(void)
{
	MEMORYSTATUSEX memory = { .dwLength = sizeof memory };

	return GlobalMemoryStatusEx(&memory) ? memory.ullTotalPhys : 0;
}

uint64_t os_memory_peak(void)
{
	PROCESS_MEMORY_COUNTERS memory = { .cb = sizeof memory };

	return K32GetProcessMemoryInfo(GetCurrentProcess(), &memory, sizeof memory) ? memory.PeakWorkingSetSize : 0;
}

void os_memory_peak_reset(void)
{
}

int os_memory_file(char path[32])
{
	*path = 0;
	errno = ENOSYS;
	return -1;
}

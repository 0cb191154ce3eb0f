/* Who writes a file has it open: no lock is needed, for the system tells, and does not replace it. */
#include "base/part_lock.h"

#include <errno.h>

#include <windows.h>

bool part_lock(const char *path, int *lock)
{
	HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL,
				  NULL);

	*lock = -1;
	if (file != INVALID_HANDLE_VALUE) {
		CloseHandle(file);
		return true;
	}
	if (GetLastError() != ERROR_SHARING_VIOLATION)
		return true; /* missing, or what opening it to write will tell */
	errno = EBUSY;
	return false;
}

bool part_lock_stream(FILE *stream, int *lock)
{
	(void)stream;
	*lock = -1;
	return true;
}

void part_unlock(int lock)
{
	(void)lock;
}

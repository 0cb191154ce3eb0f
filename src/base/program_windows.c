#include "base/program.h"

#include <string.h>

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

int program_folder(char *buf, size_t size)
{
	DWORD n = GetModuleFileNameA(NULL, buf, (DWORD)size);

	if (n == 0 || n >= size)
		return -1;
	for (char *p = buf; *p; p++)
		if (*p == '\\')
			*p = '/';
	char *slash = strrchr(buf, '/');
	if (!slash)
		return -1;
	*slash = 0;
	return 0;
}

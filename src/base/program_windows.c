/* The program itself: where it lies, how it is called and how it ends. The last is declared in base/os.h. */
#include "base/program.h"

#include <fcntl.h>
#include <io.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "base/os.h"

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

int os_cpus(void)
{
	DWORD_PTR ours, all;
	int n = GetProcessAffinityMask(GetCurrentProcess(), &ours, &all) ? __builtin_popcountll(ours) : 0;
	return n > 0 ? n : 1;
}

static UINT console_before;

static void console_back(void)
{
	SetConsoleOutputCP(console_before);
}

/* Streams of bytes everywhere: what is written is the same on every system. */
__attribute__((constructor)) static void binary(void)
{
	_fmode = _O_BINARY;
	_setmode(_fileno(stdin), _O_BINARY);
	_setmode(_fileno(stdout), _O_BINARY);
	_setmode(_fileno(stderr), _O_BINARY);
}

void os_arguments(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "\\\\?\\", 4) == 0) /* such paths know no other separator */
			continue;
		for (char *c = argv[i]; *c; c++)
			*c = *c == '\\' ? '/' : *c;
		/* "folder/", as Command Prompt completes it, is no name of a folder for stat() */
		size_t n = strlen(argv[i]);
		while (n > 1 && argv[i][n - 1] == '/' && argv[i][n - 2] != ':')
			argv[i][--n] = '\0';
	}
	console_before = GetConsoleOutputCP();
	if (console_before && console_before != CP_UTF8 && SetConsoleOutputCP(CP_UTF8))
		atexit(console_back);
}

bool os_terminal(void)
{
	HANDLE console = GetStdHandle(STD_ERROR_HANDLE);
	DWORD mode;
	return GetConsoleMode(console, &mode) && SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

/* A file that is open cannot be removed here: those of a program that is ended stay. */
void os_on_death(void (*clean)(void))
{
	(void)clean;
}

void os_die(int number)
{
	signal(number, SIG_DFL);
	raise(number);
}

void os_on_stop(void (*stop)(int signal))
{
	signal(SIGINT, stop); /* back to its default when it comes */
	signal(SIGTERM, stop);
	signal(SIGBREAK, stop);
}

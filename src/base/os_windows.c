/* Windows 10 and later, by mingw-w64. The manifest (packaging/windows) makes UTF-8 the code page, so that
 * the C library and every other one take our paths as they are. */
#define __USE_MINGW_ANSI_STDIO 1
#define _GNU_SOURCE
#define _CRT_RAND_S
#include "base/os.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "base/os_names.h"

#define TRIES 40 /* of 50 ms: what virus scanners take to look at a new file */

/* Command Prompt leaves "*.nii" to the program. */
int _dowildcard = -1;

static int fail(DWORD code)
{
	switch (code) {
	case ERROR_FILE_NOT_FOUND:
	case ERROR_PATH_NOT_FOUND:
	case ERROR_BAD_NETPATH:
	case ERROR_INVALID_NAME:
	case ERROR_BAD_PATHNAME:
		errno = ENOENT;
		break;
	case ERROR_ACCESS_DENIED:
	case ERROR_SHARING_VIOLATION:
	case ERROR_LOCK_VIOLATION:
	case ERROR_WRITE_PROTECT:
		errno = EACCES;
		break;
	case ERROR_DISK_FULL:
	case ERROR_HANDLE_DISK_FULL:
		errno = ENOSPC;
		break;
	case ERROR_DIRECTORY:
		errno = ENOTDIR;
		break;
	case ERROR_NOT_ENOUGH_MEMORY:
	case ERROR_OUTOFMEMORY:
		errno = ENOMEM;
		break;
	default:
		errno = EIO;
	}
	return -1;
}

static HANDLE handle_of(int fd)
{
	return (HANDLE)_get_osfhandle(fd); // NOLINT(performance-no-int-to-ptr): so it comes
}

int os_open(const char *path)
{
	return _open(path, _O_RDONLY | _O_BINARY | _O_NOINHERIT);
}

ssize_t os_read_at(int fd, void *dst, size_t n, uint64_t at)
{
	OVERLAPPED where = { .Offset = (DWORD)at, .OffsetHigh = (DWORD)(at >> 32) };
	DWORD got = 0, part = n < 1u << 30 ? (DWORD)n : 1u << 30;

	if (!ReadFile(handle_of(fd), dst, part, &got, &where) && GetLastError() != ERROR_HANDLE_EOF)
		return fail(GetLastError());
	return (ssize_t)got;
}

void *os_map(int fd, size_t size)
{
	HANDLE mapping = CreateFileMappingA(handle_of(fd), NULL, PAGE_READONLY, 0, 0, NULL);
	void *map = mapping ? MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, size) : NULL;

	if (!map)
		fail(GetLastError());
	if (mapping)
		CloseHandle(mapping); /* lives on with its view */
	return map;
}

void os_unmap(void *map, size_t size)
{
	(void)size;
	UnmapViewOfFile(map);
}

/* ---- folders ---- */

static wchar_t *wide(const char *text)
{
	int n = MultiByteToWideChar(CP_ACP, 0, text, -1, NULL, 0);
	wchar_t *w = malloc((size_t)n * sizeof *w);

	if (w)
		MultiByteToWideChar(CP_ACP, 0, text, -1, w, n);
	return w;
}

int os_list(const char *folder, bool (*wanted)(const char *name), char ***names)
{
	struct os_names list = { 0 };
	size_t length = strlen(folder);
	char *pattern = malloc(length + 3), name[4 * MAX_PATH];
	wchar_t *w = NULL;
	WIN32_FIND_DATAW found;
	DWORD why = ERROR_OUTOFMEMORY;
	HANDLE find = INVALID_HANDLE_VALUE;

	*names = NULL;
	if (pattern) {
		const char *slash = length && folder[length - 1] == '/' ? "" : "/";
		snprintf(pattern, length + 3, "%s%s*", folder, slash);
		w = wide(pattern);
	}
	if (w) {
		find = FindFirstFileW(w, &found);
		why = find == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;
	}
	/* The names come as UTF-16, so that none is too long, as some are for the C library's listing. */
	while (why == ERROR_SUCCESS) {
		int got = WideCharToMultiByte(CP_ACP, 0, found.cFileName, -1, name, sizeof name, NULL, NULL);
		if (got > 0 && wanted(name) && !os_names_add(&list, name))
			why = ERROR_OUTOFMEMORY;
		else if (!FindNextFileW(find, &found))
			why = GetLastError();
	}
	if (find != INVALID_HANDLE_VALUE)
		FindClose(find);
	free(pattern);
	free(w);
	int n = os_names_done(&list, names);
	if (why == ERROR_NO_MORE_FILES)
		return n;
	os_list_free(*names, n);
	*names = NULL;
	return fail(why);
}

int os_make_folder(const char *path)
{
	return mkdir(path);
}

/* Numbers by their value, those with leading zeros before others of the same value. */
int os_compare_names(const char *a, const char *b)
{
	for (; *a || *b; a++, b++) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			size_t x = strspn(a, "0"), y = strspn(b, "0");
			size_t n = strspn(a + x, "0123456789"), m = strspn(b + y, "0123456789");
			int c = n != m ? (n < m ? -1 : 1) : memcmp(a + x, b + y, n);
			if (c || x != y)
				return c ? c : x > y ? -1 : 1;
			a += x + n;
			b += y + n;
		}
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		if (!*a)
			break;
	}
	return 0;
}

static bool identity(const char *path, BY_HANDLE_FILE_INFORMATION *out)
{
	HANDLE file = CreateFileA(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
				  FILE_FLAG_BACKUP_SEMANTICS, NULL);
	bool known = file != INVALID_HANDLE_VALUE && GetFileInformationByHandle(file, out);

	if (file != INVALID_HANDLE_VALUE)
		CloseHandle(file);
	return known;
}

bool os_file_id(const char *path, struct os_file_id *out)
{
	BY_HANDLE_FILE_INFORMATION x;

	if (!identity(path, &x))
		return false;
	*out = (struct os_file_id){ x.dwVolumeSerialNumber,
				    (unsigned long long)x.nFileIndexHigh << 32 | x.nFileIndexLow };
	return true;
}

bool os_same_file(const char *a, const char *b)
{
	struct os_file_id x, y;

	return os_file_id(a, &x) && os_file_id(b, &y) && x.disk == y.disk && x.file == y.file;
}

/* ---- files that take the place of others ---- */

char *os_temp_name(const char *path)
{
	char *temp;

	return asprintf(&temp, "%s.XXXXXX", path) < 0 ? NULL : temp;
}

FILE *os_temp_open(const char *path, char *temp)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	int fd = -1;

	(void)path;
	char *at = temp + strlen(temp) - 6;
	for (int i = 0; i < 100 && fd < 0 && (i == 0 || errno == EEXIST); i++) {
		for (int k = 0; k < 6; k++) {
			unsigned r;
			rand_s(&r);
			at[k] = letters[r % (sizeof letters - 1)];
		}
		fd = _open(temp, _O_RDWR | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT, _S_IREAD | _S_IWRITE);
	}
	FILE *stream = fd >= 0 ? _fdopen(fd, "wb") : NULL;
	if (!stream) {
		int why = errno;
		if (fd >= 0) {
			_close(fd);
			_unlink(temp);
		}
		errno = why;
	}
	return stream;
}

int os_sync(FILE *stream)
{
	return fflush(stream) == 0 && _commit(_fileno(stream)) == 0 ? 0 : -1;
}

/* A virus scanner or an indexer that has one of the files open makes this fail for a moment. */
int os_replace(const char *temp, const char *path)
{
	DWORD why = ERROR_SUCCESS;

	for (int i = 0; i < TRIES; i++) {
		if (MoveFileExA(temp, path, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
			return 0;
		why = GetLastError();
		DWORD attributes = GetFileAttributesA(path);
		bool fixed = attributes != INVALID_FILE_ATTRIBUTES &&
			     attributes & (FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_DIRECTORY);
		if (fixed || (why != ERROR_ACCESS_DENIED && why != ERROR_SHARING_VIOLATION))
			break;
		Sleep(50);
	}
	return fail(why);
}

char *os_real_path(const char *path)
{
	return strdup(path);
}

/* ---- memory ---- */

/* Windows has no streams into memory: a file that the system keeps in its cache and removes by itself. */
FILE *os_text_open(char **text, size_t *size)
{
	char folder[MAX_PATH + 1], path[MAX_PATH + 1];

	*text = NULL;
	*size = 0;
	if (!GetTempPathA(sizeof folder, folder) || !GetTempFileNameA(folder, "gpp", 0, path)) {
		fail(GetLastError());
		return NULL;
	}
	return fopen(path, "w+bTD");
}

int os_text_close(FILE *stream, char **text, size_t *size)
{
	int rc = -1;

	if (fflush(stream) == 0 && !ferror(stream) && fseeko(stream, 0, SEEK_END) == 0) {
		*size = (size_t)ftello(stream);
		*text = malloc(*size + 1);
		rewind(stream);
		if (*text && fread(*text, 1, *size, stream) == *size) {
			(*text)[*size] = '\0';
			rc = 0;
		}
	}
	fclose(stream);
	return rc;
}

void *os_aligned(size_t alignment, size_t bytes)
{
	return _aligned_malloc(bytes, alignment);
}

void os_aligned_free(void *memory)
{
	_aligned_free(memory);
}

bool os_provide(void *memory, size_t bytes)
{
	(void)memory, (void)bytes;
	return false;
}

void os_large_pages(void *memory, size_t bytes)
{
	(void)memory, (void)bytes;
}

void os_keep_memory(void)
{
}

int os_write_failure(FILE *stream)
{
	static const char page[4096];

	clearerr(stream);
	errno = 0;
	if (fflush(stream) == 0 && write(fileno(stream), page, sizeof page) > 0 && errno == 0)
		return EIO;
	return errno ? errno : EIO;
}

/* Linux and other POSIX systems. */
#define _GNU_SOURCE
#include "base/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os_names.h"

#define TEMP_LETTERS 6 /* behind the last dot of a temporary name */

int os_open(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

ssize_t os_read_at(int fd, void *dst, size_t n, uint64_t at)
{
	ssize_t got;

	do
		got = pread(fd, dst, n, (off_t)at);
	while (got < 0 && errno == EINTR);
	return got;
}

void *os_map(int fd, size_t size)
{
	void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	return map == MAP_FAILED ? NULL : map;
}

void os_unmap(void *map, size_t size)
{
	munmap(map, size);
}

int os_list(const char *folder, bool (*wanted)(const char *name), char ***names)
{
	struct os_names found = { 0 };
	int why = 0;
	DIR *dir = opendir(folder);

	*names = NULL;
	if (!dir)
		return -1;
	errno = 0;
	for (struct dirent *entry; !why && (entry = readdir(dir)); errno = 0)
		if (wanted(entry->d_name) && !os_names_add(&found, entry->d_name))
			why = ENOMEM;
	why = why ? why : errno;
	closedir(dir);
	int n = os_names_done(&found, names);
	if (!why)
		return n;
	os_list_free(*names, n);
	*names = NULL;
	errno = why;
	return -1;
}

int os_make_folder(const char *path)
{
	return mkdir(path, 0777);
}

int os_compare_names(const char *a, const char *b)
{
	return strverscmp(a, b);
}

bool os_file_id(const char *path, struct os_file_id *out)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return false;
	*out = (struct os_file_id){ (unsigned long long)st.st_dev, (unsigned long long)st.st_ino };
	return true;
}

bool os_same_file(const char *a, const char *b)
{
	struct os_file_id x, y;

	return os_file_id(a, &x) && os_file_id(b, &y) && x.disk == y.disk && x.file == y.file;
}

/* A new file PATH.XXXXXX. Unlike mkstemp(), which makes private files, open() applies the umask and the folder's
 * default ACL itself: asking for the umask means setting it, for all threads. */
static int open_temp(char *temp, mode_t mode)
{
	static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	char *end = temp + strlen(temp) - TEMP_LETTERS;

	for (int tries = 0; tries < 100; tries++) {
		uint8_t random[TEMP_LETTERS];
		if (getentropy(random, sizeof random) != 0)
			return -1;
		for (int i = 0; i < TEMP_LETTERS; i++)
			end[i] = letters[random[i] % (sizeof letters - 1)];
		int fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

char *os_temp_name(const char *path)
{
	char *temp;

	return asprintf(&temp, "%s.XXXXXX", path) < 0 ? NULL : temp;
}

/* Workers may not change modes, and mostly need not. */
static int give_mode(int fd, mode_t mode)
{
	struct stat now;

	return fstat(fd, &now) == 0 && ((now.st_mode ^ mode) & 07777) == 0 ? 0 : fchmod(fd, mode & 07777);
}

FILE *os_temp_open(const char *path, char *temp)
{
	struct stat old;
	bool exists = stat(path, &old) == 0;
	FILE *stream = NULL;
	int fd;

	fd = open_temp(temp, exists ? old.st_mode & 0777 : 0666);
	if (fd >= 0 && ((exists && give_mode(fd, old.st_mode) != 0) || !(stream = fdopen(fd, "w")))) {
		int why = errno;
		close(fd);
		unlink(temp);
		errno = why;
	}
	return stream;
}

int os_sync(FILE *stream)
{
	return fflush(stream) == 0 && fsync(fileno(stream)) == 0 ? 0 : -1;
}

int os_write_failure(FILE *stream)
{
	static const char page[4096];
	ssize_t n;

	clearerr(stream);
	errno = 0;
	if (fflush(stream) == 0)
		for (size_t left = sizeof page; left > 0; left -= (size_t)n)
			if ((n = write(fileno(stream), page, left)) <= 0)
				break;
	return errno ? errno : EIO;
}

/* A rename is safe against power loss only once its folder is on disk too. Some file systems
 * cannot sync folders: the file itself is synced already, so that is not an error. */
static void sync_folder(const char *path)
{
	char *copy = strdup(path);
	if (!copy)
		return;
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
	free(copy);
}

int os_replace(const char *temp, const char *path)
{
	if (rename(temp, path) != 0)
		return -1;
	sync_folder(path);
	return 0;
}

char *os_real_path(const char *path)
{
	return realpath(path, NULL);
}

FILE *os_text_open(char **text, size_t *size)
{
	return open_memstream(text, size);
}

int os_text_close(FILE *stream, char **text, size_t *size)
{
	(void)text;
	(void)size;
	return fclose(stream);
}

void *os_aligned(size_t alignment, size_t bytes)
{
	return aligned_alloc(alignment, bytes);
}

void os_aligned_free(void *memory)
{
	free(memory);
}

/* madvise() for the whole pages within memory. */
static bool advise(void *memory, size_t bytes, int advice)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), skip = (page - (uintptr_t)memory % page) % page;
	size_t whole = bytes > skip ? (bytes - skip) / page * page : 0;

	return whole == 0 || madvise((char *)memory + skip, whole, advice) == 0;
}

bool os_provide(void *memory, size_t bytes)
{
#ifdef MADV_POPULATE_WRITE
	return advise(memory, bytes, MADV_POPULATE_WRITE);
#else
	(void)memory, (void)bytes;
	return false;
#endif
}

void os_large_pages(void *memory, size_t bytes)
{
#ifdef MADV_HUGEPAGE
	const size_t least = (size_t)4 << 20; /* two large pages of x86: below, an aligned one may not fit */

	if (memory && bytes >= least)
		(void)advise(memory, bytes, MADV_HUGEPAGE);
#else
	(void)memory, (void)bytes;
#endif
}

void os_keep_memory(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, 16 << 20);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
#endif
}

int os_cpus(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
		return CPU_COUNT(&set);
	return 1;
}

void os_arguments(int argc, char **argv)
{
	(void)argc;
	(void)argv;
}

bool os_terminal(void)
{
	const char *term = getenv("TERM");
	return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

/* ---- signals ---- */

static void (*asked_to_stop)(int);
static void (*clean_up)(void);

/* Takes over a signal that is not ignored. */
static void handle(int number, void (*handler)(int))
{
	struct sigaction act = { .sa_handler = handler }, old;

	sigemptyset(&act.sa_mask);
	if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(number, &act, NULL);
}

void os_die(int number)
{
	signal(number, SIG_DFL);
	raise(number); /* comes when the handler has returned */
}

static void last(int number)
{
	if (clean_up)
		clean_up();
	os_die(number);
}

static void first(int number)
{
	handle(number, last);
	asked_to_stop(number);
}

void os_on_stop(void (*stop)(int signal))
{
	asked_to_stop = stop;
	handle(SIGINT, first);
	handle(SIGTERM, first);
	handle(SIGHUP, first);
}

void os_on_death(void (*clean)(void))
{
	static const int deadly[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGALRM, SIGXCPU };

	clean_up = clean;
	for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
		handle(deadly[i], last);
	signal(SIGXFSZ, SIG_IGN);
}

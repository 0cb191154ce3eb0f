/* What differs between operating systems, and nothing else does: os_posix.c, os_windows.c
 * and, for the program itself, program_windows.c.
 *
 * Paths are UTF-8 everywhere; on Windows the program's manifest makes that the code page, and
 * os_arguments() turns backslashes of the command line into slashes. Failures set errno. */
#ifndef BASE_OS_H
#define BASE_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* Opens a file for reading its bytes; does not wait at a named pipe. close() it. -1: errno. */
int os_open(const char *path);
/* Up to n bytes from byte `at`, wherever the file's own position is; -1: errno, 0: its end. */
ssize_t os_read_at(int fd, void *dst, size_t n, uint64_t at);

/* Maps a whole file of `size` > 0 bytes for reading; NULL: errno. The file may be closed at once. */
void *os_map(int fd, size_t size);
void os_unmap(void *map, size_t size);

/* Names in a folder that `wanted` accepts, in order of their bytes. Returns how many, or -1: errno.
 * Owned by the caller: os_list_free(). */
int os_list(const char *folder, bool (*wanted)(const char *name), char ***names);
void os_list_free(char **names, int n);

/* Makes one folder; -1: errno (EEXIST where there is something already). */
int os_make_folder(const char *path);
/* Compares names in which digits count as numbers. */
int os_compare_names(const char *a, const char *b);
/* What tells an existing file from all others; false: there is none of this name. */
struct os_file_id {
	unsigned long long disk, file;
};
bool os_file_id(const char *path, struct os_file_id *out);
/* Do both paths name the same existing file? */
bool os_same_file(const char *a, const char *b);

/* Room (malloc) for the name of a temporary file beside `path`; NULL: out of memory. */
char *os_temp_name(const char *path);
/* A new file beside `path` to be written and later to take its place: has the rights the file had, or would get.
 * temp: of os_temp_name(), holds the file's name from before it exists. NULL: errno. */
FILE *os_temp_open(const char *path, char *temp);
/* Everything written so far is on the disk; -1: errno. */
int os_sync(FILE *stream);
/* Why could a stream not be written? It is tried once more, for errno of the first failure is lost by now; the
 * content is spoiled by that. An errno. */
int os_write_failure(FILE *stream);
/* Gives a closed file its name, in place of whatever had it, safe against power loss; -1: errno. */
int os_replace(const char *temp, const char *path);
/* The path without symbolic links, so that a link stays one when its file is replaced. Caller frees. */
char *os_real_path(const char *path);

/* A stream whose text is kept in memory: *text (caller frees) and *size are set by os_text_close() at the
 * latest, and must live until then. NULL, -1: errno. */
FILE *os_text_open(char **text, size_t *size);
int os_text_close(FILE *stream, char **text, size_t *size);

/* Memory for vectors: alignment is a power of two, bytes a multiple of it. NULL: none is left. */
void *os_aligned(size_t alignment, size_t bytes);
void os_aligned_free(void *memory);

/* Bytes of memory of this machine. */
uint64_t os_memory(void);
/* The most bytes of memory that this process had since os_memory_peak_reset(), or, where the system cannot forget,
 * since it began; 0: not known. */
uint64_t os_memory_peak(void);
void os_memory_peak_reset(void);

/* A new file to write to that lies in memory, in no folder, and is gone when it is closed; `path` opens it once more.
 * -1: errno (ENOSYS where the system has none). */
#define OS_MEMORY_FILES "/proc/self/fd" /* what `path` begins with */
int os_memory_file(char path[32]);

/* Has the system provide the whole pages within fresh memory now rather than at the first touch of each;
 * their content stays. May be called beside a thread that fills them. False where that is not possible. */
bool os_provide(void *memory, size_t bytes);

/* Has the system back fresh memory by large pages where it can: its first touch then takes fewer page faults. Without
 * effect below 4 MB, or where the system has none. The memory may go on to free() or realloc() as ever. */
void os_large_pages(void *memory, size_t bytes);

/* For programs that soon end: freed memory is kept and used again rather than given back to the system,
 * which would have to clear it once more. */
void os_keep_memory(void);

/* Processors this program may use, at least 1. */
int os_cpus(void);

/* First thing of a main(): the command line as the rest of the program expects it. */
void os_arguments(int argc, char **argv);
/* Is standard error a terminal that can rewrite a line? */
bool os_terminal(void);
/* Calls `stop` (as a signal handler: it may set a flag) when a person or the system asks the program to
 * end; the second time it ends at once. Signals that the caller of the program has switched off (nohup) stay so. */
void os_on_stop(void (*stop)(int signal));
/* Calls `clean`, which may do no more than a signal handler may, before the program ends by a signal that asks it
 * to: an interruption, the end of its terminal or of the pipe it writes to. A full quota becomes a failed write. */
void os_on_death(void (*clean)(void));
/* Ends the program by that signal, as its caller expects it. */
void os_die(int signal);

#endif

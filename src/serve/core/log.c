#define _GNU_SOURCE
#include "serve/core/log.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/printable.h"

#define PATIENCE_MS 100 /* for whoever reads the log, once */

const char *serve_quote(const char *text, char *buf, int size)
{
	int n = 0;

	buf[n++] = '"';
	for (; *text && n < size - 2; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '"')
			c = '\'';
		buf[n++] = (char)(c < 0x20 || c > 0x7e ? '?' : c);
	}
	buf[n++] = '"';
	buf[n] = 0;
	return buf;
}

/* The last field may be a sentence, with quotes of its own in it: inside they become '. */
static void keep_quotes_out(char *line)
{
	static const char *const fields[] = { " what=\"", " why=\"", " reason=\"" };
	size_t end = strlen(line);

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		char *at = strstr(line, fields[i]);
		for (char *c = at ? at + strlen(fields[i]) : NULL; c && c < line + end - 1; c++)
			if (*c == '"')
				*c = '\'';
	}
}

static void write_line(const char *line, size_t length)
{
	ssize_t wrote = write(STDERR_FILENO, line, length);
	(void)wrote;
}

/* One write, so that lines of several threads do not mix. Whoever reads the log may have stopped reading: the line is
 * then dropped, and counted, and the service goes on. A pipe that can be written to takes PIPE_BUF bytes at once, more
 * than both lines. */
static void put(const char *line, size_t length)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static long lost;
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };
	char text[64];

	pthread_mutex_lock(&lock);
	if (poll(&fd, 1, lost ? 0 : PATIENCE_MS) == 0) {
		lost++;
	} else {
		if (lost)
			write_line(text, (size_t)snprintf(text, sizeof text, "<%d>event=log_lost lines=%ld\n", LOG_WARN,
							  lost));
		lost = 0;
		write_line(line, length);
	}
	pthread_mutex_unlock(&lock);
}

void serve_log(enum log_level level, const char *fmt, ...)
{
	char line[1400];
	int n = snprintf(line, sizeof line, "<%d>event=", (int)level);
	va_list ap;

	va_start(ap, fmt);
	int more = vsnprintf(line + n, sizeof line - (size_t)n - 1, fmt, ap);
	va_end(ap);
	if (more < 0)
		return;
	printable(line);
	keep_quotes_out(line);
	size_t length = strlen(line);
	line[length++] = '\n';
	put(line, length);
}

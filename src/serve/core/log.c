#define _GNU_SOURCE
#include "serve/core/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/printable.h"

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
	/* one write, so that lines of several threads do not mix */
	ssize_t wrote = write(STDERR_FILENO, line, length);
	(void)wrote;
}

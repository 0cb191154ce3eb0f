#include "scan/format.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NUMBER(name) FORMAT_##name,
enum { SCAN_FORMATS(NUMBER) FORMATS };
#define ROW(name) [FORMAT_##name] = &name##_format,
static const struct scan_format *const formats[FORMATS] = { SCAN_FORMATS(ROW) };

const char *format_names(bool alone, char *text, size_t size)
{
	size_t n = 0;
	*text = '\0';
	for (int i = 0; i < FORMATS && n < size; i++)
		if (!alone || formats[i]->alone)
			n += (size_t)snprintf(text + n, size - n, "%s%s", n ? ", " : "", formats[i]->name);
	return text;
}

const struct scan_format *format_of(const uint8_t *head, size_t n)
{
	for (int i = 0; i < FORMATS; i++)
		if (formats[i]->sniff && formats[i]->sniff(head, n))
			return formats[i];
	return NULL;
}

/* Length of s without this suffix, or all of it. */
static size_t without(const char *s, size_t n, const char *suffix)
{
	size_t m = strlen(suffix);
	return n >= m && !strncasecmp(s + n - m, suffix, m) ? n - m : n;
}

/* Length of a name without its VMS version: C0001234.ISQ;1 */
static size_t without_version(const char *s, size_t n)
{
	size_t m = n;
	while (m && s[m - 1] >= '0' && s[m - 1] <= '9')
		m--;
	return m && m < n && s[m - 1] == ';' ? m - 1 : n;
}

/* The format of a name and its length without the suffix. */
static const struct scan_format *by_name(const char *s, size_t *n)
{
	size_t end = without_version(s, strlen(s));
	for (int i = 0; i < FORMATS; i++) {
		const struct scan_format *f = formats[i];
		size_t packed = f->packed ? without(s, end, ".gz") : end;
		for (size_t k = 0; k < 3 && f->suffixes[k]; k++) {
			*n = without(s, packed, f->suffixes[k]);
			if (*n < packed)
				return f;
		}
	}
	*n = end;
	return NULL;
}

const struct scan_format *format_by_name(const char *path)
{
	size_t n;
	return by_name(path, &n);
}

size_t format_name_length(const char *name)
{
	size_t n;
	if (!by_name(name, &n)) {
		n = without(name, n, ".gz");
		n = without(name, n, ".dcm");
	}
	return n;
}

void format_file_name(const char *path, char name[128])
{
	const char *slash = strrchr(path, '/');
	path = slash ? slash + 1 : path;
	size_t n = format_name_length(path);
	snprintf(name, 128, "%.*s", (int)(n < 127 ? n : 127), path);
}

#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "scan/text_header.h"

#include "base/number.h"

#define BLOCK 65536

/* Twice the room, and what the file has for it. */
static int read_more(struct text_header *h, struct gppi_error *err)
{
	size_t room = h->room ? 2 * h->room : BLOCK, got;
	char *grown = realloc(h->text, room + 1);
	if (!grown)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to open it", h->path);
	h->text = grown;
	h->room = room;
	int rc = flat_read_file(h->path, h->size, h->text + h->size, room - h->size, &got, err);
	if (rc < 0)
		return rc;
	h->size += got;
	h->whole = h->size < room;
	return 0;
}

/* A text from `from` on. */
static void end_text(struct text_header *h, size_t from)
{
	for (size_t i = from; i < h->size; i++)
		if (!h->text[i])
			h->text[i] = ' ';
	h->text[h->size] = '\0';
}

/* NULL, and *rc negative, where it cannot be read. */
static struct text_header *read_first(const char *path, int *rc, struct gppi_error *err)
{
	struct text_header *h = calloc(1, sizeof *h);
	if (!h) {
		*rc = err_set(err, GPPI_E_NOMEM, "%s: not enough memory to open it", path);
		return NULL;
	}
	h->path = path;
	*rc = read_more(h, err);
	if (*rc < 0) {
		text_header_free(h);
		return NULL;
	}
	return h;
}

int text_header_read(const char *path, struct text_header **out, struct gppi_error *err)
{
	int rc;
	struct text_header *h = *out = read_first(path, &rc, err);
	if (!h)
		return rc;
	end_text(h, 0);
	return 0;
}

/* UTF-16 is told by its mark, or by the zeros of two letters at the beginning. */
static void from_utf16(struct text_header *h)
{
	const uint8_t *b = (const uint8_t *)h->text;
	bool mark = h->size >= 2 && ((b[0] == 0xff && b[1] == 0xfe) || (b[0] == 0xfe && b[1] == 0xff));
	bool big = mark ? b[0] == 0xfe : h->size >= 4 && !b[0] && b[1] && !b[2] && b[3];
	bool little = mark ? !big : h->size >= 4 && b[0] && !b[1] && b[2] && !b[3];
	size_t n = 0;
	if (!big && !little)
		return;
	for (size_t i = mark ? 2 : 0; i + 1 < h->size; i += 2) {
		uint8_t low = b[i + (big ? 1 : 0)], high = b[i + (big ? 0 : 1)];
		h->text[n++] = high ? '?' : (char)low;
	}
	h->size = n;
}

int text_file_read(const char *path, struct text_header **out, struct gppi_error *err)
{
	int rc;
	struct text_header *h = *out = read_first(path, &rc, err);
	while (h && rc == 0 && !h->whole && h->room < TEXT_HEADER_MAX)
		rc = read_more(h, err);
	if (!h || rc < 0) {
		text_header_free(h);
		*out = NULL;
		return rc;
	}
	h->whole = true;
	from_utf16(h);
	for (size_t i = 0; i < h->size; i++)
		if (h->text[i] == '\r' && (i + 1 == h->size || h->text[i + 1] != '\n'))
			h->text[i] = '\n';
	end_text(h, 0);
	return 0;
}

void text_header_free(struct text_header *h)
{
	if (h)
		free(h->text);
	free(h);
}

char *text_header_line(struct text_header *h, bool whole_file)
{
	char *end = memchr(h->text + h->at, '\n', h->size - h->at);
	while (!end && !h->whole && h->room < TEXT_HEADER_MAX) {
		size_t seen = h->size;
		if (read_more(h, &(struct gppi_error){ 0 }) < 0)
			return NULL;
		end_text(h, seen);
		end = memchr(h->text + seen, '\n', h->size - seen);
	}
	if (!end && (h->at == h->size || !whole_file || !h->whole))
		return NULL;
	char *line = h->text + h->at;
	h->at = end ? (size_t)(end + 1 - h->text) : h->size;
	if (end) {
		*end = '\0';
		if (end > line && end[-1] == '\r')
			end[-1] = '\0';
	}
	return line;
}

static char *trim(char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	size_t n = strlen(s);
	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	return s;
}

char *text_value(char *line, const char *separator)
{
	char *at = strstr(line, separator);
	if (!at)
		return NULL;
	char *value = trim(at + strlen(separator));
	while (at > line && isspace((unsigned char)at[-1]))
		at--;
	*at = '\0';
	return value;
}

bool text_numbers(const char *s, double *out, int n)
{
	return number_list(s, out, n) >= n;
}

/* A number or "nan"; false for other words. */
static bool size_word(const char *word, double *out)
{
	*out = 0.0;
	return !strcasecmp(word, "nan") || !strcasecmp(word, "-nan") || number_parse(word, out);
}

void text_sizes_read(const char *text, struct text_sizes *out)
{
	*out = (struct text_sizes){ .odd = "" };
	if (number_list(text, out->step, 3) == 3) {
		for (int i = 0; i < 3; i++)
			out->zero = out->zero || out->step[i] == 0.0;
		return;
	}
	const char *s = text;
	double stated;
	bool ok = true;
	for (int i = 0; i < 3; i++) {
		char word[40];
		s += strspn(s, " \t");
		size_t length = strcspn(s, " \t");
		snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : 0), s);
		ok = size_word(word, &out->step[i]) && ok;
		out->zero = out->zero || (number_parse(word, &stated) && stated == 0.0);
		s += length;
	}
	if (ok && !s[strspn(s, " \t")])
		return;
	*out = (struct text_sizes){ .odd = "" };
	snprintf(out->odd, sizeof out->odd, "%s", text);
}

void text_sizes_take(const struct text_sizes *sizes, double unit_um, struct scan_info *info)
{
	double um[3];
	for (int i = 0; i < 3; i++)
		um[i] = sizes->step[i] * unit_um;
	if (sizes->odd[0])
		spacing_doubt(info, "\"%s\" in its header is not understood", sizes->odd);
	spacing_take(info, um);
	const double said[3] = { sizes->zero ? 0.0 : NAN, NAN, NAN };
	spacing_zero(info, said);
}

size_t text_words(const char *s, int n)
{
	size_t at = 0;
	for (int i = 0; i < n; i++) {
		at += strspn(s + at, " \t");
		bool quoted = s[at] == '"';
		at += quoted ? 1 + strcspn(s + at + 1, "\"") : strcspn(s + at, " \t");
		at += quoted && s[at] == '"';
	}
	return at;
}

bool text_whole(const char *s, long long lo, long long hi, long long *out)
{
	char *end;
	errno = 0;
	*out = strtoll(s, &end, 10);
	end += strspn(end, " \t\r");
	return end != s && !*end && errno == 0 && *out >= lo && *out <= hi;
}

int text_data_file(const char *header_path, const char *name, char out[1024], struct gppi_error *err)
{
	const char *slash = strrchr(header_path, '/');
	int folder = slash ? (int)(slash + 1 - header_path) : 0;
	if (!strncmp(name, "./", 2))
		name += 2;
	if (!name[0] || strchr(name, '/') || strchr(name, '\\') || !strcmp(name, ".."))
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: its voxels are in \"%s\", in another folder; put "
			       "both files into one folder and name the file alone", header_path, name);
	if (snprintf(out, 1024, "%.*s%s", folder, header_path, name) >= 1024)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: the name of its data file is too long",
			       header_path);
	if (access(out, R_OK) < 0)
		return err_set(err, GPPI_E_IO, "%s: its voxels are in \"%s\", which cannot be opened: %s; put both "
			       "files into one folder", header_path, name, strerror(errno));
	return 0;
}

int text_skip_lines(const char *path, long long lines, size_t *at, struct gppi_error *err)
{
	char block[BLOCK];
	size_t from = *at, got = 0;
	for (size_t i = 0; lines; i++, (*at)++) {
		if (i == got) {
			bool inside = *at - from < TEXT_HEADER_MAX;
			int rc = inside ? flat_read_file(path, *at, block, BLOCK, &got, err) : 0;
			if (rc < 0)
				return rc;
			if (!inside || !got)
				return err_set(err, GPPI_E_FORMAT,
					       "%s: does not begin with the %lld more lines that its header "
					       "leaves out; the header is not of this file, or one of them is damaged",
					       path, lines);
			i = 0;
		}
		lines -= block[i] == '\n';
	}
	return 0;
}

int text_from_end(struct flat_layout *l, struct gppi_error *err)
{
	size_t bytes, size;
	int rc = flat_file_size(l->path, &size, err);
	if (rc < 0)
		return rc;
	if (!flat_bytes(l, &bytes) || bytes > size)
		return err_set(err, GPPI_E_FORMAT,
			       "%s: the header promises %d x %d x %d %s voxels, but the file is too short for "
			       "them (%zu bytes); it is cut or damaged", l->path, l->nx, l->ny, l->nz,
			       voxel_name(l->map.type), size);
	l->offset = size - bytes;
	return 0;
}

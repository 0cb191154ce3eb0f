#include "base/printable.h"

#include <string.h>

size_t printable_decode(const char *text, unsigned *code)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 }; /* longer forms are no UTF-8 */
	const unsigned char *c = (const unsigned char *)text;
	size_t n = c[0] < 0x80 ? 1 : c[0] >> 5 == 6 ? 2 : c[0] >> 4 == 14 ? 3 : c[0] >> 3 == 30 ? 4 : 0;

	*code = n == 1 ? c[0] : c[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (c[i] >> 6 != 2)
			return 0;
		*code = *code << 6 | (c[i] & 0x3fu);
	}
	if (n == 0 || *code < least[n] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return n;
}

bool printable_harmless(unsigned code)
{
	if (code < 0x20 || (code >= 0x7f && code <= 0x9f))
		return false;
	return code != 0x61c && code != 0x200e && code != 0x200f && !(code >= 0x2028 && code <= 0x202e) &&
	       !(code >= 0x2066 && code <= 0x2069);
}

/* The next character, or '?' in its place: how many bytes of text it takes, and of what is printed. */
static size_t next(const char *text, const char **shown, size_t *bytes)
{
	unsigned code;
	size_t n = printable_decode(text, &code);
	bool good = n > 0 && printable_harmless(code);

	*shown = good ? text : "?";
	*bytes = good ? n : 1;
	return n ? n : 1;
}

char *printable_copy(const char *text, char *buf, size_t size)
{
	size_t used = 0, bytes;
	const char *shown;

	while (*text) {
		if (*text >= ' ' && *text <= '~' && size - used > 1) { /* most are */
			buf[used++] = *text++;
			continue;
		}
		text += next(text, &shown, &bytes);
		if (bytes >= size - used)
			break;
		memmove(buf + used, shown, bytes); /* buf may be the text itself */
		used += bytes;
	}
	buf[used] = 0;
	return buf;
}

char *printable(char *text)
{
	return printable_copy(text, text, strlen(text) + 1);
}

void printable_put(FILE *out, const char *text, int width)
{
	size_t bytes;
	const char *shown;

	for (; *text; width--) {
		text += next(text, &shown, &bytes);
		fwrite(shown, 1, bytes, out);
	}
	for (; width > 0; width--)
		fputc(' ', out);
}

size_t printable_width(const char *text)
{
	size_t bytes, width = 0;
	const char *shown;

	for (; *text; width++)
		text += next(text, &shown, &bytes);
	return width;
}

bool printable_is_utf8(const char *text, size_t n)
{
	unsigned code;

	for (size_t size, i = 0; i < n; i += size) /* the zero byte is none of a longer character */
		if ((size = printable_decode(text + i, &code)) == 0)
			return false;
	return true;
}

#define _POSIX_C_SOURCE 200809L
#include "base/text_form.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/size.h"

static char *mapped(const char *text, utf8proc_option_t options)
{
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)text, 0, &out, options | UTF8PROC_NULLTERM);

	if (n >= 0)
		return (char *)out;
	return n == UTF8PROC_ERROR_NOMEM ? NULL : strdup(text);
}

char *text_composed(const char *text)
{
	return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

char *text_folded(const char *text)
{
	return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
}

/* Windows-1252 where it differs from Latin-1; 0: not assigned. */
static const unsigned short windows[32] = {
	0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
	0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e,
	0x0178,
};

char *text_from_windows(const char *text, size_t size, size_t *out_size)
{
	size_t bytes, used = 0;
	char *out = size_mul(size, 3, &bytes) && size_add(bytes, 1, &bytes) ? malloc(bytes) : NULL;

	if (!out)
		return NULL;
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];
		unsigned code = c >= 0x80 && c < 0xa0 ? windows[c - 0x80] : c;
		if (code < 0x80 && (code || !c))
			out[used++] = (char)code;
		else
			used += (size_t)utf8proc_encode_char(code ? (int)code : 0xfffd, (utf8proc_uint8_t *)out + used);
	}
	out[used] = 0;
	*out_size = used;
	return out;
}

void text_from_latin1(const char *text, char *out, size_t size)
{
	size_t n = 0;

	for (; *text && n + 2 < size; text++)
		n += (size_t)utf8proc_encode_char((unsigned char)*text, (utf8proc_uint8_t *)out + n);
	out[n] = '\0';
}

/* Text from outside (names of files, of patients, of columns) made harmless for terminals and logs.
 *
 * Replaced by '?': control characters (C0, DEL, C1), marks that turn the direction of writing (U+202E and
 * its kind), line and paragraph separators, and bytes that are no UTF-8. Everything else stays as it is. */
#ifndef BASE_PRINTABLE_H
#define BASE_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* In place; the text never grows. Returns it. */
char *printable(char *text);

/* A harmless copy, cut at size - 1 bytes between characters. Returns buf. */
char *printable_copy(const char *text, char *buf, size_t size);

/* To a stream, filled up with blanks to `width` characters. */
void printable_put(FILE *out, const char *text, int width);

/* Characters of the text as printable_put() prints it. */
size_t printable_width(const char *text);

/* Is a character printed as it is? */
bool printable_harmless(unsigned code);

/* One character of UTF-8: its bytes, and what it is in *code; 0 where the bytes are none. */
size_t printable_decode(const char *text, unsigned *code);

/* Are these n bytes, behind which there is a zero byte, UTF-8? */
bool printable_is_utf8(const char *text, size_t n);

#endif

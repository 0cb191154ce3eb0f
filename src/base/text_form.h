/* Forms of text in which the same words have the same bytes (Unicode normalisation, by utf8proc). */
#ifndef BASE_TEXT_FORM_H
#define BASE_TEXT_FORM_H

#include <stddef.h>

/* "ä" is one character on most systems and a letter with a mark on macOS: here always the first (NFC). A copy the
 * caller frees; text that is no UTF-8 is copied as it is. NULL: out of memory. */
char *text_composed(const char *text);

/* The same without regard to case and kinds of blanks (NFKC, case folded): for words that a person typed. */
char *text_folded(const char *text);

/* Text of Windows-1252 or Latin-1 as UTF-8; a copy the caller frees. NULL: out of memory. */
char *text_from_windows(const char *text, size_t size, size_t *out_size);

/* Latin-1 as UTF-8, cut to `size` bytes with the zero byte: 2 strlen(text) + 1 hold every text. */
void text_from_latin1(const char *text, char *out, size_t size);

#endif

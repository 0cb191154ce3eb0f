/* Numbers as files, configurations and people write them, whatever the locale of the program is.
 *
 * A number is [sign] digits [mark digits] [e [sign] digits]. The mark is a point, or a comma with digits on both
 * sides ("9,985"). Digits are never grouped: "1.234,5" is refused, so are "nan", "inf" and hexadecimal ones. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The number at the beginning of the text, white space before it skipped; *end is what follows, which is for the
 * caller to understand. False (and nothing is set) where there is none. */
bool number_at(const char *text, double *out, const char **end);

/* One number and nothing else, but for white space around it. */
bool number_parse(const char *text, double *out);

/* A list of numbers separated by white space, semicolons or commas, in brackets or not. Returns how many there are, of
 * which the first `most` are stored; -1 where there is anything else. A comma within a number is its mark where
 * something else separates the numbers ("0,02 0,02"), or where only one is wanted; in "1,2,3" it separates. */
int number_list(const char *text, double *out, int most);

/* "%.*f" and "%.*g" with a point as the mark, into buf (cut at size - 1); returns buf. */
const char *number_fixed(char *buf, size_t size, int decimals, double value);
const char *number_short(char *buf, size_t size, int digits, double value);

#ifdef __cplusplus
}
#endif

#endif

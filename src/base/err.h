/* Errors: one negative code and one human sentence.
 *
 * Every function that can fail returns 0 (or a count) on success and a negative
 * enum gppi_status on failure, and takes a `struct gppi_error *` as its last argument
 * (NULL allowed) that receives the sentence: what is wrong, in which file, what
 * to do. Fill it with err_set(), which returns the code, so that a failing
 * branch reads `return err_set(err, GPPI_E_FORMAT, "%s: ...", path, ...)`.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "gppi/status.h"

/* Stores code and sentence (cut at 511 bytes, made harmless by printable()), returns code. */
int err_set(struct gppi_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The analyser of `make lint` sees one file at a time: this tells it that the code comes back. */
#ifdef __clang_analyzer__
#define err_set(err, code, ...) ((void)(err_set)(err, code, __VA_ARGS__), (int)(code))
#endif

#endif

/* Structs of callers whose header may be older or newer than the library: both sides have the first bytes in common. */
#ifndef API_SIZED_H
#define API_SIZED_H

#include <string.h>

#include "base/err.h"
#include "gppi/gppi.h"

/* What fits of a struct of the library into one of the caller; zeros behind it. */
static inline void sized_give(void *out, size_t size, const void *whole, size_t own)
{
	memset(out, 0, size);
	memcpy(out, whole, size < own ? size : own);
}

/* What a caller gave of a struct, over the defaults in `whole`. GPPI_E_USAGE where it asks for what this library does
 * not know. */
static inline int sized_take(void *whole, size_t own, const void *given, size_t size, struct gppi_error *err)
{
	const char *byte = given;

	for (size_t i = own; i < size; i++)
		if (byte[i])
			return err_set(err, GPPI_E_USAGE,
				       "the program asks for what this version of the library lacks; "
				       "install the library that it was compiled for");
	memcpy(whole, given, size < own ? size : own);
	return 0;
}

/* The options to use: those of a caller (NULL: the defaults), completed. */
int api_options(const struct gppi_options *given, struct gppi_options *whole, struct gppi_error *err);

#endif

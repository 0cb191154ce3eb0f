#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/printable.h"

/* In brackets: the name is a macro where the analyser reads. */
int (err_set)(struct gppi_error *err, int code, const char *fmt, ...)
{
	if (!err)
		return code;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	err->code = code;
	printable(err->text); /* file names are hostile */
	return code;
}

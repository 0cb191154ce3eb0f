/* Text of DICOM files to UTF-8. */
#include "scan/dicom_values.h"

#include <stdio.h>
#include <string.h>
#ifndef _WIN32
#include <iconv.h>
#endif

#include "base/printable.h"
#include "base/text_form.h"
#include "scan/dicom.h"

#define ESCAPE 0x1b /* begins another alphabet in ISO 2022 */

static bool is_ascii(const char *s)
{
	for (; *s; s++)
		if (*s == ESCAPE || (unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* Japanese, which dcmtk cannot convert with the iconv() of the C library: its escape sequences are those of
 * ISO-2022-JP. */
static bool from_japanese(char *s, char out[DICOM_TEXT])
{
#ifdef _WIN32
	(void)s;
	(void)out;
	return false;
#else
	const iconv_t how = iconv_open("UTF-8", "ISO-2022-JP-2");
	size_t left = strlen(s), room = DICOM_TEXT - 1;
	char *to = out;

	if (how == (iconv_t)-1) /* NOLINT(performance-no-int-to-ptr): so POSIX has it */
		return false;
	bool good = iconv(how, &s, &left, &to, &room) != (size_t)-1;
	iconv_close(how);
	*to = 0;
	return good;
#endif
}

/* Many writers use UTF-8 or Latin-1 without saying so, or UTF-8 and say Latin-1: text that is UTF-8 by chance does
 * not occur in either. */
void dicom_to_utf8(const char *alphabet, bool is_name, char text[DICOM_TEXT])
{
	char out[DICOM_TEXT];
	/* "ISO_IR 100", also as "ISO-IR 100" and the like */
	bool latin1 = strstr(alphabet, "100") && !strchr(alphabet, '\\'), done = false;
	bool silent = !*alphabet || !strcmp(alphabet, "ISO_IR 6") || latin1;

	if (is_ascii(text) || (silent && printable_is_utf8(text, strlen(text))))
		return;
	if (silent) {
		text_from_latin1(text, out, sizeof out);
		done = true;
	} else if (strstr(alphabet, "IR 87") || strstr(alphabet, "IR 159")) {
		done = from_japanese(text, out);
	}
	/* Delimiters end an alphabet of ISO 2022 (PS3.5 6.1.2.5.3). */
	if (!done && strcmp(alphabet, "ISO_IR 192") != 0)
		done = dicom_convert(alphabet, text, is_name ? "\\^=" : "\\", out, sizeof out) &&
		       printable_is_utf8(out, strlen(out));
	if (done)
		snprintf(text, DICOM_TEXT, "%s", out);
}

#include "scan/dicom_values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/printable.h"

#define PERSON_NAME 0x00100010u

static const char *type_of(const struct dicom_given *e)
{
	return e->value->type[0] ? e->value->type : e->name->type;
}

static bool is_in(const char *list, const char *type)
{
	for (; *list; list += 3)
		if (list[0] == type[0] && list[1] == type[1])
			return true;
	return false;
}

/* Bytes of one binary number; 0: the element is text, or bytes that are taken for text. */
static size_t width_of(const char *type)
{
	if (is_in("US SS ", type))
		return 2;
	if (is_in("UL SL FL OF OL ", type))
		return 4;
	return is_in("FD OD UV SV OV ", type) ? 8 : 0;
}

static double binary_number(const char *type, const uint8_t *p, size_t width, bool big)
{
	uint64_t v = 0;
	float f;
	double d;

	for (size_t i = 0; i < width; i++)
		v |= (uint64_t)p[big ? width - 1 - i : i] << 8 * i;
	if (is_in("FL OF ", type)) {
		uint32_t bits = (uint32_t)v;
		memcpy(&f, &bits, sizeof f);
		return (double)f;
	}
	if (is_in("FD OD ", type)) {
		memcpy(&d, &v, sizeof d);
		return d;
	}
	if (type[0] != 'S')
		return (double)v;
	return width == 2 ? (double)(int16_t)v : width == 4 ? (double)(int32_t)v : (double)(int64_t)v;
}

/* Without the blanks around it. */
static void trim(char *text)
{
	size_t from = strspn(text, " "), n = strlen(text);

	while (n > from && text[n - 1] == ' ')
		n--;
	if (from)
		memmove(text, text + from, n - from);
	text[n - from] = 0;
}

/* Blanks around each value mean nothing where the type has several of them; in UIDs none does. */
static void trim_values(const char *type, char *text)
{
	char *to = text;

	if (is_in("UI ", type)) {
		for (const char *p = text; *p; p++)
			if (*p != ' ' && !(*p >= '\t' && *p <= '\r'))
				*to++ = *p;
		*to = 0;
	}
	if (!is_in("AE CS DA DS DT IS LO SH TM ", type))
		return;
	for (char *from = text; from;) {
		char *next = strchr(from, '\\');
		if (next)
			*next++ = 0;
		trim(from);
		size_t n = strlen(from);
		if (to < from)
			memmove(to, from, n);
		to += n;
		*to = 0;
		if (next)
			*to++ = '\\';
		from = next;
	}
}

static void numbers_as_text(const struct dicom_given *e, size_t width, char out[DICOM_TEXT])
{
	const uint8_t *p = e->file->bytes + e->value->at;
	char one[32];
	size_t used = 0;

	out[0] = 0;
	for (size_t i = 0; (i + 1) * width <= e->value->n; i++) {
		double v = binary_number(type_of(e), p + i * width, width, e->value->big);
		number_short(one, sizeof one, width == 4 ? 10 : 17, v);
		int n = snprintf(out + used, DICOM_TEXT - used, "%s%s", i ? "\\" : "", one);
		if (n < 0 || (size_t)n >= DICOM_TEXT - used)
			break;
		used += (size_t)n;
	}
}

void dicom_raw(const struct dicom_given *e, char out[DICOM_TEXT])
{
	out[0] = 0;
	if (!e->value || e->value->n == 0)
		return;
	size_t width = width_of(type_of(e));
	if (width) {
		numbers_as_text(e, width, out);
		return;
	}
	memcpy(out, e->file->bytes + e->value->at, e->value->n);
	out[e->value->n] = 0;
	trim_values(type_of(e), out);
	trim(out);
}

void dicom_code(const struct dicom_given *e, char out[DICOM_TEXT])
{
	dicom_raw(e, out);
	for (char *c = out; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '_';
}

void dicom_words(const struct dicom_given *e, const char *alphabet, char out[DICOM_TEXT])
{
	dicom_raw(e, out);
	dicom_to_utf8(alphabet, e->name->tag == PERSON_NAME, out);
	printable(out);
	trim(out);
}

/* Value `pos` of text with backslashes between the values. */
static enum dicom_found text_number(const char *text, int pos, double *out)
{
	char value[DICOM_TEXT];

	for (; pos; pos--) {
		text = strchr(text, '\\');
		if (!text)
			return DICOM_ABSENT;
		text++;
	}
	size_t n = strcspn(text, "\\");
	memcpy(value, text, n);
	value[n] = 0;
	trim(value);
	if (!value[0])
		return DICOM_ABSENT;
	return number_parse(value, out) ? DICOM_NUMBER : DICOM_NO_NUMBER;
}

static enum dicom_found binary(const struct dicom_given *e, size_t width, int pos, double *out)
{
	size_t from = (size_t)pos * width;

	if (from + width > e->value->n)
		return DICOM_ABSENT;
	*out = binary_number(type_of(e), e->file->bytes + e->value->at + from, width, e->value->big);
	return DICOM_NUMBER;
}

enum dicom_found dicom_numbers(const struct dicom_given *e, int n, double *out)
{
	enum dicom_found found = DICOM_NUMBER;
	char text[DICOM_TEXT];
	double v = 0;

	if (!e->value)
		return DICOM_ABSENT;
	size_t width = width_of(type_of(e));
	if (!width)
		dicom_raw(e, text);
	for (int i = 0; i < n && found == DICOM_NUMBER; i++) {
		found = width ? binary(e, width, i, &v) : text_number(text, i, &v);
		if (found == DICOM_NUMBER && !isfinite(v))
			found = DICOM_NO_NUMBER;
		if (found == DICOM_NUMBER)
			out[i] = v;
	}
	return found;
}

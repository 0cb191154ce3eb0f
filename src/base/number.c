#include "base/number.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_MAX 200 /* characters of a number */

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *digits(const char *s)
{
	while (*s >= '0' && *s <= '9')
		s++;
	return s;
}

/* The mark of the locale, which strtod() and printf() follow. */
static const char *locale_mark(void)
{
	const char *mark = localeconv()->decimal_point;
	return mark && *mark ? mark : ".";
}

/* Where the parts of a number lie; mark NULL: it has none. */
struct parts {
	const char *begin, *mark, *end;
};

static bool split(const char *s, bool comma, struct parts *p)
{
	p->begin = s;
	s += *s == '+' || *s == '-';
	const char *whole = s, *fraction = s = digits(s);
	p->mark = *s == '.' || (comma && *s == ',' && s > whole && digits(s + 1) > s + 1) ? s : NULL;
	if (p->mark)
		fraction = s = digits(s + 1);
	if (s == whole || (p->mark && fraction == p->mark + 1 && p->mark == whole))
		return false;
	if (*s == 'e' || *s == 'E') {
		const char *power = s + 1 + (s[1] == '+' || s[1] == '-');
		s = digits(power) > power ? digits(power) : s;
	}
	p->end = s;
	return s - p->begin <= LENGTH_MAX;
}

#define EXACT_DIGITS 15 /* of whole numbers and powers of ten that are exact */

/* Short numbers without a power, as most are: quotients of two exact numbers, so that they are rounded once, as
 * strtod() does. */
static bool convert_short(const struct parts *p, double *out)
{
	static const double ten[EXACT_DIGITS + 1] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
						      1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
	const bool negative = *p->begin == '-';
	const char *c = p->begin + (negative || *p->begin == '+');
	double whole = 0;
	int n = 0, behind = 0;

	for (; c < p->end; c++) {
		if (c == p->mark)
			continue;
		if (*c < '0' || *c > '9' || ++n > EXACT_DIGITS)
			return false;
		whole = whole * 10 + (*c - '0');
		behind += p->mark && c > p->mark;
	}
	whole /= ten[behind];
	*out = negative ? -whole : whole;
	return true;
}

/* strtod() rounds as it should, but wants the mark of the locale. */
static bool convert(const struct parts *p, double *out)
{
	char copy[LENGTH_MAX + 32];
	int before = (int)((p->mark ? p->mark : p->end) - p->begin), behind = p->mark ? (int)(p->end - p->mark) - 1 : 0;
	int n = snprintf(copy, sizeof copy, "%.*s%s%.*s", before, p->begin, p->mark ? locale_mark() : "", behind,
			 p->mark ? p->mark + 1 : "");
	if (n >= (int)sizeof copy)
		return false;
	char *end = copy;
	double value = strtod(copy, &end);
	if (!isfinite(value) || *end)
		return false;
	*out = value;
	return true;
}

static bool take(const char *text, bool comma, double *out, const char **end)
{
	struct parts p;
	while (is_space(*text))
		text++;
	if (!split(text, comma, &p) || !(convert_short(&p, out) || convert(&p, out)))
		return false;
	*end = p.end;
	return true;
}

bool number_at(const char *text, double *out, const char **end)
{
	return take(text, true, out, end);
}

bool number_parse(const char *text, double *out)
{
	const char *end;
	double value;
	if (!number_at(text, &value, &end))
		return false;
	while (is_space(*end))
		end++;
	if (*end)
		return false;
	*out = value;
	return true;
}

static bool is_gap(char c)
{
	return is_space(c) || c == ';' || (c && strchr("(){}[]", c));
}

/* Is there a separator other than a comma between two numbers? */
static bool is_spaced(const char *s)
{
	while (is_gap(*s))
		s++;
	size_t n = strlen(s);
	while (n && is_gap(s[n - 1]))
		n--;
	for (size_t i = 0; i < n; i++)
		if (is_gap(s[i]))
			return true;
	return false;
}

int number_list(const char *text, double *out, int most)
{
	bool comma = most == 1 || is_spaced(text);
	for (int n = 0;; n++) {
		bool gap = n == 0, listed = false;
		for (; is_gap(*text) || (*text == ',' && n && !listed); text++) {
			gap = gap || *text != ',';
			listed = listed || *text == ',';
		}
		if (!*text)
			return listed ? -1 : n;
		/* Where a comma is a mark it does not separate too: "1,2,3 4" is refused. */
		double value;
		if (!(gap || (listed && !comma)) || !take(text, comma, &value, &text))
			return -1;
		if (n < most)
			out[n] = value;
	}
}

static const char *with_point(char *buf)
{
	const char *mark = locale_mark();
	char *at = strcmp(mark, ".") != 0 ? strstr(buf, mark) : NULL;
	if (at) {
		size_t width = strlen(mark);
		*at = '.';
		memmove(at + 1, at + width, strlen(at + width) + 1);
	}
	return buf;
}

const char *number_fixed(char *buf, size_t size, int decimals, double value)
{
	snprintf(buf, size, "%.*f", decimals, value);
	return with_point(buf);
}

const char *number_short(char *buf, size_t size, int digits, double value)
{
	snprintf(buf, size, "%.*g", digits, value);
	return with_point(buf);
}

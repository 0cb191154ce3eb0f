#include "scan/spacing.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "scan/reader.h"

#define LEAST_UM 0.5      /* no voxel of a micro-CT is smaller ... */
#define MOST_UM 1000.0    /* ... or reaches this */
#define USUAL_LEAST_UM 1.0
#define USUAL_MOST_UM 100.0
#define CUBE 4.0          /* axes that differ by more are not believed */
#define SAME 0.01         /* statements that differ by less agree */
#define STEPS_PER_UM 1e4  /* sizes are stated in steps of 0.1 nm, */
#define NOISE 3e-7        /* but for this share: a number of 32 bits is off by 6e-8 */

/* Can it be that of a micro-CT at all? */
static bool plausible(double um)
{
	return um >= LEAST_UM && um < MOST_UM;
}

static bool usual(double um)
{
	return um >= USUAL_LEAST_UM && um <= USUAL_MOST_UM;
}

void spacing_doubt(struct scan_info *info, const char *fmt, ...)
{
	char text[sizeof info->spacing_doubt];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	for (char *c = text; *c; c++) /* notes are separated by semicolons */
		*c = *c == ';' ? ',' : *c;
	scan_note(info, "spacing: %s", text);
	if (!info->spacing_doubt[0])
		memcpy(info->spacing_doubt, text, sizeof text);
}

double spacing_tidy(double um)
{
	double whole = round(um * STEPS_PER_UM) / STEPS_PER_UM;

	return fabs(whole - um) < NOISE * um ? whole : um;
}

void spacing_give(struct scan_info *info, double um)
{
	for (int i = 0; i < 3; i++)
		info->spacing_um[i] = spacing_tidy(um);
	info->spacing_known = SCAN_GIVEN;
	info->spacing_doubt[0] = '\0';
}

/* "20 um" or "20 mm" of cubes, else "20 x 20 x ? um". */
static const char *sizes_text(const double um[3], char text[80])
{
	bool cube = um[0] > 0.0 && fabs(um[1] - um[0]) <= 1e-4 * um[0] && fabs(um[2] - um[0]) <= 1e-4 * um[0];
	char one[3][24];
	for (int i = 0; i < 3; i++)
		if (um[i] >= 1000.0 && um[i] < 1e9)
			snprintf(one[i], sizeof one[i], "%.0f", um[i]);
		else if (um[i] > 0.0)
			number_short(one[i], sizeof one[i], 4, um[i]);
		else
			snprintf(one[i], sizeof one[i], "?");
	if (cube && um[0] >= 1000.0)
		snprintf(text, 80, "%s mm", number_short(one[0], sizeof one[0], 4, um[0] / 1000.0));
	else if (cube)
		snprintf(text, 80, "%s um", one[0]);
	else
		snprintf(text, 80, "%s x %s x %s um", one[0], one[1], one[2]);
	return text;
}

/* Exactly 1 in a unit of lengths is the default of programs: mm mostly, um, cm or m where a file names them. */
static bool unset(double um)
{
	static const double ones[] = { 1.0, 1e3, 1e4, 1e6 };
	for (size_t i = 0; i < sizeof ones / sizeof *ones; i++)
		if (fabs(um - ones[i]) <= 1e-6 * ones[i])
			return true;
	return !(um > 0.0);
}

/* The factor that makes all stated sizes those of a micro-CT; 1 where they are, or where there is none. */
static double unit_slip(const double um[3])
{
	static const double factors[] = { 1.0, 1e-3, 1e3 };
	for (size_t k = 0; k < sizeof factors / sizeof *factors; k++) {
		bool fits = true;
		for (int i = 0; i < 3; i++)
			fits = fits && (unset(um[i]) || (k ? usual(um[i] * factors[k]) : plausible(um[i])));
		if (fits)
			return factors[k];
	}
	return 1.0;
}

/* Is axis i unlike all others that are stated, of which there are at least `least`? */
static bool alone(const double um[3], int i, int least)
{
	int unlike = 0, stated = 0;
	for (int k = 0; k < 3; k++)
		if (k != i && um[k] > 0.0) {
			stated++;
			unlike += fmax(um[i], um[k]) > CUBE * fmin(um[i], um[k]) * (1.0 + 1e-6);
		}
	return stated >= least && unlike == stated;
}

/* Leaves the axes that can be believed, the others 0; false where they contradict each other. */
static bool believe(double um[3])
{
	bool odd[3], two = um[0] > 0.0 && um[1] > 0.0 && um[2] > 0.0, agree = true;
	for (int i = 0; i < 3; i++) {
		odd[i] = um[i] > 0.0 && (!plausible(um[i]) || alone(um, i, two ? 2 : 1));
		agree = agree && !odd[i];
	}
	for (int i = 0; i < 3; i++)
		um[i] = odd[i] ? 0.0 : um[i];
	return agree;
}

/* An axis without a size of its own: x and y follow each other, z follows x. */
static double completed(const double um[3], int i)
{
	static const int from[3][3] = { { 0, 1, 2 }, { 1, 0, 2 }, { 2, 0, 1 } };
	for (int k = 0; k < 3; k++)
		if (um[from[i][k]] > 0.0)
			return um[from[i][k]];
	return 0.0;
}

/* What is stated, absolute, in um; false where it is nothing. */
static bool stated(const double um[3], double out[3])
{
	bool any = false;
	for (int i = 0; i < 3; i++) {
		out[i] = isfinite(um[i]) ? fabs(um[i]) : 0.0;
		any = any || !unset(out[i]);
	}
	return any;
}

/* Could any axis be that of a micro-CT? */
static bool sound(const double said[3])
{
	double slip = unit_slip(said);
	for (int i = 0; i < 3; i++)
		if (!unset(said[i]) && plausible(said[i] * slip))
			return true;
	return false;
}

static void assume(struct scan_info *info)
{
	for (int i = 0; i < 3; i++)
		info->spacing_um[i] = SCAN_ASSUMED_UM;
	info->spacing_known = SCAN_ASSUMED;
}

void spacing_take(struct scan_info *info, const double um[3])
{
	double said[3], size[3];
	char text[80], result[80];
	if (!stated(um, said)) {
		if (said[0] > 0.0 || said[1] > 0.0 || said[2] > 0.0)
			scan_note(info, "spacing: %s in the file, which stands for an unknown one",
				  sizes_text(said, text));
		assume(info);
		return;
	}
	double slip = unit_slip(said);
	bool left = false, whole = true, ones = false, odd = false;
	for (int i = 0; i < 3; i++) {
		ones = ones || (unset(said[i]) && said[i] > 0.0);
		size[i] = unset(said[i]) ? 0.0 : said[i] * slip;
		whole = whole && said[i] > 0.0;
	}
	bool agree = believe(size) && !ones;
	for (int i = 0; i < 3; i++)
		left = left || size[i] > 0.0;
	if (!left) {
		assume(info);
		spacing_doubt(info, "%s in the file is not that of a micro-CT", sizes_text(said, text));
		return;
	}
	for (int i = 0; i < 3; i++) {
		info->spacing_um[i] = spacing_tidy(completed(size, i));
		odd = odd || !usual(info->spacing_um[i]);
	}
	info->spacing_known = SCAN_READ;
	if (slip < 1.0 || slip > 1.0 || !agree)
		spacing_doubt(info, "%s in the file, taken as %s", sizes_text(said, text),
			      sizes_text(info->spacing_um, result));
	else if (odd)
		spacing_doubt(info, "%s is unusual for a micro-CT", sizes_text(said, text));
	else if (!whole)
		scan_note(info, "spacing: %s in the file, completed as cubes", sizes_text(said, text));
}

static bool differ(const double a[3], const double b[3])
{
	for (int i = 0; i < 3; i++) {
		double x = fabs(a[i]), y = fabs(b[i]);
		if (x > 0.0 && y > 0.0 && isfinite(x) && isfinite(y) && fabs(x - y) > SAME * fmin(x, y))
			return true;
	}
	return false;
}

void spacing_take_two(struct scan_info *info, const double um[3], const char *word, const double other[3],
		      const char *other_word)
{
	double first[3], second[3];
	char a[80], b[80];
	bool take_first = stated(um, first), take_second = stated(other, second);
	if (take_first && take_second && differ(first, second))
		spacing_doubt(info, "%.8s says %s, %.8s %s", word, sizes_text(first, a), other_word,
			      sizes_text(second, b));
	spacing_take(info, take_second && !sound(first) ? second : first);
}

void spacing_zero(struct scan_info *info, const double said[3])
{
	char text[80];

	for (int i = 0; i < 3; i++)
		if (isfinite(said[i]) && !(fabs(said[i]) > 0.0)) {
			spacing_doubt(info, "a size of 0 in the file, %s %s",
				      info->spacing_known == SCAN_ASSUMED ? "assumed" : "taken as",
				      sizes_text(info->spacing_um, text));
			return;
		}
}

double spacing_unit_um(const char *word)
{
	static const struct { const char *word; double um; } units[] = {
		{ "um", 1.0 }, { "\xc2\xb5m", 1.0 }, { "\xce\xbcm", 1.0 }, { "\xb5m", 1.0 }, { "\xe6m", 1.0 },
		{ "\\u00b5m", 1.0 }, { "\\u03bcm", 1.0 }, { "&#181;m", 1.0 }, { "&micro;m", 1.0 },
		{ "micron", 1.0 }, { "microns", 1.0 }, { "micrometer", 1.0 }, { "micrometers", 1.0 },
		{ "micrometre", 1.0 }, { "micrometres", 1.0 },
		{ "mm", 1e3 }, { "millimeter", 1e3 }, { "millimeters", 1e3 }, { "millimetre", 1e3 },
		{ "millimetres", 1e3 },
		{ "cm", 1e4 }, { "centimeter", 1e4 }, { "centimeters", 1e4 }, { "centimetre", 1e4 },
		{ "centimetres", 1e4 },
		{ "m", 1e6 }, { "meter", 1e6 }, { "meters", 1e6 }, { "metre", 1e6 }, { "metres", 1e6 },
		{ "nm", 1e-3 }, { "nanometer", 1e-3 }, { "nanometers", 1e-3 }, { "nanometre", 1e-3 },
		{ "nanometres", 1e-3 },
		{ "in", 25400.0 }, { "inch", 25400.0 }, { "inches", 25400.0 },
	};
	static const char around[] = " \t\r\n\"'()[]";
	word += strspn(word, around);
	size_t n = strlen(word);
	while (n && strchr(around, word[n - 1]))
		n--;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strlen(units[i].word) == n && !strncasecmp(word, units[i].word, n))
			return units[i].um;
	return 0.0;
}

double spacing_unit_or_mm(struct scan_info *info, const char *word)
{
	double um = spacing_unit_um(word);
	if (!(um > 0.0) && word[strspn(word, " \t\"")])
		spacing_doubt(info, "its unit \"%.20s\" is not known, taken as mm", word);
	return um > 0.0 ? um : 1e3;
}

double spacing_of_resolution(double pixels, double per_um)
{
	static const int print[] = { 72, 96, 100, 120, 144, 150, 180, 200, 220, 240, 250, 300, 350, 360, 400, 500, 600,
				     720, 1200 };
	double um = pixels > 0.0 && per_um > 0.0 ? per_um / pixels : 0.0, per_cm = 1e4 / um;
	/* Those of JPEG files are rounded to whole pixels in a centimetre. */
	bool whole = fabs(per_cm - round(per_cm)) <= 1e-9 * per_cm;
	for (size_t i = 0; i < sizeof print / sizeof *print; i++) {
		double wanted = print[i] / 2.54;
		if (fabs(per_cm - wanted) <= fmax(5e-4 * wanted, whole ? 0.5 : 0.0))
			return 0.0;
	}
	return isfinite(um) && um <= 200.0 ? um : 0.0;
}

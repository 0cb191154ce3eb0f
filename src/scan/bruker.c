#define _POSIX_C_SOURCE 200809L
#include "scan/bruker.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/number.h"
#include "scan/spacing.h"
#include "scan/text_header.h"

/* A whole number of pixels or slices; 0 for others. */
static int count(const char *value)
{
	double v;
	return number_parse(value, &v) && v >= 1.0 && v <= 65535.0 ? (int)v : 0;
}

/* A size that is not understood is kept as it is written. */
static double size(const char *value, struct bruker_log *log)
{
	double v = 0.0;
	if (number_parse(value, &v) && v > 0.0)
		return v;
	snprintf(log->odd, sizeof log->odd, "%s", value);
	return 0.0;
}

static double level(const char *value)
{
	double v;
	return number_parse(value, &v) ? v : NAN;
}

/* "Pixel Size (um)": the unit in um; 0 where the key is another. */
static double pixel_unit(const char *key)
{
	static const char name[] = "Pixel Size (";
	return strncmp(key, name, sizeof name - 1) == 0 ? spacing_unit_um(key + sizeof name - 1) : 0.0;
}

static void take_acquisition(const char *key, const char *value, struct bruker_log *log)
{
	if (!strcasecmp(key, "Number of Columns"))
		log->columns = count(value);
	else if (!strcasecmp(key, "Number of Rows"))
		log->rows = count(value);
	else if (!strcasecmp(key, "Number of Files"))
		log->files = count(value);
}

/* Keys count whole: "Pixel Size (um)" also ends others. Where one repeats, the last wins. */
static void take(const char *section, const char *key, const char *value, struct bruker_log *log)
{
	if (!strcmp(section, "[System]") && !strcmp(key, "Scanner"))
		snprintf(log->scanner, sizeof log->scanner, "%s", value);
	if (!strcmp(section, "[Acquisition]"))
		take_acquisition(key, value, log);
	if (strcmp(section, "[Reconstruction]") != 0)
		return;
	if (pixel_unit(key) > 0.0)
		log->pixel_um = size(value, log) * pixel_unit(key);
	else if (!strcmp(key, "Section to Section Step"))
		log->step = size(value, log);
	else if (!strcmp(key, "Result Image Width (pixels)"))
		log->width = count(value);
	else if (!strcmp(key, "Result Image Height (pixels)"))
		log->height = count(value);
	else if (!strcmp(key, "Sections Count"))
		log->sections = count(value);
	else if (!strcmp(key, "Minimum for CS to Image Conversion") ||
		 !strcmp(key, "Mininum for CS to Image Conversion"))
		log->low = level(value);
	else if (!strcmp(key, "Maximum for CS to Image Conversion"))
		log->high = level(value);
}

static int read_log(struct bruker_log *log, struct gppi_error *err)
{
	struct text_header *h;
	char section[64] = "";
	int rc = text_file_read(log->path, &h, err);
	if (rc < 0)
		return rc;
	log->step = 1.0;
	/* A last line that does not end may be cut within its number. */
	bool cut = h->size && h->text[h->size - 1] != '\n';
	for (char *line; (line = text_header_line(h, true));) {
		char *value = text_value(line, "=");
		if (value && cut && h->at == h->size)
			break;
		if (value)
			take(section, line + strspn(line, " \t"), value, log);
		else if (line[0] == '[')
			snprintf(section, sizeof section, "%.*s", (int)strcspn(line, " \t"), line);
	}
	text_header_free(h);
	/* Without the step between slices the spacing along z is unknown. */
	log->step = log->step > 0.0 ? log->step : 0.0;
	log->has_window = isfinite(log->low) && isfinite(log->high) && log->high > log->low;
	return 1;
}

int bruker_log_find(const char *prefix, struct bruker_log *out, struct gppi_error *err)
{
	const char *rec = NULL, *next = prefix, *slash = strrchr(prefix, '/');
	const char *name = slash ? slash + 1 : prefix;
	char path[1024];
	for (next = name; (next = strstr(next, "_rec")); next += 4)
		rec = next;
	size_t n = strlen(prefix);
	while (n && prefix + n > name && strchr("_-. ", prefix[n - 1]))
		n--;
	const struct { size_t n; const char *end; } tries[] = {
		{ strlen(prefix), ".log" }, { rec ? (size_t)(rec - prefix) : n, "_rec.log" }, { n, "_rec.log" },
		{ n, ".log" },
	};
	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
		if (prefix + tries[i].n > name &&
		    snprintf(path, sizeof path, "%.*s%s", (int)tries[i].n, prefix, tries[i].end) < (int)sizeof path &&
		    access(path, R_OK) == 0) {
			memcpy(out->path, path, sizeof path);
			return read_log(out, err);
		}
	return 0;
}

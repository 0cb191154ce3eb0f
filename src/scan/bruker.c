#define _POSIX_C_SOURCE 200809L
#include "scan/bruker.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "scan/text_header.h"

/* A whole number of pixels or slices; 0 for others. */
static int count(const char *value)
{
	double v = strtod(value, NULL);
	return v >= 1.0 && v <= 65535.0 ? (int)v : 0;
}

static double size(const char *value)
{
	double v = strtod(value, NULL);
	return isfinite(v) && v > 0.0 ? v : 0.0;
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
	if (!strcmp(key, "Pixel Size (um)"))
		log->pixel_um = size(value);
	else if (!strcmp(key, "Section to Section Step"))
		log->step = size(value);
	else if (!strcmp(key, "Result Image Width (pixels)"))
		log->width = count(value);
	else if (!strcmp(key, "Result Image Height (pixels)"))
		log->height = count(value);
	else if (!strcmp(key, "Sections Count"))
		log->sections = count(value);
	else if (!strcmp(key, "Minimum for CS to Image Conversion") || !strcmp(key, "Mininum for CS to Image Conversion"))
		log->low = strtod(value, NULL);
	else if (!strcmp(key, "Maximum for CS to Image Conversion"))
		log->high = strtod(value, NULL);
}

static int read_log(struct bruker_log *log, struct err *err)
{
	struct text_header *h;
	char section[64] = "";
	int rc = text_header_read(log->path, &h, err);
	if (rc < 0)
		return rc;
	log->step = 1.0;
	for (char *line; (line = text_header_line(h, true));) {
		char *value = text_value(line, "=");
		if (value)
			take(section, line + strspn(line, " \t"), value, log);
		else if (line[0] == '[')
			snprintf(section, sizeof section, "%.*s", (int)strcspn(line, " \t"), line);
	}
	text_header_free(h);
	log->step = log->step > 0.0 ? log->step : 1.0;
	log->has_window = isfinite(log->low) && isfinite(log->high) && log->high > log->low;
	return 1;
}

int bruker_log_find(const char *prefix, struct bruker_log *out, struct err *err)
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

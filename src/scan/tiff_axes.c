#include "scan/tiff_axes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "scan/stack.h"

#define COUNT_MAX 65535
#define ELEMENT_MAX 1024 /* letters of an XML element that are looked at */

/* How many there are of each, and how many pages lie between two slices of one time. */
struct counts {
	long long channels, slices, times, step;
};

const char *tiff_imagej(const struct tiff_file *t, const char *key)
{
	size_t n = strlen(key);
	if (strncmp(t->description, "ImageJ=", 7) != 0)
		return NULL;
	for (const char *line = t->description; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, n) && line[n] == '=')
			return line + n + 1;
	}
	return NULL;
}

/* A count of a description: 1 where it is not given, 0 where it is invalid. */
static long long count(const char *text)
{
	long long n = text ? strtoll(text, NULL, 10) : 1;
	return n >= 1 && n <= COUNT_MAX ? n : 0;
}

static int do_not_fit(const char *path, const struct counts *c, int pages, struct gppi_error *err)
{
	return err_set(err, GPPI_E_UNSUPPORTED,
		       "%s: its description tells of %lld channels, %lld slices and %lld times, but "
		       "it has %d pages; save the slices of one channel as one file",
		       path, c->channels, c->slices, c->times, pages);
}

/* ---- ImageJ: channels change fastest, then slices, then frames; a count of 1 is left out ---- */

static struct counts of_imagej(const struct tiff_file *t)
{
	return (struct counts){ count(tiff_imagej(t, "channels")), count(tiff_imagej(t, "slices")),
				count(tiff_imagej(t, "frames")), 1 };
}

/* ---- OME: XML ---- */

/* The next element with this name behind `at`, whatever its namespace; NULL: none. */
static const char *element(const char *at, const char *name)
{
	size_t n = strlen(name);
	for (const char *text = at; (at = strstr(at, name));) {
		char before = at > text ? at[-1] : ' ';
		at += n;
		if ((before == '<' || before == ':') && strchr(" \t\r\n/>", *at))
			return at;
	}
	return NULL;
}

/* The value of an attribute of the element that `at` stands in, behind its quote, in `text`; NULL where it has none. */
static const char *attribute_text(const char *at, const char *name, char text[ELEMENT_MAX])
{
	size_t n = strlen(name);
	snprintf(text, ELEMENT_MAX, "%.*s", ELEMENT_MAX - 1, at); /* and no further: there may be many */
	text[strcspn(text, ">")] = '\0';
	for (const char *found = text; (found = strstr(found, name));) {
		bool whole = found > text && strchr(" \t\r\n", found[-1]);
		found += n;
		if (whole && found[0] == '=' && (found[1] == '"' || found[1] == '\''))
			return found + 2;
	}
	return NULL;
}

/* A whole number: `missing` where it is not there, -1 where it is none. */
static long long attribute(const char *at, const char *name, long long missing)
{
	char text[ELEMENT_MAX], *end;
	const char *value = attribute_text(at, name, text);
	if (!value)
		return missing;
	long long v = strtoll(value, &end, 10);
	return end > value && v >= 0 && v <= COUNT_MAX ? v : -1;
}

/* The positions that planes of the first channel and time state, in whatever unit. */
static bool plane_at(const char *plane, long long *slice, double *where)
{
	char text[ELEMENT_MAX];
	const char *value = attribute_text(plane, "PositionZ", text), *end;
	*slice = attribute(plane, "TheZ", 0);
	return value && *slice >= 0 && !attribute(plane, "TheC", 0) && !attribute(plane, "TheT", 0) &&
	       number_at(value, where, &end);
}

/* Distances of neighbours that differ by more than a quarter: the volume is taken as even, and a person must look. */
static void doubt_positions(const char *pixels, char doubt[96])
{
	long long slice, before = -1;
	double where, last = 0.0, first = 0.0;
	for (const char *at = pixels; (at = element(at, "Plane"));) {
		if (!plane_at(at, &slice, &where))
			continue;
		double step = fabs(where - last);
		if (before >= 0 && slice == before + 1 && !(first > 0.0))
			first = step;
		else if (before >= 0 && slice == before + 1 && fabs(step - first) > 0.25 * first) {
			snprintf(doubt, 96, "slices %d and %d lie %.4g times as far apart as others: VOI is not exact",
				 (int)before, (int)slice, step / first);
			return;
		}
		before = slice;
		last = where;
	}
}

/* How many pages lie between neighbours along each axis. */
struct strides {
	long long c, z, t;
};

/* DimensionOrder="XYZCT" and the like, the fastest first. */
static bool find_strides(const char *pixels, const struct counts *n, struct strides *s)
{
	const char *end = strchr(pixels, '>'), *order = strstr(pixels, "DimensionOrder=");
	long long step = 1;
	*s = (struct strides){ 0 };
	if (!order || !end || order > end)
		return false;
	for (order += strlen("DimensionOrder=") + 1; order < end && strchr("XYCZT", *order); order++) {
		long long *stride = *order == 'C' ? &s->c : *order == 'Z' ? &s->z : *order == 'T' ? &s->t : NULL;
		if (!stride)
			continue;
		if (*stride)
			return false;
		*stride = step;
		step *= *order == 'C' ? n->channels : *order == 'Z' ? n->slices : n->times;
	}
	return s->c && s->z && s->t;
}

/* Pages may be assigned one by one; true where that is in the order of the axes. */
static bool in_order(const char *pixels, const struct strides *s)
{
	for (const char *at = pixels; (at = element(at, "TiffData"));) {
		long long page = s->c * attribute(at, "FirstC", 0) + s->z * attribute(at, "FirstZ", 0) +
				 s->t * attribute(at, "FirstT", 0);
		if (attribute(at, "IFD", page) != page)
			return false;
	}
	return true;
}

static int of_ome(const char *path, const char *pixels, struct counts *n, struct tiff_axes *out, struct gppi_error *err)
{
	const char *channel = element(pixels, "Channel");
	long long samples = channel ? attribute(channel, "SamplesPerPixel", 1) : 1;
	struct strides s;
	n->channels = attribute(pixels, "SizeC", 1);
	n->slices = attribute(pixels, "SizeZ", 1);
	n->times = attribute(pixels, "SizeT", 1);
	if (samples > 1 && n->channels % samples == 0) /* colours of one page */
		n->channels /= samples;
	if (element(pixels, "Pixels"))
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: holds several images; save the one with the slices as a file "
			       "of its own", path);
	if (n->channels < 1 || n->slices < 1 || n->times < 1 || !find_strides(pixels, n, &s) || !in_order(pixels, &s))
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: its OME description puts the pages into an order of its own; "
			       "save the slices one after another", path);
	n->step = s.z;
	doubt_positions(pixels, out->doubt);
	return 0;
}

/* ---- tifffile: {"shape": [frames, slices, height, width]} ---- */

static int of_shape(const char *path, const struct tiff_file *t, const char *shape, int pages, struct gppi_error *err)
{
	long long many = 0, size[8] = { 0 };
	int n = 0;
	shape += strcspn(shape, "[");
	for (char *end; *shape && n < 8; n++, shape = end) {
		size[n] = strtoll(shape + 1, &end, 10);
		if (end == shape + 1)
			break;
		end += strspn(end, " ");
		if (*end != ',') {
			n++;
			break;
		}
	}
	/* height and width; behind them may be the samples of a colour */
	int last = n >= 3 && size[n - 2] == t->w && size[n - 3] == t->h ? n - 3 : n - 2;
	for (int i = 0; i < last; i++)
		many += size[i] > 1;
	if (many < 2)
		return 0;
	return err_set(err, GPPI_E_UNSUPPORTED,
		       "%s: its %d pages are an array of several axes, not slices alone; save one "
		       "channel of one time as a file",
		       path, pages);
}

static int read_counts(const char *path, const struct tiff_file *t, int pages, struct counts *n, struct tiff_axes *out,
		       struct gppi_error *err)
{
	const char *text = t->description, *pixels;
	bool ome = strstr(text, "<OME") || strstr(text, ":OME");

	if (!strncmp(text, "ImageJ=", 7))
		*n = of_imagej(t);
	else if (ome && (pixels = element(text, "Pixels")))
		return of_ome(path, pixels, n, out, err);
	else if (ome && element(text, "BinaryOnly"))
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: what its pages are is told by another file; save the slices as "
			       "one TIFF file", path);
	else if (text[0] == '{' && strstr(text, "\"shape\""))
		return of_shape(path, t, strstr(text, "\"shape\""), pages, err);
	return 0;
}

int tiff_axes_find(const char *path, const struct tiff_file *t, int pages, struct tiff_axes *out,
		   struct gppi_error *err)
{
	struct counts n = { 1, pages, 1, 1 };

	*out = (struct tiff_axes){ pages, 1, "", "" };
	int rc = read_counts(path, t, pages, &n, out, err);
	/* A description that tells of slices alone may be that of a stack they were taken from; the pages count. */
	if (rc < 0 || (n.channels == 1 && n.times == 1))
		return rc;
	if (n.channels < 1 || n.slices < 1 || n.times < 1 || n.channels * n.slices * n.times != pages)
		return do_not_fit(path, &n, pages, err);
	/* Some programs store slices as times, or as channels. */
	if (n.slices == 1 && (n.channels == 1 || n.times == 1) && pages >= STACK_LEAST) {
		snprintf(out->note, sizeof out->note, "pages: %s, taken for slices",
			 n.times > 1 ? "times" : "channels");
		return 0;
	}
	if (n.channels > 1)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: has %lld channels of %lld slices; save one channel as a file of "
			       "its own (ImageJ: Image, Color, Split Channels)",
			       path, n.channels, n.slices);
	out->slices = (int)n.slices;
	out->step = (int)n.step;
	snprintf(out->doubt, sizeof out->doubt, "the file holds %lld times of %lld slices: only the first is used",
		 n.times, n.slices);
	return 0;
}

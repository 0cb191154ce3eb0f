#define _GNU_SOURCE
#include "serve/core/config.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"

#define FILE_MAX (1u << 20) /* bytes; a configuration has some kB */

enum kind { WHOLE, SIZE, VOXEL, TEXT, FOLDER, YES_NO, AE, AES, NETS, COMPLETE, OBJECTS };

struct entry {
	const char *section, *name;
	enum kind kind;
	size_t offset, size; /* size: of a text */
	int lo, hi;          /* of a whole number */
};

#define AT(member) offsetof(struct serve_config, member)
#define ROOM(member) AT(member), sizeof ((struct serve_config *)0)->member
#define WATCH_AT(member) offsetof(struct serve_watch, member)
#define WATCH_ROOM(member) WATCH_AT(member), sizeof ((struct serve_watch *)0)->member

static const struct entry entries[] = {
	{ "service", "spool", FOLDER, ROOM(spool), 0, 0 },
	{ "service", "results", FOLDER, ROOM(results), 0, 0 },
	{ "service", "weights", FOLDER, ROOM(weights), 0, 0 },
	{ "service", "csv", TEXT, ROOM(csv), 0, 0 },
	{ "service", "qc", YES_NO, AT(qc), 0, 0, 0 },
	{ "service", "page", YES_NO, AT(page), 0, 0, 0 },
	{ "service", "measure", YES_NO, AT(measure), 0, 0, 0 },
	{ "service", "dicom_results", YES_NO, AT(dicom_results), 0, 0, 0 },
	{ "service", "workers", WHOLE, AT(workers), 0, 1, 16 },
	{ "service", "threads", WHOLE, AT(threads), 0, 0, 64 },
	{ "service", "queue", WHOLE, AT(queue), 0, 1, 10000 },
	{ "service", "keep_done_days", WHOLE, AT(keep_done_days), 0, 0, 36500 },
	{ "service", "keep_quarantine_days", WHOLE, AT(keep_quarantine_days), 0, 0, 36500 },
	{ "service", "min_free", SIZE, AT(min_free), 0, 0, 0 },
	{ "service", "max_attempts", WHOLE, AT(max_attempts), 0, 1, 100 },
	{ "service", "job_timeout", WHOLE, AT(job_timeout), 0, 0, 604800 },
	{ "service", "job_memory", SIZE, AT(job_memory), 0, 0, 0 },
	{ "service", "strict", YES_NO, AT(strict), 0, 0, 0 },
	{ "dicom", "port", WHOLE, AT(dicom.port), 0, 0, 65535 },
	{ "dicom", "address", TEXT, ROOM(dicom.address), 0, 0 },
	{ "dicom", "ae_title", AE, ROOM(dicom.ae_title), 0, 0 },
	{ "dicom", "any_called_title", YES_NO, AT(dicom.any_called), 0, 0, 0 },
	{ "dicom", "allow_ae", AES, AT(dicom.ae), 0, 0, 0 },
	{ "dicom", "allow_address", NETS, AT(dicom.nets), 0, 0, 0 },
	{ "dicom", "max_associations", WHOLE, AT(dicom.max_associations), 0, 1, 256 },
	{ "dicom", "max_object", SIZE, AT(dicom.max_object), 0, 0, 0 },
	{ "dicom", "idle_timeout", WHOLE, AT(dicom.idle_timeout), 0, 1, 3600 },
	{ "dicom", "object_timeout", WHOLE, AT(dicom.object_timeout), 0, 1, 86400 },
	{ "dicom", "complete", COMPLETE, AT(dicom.complete), 0, 0, 0 },
	{ "dicom", "quiet_time", WHOLE, AT(dicom.quiet_time), 0, 1, 86400 },
	{ "dicom", "abort_wait", WHOLE, AT(dicom.abort_wait), 0, 1, 86400 },
	{ "dicom", "voxel_um", VOXEL, AT(dicom.voxel_um), 0, 0, 0 },
	{ "dicom", "tls_certificate", FOLDER, ROOM(dicom.tls_certificate), 0, 0 },
	{ "dicom", "tls_key", FOLDER, ROOM(dicom.tls_key), 0, 0 },
	{ "dicom", "tls_ca", FOLDER, ROOM(dicom.tls_ca), 0, 0 },
	{ "send", "host", TEXT, ROOM(send.host), 0, 0 },
	{ "send", "port", WHOLE, AT(send.port), 0, 1, 65535 },
	{ "send", "called_title", AE, ROOM(send.called_title), 0, 0 },
	{ "send", "calling_title", AE, ROOM(send.calling_title), 0, 0 },
	{ "send", "objects", OBJECTS, AT(send.objects), 0, 0, 0 },
	{ "send", "timeout", WHOLE, AT(send.timeout), 0, 1, 3600 },
	{ "send", "retry_max", WHOLE, AT(send.retry_max), 0, 1, 86400 },
	{ "send", "tls", YES_NO, AT(send.tls), 0, 0, 0 },
	{ "send", "tls_certificate", FOLDER, ROOM(send.tls_certificate), 0, 0 },
	{ "send", "tls_key", FOLDER, ROOM(send.tls_key), 0, 0 },
	{ "send", "tls_ca", FOLDER, ROOM(send.tls_ca), 0, 0 },
	{ "watch", "folder", FOLDER, WATCH_ROOM(folder), 0, 0 },
	{ "watch", "marker", TEXT, WATCH_ROOM(marker), 0, 0 },
	{ "watch", "quiet_time", WHOLE, WATCH_AT(quiet_time), 0, 1, 86400 },
	{ "watch", "poll", WHOLE, WATCH_AT(poll), 0, 1, 3600 },
	{ "watch", "max_size", SIZE, WATCH_AT(max_size), 0, 0, 0 },
	{ "watch", "voxel_um", VOXEL, WATCH_AT(voxel_um), 0, 0, 0 },
	{ "watch", "leave_in_place", YES_NO, WATCH_AT(in_place), 0, 0, 0 },
};
#define ENTRIES (sizeof entries / sizeof *entries)

struct reading {
	FILE *file;
	const char *path;
	struct serve_config *config;
	int line;
	bool long_line;
	int first[SERVE_WATCH_MAX + 1][ENTRIES]; /* line on which a name was given, per [watch] section; 0: it was
						  * not */
	struct gppi_error *err;
	int rc;
};

static int wrong(struct reading *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int wrong(struct reading *r, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	if (r->rc == 0) {
		va_start(ap, fmt);
		vsnprintf(text, sizeof text, fmt, ap);
		va_end(ap);
		r->rc = err_set(r->err, GPPI_E_USAGE, "%s:%d: %s", r->path, r->line, text);
	}
	return 0;
}

static int set_whole(struct reading *r, const struct entry *e, void *at, const char *value)
{
	char *end;

	errno = 0;
	long n = strtol(value, &end, 10);
	if (end == value || *end || errno || n < e->lo || n > e->hi)
		return wrong(r, "%s must be a whole number from %d to %d, not \"%s\"", e->name, e->lo, e->hi, value);
	*(int *)at = (int)n;
	return 1;
}

static int set_size(struct reading *r, const struct entry *e, void *at, const char *value)
{
	static const char units[] = "KMGT";
	char *end;

	errno = 0;
	unsigned long long n = strtoull(value, &end, 10), factor = 1;
	const char *unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit) {
		factor = 1ull << (10 * (unit - units + 1));
		end++;
	}
	if (!isdigit((unsigned char)*value) || *end || errno || __builtin_mul_overflow(n, factor, &n) || n > INT64_MAX)
		return wrong(r, "%s must be a size such as 500M or 2G, not \"%s\"", e->name, value);
	*(uint64_t *)at = n;
	return 1;
}

/* As --voxel-um of `gppi detect`. */
static int set_voxel(struct reading *r, const struct entry *e, void *at, const char *value)
{
	double um;

	if (!number_parse(value, &um) || um < 0.1 || um > 1000)
		return wrong(r, "%s must be the edge of a voxel in um, from 0.1 to 1000, not \"%s\"", e->name, value);
	*(double *)at = um;
	return 1;
}

static int set_text(struct reading *r, const struct entry *e, void *at, const char *value)
{
	if (strlen(value) >= e->size)
		return wrong(r, "%s is longer than %zu characters", e->name, e->size - 1);
	if (e->kind == FOLDER && *value && *value != '/')
		return wrong(r, "%s must be a whole path, beginning with /, not \"%s\"", e->name, value);
	if (strchr(value, '/') && e->kind == TEXT)
		return wrong(r, "%s is a plain name and cannot have a / in it", e->name);
	snprintf(at, e->size, "%s", value);
	size_t n = strlen(at);
	while (e->kind == FOLDER && n > 1 && ((char *)at)[n - 1] == '/')
		((char *)at)[--n] = 0;
	return 1;
}

/* "sr kos sc seg", in any order; commas do too. */
static int set_objects(struct reading *r, const struct entry *e, void *at, const char *value)
{
	static const struct {
		const char *word;
		unsigned bit;
	} known[] = { { "sr", SERVE_SR }, { "kos", SERVE_KOS }, { "sc", SERVE_SC }, { "seg", SERVE_SEG } };
	enum { KNOWN = sizeof known / sizeof *known };
	unsigned bits = 0;

	for (value += strspn(value, " \t,"); *value; value += strspn(value, " \t,")) {
		size_t n = strcspn(value, " \t,"), i = 0;
		while (i < KNOWN && (strlen(known[i].word) != n || memcmp(known[i].word, value, n) != 0))
			i++;
		if (i == KNOWN)
			return wrong(r, "%s must be some of sr, kos, sc and seg, not \"%.*s\"", e->name, (int)n, value);
		bits |= known[i].bit;
		value += n;
	}
	if (!bits)
		return wrong(r, "%s must be some of sr, kos, sc and seg", e->name);
	*(unsigned *)at = bits;
	return 1;
}

static int set(struct reading *r, const struct entry *e, void *at, const char *value)
{
	const char *problem = NULL;

	switch (e->kind) {
	case WHOLE:
		return set_whole(r, e, at, value);
	case SIZE:
		return set_size(r, e, at, value);
	case VOXEL:
		return set_voxel(r, e, at, value);
	case TEXT:
	case FOLDER:
		return set_text(r, e, at, value);
	case YES_NO:
		if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
			return wrong(r, "%s must be yes or no, not \"%s\"", e->name, value);
		*(bool *)at = *value == 'y';
		return 1;
	case AE: {
		struct allow_names one = { 0 };
		problem = allow_names_add(&one, value);
		if (problem || one.n != 1)
			return wrong(r, "%s must be one AE title of 1 to 16 characters", e->name);
		snprintf(at, e->size, "%s", one.name[0]);
		return 1;
	}
	case AES:
		problem = allow_names_add(at, value);
		break;
	case NETS:
		problem = allow_nets_add(at, value);
		break;
	case COMPLETE:
		if (strcmp(value, "quiet") != 0 && strcmp(value, "release") != 0)
			return wrong(r, "%s must be quiet or release, not \"%s\"", e->name, value);
		*(enum serve_complete *)at = *value == 'q' ? SERVE_QUIET : SERVE_RELEASE;
		return 1;
	case OBJECTS:
		return set_objects(r, e, at, value);
	}
	return problem ? wrong(r, "%s %s", e->name, problem) : 1;
}

/* The [watch NAME] section by its name; made when first met. NULL: too many. */
static struct serve_watch *watch_of(struct reading *r, const char *name)
{
	struct serve_config *c = r->config;

	for (int i = 0; i < c->nwatch; i++)
		if (strcmp(c->watch[i].name, name) == 0)
			return &c->watch[i];
	if (c->nwatch == SERVE_WATCH_MAX) {
		wrong(r, "there are more than %d [watch] sections", SERVE_WATCH_MAX);
		return NULL;
	}
	struct serve_watch *w = &c->watch[c->nwatch++];
	*w = (struct serve_watch){ .quiet_time = 30, .poll = 10, .max_size = 64ull << 30, .line = r->line };
	snprintf(w->name, sizeof w->name, "%s", name);
	return w;
}

static int on_value(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;
	struct serve_watch *watch = NULL;
	const char *kind = section;

	if (r->rc < 0)
		return 0;
	if (strncmp(section, "watch", 5) == 0 && (section[5] == ' ' || !section[5])) {
		const char *label = section + 5 + strspn(section + 5, " ");
		if (!*label)
			return wrong(r, "a [watch] section needs a name, such as [watch scanner]");
		kind = "watch";
		watch = watch_of(r, label);
		if (!watch)
			return 0;
	}
	for (size_t i = 0; i < ENTRIES; i++) {
		const struct entry *e = &entries[i];
		if (strcmp(e->section, kind) != 0 || strcmp(e->name, name) != 0)
			continue;
		int *first = &r->first[watch ? watch - r->config->watch + 1 : 0][i];
		/* lists may go on, on indented lines */
		if (*first && e->kind != AES && e->kind != NETS)
			return wrong(r, "%s is given twice (the first time in line %d)", name, *first);
		*first = r->line;
		return set(r, e, watch ? (char *)watch + e->offset : (char *)r->config + e->offset, value);
	}
	if (!*section)
		return wrong(r, "\"%s\" comes before any [section]", name);
	if (strcmp(kind, "service") != 0 && strcmp(kind, "dicom") != 0 && strcmp(kind, "send") != 0 && !watch)
		return wrong(r, "there is no section [%s]; choose from [service], [dicom], [send] and [watch NAME]",
			     section);
	return wrong(r, "there is no \"%s\" in [%s]", name, section);
}

/* inih asks for one line at a time and does not tell handlers its number: it is counted here. */
static char *next_line(char *text, int size, void *user)
{
	struct reading *r = user;

	if (r->rc < 0 || !fgets(text, size, r->file))
		return NULL;
	r->line++;
	size_t n = strlen(text);
	if (n && text[n - 1] != '\n' && !feof(r->file))
		wrong(r, "this line is longer than %d characters; break lists into indented lines", size - 2);
	return text;
}

int config_read(const char *path, struct serve_config *out, struct gppi_error *err)
{
	struct reading r = { .path = path, .config = out, .err = err };

	*out = (struct serve_config){
		.csv = "planes.csv", .qc = true, .page = true, .workers = 1, .queue = 64, .keep_done_days = 14,
		.min_free = 2ull << 30, .max_attempts = 5, .job_timeout = 7200, .job_memory = 8ull << 30,
		.dicom = { .address = "0.0.0.0", .ae_title = "GPPI", .max_associations = 8,
			   .max_object = 2ull << 30, .idle_timeout = 30, .object_timeout = 600,
			   .quiet_time = 60, .abort_wait = 300 },
		.send = { .objects = SERVE_SR | SERVE_KOS | SERVE_SC | SERVE_SEG, .timeout = 30, .retry_max = 900 },
	};
	if (strlen(path) >= sizeof out->file)
		return err_set(err, GPPI_E_USAGE, "%.100s...: the path is too long", path);
	snprintf(out->file, sizeof out->file, "%s", path);
	uint64_t bytes;
	r.rc = file_stream(path, &r.file, &bytes, err);
	if (r.rc < 0)
		return r.rc;
	if (bytes > FILE_MAX)
		r.rc = err_set(err, GPPI_E_USAGE, "%s: has %llu bytes; is it a configuration?", path,
			       (unsigned long long)bytes);
	int bad = ini_parse_stream(next_line, &r, on_value, &r);
	if (r.rc == 0 && ferror(r.file))
		r.rc = err_set(err, GPPI_E_IO, "%s: cannot be read: %s", path, strerror(errno));
	fclose(r.file);
	if (r.rc == 0 && bad)
		r.rc = err_set(err, GPPI_E_USAGE, "%s:%d: is neither [section] nor name = value", path, bad);
	return r.rc < 0 ? r.rc : config_check(out, path, err);
}

const char *config_fixed_difference(const struct serve_config *a, const struct serve_config *b)
{
	if (strcmp(a->spool, b->spool) != 0)
		return "spool";
	if (strcmp(a->results, b->results) != 0)
		return "results";
	if (strcmp(a->weights, b->weights) != 0)
		return "weights";
	if (a->workers != b->workers)
		return "workers";
	if (a->dicom.port != b->dicom.port || strcmp(a->dicom.address, b->dicom.address) != 0)
		return "port or address";
	if (strcmp(a->dicom.tls_certificate, b->dicom.tls_certificate) != 0 ||
	    strcmp(a->dicom.tls_key, b->dicom.tls_key) != 0 || strcmp(a->dicom.tls_ca, b->dicom.tls_ca) != 0)
		return "TLS files";
	if (a->nwatch != b->nwatch)
		return "the number of watch folders";
	for (int i = 0; i < a->nwatch; i++)
		if (strcmp(a->watch[i].folder, b->watch[i].folder) != 0)
			return "a watch folder";
	for (int i = 0; i < a->nwatch; i++)
		if (a->watch[i].in_place != b->watch[i].in_place)
			return "leave_in_place";
	return NULL;
}

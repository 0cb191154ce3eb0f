/* The study page as a file: the template around the parts of the bones. */
#define _POSIX_C_SOURCE 200809L
#include "report/page.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/atomic.h"
#include "base/sha256.h"
#include "report/page_parts.h"

struct page {
	struct atomic_file *file;
	const char *rest; /* of the template, behind the bones */
};

size_t page_base64(const uint8_t *data, size_t size, char *to)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *start = to;

	for (size_t i = 0; i < size; i += 3) {
		size_t n = size - i < 3 ? size - i : 3;
		unsigned v = (unsigned)data[i] << 16 | (n > 1 ? (unsigned)data[i + 1] << 8 : 0) |
			     (n > 2 ? data[i + 2] : 0);
		*to++ = digit[v >> 18];
		*to++ = digit[v >> 12 & 63];
		*to++ = n > 1 ? digit[v >> 6 & 63] : '=';
		*to++ = n > 2 ? digit[v & 63] : '=';
	}
	*to = 0;
	return (size_t)(to - start);
}

static void put(FILE *out, struct page_asset a)
{
	fwrite(a.text, 1, (size_t)(a.end - a.text), out);
}

/* 'sha256-...': what a browser compares the text of a <style> or <script> with. */
static void put_hash(FILE *out, const struct page_asset *text, int n)
{
	struct sha256 s;
	uint8_t digest[32];
	char base64[48];

	sha256_init(&s);
	for (int i = 0; i < n; i++)
		sha256_update(&s, text[i].text, (size_t)(text[i].end - text[i].text));
	sha256_final(&s, digest);
	page_base64(digest, sizeof digest, base64);
	fprintf(out, "'sha256-%s'", base64);
}

static bool is(const char *name, size_t length, const char *field)
{
	return length == strlen(field) && memcmp(name, field, length) == 0;
}

static void put_field(FILE *out, const char *name, size_t length)
{
	struct page_asset style = page_asset_style(), script[8];
	int n = page_asset_scripts();
	char when[32] = "";
	struct tm tm;
	time_t now = time(NULL);

	for (int i = 0; i < n; i++)
		script[i] = page_asset_script(i);
	if (is(name, length, "STYLE_HASH")) {
		put_hash(out, &style, 1);
	} else if (is(name, length, "SCRIPT_HASH")) {
		put_hash(out, script, n);
	} else if (is(name, length, "STYLE")) {
		put(out, style);
	} else if (is(name, length, "SCRIPT")) {
		for (int i = 0; i < n; i++)
			put(out, script[i]);
	} else if (is(name, length, "VERSION")) {
		fputs(GPPI_VERSION, out);
	} else if (is(name, length, "WRITTEN")) {
		if (localtime_r(&now, &tm))
			strftime(when, sizeof when, "%Y-%m-%d %H:%M", &tm);
		fputs(when, out);
	}
}

/* Copies the template up to {{BONES}} or its end, filling in fields; returns what is left. */
static const char *put_template(FILE *out, const char *at, const char *end)
{
	while (at < end) {
		const char *field = strstr(at, "{{"), *close = field ? strstr(field, "}}") : NULL;
		if (!close)
			break;
		fwrite(at, 1, (size_t)(field - at), out);
		at = close + 2;
		size_t length = (size_t)(close - field) - 2;
		if (is(field + 2, length, "BONES"))
			return at;
		put_field(out, field + 2, length);
	}
	fwrite(at, 1, (size_t)(end - at), out);
	return end;
}

int page_open(const char *path, struct page **out, struct gppi_error *err)
{
	struct page_asset html = page_asset_html();
	struct page *page = calloc(1, sizeof *page);

	*out = NULL;
	if (!page)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
	int rc = atomic_open(path, &page->file, err);
	if (rc < 0) {
		free(page);
		return rc;
	}
	page->rest = put_template(atomic_stream(page->file), html.text, html.end);
	*out = page;
	return 0;
}

void page_add(struct page *page, const struct page_part *part)
{
	fwrite(part->text, 1, part->size, atomic_stream(page->file));
}

int page_finish(struct page *page, struct gppi_error *err)
{
	put_template(atomic_stream(page->file), page->rest, page_asset_html().end);
	int rc = atomic_commit(page->file, err);
	free(page);
	return rc;
}

void page_abort(struct page *page)
{
	if (page)
		atomic_abort(page->file);
	free(page);
}

/* A service of a test, and a worker that was taken over: the service starts its own program as its worker, which is the
 * test. FAKE in the environment tells what it does. The includer has temp_dir.h. */
#ifndef TESTS_WORKER_FAKE_H
#define TESTS_WORKER_FAKE_H

#include <fcntl.h>
#include <jansson.h>

#include "report/page.h"
#include "report/report.h"
#include "serve/core/work.h"
#include "serve/jobs/worker_parts.h"
#include "serve/store/publish.h"

struct fake {
	struct serve_config config;
	struct service *service;
	struct job job;
};

static inline void fake_begin(struct fake *f)
{
	struct gppi_error err;

	*f = (struct fake){ .config = { .workers = 1, .threads = 1, .job_timeout = 60, .page = true } };
	f->service = calloc(1, sizeof *f->service);
	assert_non_null(f->service);
	snprintf(f->config.spool, sizeof f->config.spool, "%s", in_dir("spool"));
	snprintf(f->config.results, sizeof f->config.results, "%s", in_dir("results"));
	snprintf(f->config.csv, sizeof f->config.csv, "planes.csv");
	snprintf(f->config.send.host, sizeof f->config.send.host, "localhost");
	atomic_store(&f->service->config, &f->config);
	assert_int_equal(store_open(&f->service->spool, f->config.spool, false, &err), 0);
	assert_int_equal(store_make(in_dir("spool/records"), &err), 0);
	assert_int_equal(store_make(in_dir("spool/pages"), &err), 0);
	assert_int_equal(outbox_open(f->config.spool, &err), 0);
	assert_int_equal(publish_recover(f->service, &err), 0);
	f->job = (struct job){ .key = "k", .store = &f->service->spool };
	setenv("FAKE_DIR", test_dir, 1);
}

static inline void fake_end(struct fake *f)
{
	pages_free(&f->service->pages);
	store_close(&f->service->spool);
	free(f->service);
}

static inline bool has_text(const char *path, const char *text)
{
	char got[64] = "";
	FILE *file = fopen(path, "re");
	size_t n = file ? fread(got, 1, sizeof got - 1, file) : 0;

	if (file)
		fclose(file);
	return n == strlen(text) && strcmp(got, text) == 0;
}

/* A copy of the first file in series/, which is DICOM. */
static inline void fake_object(const char *to)
{
	char **names, from[300];
	size_t n;
	struct gppi_error err;
	int files = store_names(in_dir("series"), &names, &err);

	assert_true(files > 0);
	snprintf(from, sizeof from, "series/%s", names[0]);
	uint8_t *bytes = get_file(in_dir(from), &n);
	put_file(in_dir(to), bytes, n);
	free(bytes);
	store_free_names(names, files);
}

/* ---- the worker ---- */

static inline bool fakes(const char *how)
{
	const char *what = getenv("FAKE");

	return what && strcmp(what, how) == 0;
}

static inline void fake_files(void)
{
	if (fakes("link"))
		(void)!symlink(in_dir("other"), in_dir("results/.new/k/result.json"));
	else if (fakes("link to picture"))
		(void)!symlink(in_dir("other"), in_dir("results/.new/k/bone-1.jpg"));
	else if (fakes("second name"))
		(void)!link(in_dir("other"), in_dir("results/.new/k/bone-1.jpg"));
	else if (fakes("folder"))
		(void)mkdir(in_dir("results/.new/k/bone-1.jpg"), 0700);
	else if (fakes("page in folder"))
		put_text(in_dir("results/.new/k/index.html"), "");
	else if (fakes("bone 3"))
		put_text(in_dir("results/.new/k/bone-3.jpg"), "");
	else if (fakes("staged"))
		put_text(in_dir("spool/send/staged/k/bone-1-other.dcm"), "");
	else if (fakes("staged link"))
		(void)!symlink(in_dir("other"), in_dir("spool/send/staged/k/bone-1-key.dcm"));
	else
		put_text(in_dir("results/.new/k/bone-1.jpg"), "");
}

/* Two rows. */
static inline void fake_rows(FILE *out)
{
	const struct gppi_error why = { .code = GPPI_E_NOBONE, .text = "no bone, \"here\"" };
	const struct report_failure f = { .name = fakes("escape") ? "a" : "=a", .input = "in", .why = &why };
	char *row, *copy, huge[20000];
	size_t size;
	FILE *memory = open_memstream(&row, &size);

	report_csv_failure(memory, &f);
	fclose(memory);
	row[size - 1] = 0;
	memset(huge, 'x', sizeof huge);
	huge[sizeof huge - 1] = 0;
	copy = strdup(row);
	if (fakes("escape"))
		copy[0] = 27;
	else if (fakes("open quote"))
		strrchr(copy, '"')[0] = 'x';
	else if (fakes("formula"))
		memmove(copy, copy + 1, strlen(copy)); /* the ' in front */
	else if (fakes("columns"))
		strstr(copy, ",,,")[0] = 'x';
	else if (fakes("long row"))
		fputs(huge, out);
	fprintf(out, "%s,k\n", copy);
	fprintf(out, "%s%s%s", row, fakes("no key") ? "" : fakes("other key") ? ",other" : ",k",
		fakes("no end") ? "" : "\n");
	if (fakes("more rows"))
		fprintf(out, "%s,k\n", row);
	free(row);
	free(copy);
}

#define FAKE_TAG(class) "<script type=\"application/json\" class=\"" class "\">"

static inline void fake_page(FILE *out)
{
	struct page_part part;
	struct gppi_error err;

	page_part_failure("a <b>", "in", 0, "no bone", &part, &err);
	fwrite(part.text, 1, part.size, out);
	if (fakes("page script"))
		fputs("<script>alert(1)</script>\n", out);
	else if (fakes("page comment"))
		fputs("<!-- ", out);
	else if (fakes("page tag in text"))
		fputs(FAKE_TAG("bone") "{\"a\":\"<!--<script>\"}</script>\n", out);
	else if (fakes("page without end"))
		fputs(FAKE_TAG("bone") "{\"a\":1}", out);
	else if (fakes("page pictures"))
		fputs(FAKE_TAG("pictures") "[\"x\\\"y\"]</script>\n", out);
	else
		fputs(FAKE_TAG("pictures") "[\"/9j/\",\"AA==\"]</script>\n", out);
	for (int i = 0; i < (fakes("page of none") ? 0 : fakes("page of more") ? 2 : 1); i++)
		fwrite(part.text, 1, part.size, out);
	for (int i = 0; fakes("page large") && i < 5 << 20; i++)
		fputc(' ', out);
	page_part_free(&part);
}

static inline void fake_text(void (*write)(FILE *out), char **text, size_t *size)
{
	FILE *memory = open_memstream(text, size);

	write(memory);
	fclose(memory);
}

static inline int fake_worker(void)
{
	const char *json = fakes("json") ? "{}\nnone\n" : fakes("two objects") ? "{}\n{} {}\n" :
			   fakes("more lines") ? "{}\n{}\n{}\n" : "{}\n{\"a\":1}\n";
	const int code = fakes("cancelled") ? GPPI_E_CANCELLED : fakes("odd code") ? -50 : fakes("weights") ?
			 GPPI_E_WEIGHTS : fakes("unwritten") ? GPPI_E_IO : 0;
	const char *why = code ? "as it says" : "";
	char *rows, *page;
	size_t rows_size, page_size;
	struct gppi_error err;

	snprintf(test_dir, sizeof test_dir, "%s", getenv("FAKE_DIR"));
	if (fakes("says")) {
		fputs("<6>event=done key=other bones=1\n<4>event=no_dicom key=k what=\"x\"\n\033[2J", stderr);
		for (int i = 0; i < 3000; i++)
			fprintf(stderr, "%d: %0100d\n", i, 0);
		fputs("<6>event=done key=last\n", stderr);
	}
	fake_files();
	fake_text(fake_rows, &rows, &rows_size);
	fake_text(fake_page, &page, &page_size);
	json_t *head = json_pack("{s:i,s:i,s:i,s:i,s:i}", "code", code, "bones", fakes("no bones") ? 0 : 1, "failed",
				 fakes("many bones") ? 1 << 30 : 1, "review", 0, "unwritten", fakes("unwritten"));
	(void)worker_write(STDOUT_FILENO, head, (const char *[]){ json, rows, why },
			   (size_t[]){ strlen(json), rows_size, strlen(why) }, &err);
	(void)worker_write(STDOUT_FILENO, json_pack("{s:i}", "code", 0), (const char *[]){ page, NULL, NULL },
			   (size_t[]){ page_size, 0, 0 }, &err);
	free(rows);
	free(page);
	return 0;
}

#endif

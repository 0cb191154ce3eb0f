/* The service's parts that need no service: keys, lists of who may send, the configuration, folders. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/core/allow.h"
#include "serve/core/config.h"
#include "serve/core/log.h"
#include "serve/core/queue.h"
#include "serve/core/store.h"

static void test_uid_keys(void **state)
{
	static const char *const hostile[] = { "", ".", "..", "../../etc/passwd", "1.2/3", ".1.2", "1.2.", "1..2",
					       "1.2\n",
					       "1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4" };
	char key[STORE_KEY], other[STORE_KEY];

	(void)state;
	store_uid_key("1.2.840.10008.1", key);
	assert_string_equal(key, "1.2.840.10008.1");
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		store_uid_key(hostile[i], key);
		assert_int_equal(key[0], 'x');
		assert_int_equal(strlen(key), 33);
		assert_int_equal(strspn(key + 1, "0123456789abcdef"), 32);
	}
	store_uid_key("1.2/3", key);
	store_uid_key("1.2/4", other);
	assert_string_not_equal(key, other);
}

static void test_name_keys(void **state)
{
	char key[STORE_KEY], text[600];

	(void)state;
	store_name_key("bone 7.nii", key);
	assert_string_equal(key, "bone_7.nii");
	store_name_key("../../x", key);
	assert_string_equal(key, "file-.._.._x");
	store_name_key("1.2.3", key); /* not to be taken for a series */
	assert_string_equal(key, "file-1.2.3");
	store_name_key("x0123", key);
	assert_string_equal(key, "file-x0123");
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = 0;
	store_name_key(text, key);
	assert_true(strlen(key) < STORE_KEY - 10);
}

static bool allowed(const struct allow_nets *nets, const char *text)
{
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return allow_address(nets, (struct sockaddr *)&four);
	assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
	return allow_address(nets, (struct sockaddr *)&six);
}

static void test_addresses(void **state)
{
	struct allow_nets nets = { 0 };

	(void)state;
	assert_false(allowed(&nets, "127.0.0.1")); /* nobody is allowed by nothing */
	assert_null(allow_nets_add(&nets, "192.0.2.128/25, 198.51.100.7  2001:db8::/33"));
	assert_true(allowed(&nets, "192.0.2.128"));
	assert_true(allowed(&nets, "192.0.2.255"));
	assert_false(allowed(&nets, "192.0.2.127"));
	assert_true(allowed(&nets, "198.51.100.7"));
	assert_false(allowed(&nets, "198.51.100.6"));
	assert_true(allowed(&nets, "::ffff:192.0.2.200")); /* the same peer on a socket of both kinds */
	assert_true(allowed(&nets, "2001:db8:7fff::1"));
	assert_false(allowed(&nets, "2001:db8:8000::1"));
	assert_non_null(allow_nets_add(&nets, "192.0.2.0/33"));
	assert_non_null(allow_nets_add(&nets, "192.0.2.0/"));
	assert_non_null(allow_nets_add(&nets, "scanner"));
	assert_null(allow_nets_add(&nets, "0.0.0.0/0"));
	assert_true(allowed(&nets, "8.8.8.8"));
	assert_false(allowed(&nets, "2001:4860::8"));
}

static void test_titles(void **state)
{
	struct allow_names names = { 0 };

	(void)state;
	assert_false(allow_name(&names, "SCANNER"));
	assert_null(allow_names_add(&names, "SCANNER,B"));
	assert_true(allow_name(&names, "SCANNER"));
	assert_true(allow_name(&names, "  SCANNER  "));
	assert_false(allow_name(&names, "scanner"));
	assert_false(allow_name(&names, "SCANNER2"));
	assert_false(allow_name(&names, ""));
	assert_non_null(allow_names_add(&names, "ABCDEFGHIJKLMNOPQ"));
	assert_null(allow_names_add(&names, "*"));
	assert_true(allow_name(&names, "ANY"));
	assert_false(allow_name(&names, "  "));
}

static char folder[] = "/tmp/gppi-test-serve-XXXXXX";

static int read_text(const char *text, struct serve_config *c, struct gppi_error *err)
{
	char path[200];

	snprintf(path, sizeof path, "%s/a.conf", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return config_read(path, c, err);
}

#define MINIMAL "[service]\nspool = /s\nresults = /r/\n[watch a]\nfolder = /w\n"

static void test_config(void **state)
{
	static const struct {
		const char *text, *sentence;
	} bad[] = {
		{ "", "needs spool" },
		{ "spool = /s\n", ":1: \"spool\" comes before any [section]" },
		{ "[service]\nspool = s\n", ":2: spool must be a whole path" },
		{ "[service]\nspool = /s\nresults = /r\n", "nothing to do" },
		{ "[service]\n\nworkers = 0\n", ":3: workers must be a whole number from 1 to 16" },
		{ "[service]\nworkers = 2 3\n", ":2: workers" },
		{ "[service]\nmin_free = -1\n", ":2: min_free must be a size" },
		{ "[service]\nmin_free = 99999999999T\n", ":2: min_free" },
		{ "[service]\nqc = true\n", ":2: qc must be yes or no" },
		{ "[service]\ncsv = ../a.csv\n", ":2: csv" },
		{ "[service]\nqc = yes\nqc = no\n", ":3: qc is given twice (the first time in line 2)" },
		{ "[servce]\nqc = yes\n", "there is no section [servce]" },
		{ "[service]\nnonsense\n", ":2: is neither" },
		{ "[watch]\nfolder = /w\n", ":2: a [watch] section needs a name" },
		{ MINIMAL "[watch b]\nfolder = /w\n", "has the same folder as [watch a]" },
		{ MINIMAL "[watch b]\nfolder = /w/b\n",
		  ":7: the folders of [watch b] and [watch a] lie in each other" },
		{ MINIMAL "[watch b]\nfolder = /s/incoming/\n", ":7: the folder of [watch b] cannot lie in the spool" },
		{ "[service]\nspool = /s\nresults = /s/\n[watch a]\nfolder = /w\n",
		  "spool and results are one folder" },
		{ MINIMAL "[watch b]\nfolder = /v/incoming/\n[watch c]\nfolder = /\n",
		  ":9: spool and results cannot lie in" },
		{ MINIMAL "[service]\njob_timeout = -1\n", "job_timeout must be a whole number from 0" },
		{ MINIMAL "[watch a]\nleave_in_place = maybe\n", "leave_in_place must be yes or no" },
		{ MINIMAL "[watch a]\nvoxel_um = 10.5 um\n",
		  ":7: voxel_um must be the edge of a voxel in um, from 0.1 to 1000" },
		{ MINIMAL "[watch a]\nvoxel_um = 0.01\n", ":7: voxel_um must be" },
		{ MINIMAL "[dicom]\nvoxel_um = -10\n", ":7: voxel_um must be" },
		{ MINIMAL "[service]\nvoxel_um = 10\n", "there is no \"voxel_um\" in [service]" },
		{ MINIMAL "[dicom]\nport = 104\n", "needs allow_ae" },
		{ MINIMAL "[dicom]\nport = 70000\n", ":7: port" },
		{ MINIMAL "[dicom]\ntls_key = /k\n", "TLS needs both" },
		{ MINIMAL "[send]\nhost = pacs\nport = 104\n", "needs port and called_title" },
		{ MINIMAL "[send]\nport = 104\n", "needs host" },
		{ MINIMAL "[send]\nport = 0\n", ":7: port must be a whole number from 1" },
		{ MINIMAL "[send]\nobjects = sr, pdf\n",
		  ":7: objects must be some of sr, kos, sc and seg, not \"pdf\"" },
		{ MINIMAL "[send]\nobjects = ,\n", ":7: objects must be" },
		{ MINIMAL "[send]\nhost = p\nport = 1\ncalled_title = P\ntls = yes\n", "needs tls_ca" },
		{ MINIMAL "[send]\nhost = p\nport = 1\ncalled_title = P\ntls_ca = /a\n", "needs tls = yes" },
	};
	struct serve_config *c = malloc(sizeof *c);
	struct gppi_error err;

	(void)state;
	assert_non_null(c);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(read_text(bad[i].text, c, &err), GPPI_E_USAGE);
		if (!strstr(err.text, bad[i].sentence))
			fail_msg("\"%s\" does not say \"%s\"", err.text, bad[i].sentence);
	}
	assert_int_equal(read_text(MINIMAL "[dicom]\nport = 104 ; privileged\nallow_ae = A B\n  C\n", c, &err), 0);
	assert_string_equal(c->results, "/r");
	assert_int_equal(c->dicom.port, 104);
	assert_int_equal(c->dicom.ae.n, 3);
	assert_int_equal(c->dicom.nets.n, 2); /* this machine */
	assert_int_equal(c->nwatch, 1);
	assert_int_equal(c->min_free, 2ull << 30);
	assert_int_equal(c->send.objects, SERVE_SR | SERVE_KOS | SERVE_SC | SERVE_SEG);
	assert_int_equal(read_text(MINIMAL "[send]\nhost = pacs\nport = 104\ncalled_title = P\nobjects = sc,sr,seg\n",
				   c, &err),
			 0);
	assert_int_equal(c->send.objects, SERVE_SR | SERVE_SC | SERVE_SEG);
	assert_string_equal(c->send.calling_title, "GPPI"); /* as the receiver's */
	assert_true(c->watch[0].voxel_um == 0 && c->dicom.voxel_um == 0); /* what files say counts */
	assert_int_equal(read_text(MINIMAL "voxel_um = 10,5\n[dicom]\nvoxel_um = 6\n", c, &err), 0);
	assert_true(c->watch[0].voxel_um == 10.5 && c->dicom.voxel_um == 6);
	free(c);
}

static void put(const char *path)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs("x", file);
	fclose(file);
}

static void test_quarantine(void **state)
{
	struct store store, second;
	char path[STORE_PATH], from[STORE_PATH], text[100] = "";
	struct gppi_error err;

	(void)state;
	snprintf(path, sizeof path, "%s/store", folder);
	assert_int_equal(store_open(&store, path, false, &err), 0);
	assert_int_equal(store_open(&second, path, false, &err), GPPI_E_IO); /* one service for each */
	assert_non_null(strstr(err.text, "another gppi serve uses this spool"));
	for (int i = 0; i < 2; i++) { /* the second one must not replace the first */
		assert_int_equal(store_begin(&store, STORE_WORK, "k", from, &err), 0);
		snprintf(path, sizeof path, "%.1400s/%d", from, i);
		put(path);
		assert_int_equal(store_finish(&store, STORE_WORK, "k", &err), 0);
		store_path(&store, STORE_WORK, "k", from);
		assert_int_equal(store_quarantine(&store, from, "k", i ? "second" : "first", &err), 0);
		assert_false(store_exists(from));
	}
	store_path(&store, STORE_QUARANTINE, "k-2/reason.txt", path);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof text, file));
	fclose(file);
	assert_string_equal(text, "second\n");
	assert_true(store_exists(store_path(&store, STORE_QUARANTINE, "k/data/0", path)));
	assert_true(store_exists(store_path(&store, STORE_QUARANTINE, "k-2/data/1", path)));
	assert_true(store_move(store_path(&store, STORE_QUARANTINE, "k", from),
			       store_path(&store, STORE_QUARANTINE, "k-2", path), &err) < 0);
	store_close(&store);
}

static void test_queue(void **state)
{
	struct queue q;
	struct store store = { 0 };
	struct gppi_error err;

	(void)state;
	assert_int_equal(queue_init(&q, &err), 0);
	assert_int_equal(queue_put(&q, &store, "a", &err), 0);
	assert_int_equal(queue_put(&q, &store, "b", &err), 0);
	struct job *a = queue_take(&q);
	assert_string_equal(a->key, "a");
	assert_true(queue_has(&q, "a")); /* under way counts */
	queue_return(&q, a, 1000);       /* waits long: the next one is first */
	struct job *b = queue_take(&q);
	assert_string_equal(b->key, "b");
	queue_finish(&q, b);
	assert_false(queue_has(&q, "b"));
	assert_int_equal(queue_length(&q, NULL), 1);
	queue_stop(&q);
	assert_null(queue_take(&q));
	queue_free(&q);
}

/* One line for each event; what a name or sentence has in it neither ends it nor begins a field. */
static void test_log(void **state)
{
	char text[300] = "";
	int ends[2], before = dup(STDERR_FILENO);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	serve_log(LOG_BAD, "error key=%s what=\"%s\"", "k", "a \"b\" what=\"c\"\nd");
	dup2(before, STDERR_FILENO);
	assert_true(read(ends[0], text, sizeof text - 1) > 0);
	assert_string_equal(text, "<3>event=error key=k what=\"a 'b' what='c'?d\"\n");
	close(before);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uid_keys),
		cmocka_unit_test(test_name_keys),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_titles),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_quarantine),
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_log),
	};
	struct gppi_error err;

	if (!mkdtemp(folder))
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)store_remove(folder, &err);
	return failed;
}

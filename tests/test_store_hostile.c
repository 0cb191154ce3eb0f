/* Watch folders whose owner means harm: pipes and links under the service's names, rooms that become links to other
 * trees, folders of any depth. */
#define _GNU_SOURCE
#include "temp_dir.h"

#include <fcntl.h>

#include "serve/core/service.h"
#include "serve/core/state.h"

static void make(const char *path)
{
	assert_int_equal(mkdir(in_dir(path), 0777), 0);
}

static bool there(const char *path)
{
	return store_exists(in_dir(path));
}

static void is_text(const char *path, const char *text)
{
	size_t n;
	uint8_t *got = get_file(in_dir(path), &n);

	assert_int_equal(n, strlen(text));
	assert_memory_equal(got, text, n);
	free(got);
}

/* ---- what a job notes ---- */

static void states_open_no_pipe_and_no_link(void **s)
{
	const struct job_state state = { .attempts = 3 };
	struct job_state read;
	struct gppi_error err;

	(void)s;
	alarm(20); /* a pipe that is opened keeps the test for good */
	assert_int_equal(mkfifo(in_dir("state.new"), 0666), 0);
	assert_int_equal(mkfifo(in_dir("state"), 0666), 0);
	state_read(test_dir, &read);
	assert_int_equal(read.attempts, 0);
	assert_int_equal(state_sync(test_dir, &err), GPPI_E_IO);
	assert_int_equal(state_write(test_dir, &state, &err), 0);
	state_read(test_dir, &read);
	assert_int_equal(read.attempts, 3);
	put_text(in_dir("other"), "mine");
	assert_int_equal(symlink(in_dir("other"), in_dir("state.new")), 0);
	assert_int_equal(state_write(test_dir, &state, &err), 0);
	is_text("other", "mine");
	assert_int_equal(unlink(in_dir("state")), 0);
	put_text(in_dir("other"), "attempts 4\ncrashed 0\nlook 0\n");
	assert_int_equal(symlink(in_dir("other"), in_dir("state")), 0);
	state_read(test_dir, &read);
	assert_int_equal(read.attempts, 0);
	assert_int_equal(state_write(test_dir, &state, &err), 0);
	is_text("other", "attempts 4\ncrashed 0\nlook 0\n");
	assert_int_equal(unlink(in_dir("state")), 0);
	make("state");
	make("state/x");
	make("state.new");
	make("state.new/x");
	assert_int_equal(state_write(test_dir, &state, &err), 0);
	state_read(test_dir, &read);
	assert_int_equal(read.attempts, 3);
	alarm(0);
}

static void states_are_within_range(void **s)
{
	static const struct {
		const char *text;
		int attempts;
	} cases[] = {
		{ "attempts 2147483647\ncrashed 0\nlook 0\n", 0 },
		{ "attempts 999999999\ncrashed 0\nlook 0\n", 1000 },
		{ "attempts -5\ncrashed 1\nlook 0\n", 0 },
		{ "attempts 5\ncrashed 1\nlook ffffffffffffffff\n", 5 },
		{ "attempts 99999999999999999999\ncrashed 1\nlook 0\n", 0 },
	};
	struct job_state read;
	char *long_one = malloc(100001);

	(void)s;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		put_text(in_dir("state"), cases[i].text);
		state_read(test_dir, &read);
		assert_int_equal(read.attempts, cases[i].attempts);
	}
	assert_non_null(long_one);
	memset(long_one, 'x', 100000);
	long_one[100000] = 0;
	memcpy(long_one, "attempts 5\ncrashed 1\nlook 0\nsource ", 35);
	put_text(in_dir("state"), long_one);
	state_read(test_dir, &read);
	assert_string_equal(read.source, "");
	free(long_one);
}

static void sources_lead_out_of_no_folder(void **s)
{
	struct service *service = calloc(1, sizeof *service);
	struct serve_config *c = calloc(1, sizeof *c);

	(void)s;
	assert_true(service && c);
	c->nwatch = 1;
	c->watch[0].in_place = true;
	strcpy(c->watch[0].folder, "/share");
	atomic_store(&service->config, c);
	assert_int_equal(place_of(service, "/share/a..b/..c/d"), 0);
	assert_int_equal(place_of(service, "/share/a"), 0);
	assert_int_equal(place_of(service, "/share/../etc/passwd"), -1);
	assert_int_equal(place_of(service, "/share/a/../../etc/passwd"), -1);
	assert_int_equal(place_of(service, "/share/a/.."), -1);
	assert_int_equal(place_of(service, "/share//etc/passwd"), -1);
	assert_int_equal(place_of(service, "/share/"), -1);
	free(service);
	free(c);
}

/* ---- rooms ---- */

/* A watch folder with the job done/k, and another tree of the same form beside it. */
static void open_beside(struct store *store)
{
	struct gppi_error err;

	make("watch");
	make("other");
	make("other/k");
	make("other/k/data");
	put_text(in_dir("other/k/data/file"), "mine");
	assert_int_equal(store_open(store, in_dir("watch"), true, &err), 0);
	make("watch/done/k");
	make("watch/done/k/data");
	make("watch/queue/j");
	make("watch/queue/j/data");
	assert_true(store_has_rooms(store));
}

static void rooms_that_are_links_are_not_entered(void **s)
{
	const struct job_state state = { 0 };
	struct store store;
	struct gppi_error err;
	char from[STORE_PATH], to[STORE_PATH];

	(void)s;
	open_beside(&store);
	assert_int_equal(rename(in_dir("watch/done"), in_dir("watch/d")), 0);
	assert_int_equal(symlink(in_dir("other"), in_dir("watch/done")), 0);
	assert_false(store_has_rooms(&store));
	store_path(&store, STORE_DONE, "k", to);
	store_path(&store, STORE_QUEUE, "j", from);
	assert_int_equal(store_remove(to, &err), GPPI_E_IO);
	assert_non_null(strstr(err.text, "links are not followed"));
	assert_int_equal(store_move(to, in_dir("watch/queue/k"), &err), GPPI_E_IO);
	assert_int_equal(store_move(from, in_dir("watch/done/j"), &err), GPPI_E_IO);
	assert_int_equal(store_make(in_dir("watch/done/new"), &err), GPPI_E_IO);
	assert_int_equal(state_write(to, &state, &err), GPPI_E_IO);
	assert_false(store_remove_empty(in_dir("watch/done/k")));
	is_text("other/k/data/file", "mine");
	assert_false(there("other/j"));
	assert_false(there("other/new"));
	assert_false(there("other/k/state"));
	/* nor is it a room at the next start, and while it is closed nothing is done in it either */
	assert_int_equal(store_open_again(&store, &err), GPPI_E_IO);
	assert_non_null(strstr(err.text, "link"));
	assert_int_equal(store_remove(to, &err), GPPI_E_IO);
	is_text("other/k/data/file", "mine");
	assert_int_equal(unlink(in_dir("watch/done")), 0);
	assert_int_equal(store_open_again(&store, &err), 0);
	assert_int_equal(store_move(from, in_dir("watch/done/j"), &err), 0);
	store_close(&store);
}

static void rooms_that_are_others_wait_until_they_are_opened(void **s)
{
	struct store store;
	struct gppi_error err;

	(void)s;
	open_beside(&store);
	assert_int_equal(rename(in_dir("watch/done"), in_dir("watch/d")), 0);
	assert_int_equal(rename(in_dir("other"), in_dir("watch/done")), 0);
	assert_false(store_has_rooms(&store));
	assert_int_equal(store_remove(in_dir("watch/done/k"), &err), GPPI_E_IO);
	assert_non_null(strstr(err.text, "not the one that was there"));
	is_text("watch/done/k/data/file", "mine");
	assert_int_equal(rename(in_dir("watch"), in_dir("moved")), 0);
	make("watch");
	make("watch/done");
	make("watch/done/k");
	assert_int_equal(store_remove(in_dir("watch/done/k"), &err), GPPI_E_IO);
	assert_true(there("watch/done/k"));
	put_text(in_dir("watch/.gppi-lock"), "2\n"); /* a share of today's layout */
	assert_int_equal(store_open_again(&store, &err), 0);
	assert_true(store_has_rooms(&store));
	assert_int_equal(store_remove(in_dir("watch/done/k"), &err), 0);
	assert_false(there("watch/done/k"));
	store_close(&store);
}

static void jobs_that_are_links_are_refused(void **s)
{
	const struct job_state state = { 0 };
	struct store store;
	struct gppi_error err;
	char job[STORE_PATH];

	(void)s;
	open_beside(&store);
	assert_int_equal(symlink(in_dir("other/k"), in_dir("watch/queue/link")), 0);
	store_path(&store, STORE_WORK, "link", job);
	assert_int_equal(store_move(in_dir("watch/queue/link"), job, &err), GPPI_E_FORMAT);
	assert_int_equal(state_write(in_dir("watch/queue/link"), &state, &err), GPPI_E_IO);
	assert_false(there("other/k/state"));
	assert_int_equal(store_remove(in_dir("watch/queue/link"), &err), 0); /* the link itself */
	is_text("other/k/data/file", "mine");
	/* what joins a series does not go through a link either */
	make("watch/incoming/s");
	assert_int_equal(symlink(in_dir("other/k/data"), in_dir("watch/incoming/s/data")), 0);
	assert_int_equal(store_replace(in_dir("watch/queue/j/data/file"), in_dir("watch/incoming/s/data/file"), &err),
			 GPPI_E_IO);
	is_text("other/k/data/file", "mine");
	make("watch/queue/half");
	assert_int_equal(symlink(in_dir("other/k/data"), in_dir("watch/queue/half/data")), 0);
	store_path(&store, STORE_WORK, "half", job);
	assert_int_equal(store_move(in_dir("watch/queue/half"), job, &err), GPPI_E_FORMAT);
	assert_int_equal(store_remove(in_dir("watch/queue/half/data/file"), &err), GPPI_E_IO);
	is_text("other/k/data/file", "mine");
	/* the reason is written beside the data, and not through a link */
	store_path(&store, STORE_QUEUE, "j", job);
	assert_int_equal(symlink(in_dir("other/k/data/file"), in_dir("watch/queue/j/reason.txt")), 0);
	assert_int_equal(store_quarantine(&store, job, "j", "why", &err), 0);
	is_text("other/k/data/file", "mine");
	is_text("watch/quarantine/j/reason.txt", "why\n");
	store_close(&store);
}

static void old_rooms_that_are_links_are_left(void **s)
{
	struct store store;
	struct gppi_error err;

	(void)s;
	make("watch");
	make("other");
	make("other/k");
	make("other/empty");
	assert_int_equal(symlink(in_dir("other"), in_dir("watch/queue.0.1.0")), 0);
	assert_int_equal(symlink(in_dir("other"), in_dir("watch/done")), 0);
	assert_int_equal(store_open(&store, in_dir("watch"), true, &err), 0);
	store_close(&store);
	assert_true(there("other/k"));
	assert_true(there("other/empty"));
}

/* ---- removal ---- */

static void trees_of_any_depth_are_removed(void **s)
{
	struct gppi_error err;

	(void)s;
	make("deep");
	put_text(in_dir("outside"), "mine");
	int fd = open(in_dir("deep"), O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 3000; i++) {
		assert_int_equal(mkdirat(fd, ".gone-7", 0777), 0);
		assert_int_equal(mkdirat(fd, "beside", 0777), 0);
		int inner = openat(fd, ".gone-7", O_RDONLY | O_DIRECTORY);
		assert_true(inner >= 0);
		close(fd);
		fd = inner;
		assert_int_equal(symlinkat(test_dir, fd, "link"), 0);
	}
	close(fd);
	assert_int_equal(store_remove(in_dir("deep"), &err), 0);
	assert_false(there("deep"));
	is_text("outside", "mine");
	assert_int_equal(store_remove(in_dir("deep"), &err), 0); /* which is not there */
	assert_int_equal(store_remove(in_dir("no/where"), &err), 0);
	assert_int_equal(symlink(test_dir, in_dir("link")), 0);
	assert_int_equal(store_remove(in_dir("link"), &err), 0);
	assert_false(there("link"));
	is_text("outside", "mine");
}

static void wide_trees_are_removed(void **s)
{
	struct gppi_error err;
	char name[64];

	(void)s;
	make("wide");
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "wide/%d", i);
		make(name);
		for (int j = 0; j < 10; j++) {
			snprintf(name, sizeof name, "wide/%d/%d", i, j);
			make(name);
			snprintf(name, sizeof name, "wide/%d/%d/x", i, j);
			put_text(in_dir(name), "x");
		}
	}
	assert_int_equal(store_remove(in_dir("wide"), &err), 0);
	assert_false(there("wide"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(states_open_no_pipe_and_no_link),
		TEST(states_are_within_range),
		TEST(sources_lead_out_of_no_folder),
		TEST(rooms_that_are_links_are_not_entered),
		TEST(rooms_that_are_others_wait_until_they_are_opened),
		TEST(jobs_that_are_links_are_refused),
		TEST(old_rooms_that_are_links_are_left),
		TEST(trees_of_any_depth_are_removed),
		TEST(wide_trees_are_removed),
	};
	return cmocka_run_group_tests_name("store_hostile", tests, NULL, NULL);
}

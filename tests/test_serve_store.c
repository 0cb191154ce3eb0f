/* The service's folders: stores of before, what a job notes, what belongs together, what is still being written. */
#define _GNU_SOURCE
#include "temp_dir.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "nifti_files.h"
#include "scan/need.h"
#include "serve/core/state.h"
#include "serve/core/work.h"
#include "serve/store/publish.h"
#include "serve/watch/guard.h"
#include "serve/watch/look.h"
#include "serve/watch/watch.h"

static void make(const char *path)
{
	assert_int_equal(mkdir(in_dir(path), 0777), 0);
}

static bool there(const char *path)
{
	return access(in_dir(path), F_OK) == 0;
}

static const char *const old_rooms[] = { "incoming", "queue", "work", "done", "quarantine" };

static void old_store(void)
{
	for (int i = 0; i < 5; i++)
		make(old_rooms[i]);
	make("incoming/1.2.3");
	put_text(in_dir("incoming/1.2.3/4.dcm"), "x");
	put_text(in_dir("incoming/temp-7"), "x"); /* an object that was being received */
	make("queue/a");
	put_text(in_dir("queue/a/a"), "x");
	make("queue/.b");
	put_text(in_dir("queue/.b/b"), "x");
	make("queue/.empty");
	make("work/data");
	put_text(in_dir("work/data/data"), "x");
	put_text(in_dir("work/data/.attempts"), "3");
	make("quarantine/c");
	put_text(in_dir("quarantine/c/c"), "x");
	put_text(in_dir("quarantine/c.txt"), "why");
	make("quarantine/d.txt");
	put_text(in_dir("quarantine/d.txt/d.txt"), "x");
	make("done/temp-1");
	put_text(in_dir("done/temp-1/temp-1"), "x");
}

static void check_new_store(void)
{
	static const char *const files[] = {
		"incoming/1.2.3/data/4.dcm",   "queue/a/data/a",          "queue/b/data/b",
		"work/data/data/data",         "quarantine/c/data/c",     "quarantine/c/reason.txt",
		"quarantine/d.txt/data/d.txt", "done/temp-1/data/temp-1",
	};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (!there(files[i]))
			fail_msg("%s is not there", files[i]);
	assert_false(there("incoming/temp-7"));
	assert_false(there("work/data/data/.attempts"));
	assert_false(there("queue/.empty"));
	for (int i = 0; i < 5; i++) {
		char name[40];
		snprintf(name, sizeof name, "%s.0.1.0", old_rooms[i]);
		assert_false(there(name));
	}
}

static void stores_of_before_are_carried_over(void **s)
{
	struct store store;
	struct gppi_error err;

	(void)s;
	old_store();
	for (int i = 0; i < 2; i++) { /* the second time nothing is left to do */
		assert_int_equal(store_open(&store, test_dir, false, &err), 0);
		check_new_store();
		store_close(&store);
	}
}

/* Killed between two of its renames, at each of them. */
static void carrying_over_can_be_killed(void **s)
{
	struct store store;
	struct gppi_error err;

	(void)s;
	old_store();
	assert_int_equal(rename(in_dir("queue"), in_dir("queue.0.1.0")), 0);
	assert_int_equal(rename(in_dir("work"), in_dir("work.0.1.0")), 0);
	assert_int_equal(store_open(&store, test_dir, false, &err), 0);
	check_new_store();
	store_close(&store);
	/* the layout is noted, some jobs are carried over, one is begun */
	make("queue.0.1.0");
	make("queue.0.1.0/later");
	put_text(in_dir("queue.0.1.0/later/later"), "x");
	assert_int_equal(store_open(&store, test_dir, false, &err), 0);
	check_new_store();
	assert_true(there("queue/later/data/later"));
	store_close(&store);
}

static void states_keep_any_name(void **s)
{
	const struct job_state state = { .attempts = 3, .crashed = true, .look = 0xfedcba9876543210u,
					 .source = "/share/a\nattempts 9\nsource b \"%s" };
	struct job_state read;
	struct gppi_error err;

	(void)s;
	state_read(test_dir, &read);
	assert_int_equal(read.attempts, 0);
	assert_string_equal(read.source, "");
	assert_int_equal(state_write(test_dir, &state, &err), 0);
	state_read(test_dir, &read);
	assert_int_equal(read.attempts, 3);
	assert_true(read.crashed);
	assert_true(read.look == state.look);
	assert_string_equal(read.source, state.source);
	put_text(in_dir("state"), "nonsense");
	state_read(test_dir, &read);
	assert_int_equal(read.attempts, 0);
}

static void headers_go_with_their_data(void **s)
{
	static const struct {
		const char *header, *named, *name;
		bool along;
	} cases[] = {
		{ "2024.03.01_m1.mhd", "", "2024.03.02_other.nii", false },
		{ "2024.03.01_m1.mhd", "", "2024.03.01_m1.raw", true },
		{ "2024.03.01_m1.mhd", "", "2024.03.01_m1.raw.gz", true },
		{ "2024.03.01_m1.mhd", "", "2024.03.01_m1.2.raw", false },
		{ "2024.03.01_m1.mhd", "voxels.dat", "voxels.dat", true },
		{ "2024.03.01_m1.mhd", "voxels.dat", "Voxels.dat", false },
		{ "a.NHDR", "", "a.RAW", true },
		{ "a.vgi", "", "a.log", true },
		{ "a.vgi", "", "a.nii", false },
		{ "a.mhd", "", "a.mhd", false },
		{ "a.mhd", "", "a", false },
	};

	(void)s;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct drop header = { .name = (char *)cases[i].header };
		assert_true(watch_is_header(&header));
		if (watch_goes_along(&header, cases[i].named, cases[i].name) != cases[i].along)
			fail_msg("%s with %s", cases[i].header, cases[i].name);
	}
}

static void headers_tell_the_size(void **s)
{
	struct nii h = plain(4, 16);
	const size_t whole = 352 + 2 * (size_t)NX * NY * NZ;
	uint8_t *file = calloc(1, whole);
	struct scan_need need;

	(void)s;
	assert_non_null(file);
	header(&h, file);
	put_file(in_dir("a.nii"), file, whole - 7);
	assert_true(scan_need(in_dir("a.nii"), &need));
	assert_int_equal(need.need, whole);
	assert_int_equal(need.has, whole - 7);
	assert_string_equal(need.path, in_dir("a.nii"));
	put_file(in_dir("b.nii"), file, 100); /* within its header: nobody knows */
	assert_false(scan_need(in_dir("b.nii"), &need));
	assert_int_equal(need.need, 0);
	char text[400];
	snprintf(text, sizeof text, "ObjectType = Image\nNDims = 3\nDimSize = 10 20 30\nElementType = MET_SHORT\n"
		 "ElementSpacing = 0.01 0.01 0.01\nElementDataFile = voxels.dat\n");
	put_text(in_dir("c.mhd"), text);
	assert_false(scan_need(in_dir("c.mhd"), &need)); /* its voxels are not there yet */
	put_text(in_dir("voxels.dat"), "xyz");
	assert_true(scan_need(in_dir("c.mhd"), &need));
	assert_int_equal(need.need, 12000);
	assert_int_equal(need.has, 3);
	assert_string_equal(need.path, in_dir("voxels.dat"));
	put_text(in_dir("d.txt"), "no scan");
	assert_false(scan_need(in_dir("d.txt"), &need));
	assert_false(scan_need(in_dir("none"), &need));
	free(file);
}

static void looks_see_changes_and_depth(void **s)
{
	struct look before, after;
	char deep[400];

	(void)s;
	make("f");
	put_text(in_dir("f/a"), "12345");
	assert_true(look_path(in_dir("f"), &before));
	assert_int_equal(before.files, 1);
	assert_int_equal(before.bytes, 5);
	assert_true(look_path(in_dir("f"), &after));
	assert_true(before.state == after.state);
	put_text(in_dir("f/a"), "123456");
	assert_true(look_path(in_dir("f"), &after));
	assert_true(before.state != after.state);
	snprintf(deep, sizeof deep, "%s", in_dir("f"));
	for (int i = 0; i < LOOK_DEPTH + 2; i++) {
		size_t end = strlen(deep);
		snprintf(deep + end, sizeof deep - end, "/d");
		assert_int_equal(mkdir(deep, 0777), 0);
	}
	assert_false(after.deep);
	assert_true(look_path(in_dir("f"), &after));
	assert_true(after.deep);
	assert_false(look_path(in_dir("none"), &after));
}

/* ---- a job that is stopped ---- */

static struct service *small_service(struct serve_config *c)
{
	struct service *service = calloc(1, sizeof *service);
	struct gppi_error err;

	assert_non_null(service);
	*c = (struct serve_config){ .workers = 1, .threads = 1, .job_timeout = 60 };
	snprintf(c->spool, sizeof c->spool, "%s", in_dir("spool"));
	snprintf(c->results, sizeof c->results, "%s", in_dir("results"));
	atomic_store(&service->config, c);
	assert_int_equal(store_open(&service->spool, c->spool, false, &err), 0);
	assert_int_equal(publish_recover(service, &err), 0);
	return service;
}

static void jobs_are_stopped(void **s)
{
	struct serve_config *c = malloc(sizeof *c);
	struct job job = { .key = "late" };
	struct service *service = small_service(c);
	struct nii h = plain(4, 16);
	uint8_t file[352 + 2 * NX * NY * NZ] = { 0 };
	struct gppi_error err;

	(void)s;
	job.store = &service->spool;
	header(&h, file);
	put_file(in_dir("a.nii"), file, sizeof file);
	for (int stop = 0; stop < 2; stop++) {
		struct work w = { .service = service, .job = &job, .deadline = stop ? 0 : clock_now() - 1 };
		snprintf(w.input, sizeof w.input, "%s", in_dir("a.nii"));
		atomic_store(&service->cancel_after, stop ? clock_now() - 1 : 0);
		assert_int_equal(work_detect(&w, &err), stop ? WORK_LATER : WORK_BAD);
		assert_int_equal(err.code, GPPI_E_CANCELLED);
		if (!stop)
			assert_non_null(strstr(err.text, "late: was not done after 60 s, which is job_timeout"));
	}
	assert_false(there("results/late"));
	store_close(&service->spool);
	free(service);
	free(c);
}

/* The new result takes the place of the old one as a whole; after a kill in between there is one of them. */
static void results_appear_whole(void **s)
{
	struct serve_config *c = malloc(sizeof *c);
	struct service *service = small_service(c);
	struct gppi_error err;

	(void)s;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(publish_begin(service, "k", &err), 0);
		put_text(in_dir(i ? "results/.new/k/new" : "results/.new/k/old"), "x");
		assert_int_equal(publish_folder(service, "k", &err), 0);
	}
	assert_true(there("results/k/new"));
	assert_false(there("results/k/old"));
	make("results/.old/gone"); /* killed before the new one took its place */
	make("results/.old/k");    /* and after */
	make("results/.new/half");
	assert_int_equal(publish_recover(service, &err), 0);
	assert_true(there("results/gone"));
	assert_true(there("results/k/new"));
	assert_false(there("results/.old/k"));
	assert_false(there("results/.new/half"));
	snprintf(c->csv, sizeof c->csv, "planes.csv");
	assert_true(publish_taken(service, "k"));
	assert_true(publish_taken(service, "Planes.csv"));
	assert_true(publish_taken(service, "study-1.HTML"));
	assert_false(publish_taken(service, "planes.csv-2"));
	put_text(in_dir("results/old.json"), "{}");
	assert_true(publish_taken(service, "old"));
	store_close(&service->spool);
	free(service);
	free(c);
}

/* ---- files over which the service dies ---- */

static int deeper(volatile int *n)
{
	volatile char room[4096];

	room[0] = (char)++*n;
	return *n < 100000000 ? deeper(n) + room[0] : 0;
}

static void *overflow(void *arg)
{
	volatile int n = 0;

	(void)arg;
	guard_begin("/tmp/deep");
	deeper(&n);
	return NULL;
}

/* What a child leaves of its notes when it ends: by a stack that is too small in a thread, a kill, or well. */
static void child(int how)
{
	struct rlimit none = { 0 };
	pthread_t thread;
	struct gppi_error err;

	setrlimit(RLIMIT_CORE, &none);
	close(STDERR_FILENO); /* of sanitizers */
	if (guard_init(test_dir, &err) < 0)
		_exit(1);
	if (how == 0 && pthread_create(&thread, NULL, overflow, NULL) == 0)
		pthread_join(thread, NULL);
	guard_begin("/tmp/other");
	if (how == 1)
		raise(SIGKILL);
	guard_end();
	_exit(0);
}

static void crashes_are_noted(void **s)
{
	static const char *const notes[] = { "!/tmp/deep", "./tmp/other", "" };

	(void)s;
	for (int how = 0; how < 3; how++) {
		char text[40] = "";
		pid_t pid = fork();
		if (pid == 0)
			child(how);
		waitpid(pid, NULL, 0);
		FILE *file = fopen(in_dir("reading/0"), "r");
		assert_non_null(file);
		text[fread(text, 1, sizeof text - 1, file)] = 0;
		fclose(file);
		assert_string_equal(text, notes[how]);
		unlink(in_dir("reading/0"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(stores_of_before_are_carried_over),
		TEST(carrying_over_can_be_killed),
		TEST(states_keep_any_name),
		TEST(headers_go_with_their_data),
		TEST(headers_tell_the_size),
		TEST(looks_see_changes_and_depth),
		TEST(jobs_are_stopped),
		TEST(results_appear_whole),
		TEST(crashes_are_noted),
	};
	return cmocka_run_group_tests_name("serve_store", tests, NULL, NULL);
}

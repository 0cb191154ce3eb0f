/* Watch folders with more in them than anybody has: names by the ten thousand, headers that name folders. */
#define _GNU_SOURCE
#include "temp_dir.h"

#include "serve/core/work.h"
#include "serve/store/publish.h"
#include "serve/watch/guard.h"
#include "serve/watch/watch.h"

static struct serve_config config;

/* A service with one watch folder, with which nothing runs. */
static struct service *begin(bool in_place)
{
	struct service *s = calloc(1, sizeof *s);
	struct gppi_error err;

	assert_non_null(s);
	config = (struct serve_config){ .workers = 1, .threads = 1, .queue = 64, .nwatch = 1 };
	config.watch[0].in_place = in_place;
	config.watch[0].max_size = 1000;
	snprintf(config.watch[0].folder, sizeof config.watch[0].folder, "%s", in_dir("watch"));
	snprintf(config.spool, sizeof config.spool, "%s", in_dir("spool"));
	snprintf(config.results, sizeof config.results, "%s", in_dir("results"));
	atomic_store(&s->config, &config);
	assert_int_equal(mkdir(in_dir("watch"), 0777), 0);
	assert_int_equal(store_open(&s->spool, config.spool, false, &err), 0);
	assert_int_equal(publish_recover(s, &err), 0);
	assert_int_equal(guard_init(config.spool, &err), 0);
	pthread_mutex_init(&s->rooms, NULL);
	assert_int_equal(queue_init(&s->queue, &err), 0);
	place_init(&s->place[0]);
	snprintf(s->watch[0].root, sizeof s->watch[0].root, "%s", in_dir("watch"));
	s->watch[0].lock = -1;
	if (in_place)
		assert_int_equal(place_open(s, 0, &err), 0);
	else
		assert_int_equal(store_open(&s->watch[0], in_dir("watch"), true, &err), 0);
	return s;
}

static void end(struct service *s)
{
	store_close(&s->spool);
	store_close(&s->watch[0]);
	place_free(&s->place[0]);
	queue_free(&s->queue);
	free(s);
}

/* ---- what belongs together ---- */

static void index_says_what_each_with_each_says(void **state)
{
	static const char *const stems[] = { "a", "a.b", "b", "ab", "a.raw" };
	static const char *const ends[] = { ".mhd", ".MHD", ".vgi", ".raw", ".raw.gz",
					    ".gz",  ".log", ".img", ".txt", "" };
	struct service *s = begin(false);
	struct watcher w = { .service = s, .store = &s->watch[0] };
	struct gppi_error err;

	(void)state;
	for (size_t i = 0; i < sizeof stems / sizeof *stems; i++)
		for (size_t j = 0; j < sizeof ends / sizeof *ends; j++) {
			char path[600];
			snprintf(path, sizeof path, "%s/%s%s", in_dir("watch"), stems[i], ends[j]);
			if (store_exists(path))
				continue;
			FILE *file = fopen(path, "w");
			assert_non_null(file);
			if (strcasecmp(ends[j], ".mhd") == 0)
				fprintf(file, "ObjectType = Image\nNDims = 3\nDimSize = 10 20 30\n"
					"ElementType = MET_SHORT\nElementSpacing = 0.01 0.01 0.01\n"
					"ElementDataFile = %s\n", i == 0 ? "b.img" : i == 1 ? "a.b.mhd" : "ab");
			fclose(file);
		}
	assert_int_equal(watcher_look(&w, &err), 0);
	struct watch_index *ix = watch_index_make(&w);
	assert_non_null(ix);
	int together = 0;
	for (int i = 0; i < w.drops.n; i++) {
		bool has = false;
		for (int j = 0; j < w.drops.n; j++) {
			const struct drop *header = &w.drops.list[j];
			char *named = watch_is_header(header) ? watch_named(&w, header) : NULL;
			bool along = named && watch_goes_along(header, named, w.drops.list[i].name);
			int times = 0;
			for (int at = 0, k; (k = watch_index_next(ix, j, &at)) >= 0;)
				times += k == i;
			if (times != along)
				fail_msg("%s with %s: %d times", header->name, w.drops.list[i].name, times);
			together += along;
			has = has || along;
			free(named);
		}
		assert_int_equal(watch_index_has_header(ix, i), has);
	}
	assert_true(together > 20);
	watch_index_free(ix);
	drops_free(&w.drops);
	end(s);
}

static void many_headers_are_met_soon(void **state)
{
	enum { HEADERS = 30000 };
	struct service *s = begin(false);
	struct watcher w = { .service = s, .store = &s->watch[0] };
	struct drops none = { 0 };
	struct gppi_error err;
	char name[40];
	int found = 0, along = 0;

	(void)state;
	for (int i = 0; i < 2 * HEADERS; i++) {
		snprintf(name, sizeof name, "%s%d.%s", i % 2 ? "" : "alone", i / 2, i % 2 ? "mhd" : "nii");
		assert_int_equal(drops_add(&w.drops, &(struct drop){ .name = name }, &none, &err), 0);
	}
	assert_int_equal(drops_add(&w.drops, &(struct drop){ .name = (char *)"7.raw" }, &none, &err), 0);
	drops_sort(&w.drops);
	alarm(30); /* each with each takes minutes */
	struct watch_index *ix = watch_index_make(&w);
	assert_non_null(ix);
	for (int i = 0; i < w.drops.n; i++) {
		found += watch_index_has_header(ix, i);
		for (int at = 0; watch_index_next(ix, i, &at) >= 0;)
			along++;
	}
	alarm(0);
	assert_int_equal(found, 1);
	assert_int_equal(along, 1);
	watch_index_free(ix);
	drops_free(&w.drops);
	end(s);
}

/* ---- keys ---- */

struct taken {
	bool number[30001];
	int asked;
	bool all;
};

static bool is_free(void *user, const char *key)
{
	struct taken *t = user;
	const char *dash = strrchr(key, '-');
	int number = dash ? atoi(dash + 1) : 1;

	t->asked++;
	return !t->all && (number > 30000 || !t->number[number]);
}

static void keys_are_found_soon(void **state)
{
	struct taken *t = calloc(1, sizeof *t);
	char key[STORE_KEY], right[STORE_KEY];
	struct gppi_error err;

	(void)state;
	assert_non_null(t);
	for (int i = 1; i <= 30000; i++) {
		assert_int_equal(store_free_key("key", is_free, t, key, &err), 0);
		snprintf(right, sizeof right, i == 1 ? "key" : "key-%d", i);
		assert_string_equal(key, right);
		t->number[i] = true;
	}
	assert_true(t->asked < 30000 * 40);
	t->number[5] = false; /* somebody took it away */
	assert_int_equal(store_free_key("key", is_free, t, key, &err), 0);
	assert_string_equal(key, "key-5");
	t->all = true;
	assert_int_equal(store_free_key("key", is_free, t, key, &err), GPPI_E_IO);
	free(t);
}

/* ---- more than a scan has ---- */

static void drops_with_too_many_files_are_refused(void **state)
{
	struct service *s = begin(false);
	struct watcher w = { .service = s, .store = &s->watch[0] };
	struct gppi_error err;
	char name[64];

	(void)state;
	assert_int_equal(LOOK_ENTRIES, 1000000);
	look_entries = 20;
	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof name, "watch/%s", i ? "many" : "few");
		assert_int_equal(mkdir(in_dir(name), 0777), 0);
		for (int j = 0; j < 20 + i; j++) {
			snprintf(name, sizeof name, "watch/%s/%d", i ? "many" : "few", j);
			put_text(in_dir(name), "x");
		}
	}
	assert_int_equal(watcher_look(&w, &err), 0);
	assert_int_equal(watcher_claim(&w, &err), 0);
	look_entries = LOOK_ENTRIES;
	assert_true(store_exists(in_dir("watch/queue/few/data/few/19")));
	assert_true(store_exists(in_dir("watch/quarantine/many/data/many/20")));
	size_t n;
	uint8_t *text = get_file(in_dir("watch/quarantine/many/reason.txt"), &n);
	text[n] = 0;
	assert_string_equal((char *)text, LOOK_MANY "\n");
	free(text);
	drops_free(&w.drops);
	end(s);
}

static void looks_end_at_a_stop(void **state)
{
	atomic_bool stop = true;
	struct look look;

	(void)state;
	put_text(in_dir("a"), "x");
	assert_true(look_path_until(test_dir, &stop, &look));
	assert_int_equal(look.files, 0);
	atomic_store(&stop, false);
	assert_true(look_path_until(test_dir, &stop, &look));
	assert_int_equal(look.files, 1);
}

/* ---- left in place ---- */

static void put_header(const char *path, const char *data)
{
	char text[400];

	snprintf(text, sizeof text, "ObjectType = Image\nNDims = 3\nDimSize = 10 20 30\nElementType = MET_SHORT\n"
		 "ElementSpacing = 0.01 0.01 0.01\nElementDataFile = %s\n", data);
	put_text(path, text);
}

static int input(struct service *s, const char *path, struct gppi_error *err)
{
	struct job job = { .key = "k", .store = &s->spool };
	struct work w = { .service = s, .job = &job };

	snprintf(w.state.source, sizeof w.state.source, "%s", path);
	assert_true(place_look(path, &w.state.look));
	return place_input(&w, err);
}

static void headers_name_files_and_no_folders(void **state)
{
	struct service *s = begin(true);
	struct gppi_error err;
	uint64_t before, after;
	char voxels[900];

	(void)state;
	assert_int_equal(mkdir(in_dir("watch/tree"), 0777), 0);
	put_header(in_dir("watch/a.mhd"), "tree");
	assert_true(place_look(in_dir("watch/a.mhd"), &before));
	put_text(in_dir("watch/tree/file"), "x");
	assert_true(place_look(in_dir("watch/a.mhd"), &after));
	assert_true(before == after); /* nobody looked into it */
	assert_int_equal(input(s, in_dir("watch/a.mhd"), &err), WORK_BAD);
	put_header(in_dir("watch/b.mhd"), ".");
	assert_int_equal(input(s, in_dir("watch/b.mhd"), &err), WORK_BAD);
	put_header(in_dir("watch/c.mhd"), "c.raw");
	memset(voxels, 'x', sizeof voxels - 1);
	voxels[sizeof voxels - 1] = 0;
	put_text(in_dir("watch/c.raw"), voxels);
	assert_int_equal(input(s, in_dir("watch/c.mhd"), &err), WORK_BAD); /* together above max_size */
	assert_non_null(strstr(err.text, "max_size"));
	put_text(in_dir("watch/c.raw"), "xyz");
	assert_int_equal(input(s, in_dir("watch/c.mhd"), &err), WORK_DONE);
	/* large data on another disk: the link is followed, as the reader does, and its data are looked at */
	put_header(in_dir("watch/d.mhd"), "d.raw");
	put_text(in_dir("elsewhere"), "xyz");
	assert_int_equal(symlink(in_dir("elsewhere"), in_dir("watch/d.raw")), 0);
	assert_int_equal(input(s, in_dir("watch/d.mhd"), &err), WORK_DONE);
	assert_true(place_look(in_dir("watch/d.mhd"), &before));
	put_text(in_dir("elsewhere"), "other");
	assert_true(place_look(in_dir("watch/d.mhd"), &after));
	assert_true(before != after);
	end(s);
}

/* The state of a job in a watch folder may come from anybody. */
static void states_of_watch_folders_name_nothing(void **state)
{
	struct service *s = begin(true);
	struct store watch = { .watch = true };
	struct job job = { .key = "k", .store = &watch };
	struct work w = { .service = s, .job = &job };
	struct gppi_error err;

	(void)state;
	put_text(in_dir("watch/c.nii"), "xyz");
	snprintf(w.state.source, sizeof w.state.source, "%s", in_dir("watch/c.nii"));
	assert_int_equal(place_input(&w, &err), WORK_BAD);
	assert_non_null(strstr(err.text, "names a file elsewhere"));
	end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(index_says_what_each_with_each_says),
		TEST(many_headers_are_met_soon),
		TEST(keys_are_found_soon),
		TEST(drops_with_too_many_files_are_refused),
		TEST(looks_end_at_a_stop),
		TEST(headers_name_files_and_no_folders),
		TEST(states_of_watch_folders_name_nothing),
	};
	return cmocka_run_group_tests_name("store_crowd", tests, NULL, NULL);
}

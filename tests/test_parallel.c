/* Loops over items on several threads: every item once, and which failure is reported. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/parallel.h"

#define ITEMS 1000

struct counts {
	atomic_int seen[ITEMS];
	atomic_int bad_worker;
};

static int count_one(void *arg, int item, int worker, struct gppi_error *err)
{
	struct counts *c = arg;

	(void)err;
	atomic_fetch_add(&c->seen[item], 1);
	if (worker < 0 || worker > 4)
		atomic_store(&c->bad_worker, 1);
	return 0;
}

static void every_item_once(void **s)
{
	static struct counts c;

	(void)s;
	for (int round = 1; round <= 5; round++) {
		assert_int_equal(parallel_for(round, ITEMS, count_one, &c, NULL), 0);
		for (int i = 0; i < ITEMS; i++)
			assert_int_equal(atomic_load(&c.seen[i]), round);
	}
	assert_int_equal(parallel_for(5, 0, count_one, &c, NULL), 0);
	assert_int_equal(atomic_load(&c.bad_worker), 0);
}

/* Items 5, 6 and 7 fail; 5 gives those behind it a chance to be first. */
static int fail_some(void *arg, int item, int worker, struct gppi_error *err)
{
	atomic_int *later = arg;

	(void)worker;
	if (item < 5 || item > 7)
		return 0;
	for (int i = 0; item == 5 && i < 20 && atomic_load(later) == 0; i++)
		sched_yield();
	if (item > 5)
		atomic_fetch_add(later, 1);
	return err_set(err, item == 5 ? GPPI_E_IO : GPPI_E_FORMAT, "item %d", item);
}

static void the_lowest_failure_is_told(void **s)
{
	(void)s;
	for (int round = 0; round < 50; round++) {
		struct gppi_error err = { 0 };
		atomic_int later = 0;
		assert_int_equal(parallel_for(1 + round % 4, 100, fail_some, &later, &err), GPPI_E_IO);
		assert_int_equal(err.code, GPPI_E_IO);
		assert_string_equal(err.text, "item 5");
		if (round % 4 == 0)
			assert_int_equal(atomic_load(&later), 0); /* one thread stops at once */
		assert_int_equal(parallel_for(1 + round % 4, 100, fail_some, &later, NULL), GPPI_E_IO);
	}
}

static int fail_silently(void *arg, int item, int worker, struct gppi_error *err)
{
	(void)arg;
	(void)worker;
	(void)err;
	return item == 3 ? GPPI_E_NOMEM : 0;
}

static void a_code_without_a_sentence(void **s)
{
	struct gppi_error err = { GPPI_E_IO, "old" };

	(void)s;
	assert_int_equal(parallel_for(2, 10, fail_silently, NULL, &err), GPPI_E_NOMEM);
	assert_int_equal(err.code, GPPI_E_NOMEM);
	assert_string_equal(err.text, "");
}

/* Items that run together, each with loops of its own. */
struct crowd {
	int threads;
	atomic_int running, most, inside, met;
};

static void count_in(struct crowd *c)
{
	int now = atomic_fetch_add(&c->running, 1) + 1, most = atomic_load(&c->most);

	while (now > most && !atomic_compare_exchange_weak(&c->most, &most, now))
		;
}

static int short_one(void *arg, int item, int worker, struct gppi_error *err)
{
	struct crowd *c = arg;

	(void)err;
	if (worker >= c->threads)
		return GPPI_E_USAGE;
	count_in(c);
	for (int i = 0; i < 20 + item % 7; i++)
		sched_yield();
	atomic_fetch_add(&c->inside, 1);
	atomic_fetch_sub(&c->running, 1);
	return 0;
}

static int loops(void *arg, int item, int worker, struct gppi_error *err)
{
	struct crowd *c = arg;
	int rc = 0;

	(void)worker;
	for (int i = 0; i < 6 && rc == 0; i++)
		rc = parallel_for(c->threads, item == 0 ? 3 : 40, short_one, c, err);
	return rc;
}

static void together_no_more_run_than_were_asked_for(void **s)
{
	(void)s;
	for (int threads = 1; threads <= 5; threads++) {
		struct crowd c = { .threads = threads };
		assert_int_equal(parallel_together(threads, 2, loops, &c, NULL), 0);
		assert_int_equal(atomic_load(&c.inside), 6 * (3 + 40));
		assert_true(atomic_load(&c.most) <= threads);
		assert_int_equal(atomic_load(&c.running), 0);
	}
}

/* Both wait for each other. */
static int meet(void *arg, int item, int worker, struct gppi_error *err)
{
	struct crowd *c = arg;

	(void)worker;
	atomic_fetch_add(&c->met, 1);
	while (atomic_load(&c->met) < 2)
		sched_yield();
	return err_set(err, item == 0 ? GPPI_E_IO : GPPI_E_FORMAT, "item %d", item);
}

static void together_they_do_run(void **s)
{
	struct crowd c = { .threads = 2 };
	struct gppi_error err;

	(void)s;
	assert_int_equal(parallel_together(2, 2, meet, &c, &err), GPPI_E_IO);
	assert_string_equal(err.text, "item 0");
	/* A loop afterwards has its threads for itself. */
	c = (struct crowd){ .threads = 2 };
	assert_int_equal(parallel_for(2, 2, meet, &c, &err), GPPI_E_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_item_once),
		cmocka_unit_test(the_lowest_failure_is_told),
		cmocka_unit_test(a_code_without_a_sentence),
		cmocka_unit_test(together_no_more_run_than_were_asked_for),
		cmocka_unit_test(together_they_do_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

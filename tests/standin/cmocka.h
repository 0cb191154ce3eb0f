/* The little of cmocka that the tests of kernels use, for targets whose library is not at hand
 * (make check-arm). A failed check ends the program. */
#ifndef STANDIN_CMOCKA_H
#define STANDIN_CMOCKA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
	const char *name;
	void (*test)(void **state);
	int (*setup)(void **state);
};

#define cmocka_unit_test(f) { #f, f, NULL }
#define cmocka_unit_test_setup(f, setup) { #f, f, setup }
#define cmocka_run_group_tests(tests, setup, teardown) \
	standin_run(tests, sizeof(tests) / sizeof *(tests))

#define fail_msg(...) (fprintf(stderr, "%s:%d: ", __FILE__, __LINE__), fprintf(stderr, __VA_ARGS__), \
		       fputc('\n', stderr), exit(1))
#define assert_true(x) ((x) ? (void)0 : fail_msg("not true: %s", #x))
#define assert_false(x) assert_true(!(x))
#define assert_non_null(x) assert_true((x) != NULL)
#define assert_int_equal(a, b)                                                                                         \
	((long long)(a) == (long long)(b) ? (void)0                                                                    \
					  : fail_msg("%s is %lld, not %lld", #a, (long long)(a), (long long)(b)))
#define assert_string_equal(a, b) assert_true(strcmp(a, b) == 0)
#define assert_memory_equal(a, b, n) assert_true(memcmp(a, b, n) == 0)

static inline int standin_run(const struct CMUnitTest *tests, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		void *state = NULL;
		if (tests[i].setup && tests[i].setup(&state) != 0)
			fail_msg("%s: its setup failed", tests[i].name);
		tests[i].test(&state);
		printf("[       OK ] %s\n", tests[i].name);
	}
	printf("%zu tests passed\n", count);
	return 0;
}

#endif

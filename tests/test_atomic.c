/* Files that appear whole or not at all. */
#define _GNU_SOURCE
#include <sys/syscall.h>

#include "temp_dir.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/atomic.h"
#include "sync_log.h"

static void assert_file(const char *path, const char *text)
{
	char buf[256] = "";
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	buf[fread(buf, 1, sizeof buf - 1, f)] = 0;
	fclose(f);
	assert_string_equal(buf, text);
}

static void atomic_files_appear_whole(void **s)
{
	struct atomic_file *f;
	struct gppi_error err;
	struct stat st;

	(void)s;
	put_text(in_dir("a"), "old");
	assert_int_equal(chmod(in_dir("a"), 0640), 0);
	assert_int_equal(symlink(in_dir("a"), in_dir("link")), 0);
	assert_int_equal(atomic_open(in_dir("link"), &f, &err), 0);
	fputs("new", atomic_stream(f));
	assert_file(in_dir("a"), "old");
	assert_int_equal(atomic_commit(f, &err), 0);
	assert_file(in_dir("a"), "new");
	assert_int_equal(lstat(in_dir("link"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(in_dir("a"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);

	assert_int_equal(atomic_open(in_dir("b"), &f, &err), 0);
	fputs("half", atomic_stream(f));
	atomic_abort(f);
	assert_int_equal(access(in_dir("b"), F_OK), -1);
	atomic_abort(NULL);

	assert_int_equal(mkdir(in_dir("folder"), 0777), 0);
	assert_int_equal(atomic_open(in_dir("folder"), &f, &err), GPPI_E_IO);
	assert_int_equal(atomic_open("/dev/null", &f, &err), GPPI_E_IO);
	assert_int_equal(atomic_open(in_dir("none/x"), &f, &err), GPPI_E_IO);
	assert_non_null(strstr(err.text, "none/x"));
	assert_int_equal(dir_count(), 3); /* a, link, folder: no temporary file */
}

/* The content is on the disk before the name is, and the name when the writer goes on. */
static void synced_before_and_behind_the_rename(void **s)
{
	struct atomic_file *f;
	struct gppi_error err;

	(void)s;
	assert_int_equal(atomic_open(in_dir("a"), &f, &err), 0);
	fputs("text", atomic_stream(f));
	sync_forget();
	assert_int_equal(atomic_commit(f, &err), 0);
	assert_string_equal(sync_log, "frd");
	assert_int_equal(atomic_open(in_dir("b"), &f, &err), 0);
	sync_forget();
	atomic_abort(f);
	assert_string_equal(sync_log, "");
}

/* A name that cannot be taken: an error, and nothing stays behind. */
static void no_temporary_file_stays(void **s)
{
	struct atomic_file *f;
	struct gppi_error err;

	(void)s;
	assert_int_equal(atomic_open(in_dir("a"), &f, &err), 0);
	fputs("text", atomic_stream(f));
	assert_int_equal(mkdir(in_dir("a"), 0777), 0);
	assert_int_equal(atomic_commit(f, &err), GPPI_E_IO);
	assert_non_null(strstr(err.text, "/a: could not be written"));
	assert_int_equal(dir_count(), 1);
}

static void the_reason_of_a_failed_write_is_told(void **s)
{
	struct rlimit old, small = { 20000, 20000 };
	static char block[100000];
	struct atomic_file *f;
	struct gppi_error err;

	(void)s;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int way = 0; way < 3; way++) { /* at once, in small parts, and within the last part */
		assert_int_equal(atomic_open(in_dir("full"), &f, &err), 0);
		if (way == 0)
			fwrite(block, 1, sizeof block, atomic_stream(f));
		for (int i = 0; i < (way == 1 ? 3000 : way == 2 ? 2001 : 0); i++)
			fputs("0123456789", atomic_stream(f));
		errno = ENOTTY; /* of something that happens between */
		assert_int_equal(atomic_commit(f, &err), GPPI_E_IO);
		if (!strstr(err.text, strerror(EFBIG)) || !strstr(err.text, "full"))
			fail_msg("%s", err.text);
	}
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(dir_count(), 0);
}

/* A signal handler frees nothing: names it has taken are lost, as the process is about to end. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:vasprintf"; /* of os_temp_name() */
}

static void unfinished_files_can_be_removed(void **s)
{
	struct atomic_file *f[300];
	struct gppi_error err;

	(void)s;
	put_text(in_dir("old"), "old");
	for (int i = 0; i < 300; i++) {
		char name[32];
		snprintf(name, sizeof name, "%d", i);
		assert_int_equal(atomic_open(in_dir(name), &f[i], &err), 0);
	}
	atomic_abort(f[7]);
	assert_int_equal(atomic_commit(f[8], &err), 0);
	assert_int_equal(dir_count(), 300);
	atomic_remove_all();
	assert_int_equal(dir_count(), 300 - 254); /* as many as have a place */
	for (int i = 0; i < 300; i++)
		if (i != 7 && i != 8)
			atomic_abort(f[i]);
	assert_int_equal(dir_count(), 2);
	assert_file(in_dir("old"), "old");
}

/* The umask belongs to all threads, and asking for it means setting it: nobody may. Stands in for that of libc. */
static int asked;

mode_t umask(mode_t mask)
{
	asked++;
	return (mode_t)syscall(SYS_umask, mask);
}

static void rights_follow_the_umask(void **s)
{
	mode_t before = umask(027);
	struct atomic_file *f;
	struct gppi_error err;
	struct stat st;

	(void)s;
	asked = 0;
	assert_int_equal(atomic_open(in_dir("new"), &f, &err), 0);
	assert_int_equal(atomic_commit(f, &err), 0);
	assert_int_equal(asked, 0);
	assert_int_equal(stat(in_dir("new"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	umask(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(atomic_files_appear_whole), TEST(synced_before_and_behind_the_rename),
		TEST(no_temporary_file_stays),
		TEST(the_reason_of_a_failed_write_is_told),
		TEST(unfinished_files_can_be_removed),
		TEST(rights_follow_the_umask),
	};
	return cmocka_run_group_tests_name("atomic", tests, NULL, NULL);
}

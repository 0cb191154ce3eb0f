/* Files that appear whole or not at all. */
#define _GNU_SOURCE
#include "temp_dir.h"

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
	struct err err;
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
	struct err err;

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
	struct err err;

	(void)s;
	assert_int_equal(atomic_open(in_dir("a"), &f, &err), 0);
	fputs("text", atomic_stream(f));
	assert_int_equal(mkdir(in_dir("a"), 0777), 0);
	assert_int_equal(atomic_commit(f, &err), GPPI_E_IO);
	assert_non_null(strstr(err.text, "/a: could not be written"));
	assert_int_equal(dir_count(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(atomic_files_appear_whole), TEST(synced_before_and_behind_the_rename),
		TEST(no_temporary_file_stays),
	};
	return cmocka_run_group_tests_name("atomic", tests, NULL, NULL);
}

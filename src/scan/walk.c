#define _POSIX_C_SOURCE 200809L
#include "scan/walk.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/leftover.h"
#include "base/os.h"
#include "base/stop.h"

#define PATH_ROOM 1024

/* The files and folders seen, in a table of hashes that is never more than half full. */
struct seen {
	struct mark {
		uint64_t dev, ino; /* ino 0: free */
	} *marks;
	size_t n, room; /* a power of two, or 0 */
};

struct state {
	walk_visit *visit;
	void *arg;
	struct walk *walk;
	struct seen seen;
	int entries;
};

static struct mark *find_mark(const struct seen *seen, struct mark m)
{
	size_t at = (size_t)((m.ino * 0x9e3779b97f4a7c15u ^ m.dev * 0xc2b2ae3d27d4eb4fu) >> 20);
	for (;; at++) {
		struct mark *here = &seen->marks[at & (seen->room - 1)];
		if (!here->ino || (here->ino == m.ino && here->dev == m.dev))
			return here;
	}
}

static bool make_room(struct seen *seen)
{
	struct seen grown = { .n = seen->n, .room = seen->room ? 2 * seen->room : 256 };
	grown.marks = calloc(grown.room, sizeof *grown.marks);
	if (!grown.marks)
		return false;
	for (size_t i = 0; i < seen->room; i++)
		if (seen->marks[i].ino)
			*find_mark(&grown, seen->marks[i]) = seen->marks[i];
	free(seen->marks);
	*seen = grown;
	return true;
}

/* 1: seen before; 0: not. File systems without inode numbers report 0, which is ignored. */
static int note_seen(struct seen *seen, const char *path, const struct stat *st, struct gppi_error *err)
{
	struct mark m = { (uint64_t)st->st_dev, (uint64_t)st->st_ino };
	if (!m.ino)
		return 0;
	if (2 * seen->n >= seen->room && !make_room(seen))
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path);
	struct mark *here = find_mark(seen, m);
	if (here->ino)
		return 1;
	*here = m;
	seen->n++;
	return 0;
}

/* Hidden files are not counted among those left aside. */
static bool visible(const char *name)
{
	return name[0] != '.';
}

static int walk_names(struct state *s, const char *folder, char **names, int n, int depth, struct gppi_error *err);

static int enter(struct state *s, const char *folder, int depth, struct gppi_error *err)
{
	char **names;
	int n = os_list(folder, visible, &names);
	if (n < 0 && depth > 0 && errno != ENOMEM)
		return 0;
	if (n < 0)
		return err_set(err, GPPI_E_IO, "%s: the folder cannot be read: %s", folder, strerror(errno));
	int rc = walk_names(s, folder, names, n, depth, err);
	os_list_free(names, n);
	return rc;
}

static int look(struct state *s, const char *path, int depth, struct gppi_error *err)
{
	struct stat st;
	if (stat(path, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return 0;
	if (S_ISDIR(st.st_mode) && depth == WALK_DEPTH) {
		s->walk->too_deep = true;
		return 0;
	}
	int again = note_seen(&s->seen, path, &st, err);
	if (again < 0)
		return again;
	if (S_ISREG(st.st_mode))
		return s->visit(s->arg, path, &st, again, err);
	if (again)
		return 0;
	s->walk->folders++;
	return enter(s, path, depth + 1, err);
}

static int walk_names(struct state *s, const char *folder, char **names, int n, int depth, struct gppi_error *err)
{
	size_t len = strlen(folder);
	const char *sep = len && folder[len - 1] == '/' ? "" : "/";
	for (int i = 0; i < n; i++) {
		char path[PATH_ROOM];
		if (leftover_name(names[i])) {
			s->walk->left_aside++;
			continue;
		}
		if (++s->entries > WALK_ENTRIES)
			return err_set(err, GPPI_E_UNSUPPORTED,
				       "%s: more than %d files lie in and below the folder that was "
				       "given; give the folder of one study",
				       folder, WALK_ENTRIES);
		if (snprintf(path, sizeof path, "%s%s%s", folder, sep, names[i]) >= (int)sizeof path)
			return err_set(err, GPPI_E_UNSUPPORTED, "%.200s...: the path is too long", path);
		int rc = stop_asked(err);
		if (rc == 0)
			rc = look(s, path, depth, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int walk_folder(const char *folder, walk_visit *visit, void *arg, struct walk *walk, struct gppi_error *err)
{
	struct state s = { .visit = visit, .arg = arg, .walk = walk };
	struct stat st;
	*walk = (struct walk){ 0 };
	int rc = stat(folder, &st) == 0 ? note_seen(&s.seen, folder, &st, err) : 0;
	if (rc >= 0)
		rc = enter(&s, folder, 0, err);
	free(s.seen.marks);
	return rc;
}

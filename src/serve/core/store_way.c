#define _GNU_SOURCE
#include "serve/core/store_way.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTER (O_PATH | O_DIRECTORY | O_CLOEXEC)

struct id {
	dev_t device;
	ino_t inode;
};

struct ids {
	struct id root, rooms[STORE_ROOMS];
};

/* A watch folder that was opened once. Paths lead here, since many callers have nothing else; entries stay to the
 * end, so that a folder that is closed for the moment is checked as well. */
struct known {
	char root[1024];
	struct ids ids;
	int pins[STORE_ROOMS]; /* open as long as the store is: some file systems number folders anew that nobody has */
	struct known *next;
};

static struct known *all;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_id(const struct id *id, const struct stat *st)
{
	return id->device == st->st_dev && id->inode == st->st_ino;
}

/* Under the lock. */
static struct known *known_root(const char *root)
{
	struct known *k = all;

	while (k && strcmp(k->root, root) != 0)
		k = k->next;
	return k;
}

static void unpin(struct known *k)
{
	for (int i = 0; i < STORE_ROOMS; i++) {
		if (k->pins[i] >= 0)
			close(k->pins[i]);
		k->pins[i] = -1;
	}
}

/* Under the lock. NULL: out of memory. */
static struct known *add_root(const char *root)
{
	struct known *k = calloc(1, sizeof *k);

	if (!k)
		return NULL;
	snprintf(k->root, sizeof k->root, "%s", root);
	for (int i = 0; i < STORE_ROOMS; i++)
		k->pins[i] = -1;
	k->next = all;
	all = k;
	return k;
}

int store_root_note(const struct store *store, const struct stat *st, struct gppi_error *err)
{
	pthread_mutex_lock(&lock);
	struct known *k = known_root(store->root);
	if (!k)
		k = add_root(store->root);
	if (k)
		k->ids.root = (struct id){ st->st_dev, st->st_ino };
	pthread_mutex_unlock(&lock);
	return k ? 0 : err_set(err, GPPI_E_NOMEM, "%s: out of memory", store->root);
}

/* A room, kept open; -1: it is none. */
static int pin(const char *path, struct id *id)
{
	struct stat st;
	int fd = open(path, ENTER | O_NOFOLLOW);

	*id = (struct id){ 0 };
	if (fd >= 0 && fstat(fd, &st) == 0)
		*id = (struct id){ st.st_dev, st.st_ino };
	return fd;
}

int store_rooms_note(const struct store *store, struct gppi_error *err)
{
	char path[STORE_PATH];
	int rc = 0;

	pthread_mutex_lock(&lock);
	struct known *k = known_root(store->root);
	if (k)
		unpin(k);
	for (int i = 0; i < STORE_ROOMS && k; i++) {
		store_path(store, (enum store_room)i, NULL, path);
		k->pins[i] = pin(path, &k->ids.rooms[i]);
		if (k->pins[i] < 0 && rc == 0)
			rc = err_set(err, GPPI_E_IO, "%s: is a link, or cannot be entered; the service needs a real "
				     "folder there", path);
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

void store_rooms_leave(const struct store *store)
{
	pthread_mutex_lock(&lock);
	struct known *k = known_root(store->root);
	if (k)
		unpin(k);
	pthread_mutex_unlock(&lock);
}

bool store_has_rooms(const struct store *store)
{
	char path[STORE_PATH];
	struct stat st;
	bool same = true;

	pthread_mutex_lock(&lock);
	const struct known *k = known_root(store->root);
	struct ids ids = k ? k->ids : (struct ids){ 0 };
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < STORE_ROOMS && same; i++)
		same = lstat(store_path(store, (enum store_room)i, NULL, path), &st) == 0 && S_ISDIR(st.st_mode) &&
		       (!k || is_id(&ids.rooms[i], &st));
	return same;
}

/* ---- ways ---- */

/* The watch folder that a path lies in, the innermost one: the length of its root; 0: none. */
static size_t find_root(const char *path, struct ids *ids)
{
	size_t best = 0;

	pthread_mutex_lock(&lock);
	for (const struct known *k = all; k; k = k->next) {
		size_t n = strlen(k->root);
		if (n > best && strncmp(path, k->root, n) == 0 && path[n] == '/') {
			best = n;
			*ids = k->ids;
		}
	}
	pthread_mutex_unlock(&lock);
	return best;
}

static int room_of(const char *name)
{
	static const struct store none = { .root = "" };
	char path[STORE_PATH];

	for (int i = 0; i < STORE_ROOMS; i++)
		if (strcmp(store_path(&none, (enum store_room)i, NULL, path) + 1, name) == 0)
			return i;
	return -1;
}

static int fail(struct store_way *way, int fd, int why)
{
	if (fd >= 0)
		close(fd);
	way->why = why;
	return -1;
}

/* The folder `name` in fd, which is closed; -1 with way->why. */
static int enter(struct store_way *way, int fd, const char *name, const struct ids *ids)
{
	struct stat st;
	int room = way->below == 0 ? room_of(name) : -1;
	int inner = strcmp(name, "..") == 0 ? -1 : openat(fd, name, ENTER | O_NOFOLLOW);
	int why = errno;

	close(fd);
	if (inner < 0)
		return fail(way, -1, strcmp(name, "..") == 0 ? EINVAL : why);
	if (room >= 0 && (fstat(inner, &st) != 0 || !is_id(&ids->rooms[room], &st)))
		return fail(way, inner, ESTALE);
	way->room = way->room || room >= 0;
	way->below++;
	return inner;
}

/* `text` is the path below the root, and is cut into names. */
static int walk(struct store_way *way, int fd, char *text, const struct ids *ids)
{
	char *end;

	for (; fd >= 0; text = end + 1) {
		text += strspn(text, "/");
		end = strchr(text, '/');
		if (!end)
			break;
		*end = 0;
		fd = enter(way, fd, text, ids);
	}
	if (fd < 0)
		return -1;
	if (strlen(text) >= sizeof way->name || strcmp(text, "..") == 0)
		return fail(way, fd, strcmp(text, "..") == 0 ? EINVAL : ENAMETOOLONG);
	snprintf(way->name, sizeof way->name, "%s", text);
	way->below++;
	return fd;
}

static int open_inside(struct store_way *way, char *path, size_t root, const struct ids *ids)
{
	struct stat st;

	path[root] = 0;
	int fd = open(path, ENTER);
	if (fd < 0)
		return fail(way, -1, errno);
	if (fstat(fd, &st) != 0 || !is_id(&ids->root, &st))
		return fail(way, fd, ESTALE);
	return walk(way, fd, path + root + 1, ids);
}

static int open_outside(struct store_way *way, char *path)
{
	char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	if (strlen(name) >= sizeof way->name)
		return fail(way, -1, ENAMETOOLONG);
	snprintf(way->name, sizeof way->name, "%s", *name ? name : ".");
	if (slash)
		slash[slash == path] = 0;
	int fd = open(slash ? path : ".", ENTER);
	return fd < 0 ? fail(way, -1, errno) : fd;
}

int store_way_open(const char *path, struct store_way *out, struct gppi_error *err)
{
	char copy[2 * STORE_PATH];
	struct ids ids;
	size_t n = strlen(path), root = 0;

	*out = (struct store_way){ .folder = -1, .why = ENAMETOOLONG };
	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n < sizeof copy) {
		snprintf(copy, sizeof copy, "%.*s", (int)n, path);
		root = find_root(copy, &ids);
		out->folder = root ? open_inside(out, copy, root, &ids) : open_outside(out, copy);
	}
	if (out->folder >= 0)
		return 0;
	if (out->why == ESTALE)
		return err_set(err, GPPI_E_IO, "%s: its folder is not the one that was there when the watch folder was "
			       "opened; nothing is done in it until it is opened again", path);
	if (root && (out->why == ENOTDIR || out->why == ELOOP))
		return err_set(err, GPPI_E_IO, "%s: a folder on the way is a link, or none; links are not followed",
			       path);
	return err_set(err, GPPI_E_IO, "%s: its folder cannot be opened: %s", path, strerror(out->why));
}

void store_way_close(const struct store_way *way)
{
	close(way->folder);
}

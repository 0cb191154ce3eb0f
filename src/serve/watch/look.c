#define _GNU_SOURCE
#include "serve/watch/look.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "serve/core/store.h"

int look_entries = LOOK_ENTRIES;

static uint64_t mix(uint64_t state, uint64_t value)
{
	state ^= value + 0x9e3779b97f4a7c15u + (state << 6) + (state >> 2);
	return state * 0xff51afd7ed558ccdu;
}

static uint64_t state_of(const char *name, const struct stat *st)
{
	uint64_t state = 1;

	for (const char *c = name; *c; c++)
		state = mix(state, (unsigned char)*c);
	state = mix(state, (uint64_t)st->st_mtim.tv_sec);
	state = mix(state, (uint64_t)st->st_mtim.tv_nsec);
	return S_ISDIR(st->st_mode) ? state : mix(state, (uint64_t)st->st_size);
}

static void look_in(const char *path, int depth, struct look *out);

static void look_one(const char *path, const char *name, const struct stat *st, int depth, struct look *out)
{
	uint64_t outer = out->state;

	out->state = state_of(name, st);
	if (S_ISDIR(st->st_mode)) {
		look_in(path, depth + 1, out);
	} else {
		out->bytes += (uint64_t)st->st_size;
		out->files++;
	}
	/* the order of readdir() may change: parts are added */
	out->state += outer;
}

static void look_in(const char *path, int depth, struct look *out)
{
	uint64_t before = out->state;
	struct dirent *e;

	if (depth > LOOK_DEPTH) {
		out->deep = true;
		return;
	}
	DIR *dir = opendir(path);
	out->state = 0;
	while (dir && !out->many && !(out->stop && atomic_load(out->stop)) && (e = readdir(dir))) {
		char sub[STORE_PATH + 300];
		struct stat st;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (++out->entries > look_entries) {
			out->many = true;
			break;
		}
		snprintf(sub, sizeof sub, "%s/%s", path, e->d_name);
		if (strlen(sub) >= STORE_PATH)
			out->deep = true;
		else if (lstat(sub, &st) == 0)
			look_one(sub, e->d_name, &st, depth, out);
	}
	if (dir)
		closedir(dir);
	out->state = mix(before, out->state);
}

void look_entry(const char *path, const char *name, const struct stat *st, const atomic_bool *stop, struct look *out)
{
	*out = (struct look){ .stop = stop };
	look_one(path, name, st, 0, out);
	if (out->many) /* which of them were seen depends on their order */
		out->state = 1;
}

bool look_path_until(const char *path, const atomic_bool *stop, struct look *out)
{
	const char *name = strrchr(path, '/');
	struct stat st;

	if (lstat(path, &st) != 0)
		return false;
	look_entry(path, name ? name + 1 : path, &st, stop, out);
	return true;
}

bool look_path(const char *path, struct look *out)
{
	return look_path_until(path, NULL, out);
}

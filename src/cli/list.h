/* Inputs from a list file, and the part of them that one of several runs takes.
 *
 * A list has one path a line; or it is CSV, with a first row that names a column "path", and, where wanted, "name" (of
 * the bone), "voxel_um" and "bytes" (of the input, so that it need not be looked at). */
#ifndef CLI_LIST_H
#define CLI_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

#define LIST_MAX_INPUTS 1000000
#define LIST_SHARDS_MAX 100000

struct list_entry {
	const char *path;
	const char *name; /* "": as the scan says */
	double voxel_um;  /* 0: as the scan or an option says */
	uint64_t bytes;
	bool sized;       /* bytes are known */
	size_t line;      /* of the list */
	int shard;        /* from 1; 0 before list_share() */
};

struct list {
	struct list_entry *entry;
	int n;
	char *text;   /* the storage of paths and names */
	int *again;   /* nagain lines that named an input a second time, and were left out: pairs of lines */
	int nagain;
};

/* "-" is standard input. Refuses what no list has: bytes of 0, control characters, paths longer than a scan's may be,
 * two inputs of one name, one input with two names or voxel sizes. Owned by the caller: list_free(). */
int list_read(const char *path, struct list *out, struct gppi_error *err);
void list_free(struct list *list);

/* Sizes of inputs for which the list has none: of a file, or of all files in a folder; 0 for what cannot be read. */
void list_measure(struct list *list);

/* Gives every input a shard 1..shards, so that all have about as many bytes. The same list and sizes give the same
 * shards everywhere. */
int list_share(struct list *list, int shards, struct gppi_error *err);

/* What a run takes of a list. */
struct list_request {
	const char *path;
	int shard, shards; /* 1..shards; 0: all of it */
	bool quiet;        /* no notes on standard error */
};
/* "I/N" of --shard. */
bool list_shard(const char *word, int *shard, int *shards);

/* The inputs of that part; all zero where there is no list. */
struct list_inputs {
	char **path;
	int n;
	const struct list_entry **entry; /* by input */
	char **others;                   /* inputs of the other shards */
	int nothers;
	struct list list;
};
/* list_inputs_free(), also after a failure. */
int list_inputs_read(const struct list_request *request, struct list_inputs *out, struct gppi_error *err);
void list_inputs_free(struct list_inputs *inputs);
/* The voxel size that the list gives for an input, or else the other one. */
double list_voxel_um(const struct list_inputs *inputs, int input, double otherwise);

/* A list as CSV, which list_read() takes: the head, with further columns ("" or ",why"), and an entry without the end
 * of its line. */
void list_write_head(FILE *out, const char *more);
void list_write_entry(FILE *out, const struct list_entry *entry);
/* One cell, byte for byte. */
void list_write_cell(FILE *out, const char *text);

/* Notes on standard error what was named twice. */
void list_tell_again(const struct list *list, const char *path);

#endif

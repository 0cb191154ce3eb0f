/* A gzip stream into a file, for volumes. */
#ifndef REPORT_PACKER_H
#define REPORT_PACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct packer;

/* NULL: out of memory. `file` is borrowed; a failed write stays in it. */
struct packer *packer_new(FILE *file);
/* The next bytes, at most 4 GB; `last`: the stream ends behind them. False: they could not be packed. */
bool packer_put(struct packer *p, const void *data, size_t n, bool last);
void packer_free(struct packer *p); /* NULL allowed */

#endif

/* The rows of several tables, in order, and which of them count. */
#ifndef CLI_MERGE_H
#define CLI_MERGE_H

#include "cli/list.h"
#include "cli/rows.h"

struct merge_row {
	const struct row *row;
	int table;
	size_t order;                     /* as they were read */
	const struct merge_row *better;   /* the row that counts instead; NULL: this one does */
	const struct merge_row *namesake; /* another bone of this name, or NULL */
};

enum merge_state { MERGE_MISSING, MERGE_FAILED, MERGE_WHOLE };

struct merge {
	enum cli_format format;
	const struct rows_kind *kind; /* NULL: no table had a row */
	struct rows *table;
	int ntables;
	struct merge_row *row;     /* as they were read */
	struct merge_row **sorted; /* as the list has them, where there is one, or as they were read */
	size_t n;
	size_t whole, failed, strange; /* of the rows that count; strange: of no input of the list */
	char *state;                   /* enum merge_state, by input of the list */
};

/* list: may hold nothing. Owned by the caller: merge_free(), also after a failure. */
int merge_read(struct merge *m, char *const *paths, int npaths, const struct list *list, struct gppi_error *err);
/* Do two rows of one bone say the same? Those with a plane: the same plane; others: all that does not change from run
 * to run. */
bool merge_same(const struct merge *m, const struct merge_row *a, const struct merge_row *b);
void merge_free(struct merge *m);

#endif

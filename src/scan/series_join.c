/* Images that belong together although the files call them several series. */
#include "scan/series_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"

#define STRAY_LEAST 2

typedef int (*compare_fn)(const struct dicom_object *, const struct dicom_object *);

static int compare_study(const struct dicom_object *a, const struct dicom_object *b)
{
	int c = series_compare_folders(a, b);
	if (!c)
		c = strcmp(a->study_uid, b->study_uid);
	if (!c)
		c = strcmp(a->patient, b->patient);
	if (!c)
		c = a->rows != b->rows ? a->rows - b->rows : a->cols - b->cols;
	return c;
}

static int compare_concatenation(const struct dicom_object *a, const struct dicom_object *b)
{
	int c = series_compare_folders(a, b);
	return c ? c : strcmp(a->concatenation_uid, b->concatenation_uid);
}

static int compare_parts(const struct dicom_object *a, const struct dicom_object *b)
{
	int c = compare_study(a, b);
	if (!c)
		c = strcmp(a->series_name, b->series_name);
	return c ? c : (a->series_number > b->series_number) - (a->series_number < b->series_number);
}

/* qsort() hands over no context. */
#define SORT_BY(compare)                                                                             \
	static int by_##compare(const void *pa, const void *pb)                                      \
	{                                                                                            \
		const struct series_member *a = *(struct series_member *const *)pa;                  \
		const struct series_member *b = *(struct series_member *const *)pb;                  \
		int c = compare_##compare(a->object, b->object);                                     \
		return c ? c : (a->group > b->group) - (a->group < b->group);                        \
	}

SORT_BY(study)
SORT_BY(concatenation)
SORT_BY(parts)

static void join(struct series_member **list, int n, enum series_join why)
{
	int group = list[0]->group;
	for (int i = 1; i < n; i++)
		group = list[i]->group < group ? list[i]->group : group;
	for (int i = 0; i < n; i++) {
		list[i]->group = group;
		list[i]->join = why;
	}
}

/* The run of neighbours that compare as equal. */
static int run_of(struct series_member **list, int n, compare_fn compare)
{
	int k = 1;
	while (k < n && !compare(list[0]->object, list[k]->object))
		k++;
	return k;
}

static void join_concatenations(struct series_member **list, int n)
{
	qsort(list, (size_t)n, sizeof(void *), by_concatenation);
	for (int i = 0, k; i < n; i += k) {
		k = run_of(list + i, n - i, compare_concatenation);
		if (k > 1 || list[i]->object->parts > 1)
			join(list + i, k, SERIES_CONCATENATION);
	}
}

/* Do the frames of these files, put one behind the other, make one even stack? Those of one series need not be even:
 * where a part is missing, that is said when they are opened. */
static int fit_together(struct series_member **list, int n, bool *fit, struct gppi_error *err)
{
	size_t frames = 0;
	int k = 0, files = 1;
	struct series_steps steps;
	bool one_series = true;
	*fit = false;
	for (int i = 0; i < n; i++) {
		if (!series_parallel(list[0]->object, list[i]->object))
			return 0;
		frames += (size_t)list[i]->object->frames;
		one_series = one_series && !strcmp(list[0]->object->series_uid, list[i]->object->series_uid);
	}
	if (frames > SERIES_SLICES_MAX)
		return 0;
	struct series_slice *s = malloc(frames * sizeof *s);
	if (!s)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", list[0]->object->path);
	for (int i = 0; i < n; i++)
		for (int f = 0; f < list[i]->object->frames; f++)
			s[k++] = (struct series_slice){ list[i]->object, f, 0.0 };
	bool is_even = series_order(s, k, "", &steps, NULL) == 0 && !steps.uneven;
	for (int i = 0; i + 1 < k; i++)
		files += s[i].object != s[i + 1].object;
	*fit = steps.by_position && files == n && (is_even || one_series);
	free(s);
	return 0;
}

static int join_parts(struct series_member **list, int n, struct gppi_error *err)
{
	int rc = 0;
	qsort(list, (size_t)n, sizeof(void *), by_parts);
	for (int i = 0, k; i < n && rc == 0; i += k) {
		bool fit = false;
		k = run_of(list + i, n - i, compare_parts);
		if (k > 1)
			rc = fit_together(list + i, k, &fit, err);
		if (fit)
			join(list + i, k, SERIES_PARTS);
	}
	return rc;
}

/* Single slices of one study and size; those of one orientation come together, so that they are judged, or
 * refused, as one. */
static void join_loose(struct series_member **list, int n)
{
	qsort(list, (size_t)n, sizeof(void *), by_study);
	for (int i = 0, k; i < n; i += k) {
		k = run_of(list + i, n - i, compare_study);
		int end = i + k;
		for (int from = i, same; from < end; from += same) {
			same = 1;
			for (int j = from + 1; j < end; j++)
				if (series_parallel(list[from]->object, list[j]->object)) {
					struct series_member *m = list[from + same];
					list[from + same++] = list[j];
					list[j] = m;
				}
			if (same > 1)
				join(list + from, same, SERIES_LOOSE);
		}
	}
}

/* What is left of the single slices of a folder. */
static void join_stray(struct series_member **list, int n)
{
	int left = 0;
	for (int i = 0; i < n; i++)
		if (list[i]->join == SERIES_AS_TOLD)
			list[left++] = list[i];
	for (int i = 0, k; i < left; i += k) {
		k = run_of(list + i, left - i, series_compare_folders);
		if (k >= STRAY_LEAST)
			join(list + i, k, SERIES_STRAY);
	}
}

/* How many members each group has. */
static void count_groups(const struct series_member *m, int n, int *count)
{
	memset(count, 0, (size_t)n * sizeof *count);
	for (int i = 0; i < n; i++)
		if (m[i].group >= 0)
			count[m[i].group]++;
}

int series_join_groups(struct series_member *m, int n, struct gppi_error *err)
{
	struct series_member **list = size_realloc(NULL, (size_t)n, sizeof(void *));
	struct series_member **parts = size_realloc(NULL, (size_t)n, sizeof(void *));
	struct series_member **loose = size_realloc(NULL, (size_t)n, sizeof(void *));
	int *count = size_realloc(NULL, (size_t)n, sizeof *count), rc = 0, nlist = 0, nparts = 0, nloose = 0;
	if (!list || !parts || !loose || !count) {
		rc = err_set(err, GPPI_E_NOMEM, "%s: not enough memory", m[0].object->path);
		goto end;
	}
	count_groups(m, n, count);
	for (int i = 0; i < n; i++) {
		const struct dicom_object *o = m[i].object;
		if (o->frames > 1 && o->concatenation_uid[0])
			list[nlist++] = &m[i];
		else if (o->frames > 1)
			parts[nparts++] = &m[i];
		else if (m[i].group >= 0 && count[m[i].group] == 1)
			loose[nloose++] = &m[i];
	}
	join_concatenations(list, nlist);
	join_loose(loose, nloose);
	join_stray(loose, nloose);
	rc = join_parts(parts, nparts, err);
end:
	free(list);
	free(parts);
	free(loose);
	free(count);
	return rc;
}

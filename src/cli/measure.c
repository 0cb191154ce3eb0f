#include "cli/measure.h"
#include "cli/spare.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/os.h"
#include "measure/block.h"
#include "measure/segment_given.h"
#include "report/report.h"

/* ---- a segmentation ---- */

int measure_read_masks(const struct measure_args *args, struct block *bone, struct block *tv, struct gppi_error *err)
{
	const double *um = args->has_spacing ? args->spacing_um : NULL;
	int rc = args->mask ? block_read(args->mask, args->label, um, bone, err) : 0;

	if (rc >= 0 && args->tv)
		rc = block_read(args->tv, BLOCK_ANY_LABEL, um, tv, err);
	if (rc >= 0 && args->mask && args->tv)
		rc = given_pair_check(bone, tv, err);
	return rc;
}

/* Where Tb.Sp ends beside bone: all but TV. caller frees; NULL where TV is everything, or without memory. */
static uint8_t *wall_of(const struct block *tv, struct gppi_error *err)
{
	const size_t n = tv->mask ? grid_voxels(&tv->grid) : 0;
	uint8_t *wall = n ? grid_alloc(&tv->grid, 1, err) : NULL;

	for (size_t i = 0; wall && i < n; i++)
		wall[i] = !tv->mask[i];
	return wall;
}

/* A segmentation is measured as it is. */
static int measure_mask(const struct measure_args *args, struct measure_out *out, struct gppi_error *err)
{
	struct block bone = { .mask = NULL }, tv = { .mask = NULL };
	struct measures measures = { .slice = NULL };
	const char *const read[] = { args->mask, args->tv };
	struct spare spare = { .more = read, .nmore = 2 };
	int rc = spare_check(&spare, args->output, err);

	if (rc >= 0)
		rc = spare_check(&spare, args->per_slice, err);
	spare_free(&spare);
	if (rc >= 0)
		rc = measure_read_masks(args, &bone, &tv, err);
	uint8_t *wall = rc >= 0 ? wall_of(&tv, err) : NULL;

	if (rc >= 0 && tv.mask && !wall)
		rc = GPPI_E_NOMEM;
	if (rc >= 0) {
		struct measure_input in = { .grid = bone.grid, .bone = bone.mask, .tv = tv.mask, .wall = wall,
					    .last = bone.grid.n[2] - 1,
					    .also = args->also, .threads = args->options.threads };
		struct report_measures r = { .name = bone.name, .input = args->mask, .measures = &measures,
					     .grid = &bone.grid, .methods = args->methods,
					     .spacing_known = report_spacing_word((enum gppi_spacing)bone.spacing) };
		r.doubt[0] = bone.several ? BLOCK_SEVERAL : NULL;
		char size[120];
		snprintf(size, sizeof size, "voxel size in doubt: %s", bone.spacing_doubt);
		if (bone.spacing_doubt[0])
			r.doubt[1] = size;
		else if (bone.spacing == SCAN_ASSUMED)
			r.doubt[1] = "the file does not state its voxel size, 10 um are assumed: give it with "
				     "--spacing";
		rc = measures_make(&in, &measures, err);
		if (rc >= 0)
			rc = measure_out_put(out, &r, err);
	}
	measures_free(&measures);
	block_free(&bone);
	block_free(&tv);
	free(wall);
	return rc;
}

static int read_list(struct measure_args *args, struct gppi_error *err)
{
	int rc = args->list.path ? list_inputs_read(&args->list, &args->listed, err) : 0;

	if (args->list.path && rc >= 0) {
		args->inputs = args->listed.path;
		args->ninputs = args->listed.n;
	}
	return rc;
}

int cmd_measure(int argc, char **argv)
{
	struct measure_args args;
	struct measure_out out;
	struct gppi_error err = { 0 };
	int status = measure_parse(argc, argv, &args);

	if (status >= 0)
		return status;
	os_keep_memory();
	if (read_list(&args, &err) < 0 || measure_out_open(&out, &args, &err) < 0) {
		list_inputs_free(&args.listed);
		return cli_fail(err.text);
	}
	if (args.ninputs || args.list.path) {
		status = measure_scans(&args, &out);
	} else if (measure_mask(&args, &out, &err) < 0) {
		measure_out_abort(&out);
		return cli_fail(err.text);
	} else {
		status = CLI_OK;
	}
	if (out.table.stream && measure_out_finish(&out, &err) < 0)
		status = cli_fail(err.text);
	list_inputs_free(&args.listed);
	return status;
}

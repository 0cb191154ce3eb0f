/* gppi iou: how two segmentations agree. */
#include "cli/cli.h"
#include "cli/spare.h"

#include <math.h>
#include <stdlib.h>

#include "measure/block.h"
#include "report/report.h"

static double iou(const struct agreement_class *c)
{
	return (double)c->both / (double)(c->a + c->b - c->both);
}

static double dice(const struct agreement_class *c)
{
	return 2 * (double)c->both / (double)(c->a + c->b);
}

/* Mean over the labels, with or without the background; NaN where there is none. */
static double mean(const struct agreement *all, bool background, double (*of)(const struct agreement_class *))
{
	double sum = 0;
	int n = 0;

	for (int i = 0; i < all->n; i++)
		if (background || all->of[i].label != 0) {
			sum += of(&all->of[i]);
			n++;
		}
	return n ? sum / n : NAN;
}

static void print_table(FILE *out, const struct agreement *all, bool csv)
{
	const char *row = csv ? "%s,%.6f,%.6f,%s\n" : "%-22s %.6f  %.6f  %s\n";
	char label[16], voxels[96];

	if (csv)
		fputs("label,iou,dice,voxels_a,voxels_b,voxels_both\n", out);
	else
		fprintf(out, "%-22s %-8s  %-8s  voxels of A, of B, of both\n", "label", "IoU", "Dice");
	for (int i = 0; i < all->n; i++) {
		const struct agreement_class *c = &all->of[i];
		snprintf(label, sizeof label, "%d", c->label);
		snprintf(voxels, sizeof voxels, csv ? "%llu,%llu,%llu" : "%llu  %llu  %llu", (unsigned long long)c->a,
			 (unsigned long long)c->b, (unsigned long long)c->both);
		fprintf(out, row, label, iou(c), dice(c), voxels);
	}
	fprintf(out, row, "mean", mean(all, true, iou), mean(all, true, dice), csv ? ",," : "");
	fprintf(out, row, csv ? "mean_without_0" : "mean without label 0", mean(all, false, iou),
		mean(all, false, dice), csv ? ",," : "");
}

static int print_json(FILE *out, const struct agreement *all, struct gppi_error *err)
{
	json_t *list = json_array();

	for (int i = 0; list && i < all->n; i++) {
		const struct agreement_class *c = &all->of[i];
		json_array_append_new(list,
				      json_pack("{s:i, s:o, s:o, s:[I, I], s:I}", "label", c->label, "iou",
						report_number(iou(c), 6), "dice", report_number(dice(c), 6), "voxels",
						(json_int_t)c->a, (json_int_t)c->b, "both", (json_int_t)c->both));
	}
	return report_json_line(out, json_pack("{s:o, s:o, s:o, s:o, s:o}", "labels", list,
		"mean_iou", report_number(mean(all, true, iou), 6),
		"mean_dice", report_number(mean(all, true, dice), 6),
		"mean_iou_without_0", report_number(mean(all, false, iou), 6),
		"mean_dice_without_0", report_number(mean(all, false, dice), 6)), err);
}

static int compare(char **path, enum cli_format format, const char *output)
{
	struct agreement all = { 0 };
	struct cli_out out;
	struct gppi_error err = { 0 };
	struct spare spare = { .more = (const char *const *)path, .nmore = 2 };
	int rc = agreement_count(path[0], path[1], &all, &err);

	if (rc >= 0)
		rc = spare_check(&spare, output, &err);
	if (rc >= 0)
		rc = cli_out_open(&out, output, &err);
	if (rc >= 0) {
		if (format != CLI_JSON)
			print_table(out.stream, &all, format == CLI_CSV);
		else
			rc = print_json(out.stream, &all, &err);
		if (rc < 0)
			cli_out_abort(&out);
		else
			rc = cli_out_finish(&out, &err);
	}
	free(all.of);
	spare_free(&spare);
	return rc < 0 ? cli_fail(err.text) : CLI_OK;
}

int cmd_iou(int argc, char **argv)
{
	const char *output = NULL;
	bool json = false, csv = false;
	const struct cli_option options[] = { { "json", NULL, &json }, { "csv", NULL, &csv },
					      { "output", &output, NULL } };
	int status = cli_options("iou", help_iou, options, 3, argc, argv);

	if (status >= 0)
		return status;
	if (json && csv)
		return cli_usage("iou", "choose one of --json and --csv");
	if (argc - optind != 2)
		return cli_usage("iou", "name two label volumes");
	if (cli_environment("iou") != CLI_OK)
		return CLI_USAGE;
	return compare(argv + optind, json ? CLI_JSON : csv ? CLI_CSV : CLI_TEXT, output);
}

#include "cli/cli.h"

#include <string.h>

#include "base/printable.h"
#include "report/report.h"

/* Weight files may come from anywhere. */
static void line(FILE *out, const char *key, const char *text)
{
	cli_fact(out, 9, key, text);
}

/* The recipe and figures of a network; whatever is not an object is shown as it is. */
static void print_meta(FILE *out, const char *meta)
{
	json_t *object = json_loads(meta, 0, NULL);
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		line(out, "meta", meta);
	json_object_foreach(object, key, value) {
		char *text = json_is_string(value) ? NULL :
			     json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
		line(out, key, text ? text : json_is_string(value) ? json_string_value(value) : "");
		free(text);
	}
	json_decref(object);
}

static void print_text(FILE *out, const struct gppi_model_info *m)
{
	printable_put(out, m->name, 0);
	fputc('\n', out);
	line(out, "kind", m->kind);
	line(out, "sha256", m->hash);
	fprintf(out, "  %-9s %zu parameters, %.1f million multiply-accumulates per run\n", "size",
		m->params, m->macs / 1e6);
	line(out, "source", m->source);
	print_meta(out, m->meta);
}

static int print_json(FILE *out, const struct gppi_model_info *m, struct gppi_error *err)
{
	json_t *meta = json_loads(m->meta, 0, NULL);

	if (!meta)
		meta = report_string(m->meta);
	return report_json_line(out, json_pack("{s:o, s:o, s:o, s:I, s:o, s:o, s:o}",
		"name", report_string(m->name), "kind", report_string(m->kind),
		"hash", report_string(m->hash), "params", (json_int_t)m->params,
		"macs", report_number(m->macs, 0), "source", report_string(m->source),
		"meta", meta), err);
}

static int list(const char *folder, bool json)
{
	struct gppi_models *models;
	struct gppi_error error;
	struct cli_out out;
	struct gppi_error err;

	if (gppi_models_open(folder, &models, &error) != GPPI_OK)
		return cli_fail(error.text);
	int n = gppi_models_count(models), rc = cli_out_open(&out, NULL, &err);
	for (int i = 0; i < n && rc == 0; i++) {
		if (json)
			rc = print_json(out.stream, gppi_models_info(models, i), &err);
		else
			print_text(out.stream, gppi_models_info(models, i));
	}
	if (rc == 0)
		rc = cli_out_finish(&out, &err);
	gppi_models_free(models);
	return rc ? cli_fail(err.text) : CLI_OK;
}

int cmd_models(int argc, char **argv)
{
	const char *folder = NULL;
	bool json = false;
	const struct cli_option options[] = { { "json", NULL, &json }, { "weights", &folder, NULL } };
	int status = cli_options("models", help_models, options, 2, argc, argv);

	if (status >= 0)
		return status;
	if (optind < argc)
		return cli_usage("models", "\"%s\" is one word too many", argv[optind]);
	if (cli_environment("models") != CLI_OK)
		return CLI_USAGE;
	return list(folder, json);
}

#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "serve/check.h"
#include "serve/core/config.h"
#include "serve/core/service.h"
#include "serve/core/status.h"
#include "serve/jobs/worker.h"

static int say_fine(const char *path)
{
	struct cli_out out;
	struct gppi_error err;

	if (cli_out_open(&out, NULL, &err) < 0)
		return cli_fail(err.text);
	printable_put(out.stream, path, 0);
	fputs(": is fine\n", out.stream);
	return cli_out_finish(&out, &err) < 0 ? cli_fail(err.text) : CLI_OK;
}

static int show_status(const struct serve_config *config, bool json)
{
	struct cli_out out;
	struct gppi_error err;

	int rc = cli_out_open(&out, NULL, &err), running = 0;
	if (rc == 0)
		rc = running = status_print(config, out.stream, json, &err);
	if (rc >= 0)
		rc = cli_out_finish(&out, &err);
	if (rc < 0)
		return cli_fail(err.text);
	return running ? CLI_OK : CLI_FAILED;
}

int cmd_serve(int argc, char **argv)
{
	const char *path = NULL, *cpu = NULL;
	bool check = false, status = false, json = false;
	const struct cli_option options[] = { { "config", &path, NULL }, { "check-config", NULL, &check },
					      { "status", NULL, &status }, { "json", NULL, &json },
					      { "cpu", &cpu, NULL } };
	struct gppi_error err;

	if (argc == 2 && strcmp(argv[1], "--worker") == 0) /* the service calls itself: no option for people */
		return worker_main();
	int result = cli_options("serve", help_serve, options, 5, argc, argv);
	if (result >= 0)
		return result;
	if (optind < argc) /* `gppi serve --check-config FILE` reads naturally too */
		path = path || optind + 1 < argc ? NULL : argv[optind];
	if (!path)
		return cli_usage("serve", "name one configuration with --config FILE");
	if (check && status)
		return cli_usage("serve", "choose one of --check-config and --status");
	if (json && !status)
		return cli_usage("serve", "--json goes with --status");
	if (cli_cpu(cpu, &err) < 0)
		return cli_usage("serve", "%s", err.text);

	struct serve_config *config = malloc(sizeof *config);
	if (!config)
		return cli_fail("out of memory");
	result = CLI_OK;
	int rc = config_read(path, config, &err);
	if (rc == 0 && check && (rc = check_disk(config, stdout, &err)) == 0)
		result = say_fine(path);
	else if (rc == 0 && !check && status)
		result = show_status(config, json);
	else if (rc == 0 && !check)
		rc = service_run(config, &err);
	free(config);
	return rc < 0 ? cli_fail(err.text) : result;
}

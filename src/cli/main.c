#include <stddef.h>
#include <string.h>

#include "base/atomic.h"
#include "base/os.h"
#include "cli/extra.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "detect", cmd_detect, help_detect },
	{ "list", cmd_list, help_list },
	{ "merge", cmd_merge, help_merge },
	{ "measure", cmd_measure, help_measure },
	{ "iou", cmd_iou, help_iou },
	{ "eval", cmd_eval, help_eval },
	{ "compare", cmd_compare, help_compare },
	{ "split", cmd_split, help_split },
	{ "longaxis", cmd_longaxis, help_longaxis },
	{ "info", cmd_info, help_info },
	{ "models", cmd_models, help_models },
	{ "bench", cmd_bench, help_bench },
	{ "serve", cmd_serve, help_serve },
};

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int help(int argc, char **argv)
{
	if (argc > 2)
		return cli_usage(NULL, "help takes the name of one command");
	if (argc < 2 || argv[1][0] == '-')
		return cli_help(help_main);
	const struct command *command = find(argv[1]);
	if (!command)
		return cli_usage(NULL, "there is no command \"%s\"", argv[1]);
	return cli_help(command->help);
}

int main(int argc, char **argv)
{
	os_arguments(argc, argv);
	os_on_death(atomic_remove_all);
	if (argc < 2)
		return cli_usage(NULL, "say what to do, for example 'gppi detect scan.nii'");
	const char *word = argv[1];
	cli_dictionary();
	if (slicer_calls(argc, argv))
		return cmd_detect(argc, argv);
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return cli_help(help_main);
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		return cli_version();
	if (strcmp(word, "help") == 0)
		return help(argc - 1, argv + 1);
	const struct command *command = find(word);
	if (!command)
		return cli_usage(NULL, word[0] == '-' ? "there is no option %s" : "there is no command \"%s\"",
				 word);
	return command->run(argc - 1, argv + 1);
}

#include "cli/cli.h"

int cmd_serve(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return cli_fail("the service is not part of gppi for Windows; run 'gppi serve' on Linux, which sees the "
			"folders of Windows as network shares");
}

/* The sender of the service, over and over, for tools/campaign/netfuzz.py: send_loop PORT FILE LANES, each lane a
 * process. Ends when told to, and with a failure when a lane ends by itself. */
#define _DEFAULT_SOURCE /* usleep */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serve/core/ids.h"
#include "serve/core/quiet.h"
#include "serve/send/deliver.h"

#define LANES_MOST 64

static volatile sig_atomic_t over;

static void stop(int number)
{
	(void)number;
	over = 1;
}

static int lane(int port, const char *path, unsigned seed)
{
	const struct deliver_terms terms = { .host = "127.0.0.1", .port = port, .called = "PACS", .calling = "GPPI",
					     .timeout = 1 };
	struct delivery *d = delivery_new();
	struct gppi_error err;

	if (!d)
		return 2;
	srand(seed);
	while (!over) {
		if (delivery_open(d, &terms, &err) < 0)
			continue;
		while (!over && delivery_send(d, path, &err) == DELIVER_SENT && rand() % 3)
			;
		delivery_close(d);
	}
	delivery_free(d);
	return 0;
}

int main(int argc, char **argv)
{
	pid_t child[LANES_MOST];
	const int lanes = argc == 4 ? (int)strtol(argv[3], NULL, 10) : 0;
	int status = 0, rc;

	if (lanes < 1 || lanes > LANES_MOST)
		return 2;
	signal(SIGTERM, stop);
	signal(SIGPIPE, SIG_IGN);
	dicom_quiet();
	for (int i = 0; i < lanes; i++) {
		child[i] = fork();
		if (child[i] != 0)
			continue;
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* no lane outlives this process */
		return lane((int)strtol(argv[1], NULL, 10), argv[2], (unsigned)i + 1);
	}
	while (!over && waitpid(-1, &status, WNOHANG) == 0)
		usleep(100000);
	rc = over ? 0 : 1;
	for (int i = 0; i < lanes; i++)
		if (child[i] > 0)
			kill(child[i], SIGTERM);
	while (waitpid(-1, &status, 0) > 0)
		rc = rc || !WIFEXITED(status) || WEXITSTATUS(status);
	return rc;
}

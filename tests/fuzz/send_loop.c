/* The sender of the service, over and over, for tools/campaign/netfuzz.py: send_loop PORT FILE. Ends when told to. */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "serve/core/ids.h"
#include "serve/core/quiet.h"
#include "serve/send/deliver.h"

static volatile sig_atomic_t over;

static void stop(int number)
{
	(void)number;
	over = 1;
}

int main(int argc, char **argv)
{
	struct deliver_terms terms = { .host = "127.0.0.1", .called = "PACS", .calling = "GPPI", .timeout = 1 };
	struct delivery *d = delivery_new();
	struct gppi_error err;

	if (argc != 3 || !d)
		return 2;
	terms.port = (int)strtol(argv[1], NULL, 10);
	signal(SIGTERM, stop);
	signal(SIGPIPE, SIG_IGN);
	dicom_quiet();
	while (!over) {
		if (delivery_open(d, &terms, &err) < 0)
			continue;
		while (!over && delivery_send(d, argv[2], &err) == DELIVER_SENT && rand() % 3)
			;
		delivery_close(d);
	}
	delivery_free(d);
	return 0;
}

#define _GNU_SOURCE
#include "serve/core/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATE_MAX (STORE_PATH + 256)

static void state_path(const char *folder, const char *end, char out[STORE_PATH + 16])
{
	snprintf(out, STORE_PATH + 16, "%.*s/state%s", STORE_PATH - 1, folder, end);
}

void state_read(const char *folder, struct job_state *out)
{
	static const char source[] = "\nsource ";
	char path[STORE_PATH + 16], text[STATE_MAX + 1];

	*out = (struct job_state){ 0 };
	state_path(folder, "", path);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return;
	ssize_t n = read(fd, text, STATE_MAX);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	int attempts = 0, crashed = 0;
	if (sscanf(text, "attempts %d\ncrashed %d\nlook %" SCNx64, &attempts, &crashed, &out->look) != 3)
		return;
	out->attempts = attempts > 0 ? attempts : 0;
	out->crashed = crashed != 0;
	/* the last thing, to the end of the file: names may have line ends in them */
	const char *at = strstr(text, source);
	if (at)
		snprintf(out->source, sizeof out->source, "%s", at + sizeof source - 1);
}

int state_write(const char *folder, const struct job_state *state, struct gppi_error *err)
{
	char path[STORE_PATH + 16], new[STORE_PATH + 16];

	state_path(folder, "", path);
	state_path(folder, ".new", new);
	FILE *file = fopen(new, "we");
	if (file) {
		fprintf(file, "attempts %d\ncrashed %d\nlook %" PRIx64 "\n", state->attempts, state->crashed,
			state->look);
		if (state->source[0])
			fprintf(file, "source %s", state->source);
	}
	if (file && fclose(file) == 0 && rename(new, path) == 0)
		return 0;
	err_set(err, GPPI_E_IO, "%s: cannot be written: %s", path, strerror(errno));
	(void)unlink(new);
	return GPPI_E_IO;
}

int state_sync(const char *folder, struct gppi_error *err)
{
	char path[STORE_PATH + 16];

	state_path(folder, "", path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = fd >= 0 && fsync(fd) == 0 ? 0
					   : err_set(err, GPPI_E_IO, "%s: cannot be synced: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc == 0 ? store_sync(folder, err) : rc;
}

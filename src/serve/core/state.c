#define _GNU_SOURCE
#include "serve/core/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/core/store_way.h"

#define STATE_MAX (STORE_PATH + 256)
#define ATTEMPTS_MAX 1000 /* more than max_attempts may be */

static void state_path(const char *folder, char out[STORE_PATH + 16])
{
	snprintf(out, STORE_PATH + 16, "%.*s/state", STORE_PATH - 1, folder);
}

/* The folder may be one that a stranger owns: a pipe, a link or a file of any size may have the name. -1: none. */
static int open_state(const char *path, struct gppi_error *err)
{
	struct store_way way;
	struct stat st;
	int rc = store_way_open(path, &way, err);

	if (rc < 0)
		return rc;
	int fd = openat(way.folder, way.name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		rc = err_set(err, GPPI_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
	else if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > STATE_MAX)
		rc = err_set(err, GPPI_E_IO, "%s: is no file of the service", path);
	store_way_close(&way);
	if (rc < 0 && fd >= 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

void state_read(const char *folder, struct job_state *out)
{
	static const char source[] = "\nsource ";
	char path[STORE_PATH + 16], text[STATE_MAX + 1];

	*out = (struct job_state){ 0 };
	state_path(folder, path);
	int fd = open_state(path, NULL);
	if (fd < 0)
		return;
	ssize_t n = read(fd, text, STATE_MAX);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	int attempts = 0, crashed = 0;
	uint64_t look = 0;
	/* with widths: of a longer number, the value is undefined */
	if (sscanf(text, "attempts %9d\ncrashed %9d\nlook %16" SCNx64, &attempts, &crashed, &look) != 3)
		return;
	out->attempts = attempts < 0 ? 0 : attempts > ATTEMPTS_MAX ? ATTEMPTS_MAX : attempts;
	out->crashed = crashed != 0;
	out->look = look;
	/* the last thing, to the end of the file: names may have line ends in them */
	const char *at = strstr(text, source);
	if (at)
		snprintf(out->source, sizeof out->source, "%s", at + sizeof source - 1);
}

int state_write(const char *folder, const struct job_state *state, struct gppi_error *err)
{
	char path[STORE_PATH + 16], text[STATE_MAX + 1];

	state_path(folder, path);
	int n = snprintf(text, sizeof text, "attempts %d\ncrashed %d\nlook %" PRIx64 "\n%s%s", state->attempts,
			 state->crashed, state->look, state->source[0] ? "source " : "", state->source);
	return store_put(path, text, (size_t)n, err);
}

int state_sync(const char *folder, struct gppi_error *err)
{
	char path[STORE_PATH + 16];

	state_path(folder, path);
	int fd = open_state(path, err);
	if (fd < 0)
		return fd;
	int rc = fsync(fd) == 0 ? 0 : err_set(err, GPPI_E_IO, "%s: cannot be synced: %s", path, strerror(errno));
	close(fd);
	return rc == 0 ? store_sync(folder, err) : rc;
}

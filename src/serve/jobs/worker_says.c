/* What a worker says on its standard error, for the log of the service: its own lines are known, all others (of
 * libraries, or of one that was taken over) are told as such, so that none passes for a line of the service. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "serve/core/log.h"
#include "serve/jobs/worker.h"

#define SAID_MOST 65536 /* bytes that one worker brings into the log */

/* Does it begin with an event of the worker's side? Then *rest is behind "event=". */
static bool is_known(const char *line, const char **rest)
{
	static const char *const events[] = { "sandbox ", "no_dicom ", "not_measured ", "page_part_failed " };

	*rest = line + strlen("event=");
	if (strncmp(line, "event=", strlen("event=")) != 0)
		return false;
	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		if (strncmp(*rest, events[i], strlen(events[i])) == 0)
			return true;
	return false;
}

static void say(const struct work *w, struct worker *worker)
{
	const char *line = worker->line, *rest;

	worker->line[worker->length] = 0;
	worker->length = 0;
	if (worker->said > SAID_MOST || !*line)
		return;
	worker->said += strlen(line);
	if (line[0] == '<' && line[1] >= '0' && line[1] <= '7' && line[2] == '>')
		line += 3;
	if (is_known(line, &rest))
		serve_log(LOG_WARN, "%s", rest);
	else
		serve_log(LOG_WARN, "worker key=%s what=\"%s\"", w->job->key, line);
	if (worker->said > SAID_MOST)
		serve_log(LOG_WARN, "worker key=%s what=\"says too much, the rest is left out\"", w->job->key);
}

bool worker_says(const struct work *w, struct worker *worker)
{
	char block[4096];
	ssize_t n = worker->says >= 0 ? read(worker->says, block, sizeof block) : 0;

	for (ssize_t i = 0; i < n; i++) {
		if (block[i] == '\n' || worker->length + 1 == sizeof worker->line)
			say(w, worker);
		if (block[i] != '\n')
			worker->line[worker->length++] = block[i];
	}
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return n > 0;
	if (worker->says >= 0) {
		say(w, worker);
		close(worker->says);
	}
	worker->says = -1;
	return false;
}

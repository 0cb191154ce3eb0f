/* keep_done_days and keep_quarantine_days: what is older goes. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "serve/core/log.h"
#include "serve/core/service.h"

#define AT_ONCE 1.0 /* s that one call takes: the main loop waits for it */

/* Only in the spool: what people put into watch folders is theirs. False: some is left. */
static bool prune_room(struct service *s, enum store_room which, int days, double end)
{
	char room[STORE_PATH], path[STORE_PATH], **names;
	struct gppi_error err;
	int n = days > 0 ? store_names(store_path(&s->spool, which, NULL, room), &names, &err) : 0;

	char *at = s->pruned[which]; /* names are sorted */
	bool all = true;
	for (int i = 0; i < n && (all = clock_now() < end); i++) {
		struct stat st;
		if (strlen(names[i]) >= STORE_KEY || strcmp(names[i], at) <= 0)
			continue;
		snprintf(at, STORE_KEY, "%s", names[i]);
		store_path(&s->spool, which, names[i], path);
		pthread_mutex_lock(&s->rooms); /* a series may want to join what is pruned */
		if (lstat(path, &st) == 0 && time(NULL) - st.st_ctime > (time_t)days * 86400 &&
		    store_remove(path, &err) == 0)
			serve_log(LOG_INFO, "pruned %s", path);
		pthread_mutex_unlock(&s->rooms);
	}
	if (n > 0)
		store_free_names(names, n);
	if (all)
		*at = '\0';
	return all;
}

/* A wrong clock must not throw away what is young: for STORE_PRUNE_SECONDS it has to have gone as the steady one does.
 * At boot, and after it was set, that is not yet so. */
static bool clock_is_sound(struct service *s)
{
	double steady = clock_now(), wall = (double)time(NULL);
	double off = (wall - s->clock_wall) - (steady - s->clock_steady);
	bool sound = s->clock_steady > 0 && off < 60 && off > -60;

	s->clock_steady = steady;
	s->clock_wall = wall;
	return sound;
}

bool store_prune(struct service *s)
{
	const struct serve_config *c = service_config(s);
	const double end = clock_now() + AT_ONCE;

	return !clock_is_sound(s) || (prune_room(s, STORE_DONE, c->keep_done_days, end) &&
				      prune_room(s, STORE_QUARANTINE, c->keep_quarantine_days, end));
}

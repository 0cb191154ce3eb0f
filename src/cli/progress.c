#include "cli/progress.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "base/printable.h"

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
	stop_signal = number;
}

void progress_init(struct progress *p, enum progress_wish wish)
{
	*p = (struct progress){ .percent = -1 };
	p->shown = wish == PROGRESS_ON || (wish == PROGRESS_AUTO && os_terminal());
	os_on_stop(on_signal);
}

void progress_label(struct progress *p, const char *name, int item, int items)
{
	if (items > 1)
		snprintf(p->label, sizeof p->label, "%d of %d, %.40s", item, items, name);
	else
		snprintf(p->label, sizeof p->label, "%.40s", name);
	printable(p->label);
}

int progress_step(void *user, double done)
{
	struct progress *p = user;

	if (stop_signal)
		return -1;
	int percent = done <= 0 ? 0 : done >= 1 ? 100 : (int)(done * 100);
	if (p->shown && percent != p->percent) {
		p->percent = percent;
		fprintf(stderr, "\r\033[K%s: %d %%", p->label, percent);
		fflush(stderr);
	}
	return 0;
}

void progress_clear(struct progress *p)
{
	if (p->shown && p->percent >= 0) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
	}
	p->percent = -1;
}

int progress_interrupted(void)
{
	return stop_signal;
}

void progress_die(void)
{
	os_die(stop_signal);
}

/* The progress line and the interruption of a run. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>

struct progress {
	bool shown;         /* off: only interruption is watched */
	char label[64];
	int percent;        /* on screen; -1 none */
};

enum progress_wish { PROGRESS_AUTO, PROGRESS_ON, PROGRESS_OFF };

/* Watches SIGINT, SIGTERM and SIGHUP: the first asks the detection to stop, so that temporary files are
 * removed; a second one ends the program at once. */
void progress_init(struct progress *p, enum progress_wish wish);
/* Names the bone at work: number `item` (from 1) of `items`. */
void progress_label(struct progress *p, const char *name, int item, int items);
/* For gppi_options.progress, with the struct progress as user. */
int progress_step(void *user, double done);
/* Removes the line, before anything else is printed. */
void progress_clear(struct progress *p);

/* The signal that asked to stop, or 0. */
int progress_interrupted(void);
/* Ends the program by that signal, as a shell expects it. */
void progress_die(void);

#endif

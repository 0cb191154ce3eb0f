#define _GNU_SOURCE
#include "serve/stopper.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "serve/core/log.h"
#include "serve/core/service.h"

struct stopper {
	struct service *service;
	pthread_t thread;
};

void stopper_tell(struct service *s)
{
	double never = 0;

	/* the first to come says until when */
	atomic_compare_exchange_strong(&s->cancel_after, &never, clock_now() + FINISH_SECONDS);
	atomic_store(&s->stopping, true);
}

/* Takes no lock: whoever holds one may be what hangs. */
static void *stopper_thread(void *user)
{
	struct stopper *stopper = user;
	struct timespec until;
	sigset_t signals;
	int number;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigwait(&signals, &number);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL); /* not within the log, which has a lock */
	clock_gettime(CLOCK_MONOTONIC, &until);
	stopper_tell(stopper->service);
	serve_log(LOG_NOTE, "stopping");
	until.tv_sec += STOP_SECONDS;
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	serve_log(LOG_NOTE, "stopped what=\"the network or a disk did not answer; nothing was waited for\"");
	_exit(EXIT_SUCCESS);
}

int stopper_start(struct service *s, struct stopper **out, struct gppi_error *err)
{
	struct stopper *stopper = calloc(1, sizeof *stopper);

	*out = NULL;
	if (!stopper)
		return err_set(err, GPPI_E_NOMEM, "out of memory for the service");
	stopper->service = s;
	if (pthread_create(&stopper->thread, NULL, stopper_thread, stopper) != 0) {
		free(stopper);
		return err_set(err, GPPI_E_NOMEM, "the thread that waits for signals cannot be started");
	}
	*out = stopper;
	return 0;
}

void stopper_end(struct stopper *stopper)
{
	if (!stopper)
		return;
	pthread_cancel(stopper->thread);
	pthread_join(stopper->thread, NULL);
	free(stopper);
}

/* Sends DICOM results on: one association for all that waits, then a pause that doubles as long as it fails. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "serve/core/log.h"
#include "serve/core/outbox.h"
#include "serve/core/service.h"
#include "serve/send/deliver.h"

#define FIRST_PAUSE 5      /* s after the first failure */
#define LOOK_SECONDS 60    /* files may also be moved into waiting/ by hand */
#define IN_A_ROW 3         /* refusals for now, after which the round is over */

/* Exactly as long as the exponent says, at most retry_max. */
static double pause_after(const struct serve_config *c, int failures)
{
	double pause = ldexp(FIRST_PAUSE, failures < 20 ? failures - 1 : 20);
	return pause < c->send.retry_max ? pause : c->send.retry_max;
}

static int count_waiting(struct service *s)
{
	char **names;
	struct gppi_error err;
	int n = outbox_waiting(service_config(s)->spool, &names, &err);

	if (n >= 0)
		store_free_names(names, n);
	atomic_store(&s->send.waiting, n < 0 ? 0 : n);
	return n < 0 ? 0 : n;
}

/* One object; how it went. */
static enum deliver_answer one(struct service *s, struct delivery *d, const char *name, struct gppi_error *err)
{
	const char *spool = service_config(s)->spool;
	char path[STORE_PATH];
	struct gppi_error why;

	outbox_path(spool, name, path);
	if (!store_exists(path)) /* somebody took it away */
		return DELIVER_SENT;
	enum deliver_answer answer = delivery_send(d, path, err);
	if (answer == DELIVER_SENT) {
		serve_log(LOG_INFO, "sent object=%s", name);
		counters_add(&s->counters, COUNT_SENT, 1);
		outbox_sent(spool, name);
	} else if (answer == DELIVER_REFUSED) {
		if (outbox_refuse(spool, name, err->text, &why) < 0) {
			outbox_last(spool, name); /* its name may be too long for the note: nothing waits for it */
			*err = why;
			return DELIVER_LATER;
		}
		counters_add(&s->counters, COUNT_SEND_FAILED, 1);
		serve_log(LOG_WARN, "send_refused object=%s what=\"%s\"", name, err->text);
	} else if (answer == DELIVER_LATER) {
		outbox_last(spool, name);
	}
	return answer;
}

/* All that waits, over one association. Negative: something is to be tried again later; *progress: but not all. */
static int round_of(struct service *s, bool *progress, struct gppi_error *err)
{
	const struct serve_config *c = service_config(s);
	const struct serve_send *to = &c->send;
	const struct deliver_terms terms = { .host = to->host, .port = to->port, .called = to->called_title,
		.calling = to->calling_title, .timeout = to->timeout, .tls = to->tls,
		.certificate = to->tls_certificate, .key = to->tls_key, .ca = to->tls_ca };
	struct gppi_error first = { 0 }, why;
	char **names;
	int later = 0, in_a_row = 0;

	*progress = false;
	int n = outbox_waiting(c->spool, &names, err);
	if (n <= 0)
		return n;
	int rc = delivery_open(s->send.delivery, &terms, err);
	for (int i = 0; i < n && rc == 0 && in_a_row < IN_A_ROW && !atomic_load(&s->stopping); i++) {
		enum deliver_answer answer = one(s, s->send.delivery, names[i], &why);
		if (answer == DELIVER_SENT || answer == DELIVER_REFUSED) {
			*progress = true;
			in_a_row = 0;
			atomic_fetch_sub(&s->send.waiting, 1);
			continue;
		}
		if (later++ == 0)
			first = why;
		in_a_row++;
		if (answer == DELIVER_BROKEN)
			break;
	}
	if (rc == 0) {
		delivery_close(s->send.delivery);
		outbox_sync(c->spool);
	}
	store_free_names(names, n);
	return rc == 0 && later ? err_set(err, first.code ? first.code : GPPI_E_IO, "%s", first.text) : rc;
}

/* Until woken, for `seconds` at most. */
static void rest(struct service *s, double seconds)
{
	double end = clock_now() + seconds;
	struct timespec until = { .tv_sec = (time_t)end };

	until.tv_nsec = (long)((end - (double)until.tv_sec) * 1e9);
	pthread_mutex_lock(&s->send.lock);
	if (!s->send.woken && !atomic_load(&s->stopping))
		pthread_cond_timedwait(&s->send.changed, &s->send.lock, &until);
	s->send.woken = false;
	pthread_mutex_unlock(&s->send.lock);
}

void *send_thread(void *user)
{
	struct service *s = user;
	const struct serve_config *c = service_config(s);
	long long when;
	int failures = outbox_retry_read(c->spool, &when);
	/* the clock may have been set meanwhile: never longer than the pause itself */
	double left = (double)(when - (long long)time(NULL)), next = 0, look = 0;

	if (failures > 0 && c->send.host[0])
		next = clock_now() + fmax(0, fmin(left, pause_after(c, failures)));
	while (!atomic_load(&s->stopping)) {
		struct gppi_error err;
		bool progress;
		if (c != service_config(s)) /* told anew where to send: at once */
			next = 0;
		c = service_config(s);
		double now = clock_now();
		if (now >= look) {
			count_waiting(s);
			look = now + LOOK_SECONDS;
		}
		if (!c->send.host[0] || atomic_load(&s->send.waiting) <= 0 || now < next) {
			rest(s, now < next && next - now < 1 ? next - now : 1);
			continue;
		}
		int rc = round_of(s, &progress, &err);
		count_waiting(s);
		if (rc == 0) {
			if (failures)
				outbox_retry_write(c->spool, 0, 0);
			failures = 0;
			continue;
		}
		failures = progress ? 1 : failures + 1;
		double pause = pause_after(c, failures);
		next = clock_now() + pause;
		if (atomic_load(&s->stopping)) /* broken off by ourselves */
			break;
		outbox_retry_write(c->spool, failures, (long long)time(NULL) + (long long)ceil(pause));
		counters_add(&s->counters, COUNT_SEND_RETRIES, 1);
		serve_log(LOG_WARN, "send_later waiting=%d in=%.0f what=\"%s\"", atomic_load(&s->send.waiting), pause,
			  err.text);
	}
	return NULL;
}

int send_init(struct service *s, struct gppi_error *err)
{
	pthread_condattr_t attr;

	if (pthread_mutex_init(&s->send.lock, NULL) != 0 || pthread_condattr_init(&attr) != 0)
		return err_set(err, GPPI_E_NOMEM, "out of memory for sending");
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	int rc = pthread_cond_init(&s->send.changed, &attr);
	pthread_condattr_destroy(&attr);
	s->send.delivery = rc == 0 ? delivery_new() : NULL;
	return s->send.delivery ? 0 : err_set(err, GPPI_E_NOMEM, "out of memory for sending");
}

void send_free(struct service *s)
{
	delivery_free(s->send.delivery);
	pthread_cond_destroy(&s->send.changed);
	pthread_mutex_destroy(&s->send.lock);
}

void send_wake(struct service *s)
{
	pthread_mutex_lock(&s->send.lock);
	s->send.woken = true;
	pthread_cond_signal(&s->send.changed);
	pthread_mutex_unlock(&s->send.lock);
}

void send_stop(struct service *s)
{
	delivery_cut(s->send.delivery);
	send_wake(s);
}

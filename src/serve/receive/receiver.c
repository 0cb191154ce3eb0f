#define _GNU_SOURCE
#include "serve/receive/receiver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/core/ids.h"
#include "serve/core/log.h"
#include "serve/core/service.h"

#define PEERS_MAX 256
#define SERIES_OF_PEER 64 /* series of one association that are told of its end */

struct peer {
	struct receiver *receiver;
	pthread_t thread;
	bool used, over;          /* under receiver->lock */
	int socket;               /* association.cc closes it */
	int guard;                /* a second descriptor of it, to cut it off */
	char address[64], calling[40];
	_Atomic double last;      /* clock_now() of the last sign of life */
	_Atomic double object;    /* when the present object began; 0: none under way */
	int number, nseries;
	char series[SERIES_OF_PEER][STORE_KEY];
	long long objects, bytes;
};

struct receiver {
	struct service *service;
	pthread_t thread;
	pthread_mutex_t lock;
	struct peer peer[PEERS_MAX];
	int listener, npeers, count;
	void *tls;
};

/* ---- what the association asks ---- */

void peer_terms(const struct peer *p, struct receiver_terms *out)
{
	const struct serve_config *c = service_config(p->receiver->service);

	*out = (struct receiver_terms){ .any_called = c->dicom.any_called, .max_object = c->dicom.max_object,
					.idle_timeout = c->dicom.idle_timeout };
	snprintf(out->ae_title, sizeof out->ae_title, "%s", c->dicom.ae_title);
	store_path(&p->receiver->service->spool, STORE_INCOMING, NULL, out->spool_incoming);
}

int peer_socket(const struct peer *p)
{
	return p->socket;
}

const char *peer_address(const struct peer *p)
{
	return p->address;
}

bool peer_allowed(const struct peer *p, const char *calling)
{
	return allow_name(&service_config(p->receiver->service)->dicom.ae, calling);
}

bool peer_stopping(const struct peer *p)
{
	return atomic_load(&p->receiver->service->stopping);
}

bool peer_space(const struct peer *p, uint64_t more)
{
	const struct serve_config *c = service_config(p->receiver->service);
	uint64_t space = store_space(c->spool);

	return space >= more && space - more >= c->min_free;
}

bool peer_congested(const struct peer *p)
{
	struct service *s = p->receiver->service;
	return queue_length(&s->queue, NULL) >= service_config(s)->queue;
}

void peer_alive(struct peer *p, bool in_object)
{
	double now = clock_now();
	int one = 1;

	/* Senders write a command and its data in two pieces, and many hold the second back until the first is
	 * acknowledged (Nagle): 40 ms for each object, unless the kernel is told anew not to wait. */
	setsockopt(p->socket, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
	atomic_store(&p->last, now);
	if (!in_object)
		atomic_store(&p->object, 0);
	else if (atomic_load(&p->object) == 0)
		atomic_store(&p->object, now);
}

void peer_accepted(struct peer *p, const char *calling)
{
	serve_quote(calling, p->calling, sizeof p->calling);
	counters_add(&p->receiver->service->counters, COUNT_ASSOCIATIONS, 1);
	serve_log(LOG_INFO, "association number=%d from=%s ae=%s", p->number, p->address, p->calling);
}

void peer_refused(struct peer *p, const char *why, const char *calling)
{
	char quoted[40];

	counters_add(&p->receiver->service->counters, COUNT_REFUSED, 1);
	serve_log(LOG_WARN, "refused number=%d from=%s ae=%s why=\"%s\"", p->number, p->address,
		  serve_quote(calling, quoted, sizeof quoted), why);
}

void peer_object_refused(struct peer *p, const char *why)
{
	counters_add(&p->receiver->service->counters, COUNT_OBJECTS_REFUSED, 1);
	serve_log(LOG_WARN, "object_refused number=%d why=\"%s\"", p->number, why);
}

void peer_temp(struct peer *p, char path[1600])
{
	char room[STORE_PATH];

	snprintf(path, 1600, "%s/temp-%d", store_path(&p->receiver->service->spool, STORE_INCOMING, NULL, room),
		 p->number);
}

int peer_store(struct peer *p, const char *temp, const struct dicom_ids *ids, uint64_t bytes, struct gppi_error *err)
{
	struct service *s = p->receiver->service;
	char key[STORE_KEY];
	bool known = false;

	store_uid_key(ids->series, key);
	for (int i = 0; i < p->nseries && !known; i++)
		known = strcmp(p->series[i], key) == 0;
	bool join = !known && p->nseries < SERIES_OF_PEER;
	int rc = collect_place(s, &s->spool, temp, ids, join, err);
	if (rc < 0)
		return rc;
	if (join)
		snprintf(p->series[p->nseries++], STORE_KEY, "%s", key);
	p->objects++;
	p->bytes += (long long)bytes;
	counters_add(&s->counters, COUNT_OBJECTS, 1);
	counters_add(&s->counters, COUNT_BYTES, (long long)bytes);
	return 0;
}

void peer_over(struct peer *p, bool released, const char *how)
{
	struct service *s = p->receiver->service;

	for (int i = 0; i < p->nseries; i++)
		collect_leave(s, &s->spool, p->series[i], released ? COLLECT_RELEASED : COLLECT_CUT);
	if (released && p->nseries > 0)
		collect_tick(s); /* at once: somebody waits for the answer */
	p->nseries = 0;
	if (p->calling[0])
		serve_log(released ? LOG_INFO : LOG_WARN,
			  "association_over number=%d ae=%s how=%s objects=%lld bytes=%lld", p->number, p->calling, how,
			  p->objects, p->bytes);
}

/* ---- the listener ---- */

static void *peer_thread(void *arg)
{
	struct peer *p = arg;

	association_run(p, p->receiver->tls);
	pthread_mutex_lock(&p->receiver->lock);
	p->over = true;
	pthread_mutex_unlock(&p->receiver->lock);
	return NULL;
}

/* Under the lock: threads that are over are joined, those that are late cut off. */
static void look_after(struct receiver *r)
{
	const struct serve_config *c = service_config(r->service);
	bool stopping = atomic_load(&r->service->stopping);
	double now = clock_now();

	for (int i = 0; i < PEERS_MAX; i++) {
		struct peer *p = &r->peer[i];
		if (!p->used)
			continue;
		if (p->over) {
			pthread_join(p->thread, NULL);
			close(p->guard);
			p->used = false;
			r->npeers--;
			continue;
		}
		double object = atomic_load(&p->object);
		/* the association has a timeout of its own; this one ends peers that send a few bytes at a time */
		bool late = now - atomic_load(&p->last) > 2.0 * c->dicom.idle_timeout + 2 ||
			    (object > 0 && now - object > c->dicom.object_timeout);
		if (late || (stopping && (object == 0 || now - object > 3)))
			shutdown(p->guard, SHUT_RDWR);
	}
}

static struct peer *free_peer(struct receiver *r)
{
	if (r->npeers >= service_config(r->service)->dicom.max_associations)
		return NULL;
	for (int i = 0; i < PEERS_MAX; i++)
		if (!r->peer[i].used)
			return &r->peer[i];
	return NULL;
}

/* From an address that is not allowed: closed without an answer. */
static void begin(struct receiver *r, int fd, const struct sockaddr *from)
{
	const struct serve_config *c = service_config(r->service);
	char address[64];
	const char *why = NULL;
	struct peer *p = NULL;

	allow_text(from, address, sizeof address);
	if (!allow_address(&c->dicom.nets, from))
		why = "address not in allow_address";
	else if (!(p = free_peer(r)))
		why = "too many associations";
	if (p) {
		int one = 1; /* answers are small and waited for */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		*p = (struct peer){ .receiver = r, .used = true, .socket = fd, .number = ++r->count };
		snprintf(p->address, sizeof p->address, "%s", address);
		atomic_store(&p->last, clock_now());
		p->guard = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (p->guard < 0 || pthread_create(&p->thread, NULL, peer_thread, p) != 0) {
			if (p->guard >= 0)
				close(p->guard);
			p->used = false;
			why = "out of resources";
		} else {
			r->npeers++;
			return;
		}
	}
	close(fd);
	counters_add(&r->service->counters, COUNT_REFUSED, 1);
	serve_log(LOG_WARN, "refused from=%s why=\"%s\"", address, why);
}

static void *listen_thread(void *arg)
{
	struct receiver *r = arg;

	for (;;) {
		struct pollfd fd = { .fd = r->listener, .events = POLLIN };
		struct sockaddr_storage from;
		socklen_t size = sizeof from;
		bool stopping = atomic_load(&r->service->stopping);
		pthread_mutex_lock(&r->lock);
		look_after(r);
		bool over = stopping && r->npeers == 0;
		pthread_mutex_unlock(&r->lock);
		if (over)
			return NULL;
		if (poll(&fd, 1, stopping ? 50 : 200) <= 0)
			continue;
		int peer = accept4(r->listener, (struct sockaddr *)&from, &size, SOCK_CLOEXEC);
		if (peer < 0) {
			/* out of descriptors: the connection stays in the backlog */
			struct timespec pause = { .tv_nsec = 50000000 };
			nanosleep(&pause, NULL);
			continue;
		}
		if (stopping) {
			close(peer);
			continue;
		}
		pthread_mutex_lock(&r->lock);
		begin(r, peer, (struct sockaddr *)&from);
		pthread_mutex_unlock(&r->lock);
	}
}

static int listen_at(const struct serve_config *c, struct gppi_error *err)
{
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons((uint16_t)c->dicom.port) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)c->dicom.port) };
	bool is_four = inet_pton(AF_INET, c->dicom.address, &four.sin_addr) == 1;
	int one = 1, zero = 0;

	if (!is_four && inet_pton(AF_INET6, c->dicom.address, &six.sin6_addr) != 1)
		return err_set(err, GPPI_E_USAGE, "%s: address \"%s\" is none; give for example 0.0.0.0 or 192.0.2.7",
			       c->file, c->dicom.address);
	int fd = socket(is_four ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(err, GPPI_E_IO, "no socket to listen on: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (!is_four)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
	int rc = is_four ? bind(fd, (struct sockaddr *)&four, sizeof four)
			 : bind(fd, (struct sockaddr *)&six, sizeof six);
	if (rc != 0 || listen(fd, 64) != 0) {
		rc = err_set(err, GPPI_E_IO, "port %d of %s cannot be listened on: %s; is another service there?",
			     c->dicom.port, c->dicom.address, strerror(errno));
		close(fd);
		return rc;
	}
	return fd;
}

int receiver_start(struct service *s, struct receiver **out, struct gppi_error *err)
{
	const struct serve_config *c = service_config(s);

	*out = NULL;
	if (!c->dicom.port)
		return 0;
	struct receiver *r = calloc(1, sizeof *r);
	if (!r)
		return err_set(err, GPPI_E_NOMEM, "out of memory for the receiver");
	r->service = s;
	r->listener = -1;
	pthread_mutex_init(&r->lock, NULL);
	int rc = c->dicom.tls_key[0] ?
		association_tls(c->dicom.tls_certificate, c->dicom.tls_key, c->dicom.tls_ca, &r->tls, err) : 0;
	if (rc == 0)
		rc = r->listener = listen_at(c, err);
	if (rc >= 0)
		rc = pthread_create(&r->thread, NULL, listen_thread, r) == 0 ? 0 :
		     err_set(err, GPPI_E_NOMEM, "the thread of the receiver cannot be started");
	if (rc < 0) {
		if (r->listener >= 0)
			close(r->listener);
		association_tls_free(r->tls);
		free(r);
		return rc;
	}
	*out = r;
	return 0;
}

void receiver_stop(struct receiver *r)
{
	if (!r)
		return;
	pthread_join(r->thread, NULL);
	close(r->listener);
	association_tls_free(r->tls);
	free(r);
}

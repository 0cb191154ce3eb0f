#include "scan/restart.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/size.h"
#include "scan/gunzip.h"

#define CHUNK 65536 /* bytes at a time; a multiple of every voxel size */
#define EVERY_LEAST 8 /* slices between marks, */
#define MARKS_MAX 256 /* each of about 0.2 MB */
#define IDLE_MAX 16

struct cursor {
	struct gunzip *gz;
	int z;             /* the next slice */
};

struct restart {
	struct flat_layout l;
	size_t slice;      /* voxels */
	pthread_mutex_t lock;
	pthread_cond_t freed;  /* the front is not in use any more */
	struct cursor front;   /* the foremost of all; gz NULL: in use */
	int failed;            /* what the front failed with, and why: it goes no further */
	struct gppi_error why;
	int reached;           /* slices before this one have been unpacked once */
	int every;             /* slices between marks */
	struct gunzip **mark;  /* [nz / every + 1], at slice i * every; NULL: not yet */
	struct cursor idle[IDLE_MAX];
	int nidle;
	bool checked;          /* the end of the stream is sound */
};

/* The next slice of a cursor to dst, or past it where dst is NULL. */
static int unpack_slice(const struct restart *r, struct cursor *c, int16_t *dst, struct gppi_error *err)
{
	const struct voxel_map *map = &r->l.map;
	bool as_is = map->type == VOXEL_INT16 && !map->swap;
	size_t width = voxel_bytes(map->type), step = CHUNK / width;
	uint8_t chunk[CHUNK];
	int rc = 0;

	for (size_t done = 0; done < r->slice && rc == 0;) {
		size_t part = r->slice - done < step ? r->slice - done : step;
		rc = gunzip_exact(c->gz, as_is && dst ? (void *)(dst + done) : chunk, part * width, err);
		if (rc == 0 && dst && !as_is)
			voxels_convert(map, chunk, part, dst + done);
		done += part;
	}
	c->z++;
	return rc;
}

/* Stores a restart point where one is due. One that cannot be made is only slower later. Called without the lock by the
 * thread that has the front. */
static void leave_mark(struct restart *r, const struct cursor *c)
{
	struct gunzip *copy = NULL;

	if (c->z % r->every != 0 || c->z >= r->l.nz || gunzip_copy(c->gz, &copy, NULL) < 0)
		return;
	gunzip_suspend(copy);
	pthread_mutex_lock(&r->lock);
	r->mark[c->z / r->every] = copy;
	pthread_mutex_unlock(&r->lock);
}

/* Takes the front forward to slice z and over it. */
static int advance(struct restart *r, struct cursor *c, int z, int16_t *dst, struct gppi_error *err)
{
	int rc = r->failed;

	if (rc < 0)
		return err_set(err, rc, "%s", r->why.text);

	while (c->z <= z && rc == 0) {
		rc = r->failed = unpack_slice(r, c, c->z == z ? dst : NULL, &r->why);
		if (rc == 0)
			leave_mark(r, c);
	}
	return rc < 0 ? err_set(err, rc, "%s", r->why.text) : 0;
}

static void give_front(struct restart *r, const struct cursor *c, bool ok)
{
	pthread_mutex_lock(&r->lock);
	r->front = *c;
	if (ok && c->z > r->reached)
		r->reached = c->z;
	pthread_cond_broadcast(&r->freed);
	pthread_mutex_unlock(&r->lock);
}

/* With the lock: the nearest place at or before z to go on from. */
static int take(struct restart *r, int z, struct cursor *c, struct gppi_error *err)
{
	int best = -1, m = z / r->every;

	for (int i = 0; i < r->nidle; i++)
		if (r->idle[i].z <= z && (best < 0 || r->idle[i].z > r->idle[best].z))
			best = i;
	while (m > 0 && !r->mark[m])
		m--;
	if (best >= 0 && r->idle[best].z >= m * r->every) {
		*c = r->idle[best];
		r->idle[best] = r->idle[--r->nidle];
		return 0;
	}
	c->z = m * r->every;
	return gunzip_copy(r->mark[m], &c->gz, err);
}

static void give(struct restart *r, struct cursor *c)
{
	pthread_mutex_lock(&r->lock);
	if (r->nidle == IDLE_MAX) {
		/* Reuses the cursor that lies furthest back. */
		int last = 0;
		for (int i = 1; i < r->nidle; i++)
			last = r->idle[i].z < r->idle[last].z ? i : last;
		gunzip_close(r->idle[last].gz);
		r->idle[last] = r->idle[--r->nidle];
	}
	r->idle[r->nidle++] = *c;
	pthread_mutex_unlock(&r->lock);
}

int restart_slice(struct restart *r, int z, int16_t *dst, struct gppi_error *err)
{
	struct cursor c = { NULL, 0 };
	bool in_front;
	int rc = 0;

	pthread_mutex_lock(&r->lock);
	while (z >= r->reached && !r->front.gz)
		pthread_cond_wait(&r->freed, &r->lock);
	in_front = z >= r->reached;
	if (in_front) {
		c = r->front;
		r->front.gz = NULL;
	} else {
		rc = take(r, z, &c, err);
	}
	pthread_mutex_unlock(&r->lock);
	if (rc < 0)
		return rc;
	if (in_front) {
		rc = advance(r, &c, z, dst, err);
		give_front(r, &c, rc == 0);
		return rc;
	}
	while (c.z <= z && rc == 0)
		rc = unpack_slice(r, &c, c.z == z ? dst : NULL, err);
	if (rc == 0)
		give(r, &c);
	else
		gunzip_close(c.gz);
	return rc;
}

int restart_finish(struct restart *r, struct gppi_error *err)
{
	struct cursor c;
	int rc;

	pthread_mutex_lock(&r->lock);
	while (!r->front.gz)
		pthread_cond_wait(&r->freed, &r->lock);
	c = r->front;
	r->front.gz = NULL;
	pthread_mutex_unlock(&r->lock);
	rc = advance(r, &c, r->l.nz - 1, NULL, err);
	if (rc == 0 && !r->checked)
		rc = gunzip_finish(c.gz, err);
	r->checked = r->checked || rc == 0;
	give_front(r, &c, rc == 0);
	return rc;
}

int restart_open(const struct flat_layout *layout, struct restart **out, struct gppi_error *err)
{
	struct restart *r = calloc(1, sizeof *r);
	int rc;

	*out = NULL;
	if (!r)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to unpack it", layout->path);
	r->l = *layout;
	r->slice = (size_t)layout->nx * (size_t)layout->ny;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->freed, NULL);
	r->every = layout->nz / MARKS_MAX > EVERY_LEAST ? layout->nz / MARKS_MAX : EVERY_LEAST;
	r->mark = calloc((size_t)(layout->nz / r->every) + 1, sizeof(struct gunzip *));
	rc = r->mark ? gunzip_open(r->l.path, r->l.packed_at, &r->front.gz, err)
		     : err_set(err, GPPI_E_NOMEM, "%s: not enough memory to unpack it", layout->path);
	if (rc == 0)
		rc = gunzip_skip(r->front.gz, r->l.offset, err);
	if (rc == 0 && r->mark && (rc = gunzip_copy(r->front.gz, &r->mark[0], err)) == 0)
		gunzip_suspend(r->mark[0]);
	if (rc < 0)
		restart_free(r);
	else
		*out = r;
	return rc;
}

void restart_free(struct restart *r)
{
	if (!r)
		return;
	gunzip_close(r->front.gz);
	for (int i = 0; i < r->nidle; i++)
		gunzip_close(r->idle[i].gz);
	for (int i = 0; r->mark && i <= r->l.nz / r->every; i++)
		gunzip_close(r->mark[i]);
	free(r->mark);
	pthread_cond_destroy(&r->freed);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

#include "scan/unpack.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/os.h"
#include "base/size.h"
#include "base/stop.h"
#include "scan/gunzip.h"

#define PROVIDE ((size_t)1 << 21) /* bytes of memory asked for at a time */
#define CHUNK (1 << 18) /* bytes at a time; a multiple of every voxel size */

struct unpack {
	struct flat_layout l;
	size_t count;      /* voxels */
	int16_t *voxels;
	struct stop *asks; /* of whoever opened it */
	pthread_t thread, helper;
	bool threaded, helped;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t more;
	size_t ready;
	size_t wanted;        /* the least that anyone waits for */
	bool done, stop;
	int rc;
	struct gppi_error err;
};

/* Publishes how much has been unpacked; true: stop, the rest is not wanted. */
static bool publish(struct unpack *u, size_t ready)
{
	pthread_mutex_lock(&u->lock);
	u->ready = ready;
	bool stop = u->stop;
	if (ready >= u->wanted) {
		u->wanted = SIZE_MAX;
		pthread_cond_broadcast(&u->more);
	}
	pthread_mutex_unlock(&u->lock);
	return stop;
}

static int unpack_all(struct unpack *u, struct gunzip *gz, struct gppi_error *err)
{
	const struct voxel_map *map = &u->l.map;
	bool as_is = map->type == VOXEL_INT16 && !map->swap;
	size_t width = voxel_bytes(map->type), step = CHUNK / width;
	uint8_t chunk[CHUNK];
	int rc = gunzip_skip(gz, u->l.offset, err);
	for (size_t done = 0; rc == 0 && done < u->count;) {
		size_t part = u->count - done < step ? u->count - done : step;
		int16_t *dst = u->voxels + done;
		rc = gunzip_exact(gz, as_is ? (void *)dst : chunk, part * width, err);
		if (rc < 0)
			break;
		if (!as_is)
			voxels_convert(map, chunk, part, dst);
		done += part;
		/* The last voxels are published only after the checksum was verified. */
		if (done < u->count && publish(u, done))
			return 0;
	}
	return rc < 0 ? rc : gunzip_finish(gz, err);
}

static void *run(void *arg)
{
	struct unpack *u = arg;
	struct gunzip *gz = NULL;
	struct gppi_error err = { 0 };
	stop_use(u->asks);
	int rc = gunzip_open(u->l.path, u->l.packed_at, &gz, &err);
	if (rc == 0)
		rc = unpack_all(u, gz, &err);
	gunzip_close(gz);
	pthread_mutex_lock(&u->lock);
	if (rc == 0)
		u->ready = u->count;
	u->rc = rc;
	u->err = err;
	u->done = true;
	pthread_cond_broadcast(&u->more);
	pthread_mutex_unlock(&u->lock);
	return NULL;
}

/* Touches pages ahead of the unpacking, which would otherwise spend a sixth of its time in page faults. */
static void *provide(void *arg)
{
	struct unpack *u = arg;
	size_t bytes = u->count * sizeof *u->voxels;
	bool stop = false;

	for (size_t at = 0; at < bytes && !stop; at += PROVIDE) {
		stop = !os_provide((char *)u->voxels + at, bytes - at < PROVIDE ? bytes - at : PROVIDE);
		pthread_mutex_lock(&u->lock);
		stop |= u->stop;
		pthread_mutex_unlock(&u->lock);
	}
	return NULL;
}

static struct unpack *unpack_new(const struct flat_layout *layout)
{
	struct unpack *u = calloc(1, sizeof *u);
	size_t bytes = 0;
	if (!u)
		return NULL;
	u->l = *layout;
	u->asks = stop_current();
	u->wanted = SIZE_MAX;
	if (flat_bytes(layout, &bytes))
		u->count = bytes / voxel_bytes(layout->map.type);
	pthread_mutex_init(&u->lock, NULL);
	pthread_cond_init(&u->more, NULL);
	return u;
}

static int no_memory(const struct flat_layout *layout, struct gppi_error *err)
{
	return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to unpack %d x %d x %d voxels",
		       layout->path, layout->nx, layout->ny, layout->nz);
}

int unpack_kept(const struct flat_layout *layout, uint8_t *raw, struct unpack **out, struct gppi_error *err)
{
	struct unpack *u = *out = unpack_new(layout);
	if (!u) {
		free(raw);
		return no_memory(layout, err);
	}
	/* Blocks are copied before they are converted, and no block grows. */
	u->voxels = (int16_t *)(void *)raw;
	voxels_convert(&u->l.map, raw, u->count, u->voxels);
	int16_t *shrunk = realloc(raw, u->count * sizeof *shrunk);
	if (shrunk)
		u->voxels = shrunk;
	u->ready = u->count;
	u->done = true;
	return 0;
}

int unpack_start(const struct flat_layout *layout, struct unpack **out, struct gppi_error *err)
{
	struct unpack *u = unpack_new(layout);
	size_t bytes = 0;
	*out = NULL;
	if (u && u->count && size_mul(u->count, sizeof *u->voxels, &bytes))
		u->voxels = malloc(bytes);
	if (!u || !u->voxels) {
		unpack_free(u);
		return no_memory(layout, err);
	}
	u->helped = pthread_create(&u->helper, NULL, provide, u) == 0;
	u->threaded = pthread_create(&u->thread, NULL, run, u) == 0;
	if (!u->threaded)
		run(u);
	*out = u;
	return 0;
}

int unpack_wait(struct unpack *u, size_t n, const int16_t **all, struct gppi_error *err)
{
	pthread_mutex_lock(&u->lock);
	while (u->ready < n && !u->done) {
		u->wanted = n < u->wanted ? n : u->wanted;
		pthread_cond_wait(&u->more, &u->lock);
	}
	int rc = u->ready < n ? u->rc : 0;
	pthread_mutex_unlock(&u->lock);
	*all = u->voxels;
	/* u->err stays as it is once done is set. */
	return rc < 0 ? err_set(err, rc, "%s", u->err.text) : 0;
}

void unpack_free(struct unpack *u)
{
	if (!u)
		return;
	pthread_mutex_lock(&u->lock);
	u->stop = true;
	pthread_mutex_unlock(&u->lock);
	if (u->helped)
		pthread_join(u->helper, NULL);
	if (u->threaded)
		pthread_join(u->thread, NULL);
	pthread_cond_destroy(&u->more);
	pthread_mutex_destroy(&u->lock);
	free(u->voxels);
	free(u);
}

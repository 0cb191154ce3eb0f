/* The networks of a detection: built into the program, or the files of a folder. */
#define _GNU_SOURCE
#include "bone/models.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"
#include "base/printable.h"
#include "bone/familiar.h"
#include "net/builtin.h"
#include "plane/table.h"

#define MODELS_MAX 32

struct model {
	struct net *net;
	void *map; /* NULL for built-in weights */
	size_t size;
	char source[4096];
	struct gppi_model_info info;
};

struct gppi_models {
	int n;
	struct model model[MODELS_MAX];
	struct plane_models plane;
	struct plane_familiar familiar; /* plane.familiar, where there is one */
	char trained_on[2][128]; /* those of volumes, and of pictures */
	pthread_mutex_t *lock; /* around models_ready() */
};

const struct plane_models *models_plane(const struct gppi_models *models)
{
	return &models->plane;
}

static int add(struct gppi_models *models, const void *data, size_t size, const char *label,
	       const char *hash, struct gppi_error *err)
{
	struct model *m = &models->model[models->n];
	int rc = net_load_known(data, size, label, hash, &m->net, err);

	if (rc < 0)
		return rc;
	models->n++;
	const struct net_info *i = net_info(m->net);
	m->info = (struct gppi_model_info){ .kind = i->kind, .name = i->name, .hash = i->hash,
					    .meta = i->meta, .source = m->source,
					    .params = i->params, .macs = i->macs };
	return plane_models_add(&models->plane, m->net, label, err);
}

/* ---- built-in ---- */

static int add_builtin(struct gppi_models *models, struct gppi_error *err)
{
	int n = net_builtin_count(), rc = 0;

	if (n < 1)
		return err_set(err, GPPI_E_WEIGHTS,
			       "this program was built without weights; name a folder of them with --weights");
	if (n > MODELS_MAX)
		return err_set(err, GPPI_E_WEIGHTS, "more than %d weight files are built in", MODELS_MAX);
	for (int i = 0; i < n && rc >= 0; i++) {
		size_t size = 0;
		const void *data = net_builtin_data(i, &size);
		snprintf(models->model[i].source, sizeof models->model[i].source, "built-in");
		rc = add(models, data, size, net_builtin_name(i), net_builtin_hash(i), err);
	}
	return rc;
}

/* ---- folder ---- */

static bool is_weights(const char *name)
{
	const char *dot = strrchr(name, '.');
	return dot && dot != name && strcmp(dot, ".gppiw") == 0;
}

static int add_file(struct gppi_models *models, struct gppi_error *err)
{
	struct model *m = &models->model[models->n];
	uint64_t bytes;
	int fd, rc = file_open(m->source, &fd, &bytes, err);

	if (rc == 0 && bytes == 0)
		rc = err_set(err, GPPI_E_WEIGHTS, "%s: is empty; copy the weights again", m->source);
	if (rc == 0) {
		m->size = (size_t)bytes;
		m->map = os_map(fd, m->size);
		if (!m->map)
			rc = err_set(err, GPPI_E_IO, "%s: cannot be read: %s", m->source, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return rc < 0 ? rc : add(models, m->map, m->size, m->source, NULL, err);
}

static int add_folder(struct gppi_models *models, const char *folder, struct gppi_error *err)
{
	char **names;
	int n = os_list(folder, is_weights, &names), rc = 0;

	if (n < 0)
		return err_set(err, GPPI_E_IO, "%s: cannot be opened as a folder: %s", folder,
			       strerror(errno));
	if (n == 0)
		rc = err_set(err, GPPI_E_WEIGHTS, "%s: holds no weight file (*.gppiw); check the folder",
			     folder);
	if (n > MODELS_MAX)
		rc = err_set(err, GPPI_E_WEIGHTS, "%s: holds more than %d weight files; keep one set",
			     folder, MODELS_MAX);
	for (int i = 0; i < n && rc >= 0; i++) {
		char *source = models->model[models->n].source;
		size_t room = sizeof models->model[0].source;
		if ((size_t)snprintf(source, room, "%s/%s", folder, names[i]) >= room)
			rc = err_set(err, GPPI_E_UNSUPPORTED, "%.200s...: the path is too long", folder);
		else
			rc = add_file(models, err);
	}
	os_list_free(names, n);
	return rc;
}

/* ---- what they were trained on ---- */

#define TRAINED_ON_SYNTHETIC "synthetic bones"

/* Of its trainings the one that saw most real bones: how many. */
static int real_bones(const json_t *meta)
{
	json_t *training = json_object_get(meta, "training");
	int most = 0;

	for (size_t i = 0; i < json_array_size(training); i++) {
		json_int_t n = json_integer_value(json_object_get(json_array_get(training, i), "real_bones"));
		most = n > most && n < 1000000 ? (int)n : most;
	}
	return most;
}

/* As the release tool notes it; caller frees. */
static char *note_of(const char *meta)
{
	json_t *object = json_loads(meta, 0, NULL);
	const char *text = json_string_value(json_object_get(object, "trained_on"));
	const bool synthetic = text && strncmp(text, "synthetic", 9) == 0;
	const int real = real_bones(object);
	char note[125], more[48] = "";

	if (real)
		snprintf(more, sizeof more, ", and on pictures of %d real bones", real);
	snprintf(note, sizeof note, "%.*s%s", (int)(sizeof note - 1 - strlen(more)),
		 !text || !*text ? "unknown data" : synthetic ? TRAINED_ON_SYNTHETIC : text, more);
	json_decref(object);
	char *copy = strdup(note);
	return copy ? printable(copy) : NULL;
}

static int note_training(struct gppi_models *models, struct gppi_error *err)
{
	for (int i = 0; i < models->n; i++) {
		const struct gppi_model_info *info = &models->model[i].info;
		char *all = models->trained_on[strncmp(info->kind, "picture", 7) == 0];
		const size_t room = sizeof models->trained_on[0];
		char *note = note_of(info->meta);
		size_t used = strlen(all);
		if (!note)
			return err_set(err, GPPI_E_NOMEM, "out of memory for the networks");
		if (!strstr(all, note) && used + strlen(note) + 3 < room)
			snprintf(all + used, room - used, "%s%s", used ? "; " : "", note);
		free(note);
	}
	return 0;
}

static int note_familiar(struct gppi_models *models, struct gppi_error *err)
{
	const struct net *rows = models->plane.net[PLANE_NET_LONGAXIS_ROWS][0];
	int rc = rows ? familiar_read(net_info(rows)->meta, net_info(rows)->name, &models->familiar, err) : 0;

	models->plane.familiar = rc == 1 ? &models->familiar : NULL;
	return rc < 0 ? rc : 0;
}

const char *models_trained_on(const struct gppi_models *models, bool pictures)
{
	return models->trained_on[pictures];
}

int models_open(const char *folder, struct gppi_models **out, struct gppi_error *err)
{
	struct gppi_models *models = calloc(1, sizeof *models);
	int rc;

	*out = NULL;
	if (models && (models->lock = malloc(sizeof *models->lock)))
		pthread_mutex_init(models->lock, NULL);
	if (!models || !models->lock)
		rc = err_set(err, GPPI_E_NOMEM, "out of memory for the networks");
	else
		rc = folder ? add_folder(models, folder, err) : add_builtin(models, err);
	if (rc >= 0)
		rc = note_training(models, err);
	if (rc >= 0)
		rc = note_familiar(models, err);
	if (rc < 0)
		models_free(models);
	else
		*out = models;
	return rc < 0 ? rc : 0;
}

int models_ready(const struct gppi_models *models, enum net_engine engine, struct gppi_error *err)
{
	int rc = 0;

	pthread_mutex_lock(models->lock);
	for (int i = 0; i < models->n && rc >= 0; i++) {
		const struct model *m = &models->model[i];
		rc = net_ready(m->net, engine, m->map ? m->source : NULL, err);
	}
	pthread_mutex_unlock(models->lock);
	return rc;
}

int models_count(const struct gppi_models *models)
{
	return models->n;
}

const struct gppi_model_info *models_info(const struct gppi_models *models, int index)
{
	return index >= 0 && index < models->n ? &models->model[index].info : NULL;
}

void models_free(struct gppi_models *models)
{
	if (!models)
		return;
	for (int i = 0; i < MODELS_MAX; i++) {
		net_free(models->model[i].net);
		if (models->model[i].map)
			os_unmap(models->model[i].map, models->model[i].size);
	}
	if (models->lock)
		pthread_mutex_destroy(models->lock);
	free(models->lock);
	free(models);
}

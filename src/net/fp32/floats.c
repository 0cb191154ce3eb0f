#include "net/fp32/floats.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"
#include "base/program.h"
#include "base/sha256.h"
#include "base/size.h"
#include "net/graph.h"

#ifndef GPPI_DATA /* the Makefile tells: PREFIX/share/gppi */
#define GPPI_DATA "/usr/local/share/gppi"
#endif
#define MAGIC "GPPIF\r\n\x1a"
#define VERSION 1
#define ALIGN 64
#define DIGEST 32
#define SUFFIX ".gppif"
#define PATH_ROOM 4096

struct header {
	char magic[8];
	uint32_t version, layers;
	uint64_t size;
	uint8_t weights[DIGEST]; /* SHA-256 of the weight file */
	uint32_t reserved[2];
};
_Static_assert(sizeof(struct header) == 64, "layout of the header");

static int damaged(const char *label, struct gppi_error *err, const char *what)
{
	return err_set(err, GPPI_E_WEIGHTS, "%s: not a usable float copy (%s); copy or export it again", label, what);
}

/* A number of half precision; infinities and no numbers become infinite. */
static float from_half(uint16_t half)
{
	uint32_t exponent = half >> 10 & 31, bits = ((uint32_t)half & 0x3ff) << 13;
	float value;

	if (exponent == 31)
		return INFINITY;
	if (exponent == 0) {
		value = (float)(half & 0x3ff) / 16777216.0f;
	} else {
		bits |= (exponent + 112) << 23;
		memcpy(&value, &bits, sizeof value);
	}
	return half & 0x8000 ? -value : value;
}

static size_t align(size_t at)
{
	return (at + ALIGN - 1) / ALIGN * ALIGN;
}

/* Number of weights of layer i; 0: it has none. They were bounded when the weight file was read. */
static size_t weights_of(const struct net *net, int i)
{
	const struct net_node *n = &net->node[i];
	return n->requant ? net_weight_count(n, &net->node[n->in[0]]) : 0;
}

/* Fills one layer from bytes *at on, which it moves; false: a value is not a number. */
static bool read_layer(struct net_node *n, size_t count, const uint8_t *data, size_t *at, float *to)
{
	bool good = true;

	for (size_t i = 0; i < count; i++) {
		uint16_t half;
		memcpy(&half, data + *at + i * sizeof half, sizeof half);
		to[i] = from_half(half);
		good = good && isfinite(to[i]);
	}
	*at = align(*at + count * sizeof(uint16_t));
	float *bias = to + count;
	memcpy(bias, data + *at, (size_t)n->c * sizeof *bias);
	*at = align(*at + (size_t)n->c * sizeof *bias);
	for (int c = 0; c < n->c; c++)
		good = good && fabsf(bias[c]) <= 1e9f;
	n->wf = good ? to : NULL;
	n->bf = good ? bias : NULL;
	return good;
}

/* What the file must be for this network: its size without the digest, layers, and floats in memory. */
static size_t expected(const struct net *net, uint32_t *layers, size_t *floats)
{
	size_t at = sizeof(struct header);

	*layers = 0;
	*floats = 0;
	for (int i = 0; i < net->nnodes; i++) {
		size_t count = weights_of(net, i), c = (size_t)net->node[i].c;
		if (!count)
			continue;
		++*layers;
		*floats += count + c;
		at = align(align(at + count * sizeof(uint16_t)) + c * sizeof(float));
	}
	return at;
}

int net_floats_read(struct net *net, const void *data, size_t size, const char *label, struct gppi_error *err)
{
	struct header h;
	uint8_t digest[DIGEST];
	char of[2 * DIGEST + 1];
	uint32_t layers;
	size_t floats, end = expected(net, &layers, &floats), at = sizeof h;
	struct sha256 sum;
	bool good = true;

	if (size < sizeof h + DIGEST || memcmp(data, MAGIC, 8) != 0)
		return err_set(err, GPPI_E_WEIGHTS, "%s: not a float copy of weights; give a %s file", label, SUFFIX);
	memcpy(&h, data, sizeof h);
	if (h.version != VERSION)
		return err_set(err, GPPI_E_WEIGHTS, "%s: float copy of version %u, but this program reads version %d; "
			       "use a matching pair", label, h.version, VERSION);
	sha256_hex(h.weights, of);
	if (strcmp(of, net->info.hash) != 0)
		return err_set(err, GPPI_E_WEIGHTS, "%s: belongs to other weights than %s has here; copy both files of "
			       "one release", label, net->info.name);
	if (h.size != size || size != end + DIGEST || h.layers != layers || h.reserved[0] || h.reserved[1])
		return damaged(label, err, "its size does not fit the network");
	sha256_init(&sum);
	sha256_update(&sum, data, end);
	sha256_final(&sum, digest);
	if (memcmp(digest, (const uint8_t *)data + end, DIGEST) != 0)
		return damaged(label, err, "its checksum does not match");

	float *to = malloc((floats ? floats : 1) * sizeof *to);
	if (!to)
		return err_set(err, GPPI_E_NOMEM, "%s: no memory for the float copy", label);
	free(net->floats);
	net->floats = to;
	for (int i = 0; i < net->nnodes; i++) {
		size_t count = weights_of(net, i);
		if (!count)
			continue;
		good = read_layer(&net->node[i], count, data, &at, to) && good;
		to += count + (size_t)net->node[i].c;
	}
	return good ? 0 : damaged(label, err, "a weight is not a number");
}

/* ---- where they are ---- */

static int read_file(struct net *net, const char *path, struct gppi_error *err)
{
	uint64_t bytes;
	int fd, rc = file_open(path, &fd, &bytes, err);
	void *map = NULL;

	if (rc == 0 && bytes == 0)
		rc = err_set(err, GPPI_E_WEIGHTS, "%s: is empty; copy the float copy again", path);
	if (rc == 0 && !(map = os_map(fd, (size_t)bytes)))
		rc = err_set(err, GPPI_E_IO, "%s: cannot be read: %s", path, strerror(errno));
	if (rc == 0)
		rc = net_floats_read(net, map, (size_t)bytes, path, err);
	if (map)
		os_unmap(map, (size_t)bytes);
	if (fd >= 0)
		close(fd);
	return rc;
}

bool net_floats_there(const struct net *net)
{
	for (int i = 0; i < net->nnodes; i++)
		if (net->node[i].requant && !net->node[i].wf)
			return false;
	return true;
}

int net_floats_beside(struct net *net, const char *weights, struct gppi_error *err)
{
	char path[PATH_ROOM];
	size_t n = strlen(weights);
	const char *dot = strrchr(weights, '.');

	if (net_floats_there(net))
		return 0;
	if (dot && !strchr(dot, '/'))
		n = (size_t)(dot - weights);
	if (n + sizeof SUFFIX > sizeof path)
		return err_set(err, GPPI_E_UNSUPPORTED, "%.200s...: the path is too long", weights);
	snprintf(path, sizeof path, "%.*s%s", (int)n, weights, SUFFIX);
	if (access(path, F_OK) != 0)
		return err_set(err, GPPI_E_WEIGHTS,
			       "%s: is not there, but the fp32 engine needs the float copy of %s; put "
			       "both files of the network into the folder",
			       path, weights);
	return read_file(net, path, err);
}

int net_floats_installed(struct net *net, struct gppi_error *err)
{
	/* seen from the program: installed in bin/, in a build folder, unpacked from a zip */
	static const char *const place[] = { "/../share/gppi/float/", "/float/", "/../float/" };
	char path[PATH_ROOM], home[PATH_ROOM / 2];

	if (net_floats_there(net))
		return 0;
	if (program_folder(home, sizeof home) == 0)
		for (size_t i = 0; i < sizeof place / sizeof *place; i++) {
			snprintf(path, sizeof path, "%s%s%s%s", home, place[i], net->info.name, SUFFIX);
			if (access(path, F_OK) == 0)
				return read_file(net, path, err);
		}
	snprintf(path, sizeof path, "%s/float/%s%s", GPPI_DATA, net->info.name, SUFFIX);
	if (access(path, F_OK) == 0)
		return read_file(net, path, err);
	return err_set(err, GPPI_E_UNSUPPORTED, "the fp32 engine needs the float copy of %s, which is not installed; "
		       "copy weights/*%s of this version's sources to %s/float, or use the int8 engine",
		       net->info.name, SUFFIX, GPPI_DATA);
}

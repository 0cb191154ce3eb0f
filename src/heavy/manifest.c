#include "heavy/manifest.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/printable.h"

#define BYTES_MAX (64 << 10)

static int refuse(const char *path, const char *what, struct gppi_error *err)
{
	return err_set(err, GPPI_E_WEIGHTS, "%s: %s; tools/heavy/convert.py writes such files", path, what);
}

/* A whole number within lo..hi, or what it was. */
static int number(const json_t *root, const char *key, int lo, int hi, int *out, const char *path,
		  struct gppi_error *err)
{
	const json_t *v = json_object_get(root, key);
	char what[80];

	if (!v)
		return 0;
	if (json_is_integer(v) && json_integer_value(v) >= lo && json_integer_value(v) <= hi) {
		*out = (int)json_integer_value(v);
		return 0;
	}
	snprintf(what, sizeof what, "\"%s\" is not a whole number from %d to %d", key, lo, hi);
	return refuse(path, what, err);
}

/* Only names of files in the same folder. */
static bool plain_name(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && n < 128 && name[0] != '.' && !strpbrk(name, "/\\:") && strcmp(name + n - 5, ".onnx") == 0;
}

static int read_members(const json_t *list, const char *folder, const char *path, struct heavy_manifest *m,
			struct gppi_error *err)
{
	size_t n = json_array_size(list);

	if (n < 1 || n > HEAVY_MEMBERS_MAX)
		return refuse(path, "\"members\" is not a list of 1 to 8 networks", err);
	for (size_t i = 0; i < n; i++) {
		const json_t *member = json_array_get(list, i);
		const char *file = json_string_value(json_object_get(member, "file"));
		const char *sha = json_string_value(json_object_get(member, "sha256"));
		if (!file || !plain_name(file))
			return refuse(path, "a member's \"file\" is not the name of a .onnx file in its folder", err);
		if (!sha || strlen(sha) != 64 || strspn(sha, "0123456789abcdef") != 64)
			return refuse(path, "a member's \"sha256\" is not 64 hexadecimal digits", err);
		if (snprintf(m->member[i].file, sizeof m->member[i].file, "%s/%s", folder, file) >=
		    (int)sizeof m->member[i].file)
			return refuse(path, "its folder's name is too long", err);
		memcpy(m->member[i].sha256, sha, 65);
	}
	m->members = (int)n;
	return 0;
}

static int understand(const json_t *root, const char *folder, const char *path, struct heavy_manifest *m,
		      struct gppi_error *err)
{
	const char *name = json_string_value(json_object_get(root, "solution"));
	const char *trained = json_string_value(json_object_get(root, "trained_on"));
	double parameters = json_number_value(json_object_get(root, "parameters"));
	int rc = 0;

	if (!name || strcmp(name, m->solution->name) != 0)
		return refuse(path, "\"solution\" is not what the file is called", err);
	snprintf(m->trained_on, sizeof m->trained_on, "%.127s", trained ? trained : "unknown data");
	m->parameters = parameters > 0 && parameters < 1e12 ? parameters : 0;
	if (m->way.stride)
		rc = number(root, "stride", 1, 64, &m->way.stride, path, err);
	if (rc == 0 && m->way.draws)
		rc = number(root, "draws", 1, 16, &m->way.draws, path, err);
	if (rc == 0 && m->way.pixels) {
		rc = number(root, "pixels", 112, 224, &m->way.pixels, path, err);
		if (rc == 0 && m->way.pixels != 112 && m->way.pixels != 224)
			rc = refuse(path, "\"pixels\" is neither 112 nor 224", err);
		m->want.dims[2] = m->want.dims[3] = m->way.pixels;
	}
	return rc < 0 ? rc : read_members(json_object_get(root, "members"), folder, path, m, err);
}

int heavy_manifest_read(const char *folder, const struct heavy_solution *solution, struct heavy_manifest *out,
			bool *found, struct gppi_error *err)
{
	char path[1088];
	struct stat st;
	uint64_t bytes = 0;
	FILE *file = NULL;

	*out = (struct heavy_manifest){ .solution = solution, .way = solution->way, .want = solution->want };
	*found = false;
	if (snprintf(path, sizeof path, "%s/%s.json", folder, solution->name) >= (int)sizeof path)
		return err_set(err, GPPI_E_USAGE, "%.200s: this folder's name is too long", folder);
	if (stat(path, &st) != 0)
		return 0;
	int rc = file_stream(path, &file, &bytes, err);
	if (rc < 0)
		return rc;
	json_error_t why;
	json_t *root = bytes <= BYTES_MAX ? json_loadf(file, JSON_REJECT_DUPLICATES, &why) : NULL;
	fclose(file);
	rc = root ? understand(root, folder, path, out, err) : refuse(path, "not a manifest in JSON", err);
	json_decref(root);
	*found = rc == 0;
	return rc;
}

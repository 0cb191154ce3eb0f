/* The plane and the VOI as markups of 3D Slicer, schema 1.0.3. Everything is given in
 * RAS, the space Slicer works in: for LPS its readers flip some matrices and not others. */
#include <math.h>
#include <string.h>

#include "base/atomic.h"
#include "report/outputs.h"
#include "report/report.h"

#define SCHEMA "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/" \
	       "Schema/markups-schema-v1.0.3.json#"

/* A box of whole voxels in RAS, mm. */
struct cuboid {
	double centre[3], axis[3][3], size[3];
};

static void cross(const double a[3], const double b[3], double out[3])
{
	for (int i = 0; i < 3; i++)
		out[i] = a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3];
}

static double length(const double v[3])
{
	return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

static void unit(double v[3])
{
	double n = length(v);
	for (int i = 0; i < 3 && n > 0; i++)
		v[i] /= n;
}

/* Slices first..last, whole. The axes are made a right-handed rotation, whatever the file's are. */
static struct cuboid cuboid_of(const struct scan_place *place, const int dims[3], double first, double last)
{
	const double n[3] = { dims[0], dims[1], last - first + 1 };
	const double at[3] = { (dims[0] - 1) / 2.0, (dims[1] - 1) / 2.0, (first + last) / 2 };
	struct cuboid b;

	for (int i = 0; i < 3; i++) {
		double sign = i < 2 ? -1 : 1; /* from LPS */
		b.centre[i] = place->origin[i];
		for (int j = 0; j < 3; j++)
			b.centre[i] += at[j] * place->step[j][i];
		b.centre[i] *= sign;
		b.axis[0][i] = sign * place->step[0][i];
		b.axis[1][i] = sign * place->step[1][i];
		b.size[i] = n[i] * length(place->step[i]);
	}
	unit(b.axis[0]);
	cross(b.axis[0], b.axis[1], b.axis[2]);
	unit(b.axis[2]);
	cross(b.axis[2], b.axis[0], b.axis[1]);
	return b;
}

static json_t *numbers(const double *v, int n)
{
	json_t *list = json_array();
	for (int i = 0; list && i < n; i++)
		if (json_array_append_new(list, report_number(v[i], 9)) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* Columns are the box's axes. */
static json_t *orientation(const struct cuboid *b)
{
	double m[9];
	for (int i = 0; i < 9; i++)
		m[i] = b->axis[i % 3][i / 3];
	return numbers(m, 9);
}

static json_t *control_points(const struct cuboid *b, const char *label)
{
	return json_pack("[{s:s, s:s, s:s, s:o, s:o, s:b, s:b, s:b, s:s}]", "id", "1", "label", label,
			 "description", "", "position", numbers(b->centre, 3), "orientation", orientation(b),
			 "selected", 1, "locked", 0, "visibility", 1, "positionStatus", "defined");
}

static json_t *display(double red, double green, double blue)
{
	return json_pack("{s:b, s:f, s:[f, f, f], s:[f, f, f], s:b}", "visibility", 1, "opacity", 0.6,
			 "color", red, green, blue, "selectedColor", red, green, blue,
			 "propertiesLabelVisibility", 1);
}

/* What markups of all types have. */
static json_t *markup(const char *type, const char *name, const char *what, const struct cuboid *b)
{
	char label[192];

	snprintf(label, sizeof label, "%s %s", name, what);
	return json_pack("{s:s, s:o, s:s, s:s, s:b, s:b, s:s, s:o, s:o, s:o}", "type", type, "name",
			 report_string(label), "coordinateSystem", "RAS", "coordinateUnits", "mm",
			 "locked", 0, "fixedNumberOfControlPoints", 0, "labelFormat", "%N-%d",
			 "center", numbers(b->centre, 3), "orientation", orientation(b),
			 "controlPoints", control_points(b, what));
}

/* Adds the fields of `more` and drops it; NULL, with everything freed, where one of both is missing. */
static json_t *with(json_t *markup, json_t *more)
{
	int rc = markup && more ? json_object_update(markup, more) : -1;

	json_decref(more);
	if (rc == 0)
		return markup;
	json_decref(markup);
	return NULL;
}

static json_t *plane(const struct cuboid *b, const char *name)
{
	static const double identity[16] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 };
	const double size[3] = { b->size[0], b->size[1], 0 };
	const double bounds[4] = { -size[0] / 2, size[0] / 2, -size[1] / 2, size[1] / 2 };
	double base[16] = { 0 };

	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 3; j++)
			base[4 * i + j] = b->axis[j][i];
		base[4 * i + 3] = b->centre[i];
	}
	base[15] = 1;
	return with(markup("Plane", name, "GPPI", b),
		    json_pack("{s:s, s:s, s:f, s:o, s:o, s:o, s:o, s:o, s:o}", "planeType", "pointNormal",
			      "sizeMode", "absolute", "autoScalingSizeFactor", 1.0, "normal",
			      numbers(b->axis[2], 3), "size", numbers(size, 3), "planeBounds",
			      numbers(bounds, 4), "objectToBase", numbers(identity, 16), "baseToNode",
			      numbers(base, 16), "display", display(0.1, 0.8, 0.3)));
}

static json_t *voi(const struct cuboid *b, const char *name)
{
	return with(markup("ROI", name, "VOI", b),
		    json_pack("{s:s, s:o, s:b, s:o}", "roiType", "Box", "size", numbers(b->size, 3), "insideOut", 0,
			      "display", display(1.0, 0.7, 0.1)));
}

static json_t *document(const struct scan *scan, const struct gppi_result *r)
{
	struct scan_place place;
	json_t *list = json_array();

	scan_place_of(scan, &place);
	struct cuboid at_plane = cuboid_of(&place, r->dims, r->gppi, r->gppi);
	int rc = json_array_append_new(list, plane(&at_plane, r->name));
	if (rc == 0 && r->voi_first >= 0) {
		struct cuboid at_voi = cuboid_of(&place, r->dims, r->voi_first, r->voi_last);
		rc = json_array_append_new(list, voi(&at_voi, r->name));
	}
	if (rc == 0)
		return json_pack("{s:s, s:o}", "@schema", SCHEMA, "markups", list);
	json_decref(list);
	return NULL;
}

static int save(json_t *object, const char *path, struct gppi_error *err)
{
	struct atomic_file *file;

	if (!object)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for markups", path);
	int rc = atomic_open(path, &file, err);
	if (rc < 0)
		return rc;
	if (json_dumpf(object, atomic_stream(file), JSON_INDENT(2) | JSON_REAL_PRECISION(12)) != 0 ||
	    fputc('\n', atomic_stream(file)) == EOF) {
		atomic_abort(file);
		return err_set(err, GPPI_E_IO, "%s: could not be written", path);
	}
	return atomic_commit(file, err);
}

static int slicer_write(const struct gppi_models *models, struct bone *bone, const struct gppi_result *result,
			const char *path, struct gppi_error *err)
{
	(void)models;
	if (result->gppi < 0)
		return err_set(err, GPPI_E_NOBONE, "%s: not written: there is no plane to mark", path);
	json_t *markups = document(bone->scan, result);
	int rc = save(markups, path, err);
	json_decref(markups);
	return rc;
}

const struct report_output slicer_output = {
	.option = "slicer", .ending = ".mrk.json", .needs_plane = true, .write = slicer_write,
	.help = "      --slicer DIR    plane and VOI as markups for 3D Slicer, DIR/NAME.mrk.json\n",
};

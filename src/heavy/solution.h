/* The published heavy solutions: what each network is shown, and what its answers mean. */
#ifndef HEAVY_SOLUTION_H
#define HEAVY_SOLUTION_H

#include "heavy/volume.h"
#include "net/onnx.h"

#define HEAVY_NEAR 20 /* slices each way of a known plane that BM and SN search */

/* What a manifest says of how its networks are used. */
struct heavy_way {
	int stride; /* slices between windows (BM, SN) */
	int pixels; /* side of BM's images: 224 (20 um) or 112 (40 um) */
	int draws;  /* sets of planes (MH) */
};

struct heavy_run {
	struct heavy_volume *volume;
	struct onnx_model *model;
	const struct heavy_way *way;
	double near;    /* NAN: the whole bone is searched */
	int inferences; /* out: how many inputs the network saw */
	/* Told every answer of the network, for checks; may be NULL. */
	void (*raw)(void *user, const float *values, int n);
	void *raw_user;
};

struct heavy_solution {
	const char *name;  /* "bm" ... */
	const char *team;
	/* The plane by one network, canonical, unrounded; NAN: none is seen. */
	int (*plane)(struct heavy_run *run, double *plane, struct gppi_error *err);
	struct onnx_want want;  /* of its networks, at the published size */
	struct heavy_way way;   /* as published */
	bool windowed;          /* searches near a known plane */
};

extern const struct heavy_solution heavy_solutions[];
#define HEAVY_SOLUTIONS 5

const struct heavy_solution *heavy_solution(const char *name);

/* One per network file. */
int heavy_bm(struct heavy_run *run, double *plane, struct gppi_error *err);
int heavy_sn(struct heavy_run *run, double *plane, struct gppi_error *err);
int heavy_mh(struct heavy_run *run, double *plane, struct gppi_error *err);
int heavy_ek(struct heavy_run *run, double *plane, struct gppi_error *err);
int heavy_cw(struct heavy_run *run, double *plane, struct gppi_error *err);

/* Runs the network on `n` inputs of `shape` (rank axes without the batch) and tells run->raw. */
int heavy_forward(struct heavy_run *run, float *in, int n, const int64_t *shape, int rank, float *const *out,
		  const size_t *each, int outputs, struct gppi_error *err);
/* Memory for a run; NULL with GPPI_E_NOMEM in err. */
float *heavy_floats(size_t a, size_t b, size_t c, struct gppi_error *err);
int heavy_short(const struct heavy_run *run, int slices, struct gppi_error *err);

/* Voxels of an axis of n in one of `wanted`, cropped or padded about its middle: first place of the wanted axis that
 * has a voxel, its voxel, and how many. extra: a half voxel goes to the front (1) or to the end (0) of what is cut or
 * added. */
struct heavy_fit {
	int to, from, count;
};
struct heavy_fit heavy_fit(int n, int wanted, int extra);

#endif

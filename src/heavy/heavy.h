/* Second opinions: the published heavy solutions over one bone, by the networks of a folder. */
#ifndef HEAVY_HEAVY_H
#define HEAVY_HEAVY_H

#include "heavy/manifest.h"

struct heavy; /* networks of a folder and the library that runs them; for one thread at a time */

/* What one solution says. */
struct heavy_answer {
	const struct heavy_manifest *manifest; /* lives as long as the networks */
	double plane;                          /* mean of its members, canonical, unrounded; NAN: none is seen */
	double member[HEAVY_MEMBERS_MAX];
	int inferences;                        /* of one member */
	double seconds;
};

/* Reads the manifests of `folder` (at least one must be there) and loads ONNX Runtime (onnx_open()). */
int heavy_open(const char *folder, const char *ort, enum onnx_device device, int number, int threads,
	       struct heavy **out, struct gppi_error *err);
void heavy_close(struct heavy *heavy);

int heavy_count(const struct heavy *heavy);
const struct heavy_manifest *heavy_manifest(const struct heavy *heavy, int index);
const struct onnx *heavy_onnx(const struct heavy *heavy);

/* The plane by solution `index`. near: a canonical plane about which BM and SN search, NAN: everywhere. raw (may be
 * NULL) is told every answer of every network. */
int heavy_ask(struct heavy *heavy, int index, struct scan *scan, const struct frame *frame, double near,
	      void (*raw)(void *user, const float *values, int n), void *user, struct heavy_answer *out,
	      struct gppi_error *err);

#endif

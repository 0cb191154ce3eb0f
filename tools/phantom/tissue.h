/* Grey value of the bone's inside: cortex, plate, trabeculae. */
#ifndef PHANTOM_TISSUE_H
#define PHANTOM_TISSUE_H

#include "phantom/shape.h"

#define TISSUE_LUT 128 /* heights above the plate, steps of 4 */
#define TISSUE_LEVELS 65

struct tissue {
	const struct phantom_params *p;
	const struct shape *s;
	float soft;                 /* width of an edge, voxels: imaging blur and voxel size */
	float epi_radius, rim_at;   /* thresholds of the textures */
	float plate_pore, bridge_at;
	float meta_radius[TISSUE_LUT], columns_radius[TISSUE_LUT];
	float level[TISSUE_LEVELS]; /* of textures: threshold above which a share i / (TISSUE_LEVELS - 1) lies */
	float hollow_at;
};

/* soft: width over which an edge is smeared, in canonical voxels. */
void tissue_init(struct tissue *t, const struct shape *s, float soft);

/* What a point consists of, as shares 0..1: cortex and inner bone may overlap, cartilage takes the place of both. */
struct tissue_share {
	float cortex, inside, cartilage;
};

/* Grey value at bone-frame point (voxels, not divided by size), `depth` voxels below the surface. share: may be
 * NULL. */
float tissue_at(const struct tissue *t, float u, float v, float w, float depth, struct tissue_share *share);

#endif

/* Every number that makes one synthetic femur end, drawn from a seed.
 *
 * Lengths are in canonical voxels (10 um), heights relative to the growth plate's central
 * floor and positive towards the shaft. The ranges go beyond those measured on real bones.
 */
#ifndef PHANTOM_PARAMS_H
#define PHANTOM_PARAMS_H

#include <stdint.h>

#define PHANTOM_MOUNDS 4
#define PHANTOM_LOOSE 7
#define PHANTOM_CARVES 4
#define PHANTOM_JOINTS 3
#define PHANTOM_ZONES 6
#define PHANTOM_BRIDGES 12

/* What is in the volume. */
enum phantom_kind {
	PHANTOM_FEMUR,      /* the distal femur end */
	PHANTOM_SHAFT,      /* shaft only: no growth plate */
	PHANTOM_HEAD,       /* the other end of the femur: head and neck, no four mounds */
	PHANTOM_EMPTY,      /* holder without bone */
	PHANTOM_NOISE,      /* nothing but noise */
	PHANTOM_PLANT       /* a twig: rings and cells */
};

/* Named conditions for validation tables; training draws from all of them. */
enum phantom_condition {
	PHANTOM_ANY, PHANTOM_TYPICAL, PHANTOM_OSTEOPOROTIC, PHANTOM_YOUNG, PHANTOM_NOISY,
	PHANTOM_TILT, PHANTOM_CROP, PHANTOM_GREY, PHANTOM_UNSEEN, PHANTOM_WIDE, PHANTOM_ADULT,
	PHANTOM_CONDITIONS
};

struct ellipsoid {
	float c[3], r[3];   /* centre and radii in the bone's frame (u, v, w) */
};

struct loose_bone {
	struct ellipsoid e; /* relative to the bone's frame */
	float shell;        /* thickness of its cortex; larger than the radius: solid */
	float density;      /* of its inside, 0..1 */
};

struct phantom_params {
	uint64_t seed;
	enum phantom_kind kind;
	enum phantom_condition condition;
	/* volume */
	int nx, ny, nz;
	float floor_z;            /* canonical slice of the plate's central floor (at the axis) */
	float centre[2];          /* of the bone's axis at floor_z, voxels */
	float turn, tilt, tilt_dir; /* radians: about z, of the axis, direction of the tilt */
	int mirror;
	float size;               /* overall scale of the outline */
	float stretch;            /* of heights of the outline */
	/* outline */
	float aspect, bend[2], sway[2];
	float harmonic[4][2];     /* amplitude and phase of 2..5-fold waves of the outline */
	float bump, bump_length;
	struct ellipsoid condyle[2], trochlea[2];
	float carve[PHANTOM_CARVES][5]; /* u, v, radius, lower, upper end */
	float blend;              /* smoothness of joints */
	float distal_end;         /* height of the distal end of the body */
	/* plate */
	float mound[PHANTOM_MOUNDS][6]; /* u, v, ru, rv, amplitude, turn */
	float mound_power;
	int mound_bell;           /* mounds are bells, with feet of twice their radii */
	float slope[2];           /* of the whole plate along u and v */
	float edge[3], edge_dir, edge_start; /* one side, all round, opposite side */
	float edge_focus;
	float wave, wave_length;
	float cartilage, cartilage_vary, cartilage_cortex;
	float rim, rim_density, rim_length, rim_fade;
	float end_plate, end_plate_porosity;
	int layers_along_axis;    /* cartilage and rim are as thick on slopes, measured along w */
	float bridge;             /* share of the plate bridged by bone */
	int nbridges;             /* round bony bridges from the end plate through the rim, and */
	float bridge_at[PHANTOM_BRIDGES][3]; /* their axes (u, v) and radii */
	/* bone inside */
	float epi_bv, epi_length, epi_rod;
	float meta_bv[PHANTOM_ZONES], meta_length, meta_stretch, meta_rod, meta_edge;
	float columns_bv, columns_reach, columns_length, columns_stretch; /* fine columns below the rim; reach 0:
									   * none */
	float cortex, cortex_epi, cortex_vary, cortex_pores;
	/* second style of drawing: an epiphysis of round cells, a granular rim that fades, few upright struts */
	int foam;
	float cell, cell_wall, cell_open;       /* cells: width, thickness of their walls, share of a wall that is
						 * open */
	float hollow, hollow_length;            /* share of the epiphysis without cells, size of such hollows */
	float islands;                          /* share of the cartilage that is calcified, in grains */
	float flank_bv, flank_dir, flank_focus; /* dense primary spongiosa under the plate's edge: bone fraction,
						 * where */
	float flank_depth, flank_reach;         /* how far it goes inwards from the surface, and towards the shaft */
	int texture;
	int blobs;                /* spongy bone of lumps instead of sheets and rods */
	float texture_shift[3];
	/* grey values */
	float bone, marrow, cartilage_grey, medium, tissue, fat;
	float tissue_depth;       /* of soft tissue around the bone */
	float gain, offset;
	float cupping;            /* share by which the inside is darker than the surface */
	int clip, eight_bit;
	/* around */
	int nloose;
	struct loose_bone loose[PHANTOM_LOOSE];
	float holder_radius, holder_wall, holder_grey, holder_centre[2];
	float neighbour[4];       /* x, y (volume voxels), radius, 0 = none; wall */
	int nbubbles;
	float bubble[6][4];
	/* imaging */
	float blur, noise, noise_grain, motion[2];
	float ring, streak;
	float joint_shift[PHANTOM_JOINTS][2], joint_gain[PHANTOM_JOINTS];
	int first_joint;
};

/* Draws all parameters of bone `seed` under `condition`. */
void phantom_params_draw(struct phantom_params *p, uint64_t seed, enum phantom_condition condition);

/* The same for a volume without a growth plate. */
void phantom_params_draw_kind(struct phantom_params *p, uint64_t seed, enum phantom_kind kind);

/* Spongiosa of the shaft as coarse as in real bones: BV/TV 0.05 to 0.25, struts of 40 to 60 um, without fine
 * columns. */
void phantom_params_coarse(struct phantom_params *p);

/* `n` bony bridges across the plate, apart from each other and from the cortex, with radii of 30 to 80 um; none
 * else. */
void phantom_params_bridges(struct phantom_params *p, int n);

const char *phantom_condition_name(enum phantom_condition condition);
const char *phantom_kind_name(enum phantom_kind kind);

#endif

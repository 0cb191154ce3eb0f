/* gppi: finds the growth plate plane index (GPPI) in micro-CT scans of the distal mouse femur.
 *
 * One detection, as data:
 *
 *     struct gppi_options opt;
 *     gppi_options_default(&opt);
 *     struct gppi_models *models;
 *     gppi_models_open(NULL, &models, &err);          // built-in weights
 *     struct gppi_input *in;
 *     gppi_input_open("scan.nii", &in, &err);         // a file, or a folder of DICOM series
 *     for (int i = 0; i < gppi_input_count(in); i++) {
 *             struct gppi_result *r;
 *             gppi_input_split(in, i, &opt, NULL);    // holders: each bone becomes one of the input's
 *             if (gppi_detect(models, in, i, &opt, &r, &err) == GPPI_OK) {
 *                     printf("%s %d\n", r->name, r->gppi);
 *                     gppi_result_free(r);
 *             }
 *     }
 *
 * Functions return GPPI_OK or a negative enum gppi_status and fill `err` (may be NULL) with one
 * human sentence. Objects are owned by the caller and freed by the matching _free. A models
 * object may be shared by threads; inputs and results may not.
 *
 * What stays: within a soname functions and constants do, and structs grow at their ends only. A struct of the library
 * (gppi_result, gppi_model_info) may be longer than it is here: do not copy it. Structs of the caller go along with
 * their size, which macros of the functions' names add; one that is shorter than the library's is filled as far as it
 * goes, or completed with defaults. gppi_error, gppi_voi and gppi_identity never grow. Networks may change from version
 * to version, and planes with them: results tell the networks by their hashes.
 *
 * What the library does to its host: the first DICOM file switches the log of dcmtk off (OFLog) and registers dcmtk's
 * decoders (RLE, JPEG, JPEG-LS), both for the whole process; a host that uses dcmtk itself configures its log
 * afterwards. dcmtk's data dictionary is found as in any program (DCMDICTPATH). OpenBLAS is loaded when the fp32 engine
 * is first asked for, and set to one thread. Opening heavy networks sets ORT_DISABLE_TELEMETRY in the environment, so
 * that no other thread may change the environment meanwhile; asking them resets the peak that the system counts for the
 * process (VmHWM). gppi_input_read() raises the limit of open files up to the hard one where it is reached. Nothing is
 * printed, no signal handler is set, the locale stays, exit() is not called.
 */
#ifndef GPPI_GPPI_H
#define GPPI_GPPI_H

#include <stddef.h>

#include "gppi/identity.h"
#include "gppi/status.h"

#undef near /* <windows.h> defines it, as nothing */

/* Only what is declared here can be seen from outside of the library. */
#if defined(__GNUC__) && !defined(_WIN32)
#pragma GCC visibility push(default)
#endif
#ifdef __cplusplus
extern "C" {
#endif

#define GPPI_VERSION "0.1.0"
#define GPPI_MAX_FOLDS 8
#define GPPI_MAX_REASONS 12

/* Slices across the bone (SV, CW: after the teams Subvisible and CodeWarriors2 of the MiceBoneChallenge, arXiv
 * 2411.17260), views along it, or all together. */
enum gppi_model {
	GPPI_MODEL_SV = 1, GPPI_MODEL_CW = 2, GPPI_MODEL_LONGAXIS = 4, GPPI_MODEL_ALL = 7
};
enum gppi_engine { GPPI_ENGINE_INT8 = 0, GPPI_ENGINE_FP32 = 1 };
enum gppi_spacing { GPPI_SPACING_ASSUMED = 0, GPPI_SPACING_READ = 1, GPPI_SPACING_GIVEN = 2 };

/* The axis of the file that slices are taken along. Scans have their bones along z; a volume that was saved with the
 * bone along x or y is turned: slice i is then the i-th along that axis, and so are all slice numbers of a result. */
enum gppi_axis { GPPI_AXIS_Z = 0, GPPI_AXIS_X = 1, GPPI_AXIS_Y = 2 };

/* Where the volume of interest lies: it begins `offset` from the plane and is `length` long,
 * rounded to whole slices. */
enum gppi_voi_unit {
	GPPI_VOI_UM = 0, GPPI_VOI_SLICES = 1,
	GPPI_VOI_PERCENT = 2 /* of the bone in view, from the knee end to its last slice in the scan */
};
enum gppi_voi_side { GPPI_VOI_SHAFT = 0, GPPI_VOI_EPIPHYSIS = 1 }; /* where to, from the plane */
struct gppi_voi {
	double offset;            /* negative: the VOI begins on the other side of the plane */
	double length;            /* > 0 */
	enum gppi_voi_unit offset_unit, length_unit;
	enum gppi_voi_side side;
};
/* A preset ("trabecular", "spongiosa", "epiphysis", "percent"), or OFFSET,LENGTH[,SIDE]:
 * "300um,1000um,shaft", "20sl,100sl,epiphysis", "2%,10%". GPPI_E_USAGE for anything else. */
int gppi_voi_parse(const char *text, struct gppi_voi *out, struct gppi_error *err);
/* The explicit form of a VOI into buf (cut at size - 1); returns buf. */
const char *gppi_voi_text(const struct gppi_voi *voi, char *buf, size_t size);

struct gppi_heavy; /* see gppi_heavy_open() */
enum gppi_when { GPPI_WHEN_REVIEW = 0, GPPI_WHEN_ALWAYS = 1 };

struct gppi_options {
	size_t size;              /* of this struct; gppi_options_default() sets it */
	enum gppi_model model;    /* default GPPI_MODEL_ALL */
	enum gppi_engine engine;  /* default int8 */
	int threads;              /* 0: as many as processors */
	int exhaustive;           /* 1: every slice of the bone is scored, not only those near the plate */
	double voxel_um;          /* > 0 replaces the spacing of the file; 0: read or assume */
	struct gppi_voi voi;      /* default 300 um, 1000 um towards the shaft */
	double margin_um;         /* default 500: around each bone of a holder, less where another one is near */
	int pictures;             /* 1: gppi_write_qc(), gppi_write_dicom() or a study page follow; what they need is
				   * kept on the way where reading the scan again would be slow */
	enum gppi_axis axis;      /* default z; counts when the input is opened: gppi_input_open_with() */
	int bones;                /* of one scan: 0 as many as it shows (gppi_input_split()), 1 one */
	/* 0..1; a negative answer cancels, while files are read and unpacked too; may be NULL. Called from
	 * any thread, by one at a time, a few times a second at least. */
	int (*progress)(void *user, double done);
	void *progress_user;
	struct gppi_heavy *heavy; /* default NULL; published heavy networks that are asked for a second opinion */
	enum gppi_when heavy_when; /* default: bones that want a review */
	const char *heavy_alone;  /* "sn", "mh", "ek", "bm", "cw-native": its plane is the answer; NULL: none */
	double heavy_disagree;    /* slices of 10 um, > 0: a heavy solution whose plane is farther off, or that gives
				   * none, is a reason for a review; the plane stays. 0: they give no reasons */
};
void gppi_options_init(struct gppi_options *opt, size_t size);
#define gppi_options_default(opt) gppi_options_init(opt, sizeof(struct gppi_options))

struct gppi_models; /* the weights of all networks */

struct gppi_model_info {
	const char *kind, *name, *hash; /* hash: SHA-256, lower-case hex */
	const char *meta;               /* JSON: recipe, and how far int8 is from float */
	const char *source;             /* "built-in" or the file name */
	size_t params;
	double macs;                    /* multiply-accumulates per run */
};

/* folder NULL: the weights built into the program; else every *.gppiw in that folder. */
int gppi_models_open(const char *folder, struct gppi_models **out, struct gppi_error *err);
int gppi_models_count(const struct gppi_models *models);
const struct gppi_model_info *gppi_models_info(const struct gppi_models *models, int index);
/* What the networks of volumes, and those of pictures, were trained on, as the weights say: "synthetic bones", what a
 * lab wrote of its own, or "unknown data", behind it ", and on pictures of N real bones"; several joined by "; ", empty
 * where there are none. Lives as long as the models. */
const char *gppi_models_trained_on(const struct gppi_models *models);
const char *gppi_models_trained_on_pictures(const struct gppi_models *models);
void gppi_models_free(struct gppi_models *models);

/* Published heavy networks (sn.json, mh.json, ek.json, bm.json, cw.json with their .onnx files, at least one of them)
 * and ONNX Runtime, which is loaded at run time. ort: its library or a folder with it; NULL: $GPPI_ORT, else where the
 * system keeps libraries. device: "auto", "cpu", "cuda", "dml", "webgpu", each also with ":N"; NULL: "auto". One
 * detection at a time uses it; free it after the last one. GPPI_E_UNSUPPORTED with a sentence where library or device
 * are missing. */
int gppi_heavy_open(const char *folder, const char *ort, const char *device, int threads, struct gppi_heavy **out,
		    struct gppi_error *err);
void gppi_heavy_free(struct gppi_heavy *heavy);

struct gppi_input; /* a file or folder and the scans found in it */
int gppi_input_open(const char *path, struct gppi_input **out, struct gppi_error *err);
/* The same with opt (may be NULL), whose progress is asked meanwhile, and by the functions below that take no
 * options: its user must live as long as the input. After GPPI_E_CANCELLED an input can only be freed. */
int gppi_input_open_with(const char *path, const struct gppi_options *opt, struct gppi_input **out,
			 struct gppi_error *err);
/* The same for one scan that comes through a pipe: a volume of one file (NIfTI, ISQ, AIM, TIFF; a NIfTI behind gzip), a
 * DICOM file, or a tar archive (also behind gzip) of a DICOM series' files. Reads fd to its end, which stays the
 * caller's, and keeps what came in memory until the input is freed; no file is made. name (may be NULL) is that of the
 * bone. Paths of its scans are "stdin". GPPI_E_UNSUPPORTED on systems without files in memory (all but Linux). */
int gppi_input_read(int fd, const char *name, const struct gppi_options *opt, struct gppi_input **out,
		    struct gppi_error *err);
int gppi_input_count(const struct gppi_input *input);

/* A scan of an input, or a bone of it, before it is opened; strings live as long as the input and until it is
 * renamed. */
struct gppi_item {
	const char *name;    /* for reports: of the file, the series, the folder */
	const char *path;    /* file or folder */
	const char *patient; /* DICOM: PatientID, else the patient's name; "" where unknown */
};
int gppi_input_item_sized(const struct gppi_input *input, int index, struct gppi_item *out, size_t size,
			  struct gppi_error *err);
#define gppi_input_item(input, index, out, err) \
	gppi_input_item_sized(input, index, out, sizeof(struct gppi_item), err)
/* Gives it another name, for example where two inputs have one of the same name; characters that file names cannot
 * have become '_'. Bones that gppi_input_split() finds in it are named after it: rename it before. */
int gppi_input_rename(struct gppi_input *input, int index, const char *name, struct gppi_error *err);
/* Looks whether scan `index` is a holder with several bones; if so, these take its place: index is the first
 * of them, the next ones follow, the count grows. They are ordered row by row from y = 0, each row from x = 0,
 * and named NAME_1, NAME_2 ... Returns the number of bones (1: one bone, nothing changed) or a negative status.
 * A scan is looked at once; opt (may be NULL) gives voxel_um, threads and bones. Call it before gppi_detect(). */
int gppi_input_split(struct gppi_input *input, int index, const struct gppi_options *opt,
		     struct gppi_error *err);

struct gppi_bone { /* where a bone of an input lies */
	char name[128], input[1024];
	int bone, bones;          /* of a holder: bone 1..bones; 0: the scan shows one bone */
	int offset[3], dims[3];   /* first voxel in the file's x, y, z, and size */
	double spacing_um[3];
	enum gppi_spacing spacing_known;
};
int gppi_input_bone_sized(struct gppi_input *input, int index, struct gppi_bone *out, size_t size,
			  struct gppi_error *err);
#define gppi_input_bone(input, index, out, err) \
	gppi_input_bone_sized(input, index, out, sizeof(struct gppi_bone), err)
/* Writes bones index .. index+n-1, all those of one scan after gppi_input_split(), as NIfTI files (int16,
 * uncompressed) in one pass over the scan: calibration and spacing as in the scan, the origin moved so that they
 * overlay the whole. threads as in the options. Files appear whole or not at all. */
int gppi_write_bones(struct gppi_input *input, int index, int n, const char *const *paths, int threads,
		     struct gppi_error *err);
void gppi_input_free(struct gppi_input *input);

/* What the reader understood of one scan; strings live as long as the input. */
struct gppi_scan_info {
	const char *name, *path, *format, *voxel_type, *encoding, *detail;
	int dims[3];              /* x, y, z */
	double spacing_um[3];
	enum gppi_spacing spacing_known;
	double slope, intercept;  /* value = raw * slope + intercept */
	int is_hu;                /* 1: the file says its values are Hounsfield units */
	double value_min, value_max; /* of every voxel */
	size_t file_bytes;
	const struct gppi_identity *identity;
};
int gppi_input_info_sized(struct gppi_input *input, int index, double voxel_um, struct gppi_scan_info *out,
			  size_t size, struct gppi_error *err);
#define gppi_input_info(input, index, voxel_um, out, err) \
	gppi_input_info_sized(input, index, voxel_um, out, sizeof(struct gppi_scan_info), err)

/* What a published heavy solution says of a bone. It has no say in the plane of the result. */
struct gppi_opinion {
	char solution[16];        /* "sn", "mh", "ek", "bm", "cw-native" */
	double plane;             /* in the file's own (fractional) slice index; NAN: it sees none, or failed */
	double spread;            /* standard deviation of its networks' planes, slices; 0 for one network */
	int members, inferences;  /* networks, and inputs that each was shown */
	double parameters;        /* of one network */
	double seconds;
	char trained_on[128];
	char error[256];          /* why it failed; empty */
	double memory;            /* bytes: the most that the process had meanwhile, not on a graphics card; NAN:
				   * unknown */
};
#define GPPI_MAX_OPINIONS 5

struct gppi_result {
	char name[128];
	char input[1024];
	char format[32];
	int dims[3];
	int gppi;                 /* 0-based slice of the file (or of the sorted series); -1 none */
	double gppi_exact;        /* the same before rounding; NAN when gppi is -1 */
	double gppi_mm;           /* gppi * z spacing, from slice 0; NAN when the spacing is assumed */
	double spacing_um[3];
	enum gppi_spacing spacing_known;
	char spacing_doubt[76];   /* why the spacing of the file must be looked at; empty: no reason */
	int bone, bones;          /* of a holder: bone 1..bones; 0: the scan shows one bone */
	int offset[3];            /* first voxel of the bone's part (of size dims) in the file's x, y, z */
	enum gppi_axis axis;      /* the one slices lie along; dims, offset and spacing_um are in x, y, z of the turned
				   * scan */
	int shaft_first;          /* 1: the file runs from the shaft to the knee */
	int voi_first, voi_last;  /* slices of the VOI, voi_first <= voi_last, cut at the volume; -1 none */
	struct gppi_voi voi;      /* as asked for */
	int voi_offset, voi_count; /* the same in slices: it begins voi_offset from the plane */
	double voi_share;         /* 0..1: part of the VOI inside the volume; 0 without a plane */
	int bone_first, bone_last; /* first and last slice with bone, bone_first <= bone_last */
	double confidence;        /* 0..1: estimated probability of an error <= 3 planes */
	int nreasons;             /* 0: ok; else the result wants a person's review */
	char reason[GPPI_MAX_REASONS][96];
	/* per model, in the file's own (fractional) slice index; NAN where not run */
	double longaxis_plane, sv_rough, sv_plane, cw_plane, cw_likelihood_plane;
	double rival_plane;       /* a second place worth a look; NAN none */
	int nfolds;
	double sv_fold[GPPI_MAX_FOLDS];
	/* what the confidence rests on, besides the planes */
	double longaxis_none;     /* 0..1: belief of the views along the bone that they show no plate */
	double near;              /* 0..1: share of all models' belief within 3 slices of the plane */
	double sv_peak;           /* highest P(four mounds) of the run behind sv_rough; 0 none */
	int sv_runs;              /* places that compete for sv_rough; 1 is clear, 0 none */
	double cw_sharpness;      /* 0..1: how clearly CW's change-over parts the slices; 0 none */
	double tilt_deg;
	enum gppi_model model;
	enum gppi_engine engine;
	const char *isa;          /* instruction set the kernels used: "scalar" ... */
	struct gppi_identity identity;
	char trained_on[128];     /* the networks: gppi_models_trained_on() */
	double seconds_open, seconds_locate, seconds_longaxis, seconds_sv, seconds_regress, seconds_cw, seconds_total;
	int nopinions;            /* second opinions; 0: none was asked for */
	struct gppi_opinion opinion[GPPI_MAX_OPINIONS];
	char heavy_device[24];    /* where they were computed: "cpu", "cuda:0" ... */
};

/* Detects the plane of scan `index`. A volume without a usable bone fails with
 * GPPI_E_NOBONE; a doubtful one succeeds with reasons. Result owned by the caller. */
int gppi_detect(const struct gppi_models *models, struct gppi_input *input, int index,
		const struct gppi_options *opt, struct gppi_result **out, struct gppi_error *err);
void gppi_result_free(struct gppi_result *result);

/* Writes a QC picture (JPEG): long-axis views with plane and VOI, axial slices around the plane.
 * Written to a temporary name, synced and renamed. */
int gppi_write_qc(struct gppi_input *input, int index, const struct gppi_result *result,
		  const char *path, struct gppi_error *err);

/* DICOM results of a bone that came from DICOM, in its patient and study; each is a new series, written
 * to a temporary name, synced and renamed:
 *   STEM-report.dcm   Comprehensive SR, TID 1500: plane, position, VOI, confidence, reasons, networks
 *   STEM-key.dcm      Key Object Selection of the plane's slice; only where there is a plane
 *   STEM-picture.dcm  the QC picture as Secondary Capture, JPEG baseline
 * UIDs follow from the source's series, this version, the networks and the answer: the same answer given
 * twice has the same UIDs, another one has others. A scan that is no DICOM: GPPI_E_UNSUPPORTED. */
struct gppi_dicom_files {
	char report[1088], key[1088], picture[1088]; /* paths; empty: not written */
	char segments[1088]; /* of a bone that `gppi measure` measured: its tissues */
};
/* models: those of the detection; files may be NULL. */
int gppi_write_dicom_sized(const struct gppi_models *models, struct gppi_input *input, int index,
			   const struct gppi_result *result, const char *stem, struct gppi_dicom_files *files,
			   size_t size, struct gppi_error *err);
#define gppi_write_dicom(models, input, index, result, stem, files, err) \
	gppi_write_dicom_sized(models, input, index, result, stem, files, sizeof(struct gppi_dicom_files), err)

/* Markups for 3D Slicer (schema 1.0.3): the plane as a Plane, the VOI as a ROI box, in RAS mm where the
 * scan's own geometry puts them, as viewers do. A result without a plane: GPPI_E_NOBONE. */
int gppi_write_slicer(struct gppi_input *input, int index, const struct gppi_result *result,
		      const char *path, struct gppi_error *err);

/* ---- pictures along the bone (figures, QC exports, scouts) ---- */

struct gppi_picture_options {
	double um_per_row;        /* > 0; 0: 10 um, as in the scans of the challenge */
	enum gppi_engine engine;
};

struct gppi_picture_result {
	int row;                  /* 0-based row of the picture, from its top; -1 none */
	double row_exact;         /* the same before rounding; NAN when row is -1 */
	double mm;                /* row * um_per_row / 1000; NAN when um_per_row was not given */
	int distal_down;          /* 1: the knee end is at the bottom */
	double confidence;        /* 0..1: estimated probability of an error <= 3 slices of 10 um */
	int nreasons;             /* 0: ok; else a person should look */
	char reason[GPPI_MAX_REASONS][96];
	double seconds;
};

/* Finds the plane in n >= 1 long-axis pictures (PNG, JPEG or PGM; rows are slices, either end up) of
 * one bone; all have the same rows. GPPI_E_NOBONE where a picture shows no bone; GPPI_E_FORMAT where
 * the pictures differ in height. */
int gppi_longaxis_sized(const struct gppi_models *models, const char *const *paths, int n,
			const struct gppi_picture_options *opt, size_t opt_size, struct gppi_picture_result *out,
			size_t size, struct gppi_error *err);
#define gppi_longaxis(models, paths, n, opt, out, err) \
	gppi_longaxis_sized(models, paths, n, opt, sizeof(struct gppi_picture_options), out, \
			    sizeof(struct gppi_picture_result), err)

/* Eq. 1 of the bone challenge: erfc(|p - t| / (3 sqrt 2)); 1 for an exact answer. */
double gppi_score(double predicted, double truth);

#ifdef __cplusplus
}
#endif
#if defined(__GNUC__) && !defined(_WIN32)
#pragma GCC visibility pop
#endif

#endif

/* What `gppi serve` is told: a text file of [sections] with name = value lines, and nothing else.
 * Every name is known, every value is checked; a mistake is named with file and line. */
#ifndef SERVE_CONFIG_H
#define SERVE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "serve/core/allow.h"

#define SERVE_WATCH_MAX 16
#define SERVE_PATH 1024   /* longest path of a folder, with its NUL */
#define SERVE_AE 17       /* AE titles: 16 characters */

enum serve_complete { SERVE_QUIET, SERVE_RELEASE };

struct serve_watch {
	char name[64];            /* of the section: [watch NAME] */
	char folder[SERVE_PATH];  /* absolute */
	char marker[64];          /* what the name of a marker file has behind that of the drop; "": none asked for */
	int quiet_time;           /* s without a change before a drop is taken */
	int poll;                 /* s between two looks, whatever inotify says */
	uint64_t max_size;        /* bytes of one drop */
	bool in_place;            /* nothing is moved or written there */
	double voxel_um;          /* instead of what the files say; 0: what they say */
	int line;                 /* where the section begins */
};

struct serve_dicom {
	int port;                 /* 0: no receiver */
	char address[64];         /* to listen on */
	char ae_title[SERVE_AE];
	bool any_called;          /* whatever title the sender calls */
	struct allow_names ae;    /* callers */
	struct allow_nets nets;
	int max_associations;
	uint64_t max_object;      /* bytes */
	int idle_timeout;         /* s without a byte */
	int object_timeout;       /* s for one object in all, also where bytes keep coming */
	enum serve_complete complete;
	int quiet_time;           /* s after the last object of a series */
	int abort_wait;           /* s where its association was cut */
	double voxel_um;          /* as of a watch folder */
	char tls_certificate[SERVE_PATH], tls_key[SERVE_PATH], tls_ca[SERVE_PATH]; /* "": no TLS */
};

enum serve_object { SERVE_SR = 1, SERVE_KOS = 2, SERVE_SC = 4, SERVE_SEG = 8 };

struct serve_send {
	char host[58];            /* name or IPv4 address, as long as dcmtk takes; "": nothing is sent */
	int port;
	char called_title[SERVE_AE], calling_title[SERVE_AE]; /* theirs, ours */
	unsigned objects;         /* of enum serve_object */
	int timeout;              /* s for each answer */
	int retry_max;            /* s between two attempts at most */
	bool tls;
	char tls_certificate[SERVE_PATH], tls_key[SERVE_PATH], tls_ca[SERVE_PATH];
};

struct serve_config {
	char file[SERVE_PATH];
	char spool[SERVE_PATH], results[SERVE_PATH], weights[SERVE_PATH]; /* weights "": built-in */
	char csv[128];            /* name in the results folder; "": none */
	bool qc;
	bool page;                /* a study page for each study */
	bool measure;             /* the VOI of every bone */
	bool dicom_results;       /* into the results folder */
	int workers, threads;
	int queue;                /* series and drops that may wait */
	int keep_done_days;       /* 0: nothing is kept */
	int keep_quarantine_days; /* 0: for ever */
	uint64_t min_free;        /* bytes that stay free on the disk of the spool */
	int max_attempts;
	int job_timeout;          /* s for one job; 0: none */
	uint64_t job_memory;      /* bytes of its worker's own; 0: no limit */
	bool strict;              /* what would only be warned about ends the start */
	struct serve_dicom dicom;
	struct serve_send send;
	struct serve_watch watch[SERVE_WATCH_MAX];
	int nwatch;
};

/* Reads and checks the file. Folders are only looked at when the service begins. */
int config_read(const char *path, struct serve_config *out, struct gppi_error *err);
/* config_check.c: do the values go together? Fills in those that follow from others. config_read() calls it. */
int config_check(struct serve_config *c, const char *path, struct gppi_error *err);

/* What a reload cannot change and differs: a name for the log, or NULL. */
const char *config_fixed_difference(const struct serve_config *a, const struct serve_config *b);

#endif

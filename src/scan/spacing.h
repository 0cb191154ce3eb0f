/* The size of voxels: what is believed of what a file states. One rule for all readers. */
#ifndef SCAN_SPACING_H
#define SCAN_SPACING_H

#include <stdbool.h>

#include "scan/scan.h"

#define SCAN_ASSUMED_UM 10.0 /* where a file says nothing */

/* Takes distances of voxels along x, y, z in um as a file states them, 0 or not finite where it does not, into
 * spacing_um and spacing_known, with notes and doubts. Signs do not count: they tell a direction.
 *  - Exactly 1 mm (or 1 of another unit) is what programs write that know none: it counts as not stated.
 *  - Sizes a thousand times too large or too small for a micro-CT, but right without the factor, are um written as
 *    mm (or the reverse): taken so, and in doubt.
 *  - Voxels of a micro-CT are nearly cubes: an axis that is not stated follows from the others. One that is stated,
 *    but differs from both others by more than four times, does so too, and is in doubt.
 *  - Where nothing is left, SCAN_ASSUMED_UM are assumed. */
void spacing_take(struct scan_info *info, const double um[3]);

/* A size in um without the noise of numbers of 32 bits: 0.0099999998 mm is 10 um, to the last bit. Both functions above
 * and below do so: what is counted in voxels must not hang on such noise. */
double spacing_tidy(double um);

/* The same for a file that states them twice: where the two differ by more than 1 % in an axis that both state, the
 * first is taken and in doubt; the second counts where the first says nothing that can be one of a micro-CT. The words
 * name the two. */
void spacing_take_two(struct scan_info *info, const double um[3], const char *word, const double other[3],
		      const char *other_word);

/* After either: doubts a spacing with a size that the file states as 0, which no voxel has. said: as above, but not
 * finite where the file states none. */
void spacing_zero(struct scan_info *info, const double said[3]);

/* A reason why the spacing must be looked at by a person: the result becomes REVIEW with it, unless the user gave
 * the voxel size. Also a note of the scan, as "spacing: ...". The first one stays; at most 74 characters. */
void spacing_doubt(struct scan_info *info, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The voxel size the user gives: replaces all that the file states, doubts too. */
void spacing_give(struct scan_info *info, double um);

/* A unit of length in um; 0 where the word is none. Case, quotes, brackets and spaces around do not count; "um" also
 * with a micro sign in UTF-8, Latin-1 or as an escape, and all names in full. */
double spacing_unit_um(const char *word);

/* The same for a scan that states sizes in the unit `word`: one that is not known is mm, in doubt; none is mm. */
double spacing_unit_or_mm(struct scan_info *info, const char *word);

/* A pixel size from the resolution of a picture file. Print and screen resolutions (72 to 1200 dots per inch), and
 * pixels too large for a micro-CT, are not meant as sizes: 0. */
double spacing_of_resolution(double pixels, double per_um);

#endif

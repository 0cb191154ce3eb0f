/* Small seeded random numbers (splitmix64), the same on every machine. */
#ifndef PHANTOM_RNG_H
#define PHANTOM_RNG_H

#include <math.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Uniform in [lo, hi). */
static inline float rng_range(struct rng *r, float lo, float hi)
{
	return lo + (hi - lo) * (float)(rng_next(r) >> 40) * 0x1p-24f;
}

/* True with probability p. */
static inline int rng_chance(struct rng *r, float p)
{
	return rng_range(r, 0, 1) < p;
}

/* Standard normal (Box-Muller). */
static inline float rng_normal(struct rng *r)
{
	float u = rng_range(r, 1e-7f, 1), v = rng_range(r, 0, 1);
	return sqrtf(-2 * logf(u)) * cosf(6.2831853f * v);
}

/* Normal, cut at +-2.5 s.d. */
static inline float rng_gauss(struct rng *r, float mean, float sd)
{
	float g = rng_normal(r);
	return mean + sd * (g < -2.5f ? -2.5f : g > 2.5f ? 2.5f : g);
}

#endif

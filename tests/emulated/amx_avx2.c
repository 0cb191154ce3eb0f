#include "emulated.h"
#include "vec512.h"

#include <string.h>

/* Registers 0..3 hold sums, 4 and 5 inputs, 6 and 7 weights. */
static struct {
	_Alignas(64) uint8_t row[16][64];
	int rows;
} tile[8];

static void tiles_begin(int pixels)
{
	memset(tile, 0x5a, sizeof tile);
	for (int t = 0; t < 8; t++)
		tile[t].rows = t < 6 ? pixels : 16;
}

static void tiles_end(void)
{
}

static void tile_load(int t, const void *p, ptrdiff_t step)
{
	for (int r = 0; r < tile[t].rows; r++)
		memcpy(tile[t].row[r], (const uint8_t *)p + r * step, 64);
}

static void tile_store(int t, int32_t *p)
{
	for (int r = 0; r < tile[t].rows; r++)
		memcpy(p + (ptrdiff_t)r * 16, tile[t].row[r], 64);
}

static void tile_dot(int sum, int a, int w)
{
	for (int r = 0; r < tile[sum].rows; r++)
		for (size_t n = 0; n < 16; n++) {
			int32_t v;
			memcpy(&v, &tile[sum].row[r][4 * n], 4);
			for (size_t k = 0; k < 64; k++)
				v += tile[a].row[r][k] * (int8_t)tile[w].row[k / 4][4 * n + k % 4];
			memcpy(&tile[sum].row[r][4 * n], &v, 4);
		}
}

#define V_TOGETHER(vecs) ((void)(vecs), 1)
#define v_store_together(dst, step, acc, vecs, requant, zero, inside, last) ((void)0)

static struct net_kernels below;

#include "net/int8/x86/conv_tiles.h"

void emulated_amx(struct net_kernels *k)
{
	emulated_avx512vnni(&below);
	tiles_fill(k);
	k->isa = "amx, emulated";
}

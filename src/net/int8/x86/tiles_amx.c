/* Convolution u7 x s8 on AMX tiles: eight times the products of AVX512-VNNI per cycle. */
#include "net/int8/x86/store_avx512.h"
#include "net/int8/x86/x86.h"

struct tiles_config { /* as the processor reads it */
	uint8_t palette, start, reserved[14];
	uint16_t bytes[16];
	uint8_t rows[16];
};

_Static_assert(sizeof(struct tiles_config) == 64, "one line of the cache");

/* Registers 0..3 sums, 4 and 5 inputs, 6 and 7 weights. */
static void tiles_begin(int pixels)
{
	struct tiles_config config = { .palette = 1 };

	for (int i = 0; i < 8; i++) {
		config.bytes[i] = 64;
		config.rows[i] = i < 6 ? (uint8_t)pixels : 16;
	}
	_tile_loadconfig(&config);
}

#define tiles_end() _tile_release()
#define tile_load(t, p, step) _tile_loadd(t, p, step)
#define tile_dot(sum, a, w) _tile_dpbusd(sum, a, w)
#define tile_store(t, p) _tile_stored(t, p, 64)

static struct net_kernels below;

#include "net/int8/x86/conv_tiles.h"

void net_amx_conv(struct net_kernels *k)
{
	net_avx512vnni_conv(&below);
	tiles_fill(k);
	k->isa = "amx";
}

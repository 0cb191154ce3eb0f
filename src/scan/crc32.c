#include "scan/crc32.h"

#include <zlib.h>

#include "base/cpu.h"

static uint32_t add(uint32_t crc, const uint8_t *p, size_t n)
{
	return (uint32_t)crc32_z(crc, p, n);
}

uint32_t crc32_add(uint32_t crc, const uint8_t *p, size_t n)
{
#if defined(__x86_64__)
	if (n >= 64 && cpu_has_clmul()) {
		uint8_t rest[16];
		size_t whole = n & ~(size_t)15;

		crc32_fold_clmul(~crc, p, whole, rest);
		crc = add(UINT32_MAX, rest, sizeof rest); /* a register of 0 */
		p += whole;
		n -= whole;
	}
#endif
	return n ? add(crc, p, n) : crc;
}

/* CRC-32 of gzip (RFC 1952). */
#ifndef SCAN_CRC32_H
#define SCAN_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Of what came before (0 at the start) and n bytes more. */
uint32_t crc32_add(uint32_t crc, const uint8_t *p, size_t n);

#if defined(__x86_64__)
/* Carry-less multiplication: n must be a multiple of 16, at least 64. Not inverted: works on the
 * register itself; folds everything into 16 bytes that have the same remainder. */
void crc32_fold_clmul(uint32_t state, const uint8_t *p, size_t n, uint8_t rest[16]);
#endif

#endif

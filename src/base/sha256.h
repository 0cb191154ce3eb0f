/* SHA-256 (FIPS 180-4), incremental. Copying a struct sha256 forks the computation. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
	uint32_t state[8];
	uint64_t bytes;
	uint8_t block[64];
};

void sha256_init(struct sha256 *s);
void sha256_update(struct sha256 *s, const void *data, size_t size);
void sha256_final(struct sha256 *s, uint8_t digest[32]);

/* 64 lower-case hexadecimal digits and a NUL. */
void sha256_hex(const uint8_t digest[32], char text[65]);

/* The compression function over whole blocks of 64 bytes, for each kind of processor. */
extern const uint32_t sha256_round_key[64];
void sha256_blocks_c(uint32_t state[8], const uint8_t *p, size_t blocks);
#if defined(__x86_64__)
void sha256_blocks_sha(uint32_t state[8], const uint8_t *p, size_t blocks); /* CPU_SHA */
#endif

#endif

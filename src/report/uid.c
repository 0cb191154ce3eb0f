#include "report/uid.h"

#include <string.h>

#include "base/sha256.h"

/* Divides the big-endian number by ten in place; the remainder. */
static int divide(uint8_t number[16])
{
	int rest = 0;

	for (int i = 0; i < 16; i++) {
		int value = rest * 256 + number[i];
		number[i] = (uint8_t)(value / 10);
		rest = value % 10;
	}
	return rest;
}

static int is_zero(const uint8_t number[16])
{
	for (int i = 0; i < 16; i++)
		if (number[i])
			return 0;
	return 1;
}

void uid_from_words(const char *const *words, int n, char uid[UID_SIZE])
{
	static const char space[] = "gppi results";
	struct sha256 s;
	uint8_t digest[32];
	char digits[40] = "";
	int used = 0;

	sha256_init(&s);
	sha256_update(&s, space, sizeof space);
	for (int i = 0; i < n; i++)
		sha256_update(&s, words[i], strlen(words[i]) + 1);
	sha256_final(&s, digest);
	digest[6] = (uint8_t)((digest[6] & 0x0f) | 0x80); /* version 8 */
	digest[8] = (uint8_t)((digest[8] & 0x3f) | 0x80); /* variant of RFC 9562 */
	while (!is_zero(digest))
		digits[used++] = (char)('0' + divide(digest));
	memcpy(uid, "2.25.", 5);
	for (int i = 0; i < used; i++)
		uid[5 + i] = digits[used - 1 - i];
	uid[5 + used] = '\0';
}

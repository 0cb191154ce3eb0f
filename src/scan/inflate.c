#include "scan/inflate.h"

#include <string.h>

/* An entry of a table: bits 0-5 all bits to consume, 8-12 those of the code itself (the rest is
 * the extra bits), 16-30 the value (literal, base of a length or distance, place of a subtable). */
#define LITERAL 0x80000000u
#define SPECIAL 0x8000u  /* neither literal nor copy: */
#define SUBTABLE 0x4000u
#define END_OF_BLOCK 0x2000u /* SPECIAL alone: no such code */

#define CODE_MAX 15
#define SYMBOLS_MAX 320
#define HEADER_ROOM 1024 /* more than the header of a block takes */

static uint64_t load64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

/* At least 56 bits afterwards. Reads 8 bytes at s->in, which behind the end of the file are 0. */
#define REFILL(bits, nbits, in) do { \
		(bits) |= load64(in) << (nbits); \
		(in) += (63 - (nbits)) >> 3; \
		(nbits) |= 56; \
	} while (0)

void inflate_init(struct inflate *s)
{
	s->in = s->end = s->input;
	s->bits = 0;
	s->nbits = 0;
	s->eof = false;
	s->filled = 0;
	s->phase = INFLATE_END;
	memset(s->input, 0, sizeof s->input);
}

/* Unread whole bytes go back; what is left of a byte is dropped. */
static void to_bytes(struct inflate *s)
{
	s->in -= s->nbits / 8;
	s->bits = 0;
	s->nbits = 0;
}

void inflate_start(struct inflate *s)
{
	s->phase = INFLATE_BLOCK;
	s->last = false;
	s->filled = 0;
}

/* Moves what is left to the front and fills up. Behind the end of the file lie zeros. */
static int fill(struct inflate *s, struct err *err)
{
	if (s->eof)
		return 0;
	/* Whole bytes looked at already go back first: they may still be given back later. */
	s->in -= s->nbits / 8;
	s->nbits %= 8;
	s->bits &= (1u << s->nbits) - 1;
	size_t kept = (size_t)(s->end - s->in);
	memmove(s->input, s->in, kept);
	s->in = s->input;
	while (kept < INFLATE_INPUT && !s->eof) {
		size_t got = 0;
		int rc = s->read(s->user, s->input + kept, INFLATE_INPUT - kept, &got, err);
		if (rc < 0)
			return rc;
		s->eof = got == 0;
		kept += got;
	}
	s->end = s->input + kept;
	memset(s->input + kept, 0, sizeof s->input - kept);
	return 0;
}

static int want(struct inflate *s, ptrdiff_t bytes, struct err *err)
{
	return s->end - s->in < bytes ? fill(s, err) : 0;
}

/* The decoder may look up to 8 bytes ahead of what it consumes, but consume nothing beyond. */
static bool overrun(const struct inflate *s)
{
	return s->in - s->nbits / 8 > s->end;
}

static unsigned take(struct inflate *s, unsigned n)
{
	unsigned v = (unsigned)(s->bits & ((1u << n) - 1));

	s->bits >>= n;
	s->nbits -= n;
	return v;
}

static unsigned reversed(unsigned code, unsigned n)
{
	unsigned r = 0;

	for (; n > 0; n--, code >>= 1)
		r = r << 1 | (code & 1);
	return r;
}

/* Fills table[] for n symbols with code lengths len[] (0: unused) and entries symbol[], which get
 * their bits here. Codes must be complete, but for a single one of one bit, or none at all. */
static int build(const uint8_t *len, int n, const uint32_t *symbol, unsigned root, uint32_t *table,
		 size_t room)
{
	unsigned count[CODE_MAX + 1] = { 0 }, next[CODE_MAX + 1] = { 0 }, longest = 0;
	int left = 1;

	for (int i = 0; i < n; i++)
		count[len[i]]++;
	count[0] = 0;
	for (unsigned l = 1; l <= CODE_MAX; l++) {
		next[l] = (next[l - 1] + count[l - 1]) << 1;
		left = 2 * left - (int)count[l];
		if (left < 0)
			return INFLATE_DAMAGED;
		longest = count[l] ? l : longest;
	}
	if (left > 0 && longest > 1)
		return INFLATE_DAMAGED;
	if (left > 0)
		for (size_t i = 0; i < (size_t)1 << root; i++)
			table[i] = SPECIAL;

	size_t used = (size_t)1 << root, size = longest > root ? (size_t)1 << (longest - root) : 0;
	if (size) /* marks places that have no subtable yet */
		memset(table, 0, used * sizeof *table);
	for (int i = 0; i < n; i++) {
		unsigned l = len[i];
		if (l == 0)
			continue;
		unsigned code = reversed(next[l]++, l), extra = symbol[i] & 0xff;
		uint32_t entry = (symbol[i] & ~0xffu) | l << 8 | (l + extra);
		if (l <= root) {
			for (size_t at = code; at < (size_t)1 << root; at += (size_t)1 << l)
				table[at] = entry;
			continue;
		}
		size_t low = code & ((1u << root) - 1);
		if (!table[low]) {
			if (used + size > room)
				return INFLATE_DAMAGED;
			table[low] = SPECIAL | SUBTABLE | (uint32_t)used << 16 | (longest - root);
			used += size;
		}
		for (size_t at = code >> root; at < size; at += (size_t)1 << (l - root))
			table[(table[low] >> 16) + at] = entry;
	}
	return 0;
}

/* RFC 1951, 3.2.5: lengths 257..285 and distances 0..29, with their extra bits. */
static int build_codes(struct inflate *s, const uint8_t *len, int nlen, int ndist)
{
	uint32_t symbol[SYMBOLS_MAX];
	unsigned base = 3, extra;

	for (unsigned i = 0; i < 256; i++)
		symbol[i] = LITERAL | i << 16;
	symbol[256] = SPECIAL | END_OF_BLOCK;
	for (unsigned i = 257; i < 285; i++, base += 1u << extra) {
		extra = i < 265 ? 0 : (i - 261) / 4;
		symbol[i] = base << 16 | extra;
	}
	symbol[285] = 258u << 16;
	symbol[286] = symbol[287] = SPECIAL;
	int rc = build(len, nlen, symbol, INFLATE_LENGTHS, s->length, sizeof s->length / sizeof *s->length);
	if (rc)
		return rc;
	base = 1;
	for (unsigned i = 0; i < 30; i++, base += 1u << extra) {
		extra = i < 4 ? 0 : (i - 2) / 2;
		symbol[i] = base << 16 | extra;
	}
	symbol[30] = symbol[31] = SPECIAL;
	return build(len + nlen, ndist, symbol, INFLATE_DISTANCES, s->distance,
		     sizeof s->distance / sizeof *s->distance);
}

static int fixed_codes(struct inflate *s)
{
	uint8_t len[288 + 32];

	memset(len, 8, 144);
	memset(len + 144, 9, 112);
	memset(len + 256, 7, 24);
	memset(len + 280, 8, 8);
	memset(len + 288, 5, 32);
	return build_codes(s, len, 288, 32);
}

static int dynamic_codes(struct inflate *s)
{
	static const uint8_t order[19] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 };
	uint8_t first[19] = { 0 }, len[SYMBOLS_MAX] = { 0 };
	uint32_t symbol[19], table[1 << 7];
	int nlen = 257 + (int)take(s, 5), ndist = 1 + (int)take(s, 5), n = 4 + (int)take(s, 4);

	if (nlen > 286 || ndist > 30)
		return INFLATE_DAMAGED;
	for (int i = 0; i < n; i++) {
		REFILL(s->bits, s->nbits, s->in);
		first[order[i]] = (uint8_t)take(s, 3);
	}
	for (unsigned i = 0; i < 19; i++)
		symbol[i] = i << 16;
	unsigned used = 0;
	for (int i = 0; i < 19; i++) /* this code has to be complete in any case */
		used += first[i] ? 128u >> first[i] : 0;
	if (used != 128 || build(first, 19, symbol, 7, table, 128))
		return INFLATE_DAMAGED;
	for (int i = 0; i < nlen + ndist;) {
		if (s->in > s->end + 8)
			return INFLATE_CUT;
		REFILL(s->bits, s->nbits, s->in);
		uint32_t e = table[s->bits & 127];
		(void)take(s, e & 63);
		unsigned code = e >> 16, repeat = 1;
		uint8_t value = (uint8_t)code;
		if (code == 16) {
			if (i == 0)
				return INFLATE_DAMAGED;
			repeat = 3 + take(s, 2);
			value = len[i - 1];
		} else if (code > 16) {
			repeat = code == 17 ? 3 + take(s, 3) : 11 + take(s, 7);
			value = 0;
		}
		if (i + (int)repeat > nlen + ndist)
			return INFLATE_DAMAGED;
		memset(len + i, value, repeat);
		i += (int)repeat;
	}
	if (!len[256])
		return INFLATE_DAMAGED;
	return build_codes(s, len, nlen, ndist);
}

static int block_header(struct inflate *s, struct err *err)
{
	int rc = want(s, HEADER_ROOM, err);

	if (rc < 0)
		return rc;
	REFILL(s->bits, s->nbits, s->in);
	s->last = take(s, 1);
	switch (take(s, 2)) {
	case 0:
		to_bytes(s);
		if (s->end - s->in < 4)
			return INFLATE_CUT;
		s->stored = (size_t)s->in[0] | (size_t)s->in[1] << 8;
		if ((s->stored ^ 0xffff) != ((size_t)s->in[2] | (size_t)s->in[3] << 8))
			return INFLATE_DAMAGED;
		s->in += 4;
		s->phase = INFLATE_STORED;
		return 0;
	case 1:
		rc = fixed_codes(s);
		break;
	case 2:
		rc = dynamic_codes(s);
		break;
	default:
		return INFLATE_DAMAGED;
	}
	s->phase = INFLATE_CODES;
	return overrun(s) ? INFLATE_CUT : rc;
}

static int stored_block(struct inflate *s, size_t limit, struct err *err)
{
	while (s->stored && s->filled < limit) {
		int rc = want(s, 1, err);
		if (rc < 0)
			return rc;
		size_t n = (size_t)(s->end - s->in), room = limit - s->filled;
		if (n == 0)
			return INFLATE_CUT;
		n = n < s->stored ? n : s->stored;
		n = n < room ? n : room;
		memcpy(s->window + s->filled, s->in, n);
		s->filled += n;
		s->in += n;
		s->stored -= n;
	}
	if (!s->stored)
		s->phase = s->last ? INFLATE_END : INFLATE_BLOCK;
	return 0;
}

/* Copies n bytes from `distance` before; may write up to 31 bytes more. */
static void copy(uint8_t *dst, size_t distance, size_t n)
{
	const uint8_t *end = dst + n;

	if (distance < 16) {
		/* A pattern that repeats itself: of some multiple of it, whole words can be copied. */
		size_t multiple = distance;
		while (multiple < 16)
			multiple += distance;
		for (size_t i = 0; i < multiple && dst < end; i++, dst++)
			*dst = *(dst - distance);
		distance = multiple;
	}
	do {
		memcpy(dst, dst - distance, 16);
		dst += 16;
	} while (dst < end);
}

/* Extra bits of an entry, on top of its base. */
static size_t value_of(uint32_t e, uint64_t bits)
{
	return (e >> 16) + (size_t)((bits & (((uint64_t)1 << (e & 63)) - 1)) >> (e >> 8 & 31));
}

#define CONSUME(e) (bits >>= (e) & 63, nbits -= (e) & 63)

/* Symbols until the block ends, the window is full to `limit` (and at most a match beyond) or the
 * input runs low. Everything in local variables: the compiler keeps them in registers. */
static int symbols(struct inflate *s, size_t limit)
{
	uint64_t bits = s->bits;
	unsigned nbits = s->nbits;
	const uint8_t *in = s->in, *low = s->eof ? s->end + 8 : s->end - 16;
	uint8_t *out = s->window + s->filled, *full = s->window + limit;
	const uint32_t *length = s->length, *distance = s->distance;
	int rc = 0;

	while (out < full && in <= low) {
		REFILL(bits, nbits, in);
		uint32_t e = length[bits & ((1u << INFLATE_LENGTHS) - 1)];
		/* Literals of the first table take 11 bits at most: three, and a length still fits. */
		if (e & LITERAL) {
			CONSUME(e);
			*out++ = (uint8_t)(e >> 16);
			e = length[bits & ((1u << INFLATE_LENGTHS) - 1)];
			if (e & LITERAL) {
				CONSUME(e);
				*out++ = (uint8_t)(e >> 16);
				e = length[bits & ((1u << INFLATE_LENGTHS) - 1)];
				if (e & LITERAL) {
					CONSUME(e);
					*out++ = (uint8_t)(e >> 16);
					continue;
				}
			}
		}
		if (e & SPECIAL) {
			if (e & SUBTABLE)
				e = length[(e >> 16) + (bits >> INFLATE_LENGTHS & ((1u << (e & 63)) - 1))];
			if (e & LITERAL) {
				CONSUME(e);
				*out++ = (uint8_t)(e >> 16);
				continue;
			}
			if (e & SPECIAL) {
				if (!(e & END_OF_BLOCK)) {
					rc = INFLATE_DAMAGED;
				} else {
					CONSUME(e);
					s->phase = s->last ? INFLATE_END : INFLATE_BLOCK;
				}
				break;
			}
		}
		size_t n = value_of(e, bits);
		CONSUME(e);
		REFILL(bits, nbits, in);
		e = distance[bits & ((1u << INFLATE_DISTANCES) - 1)];
		if (e & SUBTABLE)
			e = distance[(e >> 16) + (bits >> INFLATE_DISTANCES & ((1u << (e & 63)) - 1))];
		size_t d = value_of(e, bits);
		if ((e & SPECIAL) || d > (size_t)(out - s->window)) {
			rc = INFLATE_DAMAGED;
			break;
		}
		CONSUME(e);
		copy(out, d, n);
		out += n;
	}
	s->bits = bits;
	s->nbits = nbits;
	s->in = in;
	s->filled = (size_t)(out - s->window);
	return rc;
}

static int coded_block(struct inflate *s, size_t limit, struct err *err)
{
	while (s->phase == INFLATE_CODES && s->filled < limit) {
		int rc = want(s, 32, err);
		if (rc == 0)
			rc = symbols(s, limit);
		if (overrun(s) && rc >= 0)
			return INFLATE_CUT;
		if (rc)
			return rc;
		if (s->eof && s->in > s->end + 8)
			return INFLATE_CUT;
	}
	return 0;
}

int inflate_some(struct inflate *s, const uint8_t **out, size_t *n, struct err *err)
{
	int rc = 0;

	if (s->filled > INFLATE_HISTORY) {
		memmove(s->window, s->window + s->filled - INFLATE_HISTORY, INFLATE_HISTORY);
		s->filled = INFLATE_HISTORY;
	}
	size_t from = s->filled, limit = from + INFLATE_STEP;
	while (rc == 0 && s->phase != INFLATE_END && s->filled < limit) {
		if (s->phase == INFLATE_BLOCK)
			rc = block_header(s, err);
		else if (s->phase == INFLATE_STORED)
			rc = stored_block(s, limit, err);
		else
			rc = coded_block(s, limit, err);
	}
	if (rc == 0 && s->phase == INFLATE_END)
		to_bytes(s);
	*out = s->window + from;
	*n = s->filled - from;
	return rc;
}

int inflate_bytes(struct inflate *s, uint8_t *dst, size_t n, size_t *got, struct err *err)
{
	*got = 0;
	while (*got < n) {
		int rc = want(s, 1, err);
		if (rc < 0)
			return rc;
		size_t part = s->end > s->in ? (size_t)(s->end - s->in) : 0;
		if (part == 0)
			break;
		part = part < n - *got ? part : n - *got;
		memcpy(dst + *got, s->in, part);
		s->in += part;
		*got += part;
	}
	return 0;
}

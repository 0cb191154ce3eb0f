/* What is in association requests, their answers, and command sets. */
#include "serve/receive/pdu.h"

#include <string.h>

#define UID_MOST 64
#define FIXED 68 /* version, titles and reserved bytes before the items */

struct item {
	uint8_t type;
	size_t n;
	const uint8_t *value;
};

static size_t u16(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

/* The next item of [*at, end); false where it does not fit. */
static bool next(const uint8_t **at, const uint8_t *end, struct item *out)
{
	if (end - *at < 4)
		return false;
	*out = (struct item){ .type = (*at)[0], .n = u16(*at + 2), .value = *at + 4 };
	if (out->n > (size_t)(end - out->value))
		return false;
	*at = out->value + out->n;
	return true;
}

/* A presentation context: number, result, and UIDs. What follows a refusal means nothing (PS3.8 9.3.3.2). */
static const char *check_context(const struct item *context, bool request)
{
	if (context->n < 4 || !(context->value[0] & 1))
		return "a presentation context without a proper number";
	const uint8_t *at = context->value + 4, *end = context->value + context->n;
	struct item uid;

	if (!request && context->value[2] != 0)
		return NULL;
	while (at < end) {
		if (!next(&at, end, &uid))
			return "a presentation context that is cut";
		if ((uid.type == 0x30 || uid.type == 0x40) && uid.n > UID_MOST)
			return "a UID of more than 64 characters";
	}
	return NULL;
}

/* A SOP class behind its length, and so many bytes behind it; at most that many where `exactly` is false. */
static bool has_class(const struct item *i, size_t more, bool exactly)
{
	if (i->n < 2)
		return false;
	size_t uid = u16(i->value);
	return uid <= UID_MOST && (exactly ? i->n == 2 + uid + more : i->n >= 2 + uid + more);
}

/* Two fields behind their lengths, in a request; one in an answer. */
static bool is_identity(const struct item *i, bool request)
{
	size_t at = request ? 2 : 0;

	for (int field = 0; field < (request ? 2 : 1); field++) {
		if (i->n < at + 2)
			return false;
		at += 2 + u16(i->value + at);
	}
	return i->n == at;
}

static const char *check_user(const struct item *user, bool request)
{
	const uint8_t *at = user->value, *end = at + user->n;
	bool identity = false, fits = true;
	struct item i;

	while (at < end && fits) {
		if (!next(&at, end, &i))
			return "user information that is cut";
		switch (i.type) {
		case 0x51: /* longest PDU */
		case 0x53: /* asynchronous operations */
			fits = i.n == 4;
			break;
		case 0x52: /* UID and name of the program */
		case 0x55:
			fits = i.n <= UID_MOST;
			break;
		case 0x54: /* roles */
			fits = has_class(&i, 2, true);
			break;
		case 0x56: /* extended negotiation */
			fits = has_class(&i, 0, false);
			break;
		case 0x58:
		case 0x59:
			fits = !identity && is_identity(&i, request);
			identity = true;
			break;
		default:
			break;
		}
	}
	return fits ? NULL : "user information of a wrong length";
}

const char *pdu_check_association(const uint8_t *body, size_t n, bool request)
{
	const uint8_t *at = body + FIXED, *end = body + n;
	int contexts = 0, names = 0, users = 0;
	const char *problem = NULL;
	bool seen[256] = { false };
	struct item i;

	if (n < FIXED)
		return "an association that is cut";
	while (at < end && !problem) {
		if (!next(&at, end, &i))
			return "an association that is cut";
		switch (i.type) {
		case 0x10:
			if (++names > 1 || i.n > UID_MOST)
				problem = "a wrong application context";
			break;
		case 0x20:
		case 0x21:
			if ((i.type == 0x20) != request || ++contexts > PDU_CONTEXTS_MOST)
				return "wrong presentation contexts";
			problem = check_context(&i, request);
			if (!problem && seen[i.value[0]])
				problem = "a presentation context given twice";
			if (!problem)
				seen[i.value[0]] = true;
			break;
		case 0x50:
			problem = ++users > 1 ? "user information given twice" : check_user(&i, request);
			break;
		default:
			break;
		}
	}
	return problem;
}

/* Items of [from, end) that `wanted` names, moved to `to`; user information likewise, with what is wanted of it. */
static uint8_t *keep_items(uint8_t *to, const uint8_t *from, const uint8_t *end, const char *wanted)
{
	struct item i;

	while (from < end && next(&from, end, &i)) {
		uint8_t *head = to;
		if (!strchr(wanted, i.type) || !i.type)
			continue;
		memmove(to, i.value - 4, 4);
		to += 4;
		if (i.type == 0x50) {
			to = keep_items(to, i.value, i.value + i.n, "\x51\x52\x55");
			head[2] = (uint8_t)((size_t)(to - head - 4) >> 8);
			head[3] = (uint8_t)(to - head - 4);
		} else {
			memmove(to, i.value, i.n);
			to += i.n;
		}
	}
	return to;
}

size_t pdu_shorten_association(uint8_t *body, size_t n)
{
	return (size_t)(keep_items(body + FIXED, body + FIXED, body + n, "\x10\x20\x21\x50") - body);
}

/* ---- command sets: little-endian without types (PS3.7 6.3.1) ---- */

static uint32_t little(const uint8_t *p, int bytes)
{
	uint32_t v = 0;

	for (int i = 0; i < bytes; i++)
		v |= (uint32_t)p[i] << (8 * i);
	return v;
}

const char *pdu_check_command(const uint8_t *command, size_t n, bool *store)
{
	bool named = false;
	size_t at = 0;

	*store = false;
	for (int elements = 1; at < n; elements++) {
		if (n - at < 8 || elements > PDU_COMMAND_ELEMENTS)
			return "a command set that is cut or has too many elements";
		uint32_t group = little(command + at, 2), element = little(command + at + 2, 2);
		uint32_t length = little(command + at + 4, 4);
		const uint8_t *value = command + at + 8;
		if (group != 0 || length > n - at - 8)
			return "a command set with elements that do not belong there";
		if (element == 0x0100) {
			if (named || length != 2) /* readers differ on which one counts */
				return "a command set that names its command twice or wrongly";
			named = true;
			*store = little(value, 2) == 0x0001;
		}
		at += 8 + (size_t)length;
	}
	return named ? NULL : "a command set without a command";
}

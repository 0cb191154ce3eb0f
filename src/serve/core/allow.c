#define _GNU_SOURCE
#include "serve/core/allow.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

/* Calls add for each word. */
static const char *each(const char *text, const char *(*add)(void *list, const char *word), void *list)
{
	while (*text) {
		char word[80];
		size_t n = strcspn(text, " \t,");
		if (n >= sizeof word)
			return "has a word that is too long";
		memcpy(word, text, n);
		word[n] = 0;
		const char *wrong = n ? add(list, word) : NULL;
		if (wrong)
			return wrong;
		text += n;
		text += strspn(text, " \t,");
	}
	return NULL;
}

static const char *add_name(void *list, const char *word)
{
	struct allow_names *names = list;

	if (strcmp(word, "*") == 0) {
		names->any = true;
		return NULL;
	}
	if (strlen(word) > 16)
		return "has an AE title of more than 16 characters";
	for (const char *c = word; *c; c++)
		if (*c < 0x20 || *c > 0x7e || *c == '\\')
			return "has an AE title with a character that AE titles cannot have";
	if (names->n == ALLOW_MAX)
		return "has more than 64 AE titles";
	snprintf(names->name[names->n++], sizeof names->name[0], "%s", word);
	return NULL;
}

static const char *add_net(void *list, const char *word)
{
	struct allow_nets *nets = list;
	struct allow_net net = { .bits = 128 };
	char address[80], *end = NULL;
	struct in_addr four;
	struct in6_addr six;

	snprintf(address, sizeof address, "%s", word);
	char *slash = strchr(address, '/');
	long bits = -1;
	if (slash) {
		*slash = 0;
		bits = strtol(slash + 1, &end, 10);
		if (end == slash + 1 || *end || bits < 0 || bits > 128)
			return "has an address range whose bits are no number, such as 192.0.2.0/24";
	}
	if (inet_pton(AF_INET, address, &four) == 1) {
		if (bits > 32)
			return "has an IPv4 range of more than 32 bits";
		memcpy(net.address, mapped, 12);
		memcpy(net.address + 12, &four, 4);
		net.bits = bits < 0 ? 128 : 96 + (int)bits;
	} else if (inet_pton(AF_INET6, address, &six) == 1) {
		memcpy(net.address, &six, 16);
		net.bits = bits < 0 ? 128 : (int)bits;
	} else {
		return "has a word that is no address, such as 192.0.2.7 or 192.0.2.0/24";
	}
	if (nets->n == ALLOW_MAX)
		return "has more than 64 addresses";
	nets->net[nets->n++] = net;
	return NULL;
}

const char *allow_names_add(struct allow_names *names, const char *text)
{
	return each(text, add_name, names);
}

const char *allow_nets_add(struct allow_nets *nets, const char *text)
{
	return each(text, add_net, nets);
}

bool allow_name(const struct allow_names *names, const char *name)
{
	name += strspn(name, " ");
	size_t n = strlen(name);
	while (n && name[n - 1] == ' ')
		n--;
	for (int i = 0; i < names->n; i++)
		if (strlen(names->name[i]) == n && memcmp(names->name[i], name, n) == 0)
			return true;
	return names->any && n > 0;
}

static bool agree(const uint8_t *a, const uint8_t *b, int bits)
{
	int whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, (size_t)whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

bool allow_address(const struct allow_nets *nets, const struct sockaddr *address)
{
	uint8_t bytes[16];

	if (address->sa_family == AF_INET) {
		memcpy(bytes, mapped, 12);
		memcpy(bytes + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		memcpy(bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
	} else {
		return false;
	}
	for (int i = 0; i < nets->n; i++)
		if (agree(nets->net[i].address, bytes, nets->net[i].bits))
			return true;
	return false;
}

void allow_text(const struct sockaddr *address, char *text, int size)
{
	const void *bytes = address->sa_family == AF_INET6 ?
		(const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr :
		(const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;

	if (!inet_ntop(address->sa_family, bytes, text, (socklen_t)size))
		snprintf(text, (size_t)size, "?");
}

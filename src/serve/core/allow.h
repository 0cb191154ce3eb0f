/* Who may send: AE titles and addresses. */
#ifndef SERVE_RECEIVE_ALLOW_H
#define SERVE_RECEIVE_ALLOW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define ALLOW_MAX 64

struct allow_names {
	bool any;                 /* "*" was given */
	int n;
	char name[ALLOW_MAX][17];
};

struct allow_net {
	uint8_t address[16];      /* IPv4 as ::ffff:a.b.c.d */
	int bits;                 /* of the 128 that must agree */
};
struct allow_nets {
	int n;
	struct allow_net net[ALLOW_MAX];
};

/* A list separated by blanks or commas, added to what is there. NULL, or what is wrong. */
const char *allow_names_add(struct allow_names *names, const char *text);
const char *allow_nets_add(struct allow_nets *nets, const char *text);

/* Blanks at either end do not count (PS3.8: AE titles are padded). */
bool allow_name(const struct allow_names *names, const char *name);
bool allow_address(const struct allow_nets *nets, const struct sockaddr *address);

/* "192.0.2.7" for logs. */
void allow_text(const struct sockaddr *address, char *text, int size);

#endif

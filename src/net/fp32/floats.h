/* Float copies of weights, which only the fp32 engine reads: NAME.gppif, half precision (weights/README.md).
 *
 * A weight file of version 1 holds its float copy itself. From version 2 on it lies in a file of its own: beside
 * the weight file, or, for the networks in the program, where the program is installed. Each names the weight
 * file it belongs to by its hash. */
#ifndef NET_FP32_FLOATS_H
#define NET_FP32_FLOATS_H

#include <stdbool.h>

#include "net/net.h"

/* Gives a network its float copy out of an image of such a file; the image is not used afterwards. Call it before
 * the network is shared by threads. */
int net_floats_read(struct net *net, const void *data, size_t size, const char *label, struct gppi_error *err);

/* The same from the file beside a weight file. */
int net_floats_beside(struct net *net, const char *weights, struct gppi_error *err);
/* The same from where the program or the library was installed; nothing to do where it has its copy already. */
int net_floats_installed(struct net *net, struct gppi_error *err);

/* Does a network have its float copy? */
bool net_floats_there(const struct net *net);

#endif

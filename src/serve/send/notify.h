/* Tells systemd how the service is (sd_notify's protocol: one datagram); nothing where it did not ask. */
#ifndef SERVE_SEND_NOTIFY_H
#define SERVE_SEND_NOTIFY_H

void notify_send(const char *state); /* "READY=1" ... */
/* Seconds between two "WATCHDOG=1" that systemd expects at the latest; 0: none expected. */
double notify_watchdog(void);

#endif

/* One line for each event, on standard error: "<6>event=stored series=1.2.3 objects=12". The number is
 * the priority for the journal. Names of patients are never given to it; what comes from peers is
 * masked to printable ASCII. */
#ifndef SERVE_LOG_H
#define SERVE_LOG_H

#include "base/err.h"

enum log_level { LOG_BAD = 3, LOG_WARN = 4, LOG_NOTE = 5, LOG_INFO = 6, LOG_FINE = 7 };

/* fmt begins with the word of the event. */
void serve_log(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A text as a quoted value: control characters and quotes masked, cut to fit. Returns buf. */
const char *serve_quote(const char *text, char *buf, int size);

#endif

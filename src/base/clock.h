/* Time that passes, for durations. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/* Seconds since some moment in the past; never goes back. */
double clock_now(void);

#endif

/* screen.h - what a person sees while a verb works: remarks, a progress bar, and the signals that
 * stop the work. */
#ifndef GA_SCREEN_H
#define GA_SCREEN_H
#include "app/verb.h"

/* Where progress stands. The struct is the caller's; zeroed but for the first three members. */
typedef struct ga_screen {
    bool bar;                /* stderr is a terminal: redraw one line, at most 10 times a second */
    bool quiet;              /* show no progress */
    double (*seconds)(void); /* monotonic clock */
    char what[48];
    uint64_t first, done, total;
    double started, shown; /* seconds; shown: when the last line was written */
    bool drawn;            /* an unfinished bar is on the line */
    bool reported;         /* a plain line about this work was written */
} ga_screen;

/* Sets bar from the terminal, and the clock. */
ga_screen ga_screen_open(void);
/* The sink of a request that runs on this screen. */
ga_request_sink ga_screen_sink(ga_screen *s);
/* Takes an unfinished bar away, so that something else can be written. */
void ga_screen_clear(ga_screen *s);
/* One line about progress: "epochs 3 of 20, 1.5/s, 0:11 left"; done > first. */
void ga_screen_line(const ga_screen *s, double now, char *buf, size_t size);

/* From now on SIGINT and SIGTERM only raise a flag (a second SIGINT ends the program at once), and
 * writing to a pipe that nobody reads is an error instead of a signal. */
void ga_signals_catch(void);
/* GA_OK, GA_EINTERRUPTED or GA_ETERMINATED: what was asked by signal so far. */
ga_status ga_signals_asked(void);
/* Bold type: stdout is a terminal that can, and NO_COLOR is not set. */
bool ga_screen_bold(void);
/* errno of the first line on standard output that was lost, 0: none. */
int ga_screen_lost(void);
#endif

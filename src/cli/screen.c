/* screen.c - remarks, progress and signals. */
#include "cli/screen.h"
#include "base/clock.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAR_WIDTH = 30 };
#define REDRAW_SECONDS 0.1
#define LINE_SECONDS   10.0

/* ---- signals ----------------------------------------------------------------------------------*/

/* Outside of requests, since a signal handler can reach nothing else. */
static volatile sig_atomic_t asked_to_stop;

static void on_signal(int number)
{
    asked_to_stop = number;
    if (number != SIGINT)
        return;
    signal(SIGINT, SIG_DFL);
    static const char words[] = "\nstopping; once more to stop at once\n";
    if (isatty(STDERR_FILENO)) {
        const ssize_t n = write(STDERR_FILENO, words, sizeof words - 1);
        (void)n;
    }
}

void ga_signals_catch(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is a failed write like any other */
}

ga_status ga_signals_asked(void)
{
    if (asked_to_stop == 0)
        return GA_OK;
    return asked_to_stop == SIGTERM ? GA_ETERMINATED : GA_EINTERRUPTED;
}

static bool cancelled(void *user)
{
    (void)user;
    return asked_to_stop != 0;
}

/* ---- standard output --------------------------------------------------------------------------*/

/* Why the first line that could not be written was lost: the stream does not remember. */
static int lost_because;

int ga_screen_lost(void)
{
    return lost_because;
}

/* ---- progress ---------------------------------------------------------------------------------*/

static bool terminal_can(int fd)
{
    const char *term = getenv("TERM");
    return isatty(fd) && (term == NULL || strcmp(term, "dumb") != 0);
}

bool ga_screen_bold(void)
{
    const char *no_colour = getenv("NO_COLOR");
    return terminal_can(STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == 0);
}

ga_screen ga_screen_open(void)
{
    return (ga_screen){.bar = terminal_can(STDERR_FILENO), .seconds = ga_seconds};
}

static void format_time(double seconds, char *buf, size_t size)
{
    const unsigned long s = seconds < 3.6e8 ? (unsigned long)(seconds + 0.5) : 360000000ul;
    if (s >= 3600)
        snprintf(buf, size, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(buf, size, "%lu:%02lu", s / 60, s % 60);
}

void ga_screen_line(const ga_screen *s, double now, char *buf, size_t size)
{
    char rest[40] = "", speed[40] = "", left[32];
    const double elapsed = now - s->started;
    if (s->done > s->first && elapsed > 0) {
        const double rate = (double)(s->done - s->first) / elapsed;
        if (rate >= 0.1)
            snprintf(speed, sizeof speed, ", %.*f/s", rate < 10 ? 2 : rate < 100 ? 1 : 0, rate);
        else
            snprintf(speed, sizeof speed, ", %.1f s each", 1 / rate);
        if (s->done < s->total) {
            format_time((double)(s->total - s->done) / rate, left, sizeof left);
            snprintf(rest, sizeof rest, ", %s left", left);
        } else {
            format_time(elapsed, left, sizeof left);
            snprintf(rest, sizeof rest, ", took %s", left);
        }
    }
    if (s->total > 0)
        snprintf(buf, size, "%s %llu of %llu%s%s", s->what, (unsigned long long)s->done,
                 (unsigned long long)s->total, speed, rest);
    else
        snprintf(buf, size, "%s %llu%s", s->what, (unsigned long long)s->done, speed);
}

void ga_screen_clear(ga_screen *s)
{
    if (s->drawn)
        fputs("\r\033[K", stderr);
    s->drawn = false;
}

static void draw_bar(ga_screen *s, double now)
{
    char line[160], bar[BAR_WIDTH + 1];
    const double share = s->total > 0 ? (double)s->done / (double)s->total : 0;
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = (double)i < share * BAR_WIDTH ? '#' : '.';
    bar[BAR_WIDTH] = 0;
    ga_screen_line(s, now, line, sizeof line);
    fprintf(stderr, "\r\033[K[%s] %s", bar, line);
    s->drawn = true;
    if (s->total > 0 && s->done >= s->total) {
        fputs("\n", stderr);
        s->drawn = false;
    }
    fflush(stderr);
}

static void report(void *user, const char *what, uint64_t done, uint64_t total)
{
    ga_screen *s = user;
    if (s->quiet)
        return;
    const double now = s->seconds();
    if (strcmp(s->what, what) != 0 || done < s->done || total != s->total) {
        ga_screen_clear(s);
        snprintf(s->what, sizeof s->what, "%s", what);
        s->first = done;
        s->total = total;
        s->started = now;
        /* The first bar at once; the first plain line only when the work turns out to be long. */
        s->shown = s->bar ? now - 2 * REDRAW_SECONDS : now;
        s->reported = false;
    } else if (s->done == s->total && s->total > 0) {
        return; /* said already */
    }
    s->done = done;
    const bool last = total > 0 && done >= total;
    if (s->bar) {
        if (!last && now - s->shown < REDRAW_SECONDS)
            return;
        draw_bar(s, now);
    } else {
        if (now - s->shown < LINE_SECONDS && !(last && s->reported))
            return;
        char line[160];
        ga_screen_line(s, now, line, sizeof line);
        fprintf(stderr, "%s\n", line);
        s->reported = true;
    }
    s->shown = now;
}

/* ---- words ------------------------------------------------------------------------------------*/

static void say(void *user, const char *line)
{
    ga_screen_clear(user);
    puts(line);
    if (fflush(stdout) != 0 && lost_because == 0) /* trainings are watched through files, too */
        lost_because = errno;
}

static void note(void *user, const char *line)
{
    ga_screen_clear(user);
    fprintf(stderr, "note: %s\n", line);
}

ga_request_sink ga_screen_sink(ga_screen *s)
{
    return (ga_request_sink){
        .say = say,
        .note = note,
        .progress = {.report = report, .cancelled = cancelled, .user = s},
        .user = s,
    };
}

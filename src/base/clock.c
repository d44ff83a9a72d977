#include "base/clock.h"
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

double ga_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int64_t ga_unix_time(void)
{
    return (int64_t)time(NULL);
}

/* VmHWM first: ru_maxrss also counts what the process was before exec. */
size_t ga_peak_memory(void)
{
    size_t kib = 0;
    FILE *f = fopen("/proc/self/status", "re");
    if (f != NULL) {
        char line[256];
        while (kib == 0 && fgets(line, sizeof line, f) != NULL)
            if (sscanf(line, "VmHWM: %zu kB", &kib) != 1)
                kib = 0;
        fclose(f);
    }
    struct rusage usage;
    if (kib == 0 && getrusage(RUSAGE_SELF, &usage) == 0)
        kib = (size_t)usage.ru_maxrss;
    return kib * 1024;
}

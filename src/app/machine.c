/* machine.c - see machine.h. */
#include "app/machine.h"
#include "base/cpu.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

char *ga_machine_cpu(char *buf, size_t size)
{
    char line[256];
    snprintf(buf, size, "unknown");
    FILE *f = fopen("/proc/cpuinfo", "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (ga_starts_with(line, "model name")) {
            const char *colon = strchr(line, ':');
            if (colon != NULL)
                snprintf(buf, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
            break;
        }
    if (f != NULL)
        fclose(f);
    return buf;
}

json_t *ga_machine_json(int threads)
{
    char cpu[128], memory[32], system[192] = "unknown";
    struct utsname name;
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    ga_format_bytes(pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0, memory,
                    sizeof memory);
    if (uname(&name) == 0)
        snprintf(system, sizeof system, "%.60s %.60s %.60s", name.sysname, name.release,
                 name.machine);
    return json_pack("{s:s, s:i, s:i, s:s, s:s, s:s}", "cpu", ga_machine_cpu(cpu, sizeof cpu),
                     "cores", ga_cpu_cores(), "threads", threads, "isa", ga_isa_name(ga_cpu_isa()),
                     "memory", memory, "system", system);
}

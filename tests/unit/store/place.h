/* place.h - a workspace folder of its own for each test, and runs in it. */
#ifndef GA_TEST_PLACE_H
#define GA_TEST_PLACE_H
#include "check.h"
#include "ganatomy/store.h"
#include <unistd.h>

typedef struct place {
    char folder[64], db[96];
} place;

static inline int set_up(void **state)
{
    place *p = calloc(1, sizeof *p);
    strcpy(p->folder, "/tmp/ganatomy-store-XXXXXX");
    if (mkdtemp(p->folder) == NULL)
        return -1;
    snprintf(p->db, sizeof p->db, "%s/ganatomy.db", p->folder);
    *state = p;
    return 0;
}

static inline int tear_down(void **state)
{
    place *p = *state;
    char command[192];
    snprintf(command, sizeof command, "chmod -R u+w '%s'; rm -rf '%s'", p->folder, p->folder);
    const int rc = system(command);
    free(p);
    return rc;
}

static inline ga_run_new gan(const char *name)
{
    return (ga_run_new){.name = name,
                        .kind = "gan",
                        .config = "{\"lr\":0.0002}",
                        .command = "ganatomy train gan",
                        .code_version = "0.1.0",
                        .seed = 0xfedcba9876543210u,
                        .data_name = "mnist",
                        .data_hash = "abc"};
}

/* A store with one run; the caller closes it. */
static inline ga_store *with_run(const place *p, const char *name, int64_t *id)
{
    ga_err err;
    ga_store *s;
    const ga_run_new run = gan(name);
    CHECK_OK(ga_store_open(p->db, &s, &err));
    CHECK_OK(ga_store_run_create(s, &run, id, &err));
    return s;
}
#endif

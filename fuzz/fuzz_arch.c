/* fuzz_arch.c - an architecture from outside: read, written as canonical text, read again, widened;
 * and the same bytes as the knobs of a family. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ganatomy/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_document(const char *text, size_t size)
{
    ga_err err;
    ga_arch *a, *b;
    if (ga_arch_parse(text, size, "fuzz", &a, &err) != GA_OK)
        return;
    const char *json = ga_arch_json(a);
    if (ga_arch_parse(json, strlen(json), "again", &b, &err) != GA_OK ||
        strcmp(ga_arch_json(b), json) != 0)
        abort(); /* what was accepted once is accepted again, and is the same */
    ga_arch_free(b);
    if (ga_arch_with_latent(a, 3, &b, &err) == GA_OK)
        ga_arch_free(b);
    ga_arch_free(a);
}

static void read_knobs(const char *text, size_t size)
{
    ga_err err;
    ga_arch *a, *b;
    char name[300];
    (void)snprintf(name, sizeof name, "dcgan-d:%.*s", (int)(size < 250 ? size : 250), text);
    if (ga_arch_open(name, &a, &err) != GA_OK)
        return;
    if (ga_arch_open(ga_arch_name(a), &b, &err) != GA_OK ||
        strcmp(ga_arch_json(a), ga_arch_json(b)) != 0)
        abort(); /* the name that it got is the network that it is */
    ga_arch_free(a);
    ga_arch_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_document((const char *)data, size);
    read_knobs((const char *)data, size);
    return 0;
}

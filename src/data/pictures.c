/* pictures.c - a folder of PNG and JPEG files, a folder in it for each class: what lies there, in
 * an order that depends on the names alone, and the pixels of what is selected. */
#include "data/gather.h"
#include "array/weights.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_PICTURES      1000000
#define MAX_NAME_BYTES    ((size_t)512 << 20) /* of all names */
#define PICTURES_A_REPORT 64

bool ga_is_picture_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && dot > name &&
           (strcasecmp(dot, ".png") == 0 || strcasecmp(dot, ".jpg") == 0 ||
            strcasecmp(dot, ".jpeg") == 0);
}

bool ga_held_out(const char *name)
{
    ga_sha256 h;
    uint8_t digest[32];
    uint64_t number = 0;
    ga_sha256_start(&h);
    ga_sha256_add(&h, name, strlen(name));
    ga_sha256_end(&h, digest);
    for (int i = 0; i < 8; i++)
        number = number << 8 | digest[i];
    return number % 10 == 0;
}

/* ---- names ------------------------------------------------------------------------------------*/

typedef struct name_list {
    const char **name;
    size_t n, capacity;
} name_list;

typedef struct listing {
    const ga_reading *r;
    ga_arena *arena; /* all names */
    struct picture {
        const char *path; /* below the folder: "cat/1.png", "train/cat/1.png" */
        int32_t label;
        bool test;
    } * picture;
    size_t n, capacity;
    char (*class_names)[GA_CLASS_NAME];
    int classes;
    bool split_by_folder; /* there are "train" and "test" */
    /* what was left out, and the first of it */
    int n_other, n_beside, n_empty, n_deep;
    const char *other, *beside, *empty, *deep;
} listing;

static ga_status no_memory(const listing *l, ga_err *err)
{
    return ga_fail(err, GA_ENOMEM, "folder '%s': out of memory for its names", l->r->path);
}

/* "a/b"; a may be "". Lives in the arena; NULL: no memory. */
static const char *join(listing *l, const char *a, const char *b)
{
    const size_t na = strlen(a), nb = strlen(b);
    char *path = ga_arena_new(l->arena, na + nb + 2, 1);
    if (path == NULL)
        return NULL;
    memcpy(path, a, na);
    if (na > 0)
        path[na] = '/';
    memcpy(path + na + (na > 0), b, nb);
    return path;
}

static ga_status add_name(listing *l, name_list *to, const char *name, ga_err *err)
{
    if (to->n == MAX_PICTURES)
        return ga_fail(err, GA_EDATA, "folder '%s': a folder in it has more than %d files",
                       l->r->path, MAX_PICTURES);
    if (to->n == to->capacity) {
        const size_t more = to->capacity > 0 ? 2 * to->capacity : 64;
        const char **grown = ga_mem_resize(to->name, to->n, more, sizeof *to->name);
        if (grown == NULL)
            return no_memory(l, err);
        to->name = grown;
        to->capacity = more;
    }
    const char *copy = ga_arena_string(l->arena, name, strlen(name));
    if (copy == NULL)
        return no_memory(l, err);
    to->name[to->n++] = copy;
    return GA_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_names(name_list *l)
{
    if (l->n > 0)
        qsort(l->name, l->n, sizeof *l->name, compare_names);
}

/* Folders and files of the folder `below` (may be ""), without those that begin with a dot, sorted.
 */
static ga_status read_names(listing *l, const char *below, name_list *folders, name_list *files,
                            ga_err *err)
{
    ga_status status = GA_OK;
    char *path = below[0] != 0 ? ga_path_join(l->r->path, below) : ga_mem_string(l->r->path);
    DIR *dir = path != NULL ? opendir(path) : NULL;
    if (dir == NULL) {
        status = path == NULL ? no_memory(l, err)
                              : ga_fail(err, errno == ENOENT ? GA_ENOTFOUND : GA_EIO,
                                        "opening folder '%s': %s", path, strerror(errno));
        ga_mem_free(path);
        return status;
    }
    for (struct dirent *e; status == GA_OK && (e = readdir(dir)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        bool is_folder = e->d_type == DT_DIR, is_file = e->d_type == DT_REG;
        if (!is_folder && !is_file) { /* a link, or not known; no pipes and the like */
            char *whole = ga_path_join(path, e->d_name);
            is_folder = whole != NULL && ga_is_folder(whole);
            is_file = whole != NULL && ga_is_file(whole);
            ga_mem_free(whole);
        }
        if (is_folder || is_file)
            status = add_name(l, is_folder ? folders : files, e->d_name, err);
    }
    closedir(dir);
    ga_mem_free(path);
    sort_names(folders);
    sort_names(files);
    return status;
}

/* ---- what lies where --------------------------------------------------------------------------*/

static void leave_out(int *n, const char **first, const char *path)
{
    if ((*n)++ == 0)
        *first = path;
}

/* The pictures right in the folder `below`. */
static ga_status add_pictures(listing *l, const char *below, const name_list *files, int32_t label,
                              bool test, int *found, ga_err *err)
{
    for (size_t i = 0; i < files->n; i++) {
        const char *path = join(l, below, files->name[i]);
        if (path == NULL)
            return no_memory(l, err);
        if (!ga_is_picture_name(path)) {
            leave_out(&l->n_other, &l->other, path);
            continue;
        }
        if (l->n == MAX_PICTURES)
            return ga_fail(err, GA_EDATA, "folder '%s' has more than %d pictures", l->r->path,
                           MAX_PICTURES);
        if (l->n == l->capacity) {
            const size_t more = l->capacity > 0 ? 2 * l->capacity : 256;
            struct picture *grown = ga_mem_resize(l->picture, l->n, more, sizeof *l->picture);
            if (grown == NULL)
                return no_memory(l, err);
            l->picture = grown;
            l->capacity = more;
        }
        l->picture[l->n++] = (struct picture){path, label, test};
        (*found)++;
    }
    return GA_OK;
}

static ga_status list_class(listing *l, const char *base, const char *name, bool test, int *found,
                            ga_err *err)
{
    name_list folders = {0}, files = {0};
    const char *below = join(l, base, name);
    ga_status status = below != NULL ? read_names(l, below, &folders, &files, err)
                                     : no_memory(l, err);
    if (status == GA_OK)
        status = add_pictures(l, below, &files, l->classes, test, found, err);
    for (size_t i = 0; status == GA_OK && i < folders.n; i++) {
        const char *deep = join(l, below, folders.name[i]);
        leave_out(&l->n_deep, &l->deep, deep != NULL ? deep : "?");
    }
    ga_mem_free(folders.name);
    ga_mem_free(files.name);
    return status;
}

static ga_status name_class(listing *l, const char *name, ga_err *err)
{
    const size_t length = strlen(name);
    char shown[GA_SHOW];
    if (length >= GA_CLASS_NAME || !ga_name_is_clean(name, length))
        return ga_fail(
            err, GA_EDATA,
            "folder '%s': the folder '%s' cannot name a class: expected 1 to %d bytes of "
            "UTF-8 without control characters",
            l->r->path, ga_show(name, length, shown), GA_CLASS_NAME - 1);
    if (l->classes == GA_MAX_CLASSES)
        return ga_fail(err, GA_EDATA, "folder '%s' has more than %d folders with pictures",
                       l->r->path, GA_MAX_CLASSES);
    memcpy(l->class_names[l->classes++], name, length + 1);
    return GA_OK;
}

static bool is_number(const char *s)
{
    return s[0] != 0 && strspn(s, "0123456789") == strlen(s) && strlen(s) < 10;
}

static int compare_numbers(const void *a, const void *b)
{
    int64_t x = 0, y = 0;
    (void)ga_parse_i64(*(const char *const *)a, &x);
    (void)ga_parse_i64(*(const char *const *)b, &y);
    return x != y ? (x > y) - (x < y) : compare_names(a, b);
}

/* "9" before "10", where all names are numbers; names that are there twice (of both splits) once.
 */
static void order_classes(name_list *names)
{
    bool numbers = true;
    size_t n = 0;
    sort_names(names);
    for (size_t i = 0; i < names->n; i++) {
        numbers = numbers && is_number(names->name[i]);
        if (n == 0 || strcmp(names->name[n - 1], names->name[i]) != 0)
            names->name[n++] = names->name[i];
    }
    names->n = n;
    if (numbers && n > 0)
        qsort(names->name, n, sizeof *names->name, compare_numbers);
}

static bool has_name(const name_list *l, const char *name)
{
    return l->n > 0 && bsearch(&name, l->name, l->n, sizeof *l->name, compare_names) != NULL;
}

/* Where the pictures of each split begin: "" for both, or "train" and "test". */
static ga_status find_bases(listing *l, const name_list *folders, const name_list *files,
                            const char *base[2], ga_err *err)
{
    const bool train = has_name(folders, "train"), test = has_name(folders, "test");
    if (train != test)
        return ga_fail(
            err, GA_EDATA,
            "folder '%s' has a folder '%s' but no folder '%s': expected both, or neither "
            "(then a tenth of the pictures is held out for testing)",
            l->r->path, train ? "train" : "test", train ? "test" : "train");
    l->split_by_folder = train;
    base[0] = train ? "train" : "";
    base[1] = train ? "test" : NULL;
    for (size_t i = 0; train && i < folders->n; i++)
        if (strcmp(folders->name[i], "train") != 0 && strcmp(folders->name[i], "test") != 0)
            leave_out(&l->n_beside, &l->beside, folders->name[i]);
    for (size_t i = 0; train && i < files->n; i++)
        if (ga_is_picture_name(files->name[i]))
            leave_out(&l->n_beside, &l->beside, files->name[i]);
    return GA_OK;
}

/* A folder for each class. One without pictures in either split is no class. */
static ga_status list_classes(listing *l, const name_list *names, const name_list *there,
                              const char *const base[2], ga_err *err)
{
    ga_status status = GA_OK;
    for (size_t i = 0; status == GA_OK && i < names->n; i++) {
        int found = 0;
        for (int b = 0; status == GA_OK && b < 2 && base[b] != NULL; b++)
            if (has_name(&there[b], names->name[i]))
                status = list_class(l, base[b], names->name[i], b == 1, &found, err);
        if (status == GA_OK && found > 0)
            status = name_class(l, names->name[i], err);
        else if (status == GA_OK)
            leave_out(&l->n_empty, &l->empty, names->name[i]);
    }
    return status;
}

/* Pictures that lie right in a base: all there are, or left out beside the classes' folders. */
static ga_status list_loose(listing *l, const name_list *files, const char *const base[2],
                            ga_err *err)
{
    const bool beside = l->classes > 0;
    const size_t before = l->n;
    int found = 0;
    ga_status status = GA_OK;
    for (int b = 0; status == GA_OK && b < 2 && base[b] != NULL; b++)
        status = add_pictures(l, base[b], &files[b], 0, b == 1, &found, err);
    for (size_t i = before; beside && i < l->n; i++)
        leave_out(&l->n_beside, &l->beside, l->picture[i].path);
    if (beside)
        l->n = before;
    if (status == GA_OK && !beside && found > 0) { /* the folder may be called anything */
        const size_t length = strlen(l->r->name);
        const bool fits = length < GA_CLASS_NAME && ga_name_is_clean(l->r->name, length);
        status = name_class(l, fits ? l->r->name : "all", err);
    }
    return status;
}

static ga_status list_all(listing *l, ga_err *err)
{
    name_list top_folders = {0}, top_files = {0}, folders[2] = {{0}}, files[2] = {{0}}, names = {0};
    const char *base[2] = {"", NULL};
    ga_status status = read_names(l, "", &top_folders, &top_files, err);
    if (status == GA_OK)
        status = find_bases(l, &top_folders, &top_files, base, err);
    for (int b = 0; status == GA_OK && b < 2 && base[b] != NULL; b++) {
        status = read_names(l, base[b], &folders[b], &files[b], err);
        for (size_t i = 0; status == GA_OK && i < folders[b].n; i++)
            status = add_name(l, &names, folders[b].name[i], err);
    }
    order_classes(&names);
    if (status == GA_OK)
        status = list_classes(l, &names, folders, base, err);
    if (status == GA_OK)
        status = list_loose(l, files, base, err);
    for (int b = 0; b < 2; b++) {
        ga_mem_free(folders[b].name);
        ga_mem_free(files[b].name);
    }
    ga_mem_free(top_folders.name);
    ga_mem_free(top_files.name);
    ga_mem_free(names.name);
    if (status != GA_OK || l->n > 0)
        return status;
    return ga_fail(err, GA_ENOTFOUND,
                   "folder '%s' has neither PNG or JPEG pictures, also in folders one level down, "
                   "nor IDX files such as 'train-images-idx3-ubyte'%s%s%s",
                   l->r->path, l->n_other > 0 ? " (there is '" : "", l->n_other > 0 ? l->other : "",
                   l->n_other > 0 ? "')" : "");
}

/* Keeps the pictures of the wanted split. */
static ga_status keep_split(listing *l, ga_err *err)
{
    const size_t all = l->n;
    l->n = 0;
    for (size_t i = 0; i < all; i++) {
        const bool test = l->split_by_folder ? l->picture[i].test : ga_held_out(l->picture[i].path);
        if (test == (l->r->split == GA_SPLIT_TEST))
            l->picture[l->n++] = l->picture[i];
    }
    if (l->n > 0)
        return GA_OK;
    return ga_fail(
        err, GA_ENOTFOUND,
        "folder '%s' has no picture of the %s split (%zu of the other): make the folders "
        "'train' and 'test' in it",
        l->r->path, ga_split_name(l->r->split), all);
}

/* ---- reading ----------------------------------------------------------------------------------*/

static ga_status read_one(const listing *l, const char *below, ga_gathering *g, ga_err *err)
{
    char *path = ga_path_join(l->r->path, below);
    ga_image picture = {0};
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "'%s': out of memory", below);
    ga_status status = ga_image_read(path, &picture, err);
    if (status == GA_OK)
        status = ga_gather(g, &picture, below, err);
    ga_image_free(&picture);
    ga_mem_free(path);
    return status;
}

static ga_status read_picked(const listing *l, const ga_picked *p, ga_gathering *g, ga_err *err)
{
    const ga_progress *progress = l->r->progress;
    ga_status status = GA_OK;
    for (int i = 0; status == GA_OK && i < p->n; i++) {
        if (progress != NULL && i % PICTURES_A_REPORT == 0) {
            if (progress->cancelled != NULL && progress->cancelled(progress->user))
                return ga_fail(err, GA_EINTERRUPTED, "reading pictures of '%s' was stopped",
                               l->r->path);
            if (progress->report != NULL)
                progress->report(progress->user, "pictures", (uint64_t)i, (uint64_t)p->n);
        }
        status = read_one(l, l->picture[p->index[i]].path, g, err);
    }
    if (status == GA_OK && progress != NULL && progress->report != NULL)
        progress->report(progress->user, "pictures", (uint64_t)p->n, (uint64_t)p->n);
    return status;
}

static void note_what_was_left(const listing *l, ga_dataset *d)
{
    const struct {
        const char *what, *first;
        int n;
    } left[] = {
        {"files that are no PNG or JPEG pictures", l->other, l->n_other},
        {"what lies beside the folders of its pictures", l->beside, l->n_beside},
        {"folders without pictures, which are no classes", l->empty, l->n_empty},
        {"folders inside those of classes", l->deep, l->n_deep},
    };
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (left[i].n > 0)
            ga_dataset_add_note(d, "left out in '%s': %s (%d, the first is '%.80s')", l->r->name,
                                left[i].what, left[i].n, left[i].first);
}

/* Selection, pixels, and the set of both. */
static ga_status read_listed(listing *l, ga_dataset **out, ga_err *err)
{
    const ga_reading *r = l->r;
    ga_picked picked = {0};
    ga_gathering g = {.reading = r};
    int32_t *labels = ga_mem_new(l->n, sizeof *labels);
    const char **names = ga_mem_new((size_t)l->classes, sizeof *names);
    ga_status status = GA_OK;
    if (labels == NULL || names == NULL) {
        status = no_memory(l, err);
        goto done;
    }
    for (size_t i = 0; i < l->n; i++)
        labels[i] = l->picture[i].label;
    const ga_listing listed = {r->name, r->split, labels, (int)l->n, l->classes, l->class_names};
    if ((status = ga_pick(&listed, r->what, &picked, err)) != GA_OK)
        goto done;
    g.wanted = picked.n;
    if ((status = read_picked(l, &picked, &g, err)) != GA_OK)
        goto done;
    for (int i = 0; i < picked.classes; i++)
        names[i] = l->class_names[picked.class_index[i]];
    status = ga_dataset_take(r->name, r->path, r->split, g.pixels, picked.label, picked.n, g.dims,
                             picked.classes, names, out, err);
    g.pixels = NULL;
    picked.label = NULL;
    if (status == GA_OK) {
        ga_gather_note(&g, *out);
        note_what_was_left(l, *out);
    }
done:
    ga_gather_free(&g);
    ga_picked_free(&picked);
    ga_mem_free(labels);
    ga_mem_free(names);
    return status;
}

ga_status ga_read_pictures(const ga_reading *r, ga_dataset **out, ga_err *err)
{
    listing l = {.r = r, .arena = ga_arena_create(MAX_NAME_BYTES)};
    l.class_names = ga_mem_new(GA_MAX_CLASSES, GA_CLASS_NAME);
    ga_status status = l.arena == NULL || l.class_names == NULL ? no_memory(&l, err)
                                                                : list_all(&l, err);
    if (status == GA_OK)
        status = keep_split(&l, err);
    if (status == GA_OK)
        status = read_listed(&l, out, err);
    ga_arena_free(l.arena);
    ga_mem_free(l.class_names);
    ga_mem_free(l.picture);
    return status;
}

/* models.c - models by path or by name. */
#include "app/models.h"
#include "base/alloc.h"
#include "base/file.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef GA_SHARE_DIR
#define GA_SHARE_DIR "/usr/local/share/ganatomy"
#endif

/* ---- places -----------------------------------------------------------------------------------*/

enum { MAX_PLACES = 24, MAX_NAMES = 1000 };

typedef struct place {
    char *folder;
    const char *tail; /* after folder/NAME */
} place;

typedef struct places {
    place at[MAX_PLACES];
    int n;
    bool no_memory;
} places;

/* Takes folder, a new string or NULL without memory. */
static void add(places *p, char *folder, const char *tail)
{
    p->no_memory |= folder == NULL;
    if (folder != NULL && p->n < MAX_PLACES)
        p->at[p->n++] = (place){folder, tail};
    else
        ga_mem_free(folder);
}

static const char file_tail[] = ".safetensors", run_tail[] = "/model.safetensors";

static void add_environment(places *p)
{
    for (const char *at = getenv("GANATOMY_MODELS"); at != NULL && *at != 0;) {
        const size_t n = strcspn(at, ":");
        if (n > 0)
            add(p, ga_mem_string_n(at, n), file_tail);
        at += n + (at[n] == ':');
    }
}

/* Takes the last part of a path away: "/opt/bin/ganatomy" -> "/opt/bin". */
static void up(char *path)
{
    char *slash = strrchr(path, '/');
    *(slash != NULL ? slash : path) = 0;
}

static void add_beside_program(places *p)
{
    char path[4096];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n < 1)
        return; /* no /proc: the other places remain */
    path[n] = 0;
    up(path);
    up(path);
    add(p, ga_path_join(path, "share/ganatomy/models"), file_tail);
    if (strcmp(ga_path_base(path), "build") != 0)
        return;
    up(path);
    add(p, ga_path_join(path, "models"), file_tail);
}

static void places_find(places *p, const char *home)
{
    *p = (places){0};
    add(p, ga_path_join(home, "models"), file_tail);
    add(p, ga_path_join(home, "runs"), run_tail);
    add_environment(p);
    add(p, ga_mem_string("models"), file_tail);
    add_beside_program(p);
    add(p, ga_mem_string(GA_SHARE_DIR "/models"), file_tail);
}

static void places_free(places *p)
{
    for (int i = 0; i < p->n; i++)
        ga_mem_free(p->at[i].folder);
}

/* ---- what is there ----------------------------------------------------------------------------*/

/* The model that is called so at a place, as a new string; NULL if there is none. */
static char *file_at(const place *where, const char *name)
{
    ga_text path = {0};
    ga_text_addf(&path, "%s/%s%s", where->folder, name, where->tail);
    char *file = !path.failed && ga_is_file(path.data) ? ga_mem_string(path.data) : NULL;
    ga_text_free(&path);
    return file;
}

/* The first of a name counts, as when it is opened. */
static void list_place(const place *where, json_t *names)
{
    DIR *dir = opendir(where->folder);
    if (dir == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        const size_t length = strlen(entry->d_name), tail = strlen(where->tail);
        const bool by_suffix = where->tail == file_tail;
        if (entry->d_name[0] == '.' || json_object_size(names) >= MAX_NAMES ||
            (by_suffix && (length <= tail || !ga_ends_with(entry->d_name, file_tail))))
            continue;
        char *name = ga_mem_string_n(entry->d_name, by_suffix ? length - tail : length);
        char *file = name != NULL ? file_at(where, name) : NULL;
        if (file != NULL && json_object_get(names, name) == NULL)
            json_object_set_new(names, name, json_string(file));
        ga_mem_free(file);
        ga_mem_free(name);
    }
    closedir(dir);
}

static int alphabetically(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Keys of an object, NULL at the end; words has room for MAX_NAMES + 1. */
static void keys_of(json_t *names, const char **words)
{
    size_t n = 0;
    for (void *at = json_object_iter(names); at != NULL && n < MAX_NAMES;
         at = json_object_iter_next(names, at))
        words[n++] = json_object_iter_key(at);
    words[n] = NULL;
    qsort(words, n, sizeof *words, alphabetically); /* folders are in no order */
}

json_t *ga_app_model_names(const char *home)
{
    places p;
    json_t *found = json_object(), *names = json_object();
    const char *words[MAX_NAMES + 1];
    places_find(&p, home);
    for (int i = 0; found != NULL && i < p.n; i++)
        list_place(&p.at[i], found);
    places_free(&p);
    keys_of(found, words);
    for (size_t i = 0; words[i] != NULL; i++)
        json_object_set(names, words[i], json_object_get(found, words[i]));
    json_decref(found);
    return names;
}

/* ---- opening ----------------------------------------------------------------------------------*/

/* One folder by two names, such as models and /home/me/ganatomy/models. */
static bool is_same_folder(const char *a, const char *b)
{
    struct stat of_a, of_b;
    return strcmp(a, b) == 0 || (stat(a, &of_a) == 0 && stat(b, &of_b) == 0 &&
                                 of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino);
}

static bool is_listed(const places *p, int i)
{
    for (int k = 0; k < i; k++)
        if (is_same_folder(p->at[k].folder, p->at[i].folder))
            return true;
    return false;
}

/* The places that there are, each once, in words: "'models', '/usr/share/...'". */
static void add_places(const places *p, ga_text *list)
{
    for (int i = 0; i < p->n; i++)
        if (i == 0 || (ga_is_folder(p->at[i].folder) && !is_listed(p, i)))
            ga_text_addf(list, "%s'%s'", i > 0 ? ", " : "", p->at[i].folder);
}

static ga_status not_found(const char *name, const char *home, const places *p, ga_err *err)
{
    const char *words[MAX_NAMES + 1];
    json_t *names = ga_app_model_names(home);
    keys_of(names, words);
    char hint[GA_DID_YOU_MEAN];
    ga_text list = {0};
    add_places(p, &list);
    ga_fail(err, GA_ENOTFOUND, "no model '%.200s'%s: no such file, and none of that name in %s",
            name, ga_did_you_mean(name, words, hint),
            list.data != NULL ? list.data : "the usual places");
    ga_text_free(&list);
    json_decref(names);
    return GA_ENOTFOUND;
}

static ga_status open_by_name(const char *name, const char *home, ga_model **out, ga_err *err)
{
    places p;
    char *file = NULL;
    places_find(&p, home);
    for (int i = 0; file == NULL && i < p.n; i++)
        file = file_at(&p.at[i], name);
    ga_status s;
    if (file != NULL)
        s = ga_model_open(file, out, err);
    else
        s = p.no_memory ? ga_fail(err, GA_ENOMEM, "no memory for the places of models")
                        : not_found(name, home, &p, err);
    ga_mem_free(file);
    places_free(&p);
    return s;
}

ga_status ga_app_model(const ga_request *rq, const char *name, ga_model **out, ga_err *err)
{
    *out = NULL;
    if (ga_is_file(name))
        return ga_model_open(name, out, err);
    if (strchr(name, '/') == NULL)
        return open_by_name(name, ga_rq_home(rq), out, err);
    if (ga_is_folder(name))
        return ga_fail(err, GA_EINVAL, "'%s' is a folder, expected a model file", name);
    return ga_fail(err, GA_ENOTFOUND, "no model '%s': no such file", name);
}

ga_status ga_app_generator(const ga_request *rq, const char *name, ga_model **out, ga_err *err)
{
    const ga_status s = ga_app_model(rq, name, out, err);
    if (s != GA_OK || ga_arch_law(ga_model_arch(*out)) != GA_LAW_NONE)
        return s;
    ga_model_free(*out);
    *out = NULL;
    return ga_fail(err, GA_EINVAL,
                   "'%s' reads pictures: a generator, which reads latents, is needed", name);
}

const char *ga_app_usual_eye(const char *data)
{
    static const struct {
        const char *data, *model;
    } came_with[] = {{"mnist", "lenet5"}, {"fashion-mnist", "fashion-cnn"}};
    for (size_t i = 0; i < sizeof came_with / sizeof *came_with; i++)
        if (strcmp(data, came_with[i].data) == 0)
            return came_with[i].model;
    return NULL;
}

ga_status ga_app_shipped_file(const ga_request *rq, const char *name, const char *otherwise,
                              char **path, ga_err *err)
{
    places p;
    ga_text list = {0};
    ga_status status = GA_OK;
    *path = NULL;
    places_find(&p, ga_rq_home(rq));
    for (int i = 0; *path == NULL && i < p.n; i++) {
        char *file = p.at[i].tail == file_tail ? ga_path_join(p.at[i].folder, name) : NULL;
        if (file != NULL && ga_is_file(file))
            *path = file;
        else
            ga_mem_free(file);
    }
    if (*path == NULL) {
        add_places(&p, &list);
        status = ga_fail(err, GA_ENOTFOUND, "no '%s' in %s: %s", name,
                         list.data != NULL ? list.data : "the usual places", otherwise);
    }
    ga_text_free(&list);
    places_free(&p);
    return status;
}

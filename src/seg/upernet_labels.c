/* upernet_labels.c - labels.json into numbers and names. */
#include "seg/upernet_labels.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

enum { OBJECT, PART, MATERIAL, CATEGORIES };
static const char *const categories[] = {"object", "part", "material"};
static const char *const quadrants[] = {"t", "l", "b", "r"};
static const char *const owners[GA_PARSING_OWNERS] = {"sky", "building", "person"};

/* A document while it is read. */
typedef struct reader {
    json_t *document;
    ga_json_at at;
    const char *network;
    const json_t *object, *material, *object_part;
    ga_parsing_words *words;
    ga_label *label;             /* all of them without "-" */
    char (*name)[GA_LABEL_NAME]; /* names of quadrants */
    int labels, room;
} reader;

static const char *text_of(const json_t *list, int i)
{
    return json_string_value(json_array_get(list, (size_t)i));
}

static int length_of(const json_t *list)
{
    return (int)json_array_size(list);
}

/* Number of a name in a list, -1: it is not there. */
static int find(const json_t *list, const char *name)
{
    for (int i = 0; i < length_of(list); i++)
        if (strcmp(text_of(list, i), name) == 0)
            return i;
    return -1;
}

/* ---- lists ------------------------------------------------------------------------------------*/

/* A list of names; key: its place, for sentences. */
static ga_status check_names(const reader *r, const char *key, const json_t *list, ga_err *err)
{
    if (!json_is_array(list))
        return ga_json_fail(&r->at, key, err,
                            list == NULL ? "is missing" : "is not a list of names");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        char place[128];
        (void)snprintf(place, sizeof place, "%.90s[%zu]", key, i);
        if (name == NULL)
            return ga_json_fail(&r->at, place, err, "is not a name");
        if (name[0] == 0 || strlen(name) > GA_LABEL_NAME - 3) /* room for "-t" */
            return ga_json_fail(&r->at, place, err, "has %zu bytes, expected 1 to %d", strlen(name),
                                GA_LABEL_NAME - 3);
    }
    return GA_OK;
}

/* ... of which the first is "-". */
static ga_status check_choices(const reader *r, const char *key, const json_t *list, ga_err *err)
{
    char place[128];
    const ga_status s = check_names(r, key, list, err);
    if (s != GA_OK)
        return s;
    (void)snprintf(place, sizeof place, "%.90s[0]", key);
    if (length_of(list) == 0)
        return ga_json_fail(&r->at, key, err, "has no names, expected '-' and others");
    if (strcmp(text_of(list, 0), "-") != 0)
        return ga_json_fail(&r->at, place, err,
                            "is '%s', expected '-': the first one is none of them",
                            text_of(list, 0));
    return GA_OK;
}

static ga_status check_count(const reader *r, const char *key, int found, int outputs, ga_err *err)
{
    return found == outputs
               ? GA_OK
               : ga_json_fail(&r->at, key, err,
                              "has %d names, expected %d: network '%s' has so many outputs for it",
                              found, outputs, r->network);
}

static ga_status read_list(const reader *r, const char *key, int outputs, const json_t **out,
                           ga_err *err)
{
    *out = json_object_get(r->document, key);
    const ga_status s = check_choices(r, key, *out, err);
    return s == GA_OK ? check_count(r, key, length_of(*out), outputs, err) : s;
}

/* Names of scenes are nobody's labels; where they are there, they fit. */
static ga_status check_scenes(const reader *r, int outputs, ga_err *err)
{
    const json_t *list = json_object_get(r->document, "scene");
    if (list == NULL || outputs == 0)
        return GA_OK;
    const ga_status s = check_names(r, "scene", list, err);
    return s == GA_OK ? check_count(r, "scene", length_of(list), outputs, err) : s;
}

static ga_status no_object(const reader *r, const char *owner, ga_err *err)
{
    const int n = length_of(r->object);
    char hint[GA_DID_YOU_MEAN] = "";
    const char **names = ga_mem_new((size_t)n + 1, sizeof *names);
    for (int i = 0; names != NULL && i < n; i++)
        names[i] = text_of(r->object, i);
    const ga_status s = ga_json_fail(&r->at, "object_part", err,
                                     "has parts of '%.60s', which is no object%s", owner,
                                     names != NULL ? ga_did_you_mean(owner, names, hint) : "");
    ga_mem_free(names);
    return s;
}

static ga_status check_parts(reader *r, int outputs, ga_err *err)
{
    const char *owner;
    json_t *list;
    size_t found = 0;
    r->object_part = json_object_get(r->document, "object_part");
    if (!json_is_object(r->object_part))
        return ga_json_fail(&r->at, "object_part", err,
                            r->object_part == NULL ? "is missing" : "is not an object {...}");
    json_object_foreach((json_t *)r->object_part, owner, list)
    {
        char place[100];
        (void)snprintf(place, sizeof place, "object_part.%.60s", owner);
        const ga_status s = check_choices(r, place, list, err);
        if (s != GA_OK)
            return s;
        if (find(r->object, owner) < 0)
            return no_object(r, owner, err);
        found += json_array_size(list);
    }
    return check_count(r, "object_part", (int)found, outputs, err);
}

/* ---- numbers ----------------------------------------------------------------------------------*/

static void add(reader *r, const char *name, int category)
{
    r->label[r->labels++] = (ga_label){name, category};
}

static void add_objects(reader *r, bool quad)
{
    const int n = length_of(r->object) - 1;
    for (int i = 1; i <= n; i++)
        add(r, text_of(r->object, i), OBJECT);
    for (int q = 0; q < 4 && quad; q++)
        for (int i = 1; i <= n; i++) {
            char *name = r->name[q * n + i - 1];
            (void)snprintf(name, GA_LABEL_NAME, "%.61s-%s", text_of(r->object, i), quadrants[q]);
            add(r, name, PART);
        }
    r->words->objects = n + 1;
    r->words->quad = quad ? n : 0;
}

/* The label of a part: the object's of that name, a part's that another owner has too, or a new
 * one. */
static uint16_t part_label(reader *r, const char *name, int first_part)
{
    const int object = find(r->object, name);
    if (object >= 0)
        return (uint16_t)object;
    for (int i = first_part; i < r->labels; i++)
        if (strcmp(r->label[i].name, name) == 0)
            return (uint16_t)(i + 1);
    add(r, name, PART);
    return (uint16_t)r->labels;
}

/* Where the outputs of an owner begin: behind those of all owners that are objects before it. */
static int first_output(const reader *r, int object)
{
    int first = 0;
    for (int i = 0; i < object; i++)
        first += length_of(json_object_get(r->object_part, text_of(r->object, i)));
    return first;
}

static ga_status add_parts(reader *r, ga_err *err)
{
    const int first_part = r->labels;
    for (int k = 0; k < GA_PARSING_OWNERS; k++) {
        const json_t *list = json_object_get(r->object_part, owners[k]);
        if (list == NULL)
            continue;
        ga_parsing_owner *o = &r->words->owner[r->words->owners++];
        o->object = (uint16_t)find(r->object, owners[k]);
        o->first = first_output(r, o->object);
        o->n = length_of(list);
        o->label = ga_mem_new((size_t)o->n, sizeof *o->label);
        if (o->label == NULL)
            return ga_fail(err, GA_ENOMEM, "%s: out of memory", r->at.where);
        for (int i = 0; i < o->n; i++)
            o->label[i] = part_label(r, text_of(list, i), first_part);
    }
    return GA_OK;
}

static ga_status number(reader *r, bool quad, ga_err *err)
{
    const int objects = length_of(r->object) - 1, materials = length_of(r->material) - 1;
    int most = objects * (quad ? 5 : 1) + materials;
    for (int k = 0; k < GA_PARSING_OWNERS; k++)
        most += length_of(json_object_get(r->object_part, owners[k]));
    r->label = ga_mem_new((size_t)most + 1, sizeof *r->label);
    r->name = ga_mem_new(4 * (size_t)objects + 1, sizeof *r->name);
    if (r->label == NULL || r->name == NULL)
        return ga_fail(err, GA_ENOMEM, "%s: out of memory", r->at.where);
    add_objects(r, quad);
    r->words->material = r->labels + 1;
    for (int i = 1; i <= materials; i++)
        add(r, text_of(r->material, i), MATERIAL);
    ga_status s = add_parts(r, err);
    if (s != GA_OK)
        return s;
    ga_err why;
    s = ga_vocabulary_create(categories, CATEGORIES, r->label, r->labels, &r->words->vocabulary,
                             &why);
    return s == GA_EINVAL ? ga_fail(err, GA_EDATA, "%s: %s", r->at.where, why.text)
           : s != GA_OK   ? ga_fail(err, s, "%s", why.text)
                          : s;
}

/* ---- a document -------------------------------------------------------------------------------*/

static ga_status read_all(reader *r, ga_parsing_heads heads, bool quad, ga_err *err)
{
    if (!json_is_object(r->document))
        return ga_fail(err, GA_EDATA, "%s: no lists of names, expected an object {...}",
                       r->at.where);
    ga_status s = read_list(r, "object", heads.objects, &r->object, err);
    if (s == GA_OK)
        s = read_list(r, "material", heads.materials, &r->material, err);
    if (s == GA_OK)
        s = check_scenes(r, heads.scenes, err);
    if (s == GA_OK)
        s = check_parts(r, heads.parts, err);
    if (s == GA_OK)
        s = number(r, quad, err);
    if (s != GA_OK)
        return s;
    r->words->text = ga_json_canonical(r->document);
    return r->words->text != NULL ? GA_OK
                                  : ga_fail(err, GA_ENOMEM, "%s: out of memory", r->at.where);
}

ga_status ga_parsing_words_read(const char *text, size_t length, const char *where,
                                const char *network, ga_parsing_heads heads, bool quad,
                                ga_parsing_words *out, ga_err *err)
{
    *out = (ga_parsing_words){0};
    reader r = {.at = {.where = where}, .network = network, .words = out};
    ga_status s = ga_json_parse(text, length, where, &r.document, err);
    if (s == GA_OK)
        s = read_all(&r, heads, quad, err);
    json_decref(r.document);
    ga_mem_free(r.label);
    ga_mem_free(r.name);
    if (s != GA_OK)
        ga_parsing_words_free(out);
    return s;
}

void ga_parsing_words_free(ga_parsing_words *w)
{
    for (int k = 0; k < w->owners; k++)
        ga_mem_free(w->owner[k].label);
    ga_vocabulary_free(w->vocabulary);
    ga_mem_free(w->text);
    *w = (ga_parsing_words){0};
}

/* labels_text.h - a labels.json with the lists and the lengths of the published one, whose other
 * names are made up. */
#ifndef GA_LABELS_TEXT_H
#define GA_LABELS_TEXT_H
#include "base/alloc.h"
#include "base/text.h"
#include "check.h"

static const char *const known_objects[336] = {
    [0] = "-",      [1] = "wall",   [2] = "sky",    [4] = "tree", [5] = "building",
    [6] = "person", [9] = "window", [11] = "grass", [13] = "car", [16] = "door"};
/* A building's: two that are objects too, ten more of them (objects 100 .. 109), thirteen that are
 * not. */
static const char *const building_parts[] = {
    "-",       "window",   "door", "roof",       "balcony",     "shop window", "metal shutter",
    "dormer",  "entrance", "dome", "balustrade", "garage door", "fire escape", "grille",
    "arcades", "terrace"};
static const char *const person_parts[] = {"-",    "leg",   "head", "torso",   "arm",
                                           "eye",  "ear",   "nose", "neck",    "hand",
                                           "hair", "mouth", "foot", "eyebrow", "back"};

static inline void text_list(ga_text *t, const char *const *names, int n)
{
    for (int i = 0; i < n; i++)
        ga_text_addf(t, "%s\"%s\"", i > 0 ? "," : "", names[i]);
}

/* 335 objects and "-", 25 materials, 365 scenes, 77 owners whose parts are 427 with a "-" each. */
static inline char *published_like(void)
{
    ga_text t = {0};
    ga_text_add(&t, "{\"object\":[");
    for (int i = 0; i < 336; i++)
        if (known_objects[i] != NULL)
            ga_text_addf(&t, "%s\"%s\"", i > 0 ? "," : "", known_objects[i]);
        else
            ga_text_addf(&t, ",\"object %d\"", i);
    ga_text_add(&t, "],\"material\":[\"-\",\"brick\"");
    for (int i = 2; i < 26; i++)
        ga_text_addf(&t, ",\"material %d\"", i);
    ga_text_add(&t, "],\"scene\":[\"street\"");
    for (int i = 1; i < 365; i++)
        ga_text_addf(&t, ",\"scene %d\"", i);
    ga_text_add(&t, "],\"part\":[],\"object_part\":{");
    /* 74 more owners, written before the three that come first: 72 of five, one of six, one of 20
     */
    for (int i = 0; i < 74; i++) {
        ga_text_addf(&t, "\"object %d\":[\"-\"", 200 + i);
        for (int k = 1; k < (i < 72 ? 5 : i < 73 ? 6 : 20); k++)
            ga_text_addf(&t, ",\"part %d of %d\"", k, i);
        ga_text_add(&t, "],");
    }
    ga_text_add(&t, "\"person\":[");
    text_list(&t, person_parts, 15);
    ga_text_add(&t, "],\"building\":[");
    text_list(&t, building_parts, 16);
    for (int i = 100; i < 108; i++)
        ga_text_addf(&t, ",\"object %d\"", i);
    ga_text_add(&t, "],\"sky\":[\"-\",\"cloud\"]}}");
    assert_false(t.failed);
    return t.data;
}
#endif

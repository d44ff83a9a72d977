/* settings_differ.c - in what two dissections differ, in the words of the command. */
#include "app/settings_differ.h"
#include <string.h>

enum { MOST_TOLD = 3 };

/* Settings that are not called as their option is, and those that only tell another one apart. */
static const struct {
    const char *key, *word;
    const char *follows; /* goes without saying where this one differs */
} special[] = {
    {"model", "MODEL", NULL},
    {"class", "--label", NULL},
    {"segmenter_sha256", "the segmenter's content", "segmenter"},
    {"share", "the share of the threshold", "preset"},
    {"labels", "labels told of a unit", NULL},
    {"version", "version of the method", NULL},
};

/* "--rule-seed" of "rule_seed". */
static void add_word(ga_text *t, const char *key)
{
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (strcmp(special[i].key, key) == 0) {
            ga_text_add(t, special[i].word);
            return;
        }
    ga_text_add(t, "--");
    for (; *key != 0; key++)
        ga_text_add_n(t, *key == '_' ? "-" : key, 1);
}

static bool is_on(const json_t *value)
{
    return value != NULL && !json_is_false(value);
}

/* "layer1,layer2:late" of [["layer1","layer1"],["layer2","late"]]. */
static void add_layers(ga_text *t, const json_t *layers)
{
    size_t i;
    json_t *layer;
    json_array_foreach((json_t *)(uintptr_t)layers, i, layer)
    {
        const char *tap = json_string_value(json_array_get(layer, 0));
        const char *name = json_string_value(json_array_get(layer, 1));
        if (tap == NULL || name == NULL)
            continue;
        ga_text_addf(t, "%s%s", i > 0 ? "," : "", tap);
        if (strcmp(tap, name) != 0)
            ga_text_addf(t, ":%s", name);
    }
}

/* A value as one would give it; of what has a name, the name; with_hash: and the first digits of
 * what it is by content. */
static void add_value(ga_text *t, const json_t *value, bool with_hash)
{
    char number[GA_DOUBLE_WORDS];
    if (json_is_array(value))
        add_layers(t, value);
    else if (json_is_object(value)) {
        const char *name = json_string_value(json_object_get(value, "name"));
        const char *hash = json_string_value(json_object_get(value, "sha256"));
        ga_text_add(t, name != NULL ? name : "?");
        if (with_hash && hash != NULL)
            ga_text_addf(t, " (%.12s)", hash);
    } else if (json_is_string(value) && strlen(json_string_value(value)) == 64)
        ga_text_addf(t, "%.12s", json_string_value(value));
    else if (json_is_string(value))
        ga_text_add(t, json_string_value(value));
    else if (json_is_integer(value) && json_integer_value(value) < 0) /* a seed, kept as an int */
        ga_text_addf(t, "%u", (uint32_t)json_integer_value(value));
    else if (json_is_number(value))
        ga_text_add(t, ga_format_double(json_number_value(value), number));
    else
        ga_text_add(t, is_on(value) ? "on" : "off");
}

static bool is_switch(const json_t *value)
{
    return value == NULL || json_is_boolean(value) || json_is_null(value);
}

static bool same_name(const json_t *a, const json_t *b)
{
    return json_equal(json_object_get(a, "name"), json_object_get(b, "name"));
}

static void add_difference(ga_text *t, const char *key, const json_t *there, const json_t *here)
{
    add_word(t, key);
    if (is_switch(there) && is_switch(here)) {
        ga_text_add(t, is_on(there) ? " there, not here" : " here, not there");
        return;
    }
    const bool with_hash = same_name(there, here);
    for (int side = 0; side < 2; side++) {
        const json_t *value = side == 0 ? there : here;
        ga_text_add(t, side == 0 ? " " : ", ");
        if (value == NULL)
            ga_text_add(t, "none");
        else
            add_value(t, value, with_hash);
        ga_text_add(t, side == 0 ? " there" : " here");
    }
}

/* Both as they are not told of: alike, or apart because of something else. */
static bool is_no_news(const char *key, const json_t *there, const json_t *here)
{
    const json_t *a = json_object_get(there, key), *b = json_object_get(here, key);
    if (json_equal(a, b) || (is_switch(a) && is_switch(b) && is_on(a) == is_on(b)))
        return true;
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (strcmp(special[i].key, key) == 0 && special[i].follows != NULL)
            return !json_equal(json_object_get(there, special[i].follows),
                               json_object_get(here, special[i].follows));
    return false;
}

bool ga_settings_differ(const json_t *there, const json_t *here, ga_text *why)
{
    const json_t *const all[] = {here, there};
    int n = 0;
    if (there == NULL || here == NULL)
        return false;
    for (int i = 0; i < 2;
         i++) { /* in the order in which they are asked; then what is only there */
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)all[i], key, value)
        {
            if ((i == 1 && json_object_get(here, key) != NULL) || is_no_news(key, there, here))
                continue;
            if (n < MOST_TOLD) {
                ga_text_add(why, n > 0 ? "; " : "");
                add_difference(why, key, json_object_get(there, key), json_object_get(here, key));
            }
            n++;
        }
    }
    if (n > MOST_TOLD)
        ga_text_addf(why, "; and %d more", n - MOST_TOLD);
    return n > 0;
}

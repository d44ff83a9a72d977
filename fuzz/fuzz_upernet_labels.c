/* fuzz_upernet_labels.c - labels.json of unified parsing from outside: refused with a sentence, or
 * numbers that stay within the vocabulary and the heads, with quadrants and without. */
#include "base/alloc.h"
#include "seg/upernet_labels.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_owners(const ga_parsing_words *w, ga_parsing_heads heads)
{
    for (int k = 0; k < w->owners; k++) {
        const ga_parsing_owner *o = &w->owner[k];
        if (o->object < 1 || o->object >= heads.objects || o->first < 0 || o->n < 1 ||
            o->first + o->n > heads.parts || o->label[0] != 0)
            abort();
        for (int i = 0; i < o->n; i++)
            if (o->label[i] >= ga_vocabulary_n(w->vocabulary))
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ga_parsing_heads heads = {5, 8, 3, 2};
    for (int quad = 0; quad < 2; quad++) {
        ga_err err = {0};
        ga_parsing_words w, again;
        if (ga_parsing_words_read((const char *)data, size, "fuzz", "net", heads, quad == 1, &w,
                                  &err) != GA_OK) {
            if (w.vocabulary != NULL || err.text[0] == 0)
                abort();
            continue;
        }
        check_owners(&w, heads);
        if (ga_vocabulary_n(w.vocabulary) < heads.objects * (quad == 1 ? 5 : 1) - 4 * quad + 2 ||
            ga_parsing_words_read(w.text, strlen(w.text), "again", "net", heads, quad == 1, &again,
                                  &err) != GA_OK ||
            strcmp(w.text, again.text) != 0)
            abort();
        ga_parsing_words_free(&again);
        ga_parsing_words_free(&w);
    }
    return 0;
}

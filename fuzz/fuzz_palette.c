/* fuzz_palette.c - a list of colours from outside: refused with a sentence, or one that is the same
 * text whenever it is written and read again, and whose every colour is read as its label. */
#include "ganatomy/palette.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_own_colors(const ga_palette *p)
{
    const ga_vocabulary *v = ga_palette_vocabulary(p);
    for (int i = 1; i < ga_vocabulary_n(v); i++) {
        uint8_t rgb[3];
        uint16_t label;
        ga_err err;
        const ga_image one = {rgb, 1, 1, 3};
        const int category = ga_vocabulary_at(v, i).category;
        ga_palette_color(p, i, category, rgb);
        if (ga_palette_read(p, &one, category, "one", 1, 1, &label, &err) != GA_OK || label != i)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ga_err err = {0};
    ga_palette *p, *again;
    char *text, *second;
    if (ga_palette_parse((const char *)data, size, "fuzz", &p, &err) != GA_OK) {
        if (p != NULL || err.text[0] == 0)
            abort();
        return 0;
    }
    read_own_colors(p);
    if (ga_palette_json(p, &text, &err) != GA_OK ||
        ga_palette_parse(text, strlen(text), "again", &again, &err) != GA_OK ||
        ga_palette_json(again, &second, &err) != GA_OK || strcmp(text, second) != 0)
        abort();
    ga_vocabulary_text_free(text);
    ga_vocabulary_text_free(second);
    ga_palette_free(again);
    ga_palette_free(p);
    return 0;
}

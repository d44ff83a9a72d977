/* fuzz_labels.c - a vocabulary as JSON from outside: refused with a sentence, or one that is the
 * same text whenever it is written and read again. */
#include "ganatomy/labels.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ga_err err = {0};
    ga_vocabulary *v, *again;
    if (ga_vocabulary_parse((const char *)data, size, "fuzz", &v, &err) != GA_OK) {
        if (v != NULL || err.text[0] == 0)
            abort();
        return 0;
    }
    char *text, *second;
    if (ga_vocabulary_json(v, &text, &err) != GA_OK ||
        ga_vocabulary_parse(text, strlen(text), "again", &again, &err) != GA_OK ||
        ga_vocabulary_json(again, &second, &err) != GA_OK || strcmp(text, second) != 0)
        abort();
    for (int i = 0; i < ga_vocabulary_n(v); i++)
        if (strcmp(ga_vocabulary_title(v, i), ga_vocabulary_title(again, i)) != 0 ||
            ga_vocabulary_at(v, i).category >= ga_vocabulary_categories(v))
            abort();
    ga_vocabulary_text_free(second);
    ga_vocabulary_text_free(text);
    ga_vocabulary_free(again);
    ga_vocabulary_free(v);
    return 0;
}

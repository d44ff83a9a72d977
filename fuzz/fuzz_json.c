/* fuzz_json.c - a JSON document from outside: read, written canonically, read again. And any bytes
 * as a string: written with quotes, they are always JSON. */
#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void quote(const uint8_t *data, size_t size)
{
    ga_err err;
    json_t *v;
    char *bytes = ga_mem_string_n((const char *)data, size);
    ga_text t = {0};
    ga_text_add(&t, "[");
    ga_text_add_json(&t, bytes);
    ga_text_add(&t, "]");
    if (ga_json_parse(t.data, t.length, "quoted", &v, &err) != GA_OK)
        abort();
    json_decref(v);
    ga_text_free(&t);
    ga_mem_free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ga_err err;
    json_t *v, *again;
    quote(data, size);
    if (ga_json_parse((const char *)data, size, "fuzz", &v, &err) != GA_OK) {
        if (v != NULL || err.text[0] == 0)
            abort();
        return 0;
    }
    char *text = ga_json_canonical(v);
    if (text == NULL || ga_json_parse(text, strlen(text), "again", &again, &err) != GA_OK)
        abort();
    char *second = ga_json_canonical(again);
    if (second == NULL || strcmp(text, second) != 0)
        abort();
    ga_mem_free(second);
    ga_mem_free(text);
    json_decref(again);
    json_decref(v);
    return 0;
}

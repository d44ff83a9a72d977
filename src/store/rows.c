/* rows.c - rows of a statement become a list of items. */
#include "store/store.h"
#include "base/alloc.h"

char *ga_store_text(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return ga_mem_string(text != NULL ? text : "");
}

void ga_store_rows_free(const ga_row_kind *kind, void *items, size_t n)
{
    for (size_t i = 0; items != NULL && i < n; i++)
        kind->end((char *)items + i * kind->size);
    ga_mem_free(items);
}

ga_status ga_store_rows(ga_store *s, sqlite3_stmt *q, const ga_row_kind *kind, const char *doing,
                        void **out, size_t *n, ga_err *err)
{
    size_t capacity = 16, count = 0;
    int rc = SQLITE_ROW;
    ga_status status = GA_OK;
    char *items = ga_mem_new(capacity, kind->size);
    *out = NULL;
    *n = 0;
    while (items != NULL && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        if (count == capacity) {
            char *more = ga_mem_resize(items, capacity, 2 * capacity, kind->size);
            if (more == NULL)
                break;
            items = more;
            capacity *= 2;
        }
        if (!kind->read(q, items + count++ * kind->size))
            break;
    }
    if (items == NULL || rc == SQLITE_ROW)
        status = ga_fail(err, GA_ENOMEM, "'%s': %s: out of memory", s->path, doing);
    else if (rc != SQLITE_DONE)
        status = ga_store_fail(s, doing, err);
    sqlite3_finalize(q);
    if (status != GA_OK) {
        ga_store_rows_free(kind, items, count);
        return status;
    }
    *out = items;
    *n = count;
    return GA_OK;
}

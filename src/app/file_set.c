/* file_set.c - all files of a folder, or none. */
#include "app/file_set.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

ga_status ga_file_set_open(const char *folder, const char *const *names, int n, ga_file_set *s,
                           ga_err *err)
{
    *s = (ga_file_set){.n = n};
    for (int i = 0; i < n; i++) {
        ga_text fresh = {0};
        s->path[i] = ga_path_join(folder, names[i]);
        if (s->path[i] != NULL)
            ga_text_addf(&fresh, "%s.new", s->path[i]);
        s->fresh[i] = fresh.failed ? NULL : fresh.data;
        if (s->fresh[i] == NULL) {
            ga_text_free(&fresh);
            return ga_fail(err, GA_ENOMEM, "no memory for a path");
        }
    }
    return ga_make_folders(folder, err);
}

ga_status ga_file_set_close(ga_file_set *s, ga_status status, ga_err *err)
{
    for (int i = 0; i < s->n && status == GA_OK; i++)
        if (rename(s->fresh[i], s->path[i]) != 0)
            status = ga_fail(err, GA_EIO, "renaming '%s' to '%s': %s", s->fresh[i], s->path[i],
                             strerror(errno));
    for (int i = 0; i < s->n; i++) {
        if (status != GA_OK && s->fresh[i] != NULL)
            remove(s->fresh[i]);
        ga_mem_free(s->fresh[i]);
        ga_mem_free(s->path[i]);
    }
    *s = (ga_file_set){0};
    return status;
}

/* fetch.c - gets the files of a known data set: what is there and right stays, the rest comes from
 * the network or a folder, is checked, and only then gets its name. */
#include "data/fetch.h"
#include "data/download.h"
#include "data/idx.h"
#include "data/md5.h"
#include "array/zip.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILE_BYTES ((uint64_t)1 << 30)

typedef struct job {
    const ga_catalog_entry *entry;
    const ga_fetch_options *o;
    char advice[320];
} job;

/* ---- is it the right content? -----------------------------------------------------------------*/

static ga_status check_shape(const job *j, int role, const ga_idx *x, const char *where,
                             ga_err *err)
{
    const ga_data_known *k = &j->entry->known;
    const uint32_t n = (uint32_t)(role < GA_TEST_IMAGES ? k->n_train : k->n_test);
    const bool labels = role % 2 != 0;
    const bool right = x->type == GA_IDX_U8 && x->dim[0] == n &&
                       (labels ? x->rank == 1
                               : x->rank == 3 && x->dim[1] == (uint32_t)k->dims.h &&
                                     x->dim[2] == (uint32_t)k->dims.w);
    if (!right)
        return ga_fail(err, GA_EDATA, "'%s' has %u entries in %d dimensions, expected %u %s of %s",
                       where, x->dim[0], x->rank, n, labels ? "labels" : "pictures", k->name);
    for (size_t i = 0; labels && i < x->count; i++) {
        const int first = j->entry->first_label, label = ga_idx_at(x, i);
        if (label < first || label >= first + k->classes)
            return ga_fail(err, GA_EDATA, "'%s': label of picture %zu: found %d, expected %d to %d",
                           where, i, label, first, first + k->classes - 1);
    }
    return GA_OK;
}

static ga_status check_bytes(const job *j, int role, const uint8_t *data, size_t size,
                             const char *where, ga_err *err)
{
    ga_idx x;
    char hex[65];
    const char *want = j->entry->sha256[role];
    ga_status status = ga_idx_parse(data, size, where, GA_IDX_MAX_BYTES, &x, err);
    if (status != GA_OK)
        return status;
    if (want != NULL) {
        ga_idx_sha256(&x, hex);
        if (strcmp(hex, want) != 0)
            status = ga_fail(err, GA_EDATA,
                             "'%s' is not what was published as '%s': SHA-256 of the unpacked "
                             "content is %s, expected %s",
                             where, j->entry->file[role], hex, want);
    }
    if (status == GA_OK)
        status = check_shape(j, role, &x, where, err);
    ga_idx_free(&x);
    return status;
}

static ga_status check_file(const job *j, int role, const char *path, ga_err *err)
{
    ga_file f;
    ga_status status = ga_file_open(path, &f, err);
    if (status != GA_OK)
        return status;
    status = check_bytes(j, role, f.data, f.size, path, err);
    ga_file_close(&f);
    return status;
}

/* dest has the file already, and it is right. */
static bool have_file(const job *j, int role)
{
    char *path = ga_catalog_file_in(j->o->dest, j->entry->file[role]);
    const bool have = path != NULL && check_file(j, role, path, NULL) == GA_OK;
    ga_mem_free(path);
    return have;
}

/* The file at path is right; another spelling of it that would be read first is not: it goes. */
static void remove_shadows(const job *j, int role, const char *path)
{
    for (int i = 0; i < 4; i++) {
        char *other = ga_catalog_file_in(j->o->dest, j->entry->file[role]);
        const bool same = other == NULL || strcmp(other, path) == 0;
        if (!same)
            unlink(other);
        ga_mem_free(other);
        if (same)
            return;
    }
}

/* Checks bytes and writes them to dest/FILE, or dest/FILE.gz if they are packed. */
static ga_status keep_bytes(const job *j, int role, const uint8_t *data, size_t size,
                            const char *where, ga_err *err)
{
    const bool packed = size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
    char name[128];
    ga_status status = check_bytes(j, role, data, size, where, err);
    if (status != GA_OK)
        return status;
    snprintf(name, sizeof name, "%s%s", j->entry->file[role], packed ? ".gz" : "");
    char *path = ga_path_join(j->o->dest, name);
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "out of memory");
    status = ga_file_write(path, data, size, err);
    if (status == GA_OK)
        remove_shadows(j, role, path);
    ga_mem_free(path);
    return status;
}

/* ---- from a zip -------------------------------------------------------------------------------*/

static ga_status unpack_member(const job *j, int role, ga_zip *zip, ga_err *err)
{
    char member[160];
    const uint8_t *data;
    snprintf(member, sizeof member, "%s%s.gz", j->entry->zip_folder, j->entry->file[role]);
    ga_zip_entry *entry = ga_zip_find(zip, member, strlen(member));
    if (entry == NULL)
        return ga_fail(err, GA_ENOTFOUND, "'%s' has no member '%s'", zip->where, member);
    const ga_status status = ga_zip_get(zip, entry, &data, err);
    return status == GA_OK ? keep_bytes(j, role, data, entry->size, member, err) : status;
}

static ga_status unpack_zip(const job *j, const char *path, ga_err *err)
{
    ga_file file;
    char hex[33];
    ga_status status = ga_file_open(path, &file, err);
    if (status != GA_OK)
        return status;
    ga_budget budget = {.arena = ga_arena_create(MAX_FILE_BYTES),
                        .limit = MAX_FILE_BYTES,
                        .given = true,
                        .where = path};
    ga_zip zip;
    ga_md5(file.data, file.size, hex);
    if (strcmp(hex, j->entry->zip_md5) != 0)
        status = ga_fail(err, GA_EDATA,
                         "'%s' is not the published file of %s: MD5 is %s, expected %s", path,
                         j->entry->known.name, hex, j->entry->zip_md5);
    else if (budget.arena == NULL)
        status = ga_fail(err, GA_ENOMEM, "'%s': out of memory", path);
    else
        status = ga_zip_open(file.data, file.size, path, &budget, &zip, err);
    for (int i = 0; status == GA_OK && i < GA_CATALOG_FILES; i++)
        status = unpack_member(j, i, &zip, err);
    ga_arena_free(budget.arena);
    ga_file_close(&file);
    return status;
}

/* ---- from a folder ----------------------------------------------------------------------------*/

static ga_status copy_file(const job *j, int role, ga_err *err)
{
    char *path = ga_catalog_file_in(j->o->from, j->entry->file[role]);
    if (path == NULL)
        return ga_fail(err, GA_ENOTFOUND, "folder '%s' has no '%s', nor the same with .gz",
                       j->o->from, j->entry->file[role]);
    ga_file f;
    ga_status status = ga_file_open(path, &f, err);
    if (status == GA_OK) {
        status = keep_bytes(j, role, f.data, f.size, path, err);
        ga_file_close(&f);
    }
    ga_mem_free(path);
    return status;
}

static ga_status fetch_from_folder(const job *j, ga_err *err)
{
    if (!ga_is_folder(j->o->from))
        return ga_fail(err, GA_ENOTFOUND, "folder '%s' is not there", j->o->from);
    if (j->entry->zip_md5 != NULL) {
        char *zip = ga_path_join(j->o->from, ga_path_base(j->entry->url));
        const bool there = zip != NULL && ga_is_file(zip);
        const ga_status status = there ? unpack_zip(j, zip, err) : GA_OK;
        ga_mem_free(zip);
        if (there)
            return status;
    }
    ga_status status = GA_OK;
    for (int i = 0; status == GA_OK && i < GA_CATALOG_FILES; i++)
        status = have_file(j, i) ? GA_OK : copy_file(j, i, err);
    return status;
}

/* ---- from the network -------------------------------------------------------------------------*/

/* Downloads url to part, then calls check (role -1: the zip). A wrong file is removed; if it was
 * put together from an older part, it is fetched once more from the start. */
static ga_status download_checked(const job *j, const char *url, const char *part, int role,
                                  ga_err *err)
{
    const ga_download_options o = {.url = url,
                                   .part = part,
                                   .name = ga_path_base(url),
                                   .advice = j->advice,
                                   .plain_http = j->o->url != NULL,
                                   .max_bytes = MAX_FILE_BYTES,
                                   .progress = j->o->progress};
    for (bool again = false;; again = true) {
        bool resumed;
        ga_status status = ga_download(&o, &resumed, err);
        if (status == GA_EDATA) /* far too large */
            unlink(part);
        if (status != GA_OK)
            return status;
        status = role < 0 ? unpack_zip(j, part, err) : check_file(j, role, part, err);
        if (status == GA_EDATA || (role < 0 && status == GA_OK))
            unlink(part); /* a zip that was unpacked has done its work */
        if (status != GA_EDATA || !resumed || again)
            return status;
    }
}

static ga_status fetch_file(const job *j, int role, ga_err *err)
{
    const char *base = j->o->url != NULL ? j->o->url : j->entry->url;
    ga_text url = {0}, path = {0}, part = {0};
    ga_text_addf(&url, "%s%s%s.gz", base, ga_ends_with(base, "/") ? "" : "/", j->entry->file[role]);
    ga_text_addf(&path, "%s/%s.gz", j->o->dest, j->entry->file[role]);
    ga_text_addf(&part, "%s.part", path.data != NULL ? path.data : "");
    ga_status status = url.failed || path.failed || part.failed
                           ? ga_fail(err, GA_ENOMEM, "out of memory")
                           : download_checked(j, url.data, part.data, role, err);
    if (status == GA_OK && rename(part.data, path.data) != 0)
        status = ga_fail(err, GA_EIO, "renaming '%s': %s", part.data, strerror(errno));
    if (status == GA_OK)
        remove_shadows(j, role, path.data);
    ga_text_free(&url);
    ga_text_free(&path);
    ga_text_free(&part);
    return status;
}

static ga_status fetch_zip(const job *j, ga_err *err)
{
    const char *url = j->o->url != NULL ? j->o->url : j->entry->url;
    ga_text part = {0};
    ga_text_addf(&part, "%s/%s.part", j->o->dest, ga_path_base(j->entry->url));
    const ga_status status = part.failed ? ga_fail(err, GA_ENOMEM, "out of memory")
                                         : download_checked(j, url, part.data, -1, err);
    ga_text_free(&part);
    return status;
}

static ga_status fetch_missing(const job *j, ga_err *err)
{
    bool have[GA_CATALOG_FILES];
    int missing = 0;
    for (int i = 0; i < GA_CATALOG_FILES; i++) {
        have[i] = have_file(j, i);
        missing += !have[i];
    }
    if (missing == 0)
        return GA_OK;
    if (j->o->from != NULL)
        return fetch_from_folder(j, err);
    if (j->entry->zip_md5 != NULL)
        return fetch_zip(j, err);
    ga_status status = GA_OK;
    for (int i = 0; status == GA_OK && i < GA_CATALOG_FILES; i++)
        if (!have[i])
            status = fetch_file(j, i, err);
    return status;
}

ga_status ga_fetch_entry(const ga_catalog_entry *entry, const ga_fetch_options *options,
                         ga_err *err)
{
    job j = {.entry = entry, .o = options};
    const ga_data_known *k = &entry->known;
    snprintf(j.advice, sizeof j.advice,
             "get the files elsewhere and run 'ganatomy data fetch %s --from FOLDER'%s%s%s%s",
             k->name, k->get != NULL ? ", or '" : "", k->get != NULL ? k->get : "",
             k->get != NULL ? "'" : "", entry->get_where != NULL ? entry->get_where : "");
    const bool was_there = ga_is_folder(options->dest);
    ga_status status = ga_make_folders(options->dest, err);
    if (status == GA_OK)
        status = fetch_missing(&j, err);
    if (status != GA_OK && !was_there)
        rmdir(options->dest); /* fails, as it should, when something worth keeping is in it */
    return status;
}

bool ga_fetch_complete(const ga_catalog_entry *entry, const char *folder)
{
    const ga_fetch_options options = {.dest = folder};
    const job j = {.entry = entry, .o = &options};
    for (int i = 0; i < GA_CATALOG_FILES; i++)
        if (!have_file(&j, i))
            return false;
    return true;
}

bool ga_data_complete(const char *name, const char *folder)
{
    const ga_catalog_entry *entry = ga_catalog_find(name);
    return entry != NULL && (entry->known.rendered || ga_fetch_complete(entry, folder));
}

ga_status ga_data_fetch(const char *name, const ga_fetch_options *options, ga_err *err)
{
    const ga_catalog_entry *entry = ga_catalog_find(name);
    if (entry == NULL)
        return ga_catalog_unknown(name, err);
    return entry->known.rendered ? GA_OK : ga_fetch_entry(entry, options, err);
}

/* loose_pictures.c - picture files without labels, made fit for a classifier. */
#include "app/loose_pictures.h"
#include "base/alloc.h"
#include "base/file.h"
#include "ganatomy/data.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PICTURES = 100000 };

void ga_loose_pictures_free(ga_loose_pictures *p)
{
    for (int i = 0; i < p->n; i++)
        ga_mem_free(p->path[i]);
    ga_mem_free(p->path);
    ga_mem_free(p->pixels);
    *p = (ga_loose_pictures){0};
}

/* ---- names ------------------------------------------------------------------------------------*/

/* Takes path, also when it fails. */
static ga_status add_path(ga_loose_pictures *p, char *path, ga_err *err)
{
    char **grown = NULL;
    if (p->n >= MAX_PICTURES) {
        ga_mem_free(path);
        return ga_fail(err, GA_EINVAL, "more than %d pictures: give them as --data", MAX_PICTURES);
    }
    if (path != NULL) /* room doubles */
        grown = (p->n & (p->n - 1)) != 0
                    ? p->path
                    : ga_mem_resize(p->path, (size_t)p->n, p->n == 0 ? 1 : 2 * (size_t)p->n,
                                    sizeof *grown);
    if (grown == NULL) {
        ga_mem_free(path);
        return ga_fail(err, GA_ENOMEM, "no memory for names of pictures");
    }
    p->path = grown;
    p->path[p->n++] = path;
    return GA_OK;
}

static bool is_picture_name(const char *name)
{
    static const char *const ends[] = {".png", ".jpg", ".jpeg", ".PNG", ".JPG", ".JPEG"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (name[0] != '.' && ga_ends_with(name, ends[i]))
            return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strverscmp(*(char *const *)a, *(char *const *)b);
}

static ga_status add_folder(ga_loose_pictures *p, const char *folder, ga_err *err)
{
    const int before = p->n;
    ga_status status = GA_OK;
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return ga_fail(err, GA_EIO, "folder '%s' cannot be read: %s", folder, strerror(errno));
    for (struct dirent *e; status == GA_OK && (e = readdir(dir)) != NULL;)
        if (is_picture_name(e->d_name))
            status = add_path(p, ga_path_join(folder, e->d_name), err);
    closedir(dir);
    if (status == GA_OK && p->n == before)
        return ga_fail(err, GA_ENOTFOUND,
                       "folder '%s' has no .png, .jpg or .jpeg file (a folder whose classes are "
                       "folders goes to --data)",
                       folder);
    if (status == GA_OK)
        qsort(p->path + before, (size_t)(p->n - before), sizeof *p->path, by_name);
    return status;
}

/* ---- pixels -----------------------------------------------------------------------------------*/

/* Bytes (H,W,C) with the c channels that are wanted; ga_mem_free. */
static uint8_t *with_channels(const ga_image *image, int c, bool invert)
{
    const size_t n = (size_t)image->w * (size_t)image->h;
    uint8_t *out = ga_mem_new(n * (size_t)c, 1);
    for (size_t i = 0; out != NULL && i < n; i++) {
        const uint8_t *from = image->pixels + i * (size_t)image->c;
        const int alpha = image->c == 4 ? from[3] : 255;
        int rgb[3];
        for (int k = 0; k < 3; k++)
            rgb[k] = (from[image->c == 1 ? 0 : k] * alpha + 127) / 255;
        const int grey = (299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000;
        for (int k = 0; k < c && k < 3; k++) {
            const int v = c == 1 ? grey : rgb[k];
            out[i * (size_t)c + (size_t)k] = (uint8_t)(invert ? 255 - v : v);
        }
    }
    return out;
}

static ga_status read_one(const char *path, ga_dims dims, bool invert, float *pixels, ga_err *err)
{
    const int32_t label = 0;
    ga_image image = {0};
    ga_dataset *one = NULL, *fit = NULL;
    ga_status status = ga_image_read(path, &image, err);
    if (status != GA_OK)
        return status;
    uint8_t *bytes = with_channels(&image, dims.c, invert);
    status = bytes != NULL
                 ? ga_dataset_create("picture", GA_SPLIT_TEST, bytes, &label, 1,
                                     (ga_dims){dims.c, image.h, image.w}, 1, NULL, &one, err)
                 : ga_fail(err, GA_ENOMEM, "no memory for '%s'", path);
    const ga_data_selection square = {.pixels = dims.h};
    if (status == GA_OK)
        status = ga_dataset_select(one, &square, &fit, err);
    if (status == GA_OK)
        status = ga_batch_fill(fit, &(uint32_t){0}, 1, (ga_batch_spec){0, 1, 0, 0}, pixels, NULL,
                               err);
    ga_dataset_free(fit);
    ga_dataset_free(one);
    ga_mem_free(bytes);
    ga_image_free(&image);
    return status;
}

static ga_status read_all(const ga_request *rq, bool invert, ga_loose_pictures *p, ga_err *err)
{
    const ga_progress *progress = ga_rq_progress(rq);
    const size_t size = ga_dims_count(p->dims);
    ga_status status = GA_OK;
    p->pixels = ga_mem_new((size_t)p->n * size, sizeof *p->pixels);
    if (p->pixels == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d pictures", p->n);
    for (int i = 0; i < p->n && status == GA_OK; i++) {
        status = read_one(p->path[i], p->dims, invert, p->pixels + (size_t)i * size, err);
        progress->report(progress->user, "files", (uint64_t)(i + 1), (uint64_t)p->n);
        if (status == GA_OK && progress->cancelled(progress->user))
            status = ga_fail(err, GA_EINTERRUPTED, "stopped after %d of %d files", i + 1, p->n);
    }
    return status;
}

ga_status ga_loose_pictures_read(const ga_request *rq, const char *const *names, int n_names,
                                 ga_dims dims, bool invert, ga_loose_pictures *out, ga_err *err)
{
    ga_loose_pictures p = {.dims = dims};
    ga_status status = GA_OK;
    if (dims.h != dims.w || (dims.c != 1 && dims.c != 3))
        status = ga_fail(
            err, GA_EINVAL,
            "the classifier reads pictures of %dx%dx%d: files can be fitted to squares "
            "of 1 or 3 channels",
            dims.c, dims.h, dims.w);
    for (int i = 0; i < n_names && status == GA_OK; i++)
        status = ga_is_folder(names[i]) ? add_folder(&p, names[i], err)
                                        : add_path(&p, ga_mem_string(names[i]), err);
    if (status == GA_OK)
        status = read_all(rq, invert, &p, err);
    if (status != GA_OK)
        ga_loose_pictures_free(&p);
    *out = p;
    return status;
}

/* Pictures from outside: PNG by libpng, JPEG by libjpeg-turbo. Sizes are checked, and compared with
 * what so short a file can hold, before memory is taken for them. */
#include "base/alloc.h"
#include "base/cursor.h"
#include "base/file.h"
#include "ganatomy/image.h"
#include "tensor/exif.h"
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <turbojpeg.h>

enum { DEFLATE_MOST = 1032 }; /* bytes that one byte of deflate can become, at most */

static ga_status check_size(int64_t w, int64_t h, const char *where, ga_err *err)
{
    if (w < 1 || h < 1 || w > GA_IMAGE_MAX_PIXELS / h)
        return ga_fail(err, GA_EDATA, "%s: %lld x %lld pixels, expected 1 to %d million", where,
                       (long long)w, (long long)h, GA_IMAGE_MAX_PIXELS / 1000000);
    return GA_OK;
}

/* ---- PNG ---------------------------------------------------------------------------------- */

typedef struct png_job {
    const uint8_t *data;
    size_t size, at;
    const char *where;
    ga_image *out;
    ga_err *err;
    png_structp png;
    png_infop info;
    bool memory_failed;
    ga_status status;
    char words[128];
    jmp_buf jump;
} png_job;

static void png_words(png_structp png, png_const_charp words)
{
    png_job *job = png_get_error_ptr(png);
    snprintf(job->words, sizeof job->words, "%s", words);
    longjmp(job->jump, 1);
}

/* Warnings are about chunks beside the pixels (times, profiles), which nobody here looks at. */
static void png_no_words(png_structp png, png_const_charp words)
{
    (void)png;
    (void)words;
}

static void png_more(png_structp png, png_bytep out, size_t n)
{
    png_job *job = png_get_io_ptr(png);
    if (n > job->size - job->at)
        png_error(png, "cut short");
    memcpy(out, job->data + job->at, n);
    job->at += n;
}

static png_voidp png_new(png_structp png, png_alloc_size_t n)
{
    png_job *job = png_get_mem_ptr(png);
    void *p = ga_mem_new(n, 1);
    job->memory_failed = job->memory_failed || p == NULL;
    return p;
}

static void png_free_one(png_structp png, png_voidp p)
{
    (void)png;
    ga_mem_free(p);
}

/* libpng takes memory for as many bytes as a chunk says it has before it looks whether they are
 * there. So the chunks are walked first: all lie inside of the file, up to IEND. */
static ga_status png_walk(const uint8_t *data, size_t size, const char *where, ga_err *err)
{
    ga_cursor c = ga_cursor_of(data, size, where);
    ga_status status = ga_seek(&c, 8, "PNG signature", err);
    bool ended = false;
    while (status == GA_OK && !ended) {
        const uint8_t *lead, *body;
        const size_t at = c.at;
        status = ga_read_bytes(&c, 8, &lead, "PNG chunk", err);
        if (status != GA_OK)
            break;
        const size_t n = (size_t)lead[0] << 24 | (size_t)lead[1] << 16 | (size_t)lead[2] << 8 |
                         (size_t)lead[3];
        for (int i = 4; i < 8; i++)
            if ((lead[i] | 0x20) < 'a' || (lead[i] | 0x20) > 'z')
                return ga_cursor_fail(&c, at + 4, "PNG chunk", err,
                                      "its type is %02x %02x %02x %02x, expected letters", lead[4],
                                      lead[5], lead[6], lead[7]);
        const char field[] = {'P',           'N',           'G',           ' ',           'c',
                              'h',           'u',           'n',           'k',           ' ',
                              (char)lead[4], (char)lead[5], (char)lead[6], (char)lead[7], 0};
        status = ga_read_bytes(&c, n + 4, &body, field, err); /* and its checksum */
        ended = memcmp(lead + 4, "IEND", 4) == 0;
    }
    return status;
}

/* Everything becomes 8 bits of grey, RGB, or RGBA. */
static void png_wanted_form(png_structp png, png_infop info)
{
    const int type = png_get_color_type(png, info);
    const bool alpha = (type & PNG_COLOR_MASK_ALPHA) != 0 ||
                       png_get_valid(png, info, PNG_INFO_tRNS) != 0;
    png_set_expand(png);
    png_set_scale_16(png);
    if (alpha)
        png_set_gray_to_rgb(png);
}

/* Runs under the jump of png_try. */
static void png_run(png_job *job)
{
    job->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, job, png_words, png_no_words, job,
                                        png_new, png_free_one);
    job->info = job->png == NULL ? NULL : png_create_info_struct(job->png);
    if (job->info == NULL) {
        job->status = ga_fail(job->err, GA_ENOMEM, "%s: no memory for the picture", job->where);
        return;
    }
    png_structp png = job->png;
    png_set_read_fn(png, job, png_more);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* the area counts, below */
    png_set_chunk_malloc_max(png, 1 << 20);
    png_set_chunk_cache_max(png, 16);
    /* times, texts, profiles: nobody asks for them, so libpng need not unpack them */
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(png, job->info);
    const int64_t w = png_get_image_width(png, job->info), h = png_get_image_height(png, job->info);
    job->status = check_size(w, h, job->where, job->err);
    if (job->status != GA_OK)
        return;
    const uint64_t packed = png_get_rowbytes(png, job->info) * (uint64_t)h;
    if (packed / DEFLATE_MOST > job->size)
        png_error(png, "the file is too short for its size in pixels");
    png_wanted_form(png, job->info);
    const int passes = png_set_interlace_handling(png);
    png_read_update_info(png, job->info);
    job->status = ga_image_create((int)w, (int)h, png_get_channels(png, job->info), job->out,
                                  job->err);
    if (job->status != GA_OK)
        return;
    const size_t row = png_get_rowbytes(png, job->info);
    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < (size_t)h; y++)
            png_read_row(png, job->out->pixels + y * row, NULL);
    png_read_end(png, NULL);
}

/* False if libpng gave up. What is needed after that lies in *job, not in this function. */
static bool png_try(png_job *job)
{
    if (setjmp(job->jump) != 0)
        return false;
    png_run(job);
    return true;
}

static ga_status decode_png(const uint8_t *data, size_t size, const char *where, ga_image *out,
                            ga_err *err)
{
    png_job job = {.data = data, .size = size, .where = where, .out = out, .err = err};
    ga_status status = png_walk(data, size, where, err);
    if (status != GA_OK)
        return status;
    if (png_try(&job))
        status = job.status;
    else if (job.memory_failed)
        status = ga_fail(err, GA_ENOMEM, "%s: no memory for the picture", where);
    else
        status = ga_fail(err, GA_EDATA, "%s: broken PNG near offset %zu: %s", where, job.at,
                         job.words);
    png_destroy_read_struct(&job.png, &job.info, NULL);
    if (status != GA_OK)
        ga_image_free(out);
    return status;
}

/* ---- JPEG --------------------------------------------------------------------------------- */

static ga_status fail_jpeg(tjhandle handle, const char *where, ga_err *err)
{
    return ga_fail(err, GA_EDATA, "%s: broken JPEG: %s", where, tjGetErrorStr2(handle));
}

/* A warning is an error here: it means that pixels are missing or guessed. LIMITSCANS stops
 * progressive files that would be decoded for minutes. */
static ga_status run_jpeg(tjhandle handle, const uint8_t *data, size_t size, const char *where,
                          ga_image *out, ga_err *err)
{
    int w, h, subsampling, space;
    if (tjDecompressHeader3(handle, data, size, &w, &h, &subsampling, &space) != 0)
        return fail_jpeg(handle, where, err);
    ga_status status = check_size(w, h, where, err);
    if (status != GA_OK)
        return status;
    if (space == TJCS_CMYK || space == TJCS_YCCK)
        return ga_fail(err, GA_EDATA, "%s: JPEG in printing colours (CMYK), expected RGB or grey",
                       where);
    /* a block of 64 pixels takes at least a bit in each of its scans */
    if ((uint64_t)w * (uint64_t)h / 1024 > (uint64_t)size * 8)
        return ga_fail(err, GA_EDATA, "%s: broken JPEG: %d x %d pixels in %zu bytes", where, w, h,
                       size);
    const bool grey = space == TJCS_GRAY;
    status = ga_image_create(w, h, grey ? 1 : 3, out, err);
    if (status != GA_OK)
        return status;
    const int flags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT;
    if (tjDecompress2(handle, data, size, out->pixels, w, 0, h, grey ? TJPF_GRAY : TJPF_RGB,
                      flags) == 0)
        status = ga_image_turn(out, ga_exif_orientation(data, size), err);
    else
        status = fail_jpeg(handle, where, err);
    if (status != GA_OK)
        ga_image_free(out);
    return status;
}

static ga_status decode_jpeg(const uint8_t *data, size_t size, const char *where, ga_image *out,
                             ga_err *err)
{
    tjhandle handle = tjInitDecompress();
    if (handle == NULL)
        return ga_fail(err, GA_ENOMEM, "%s: no memory for the picture", where);
    const ga_status status = run_jpeg(handle, data, size, where, out, err);
    tjDestroy(handle);
    return status;
}

ga_status ga_image_decode(const void *data, size_t size, const char *where, ga_image *out,
                          ga_err *err)
{
    static const uint8_t png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static const uint8_t jpeg[3] = {0xff, 0xd8, 0xff};
    *out = (ga_image){0};
    if (size >= sizeof png && memcmp(data, png, sizeof png) == 0)
        return decode_png(data, size, where, out, err);
    if (size >= sizeof jpeg && memcmp(data, jpeg, sizeof jpeg) == 0)
        return decode_jpeg(data, size, where, out, err);
    if (size < 4)
        return ga_fail(err, GA_EDATA, "%s: %zu bytes, expected a PNG or JPEG picture", where, size);
    const uint8_t *first = data;
    return ga_fail(err, GA_EDATA,
                   "%s: begins with %02x %02x %02x %02x, expected a PNG or JPEG picture", where,
                   first[0], first[1], first[2], first[3]);
}

ga_status ga_image_read(const char *path, ga_image *out, ga_err *err)
{
    ga_file file;
    *out = (ga_image){0};
    ga_status status = ga_file_open(path, &file, err);
    if (status != GA_OK)
        return status;
    status = ga_image_decode(file.data, file.size, path, out, err);
    ga_file_close(&file);
    return status;
}

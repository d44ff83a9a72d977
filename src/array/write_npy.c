/* write_npy.c - .npy and .npz. NumPy has no bfloat16: such arrays are written as f32, which holds
 * them exactly. */
#include "base/hash.h"
#include "array/zip.h"
#include <stdio.h>
#include <string.h>

enum {
    HEADER_MAX = 384, /* 8 dims of at most 20 digits and the words around them, padded to 64 */
    BLOCK = 4096      /* elements widened at a time */
};

static const char *const codes[] = {
    [GA_F64] = "<f8", [GA_F32] = "<f4", [GA_F16] = "<f2", [GA_BF16] = "<f4", [GA_I64] = "<i8",
    [GA_I32] = "<i4", [GA_I16] = "<i2", [GA_I8] = "|i1",  [GA_U8] = "|u1",   [GA_BOOL] = "|b1",
};

static size_t bytes_of(const ga_array *a)
{
    return a->count * (a->dtype == GA_BF16 ? sizeof(float) : ga_dtype_size(a->dtype));
}

/* Magic, version 1.0, length, dict, padding; returns the size, a multiple of 64. */
static size_t make_header(const ga_array *a, char header[HEADER_MAX])
{
    size_t at = 10;
    at += (size_t)snprintf(header + at, HEADER_MAX - at,
                           "{'descr': '%s', 'fortran_order': False, 'shape': (", codes[a->dtype]);
    for (int d = 0; d < a->rank; d++) {
        const char *after = a->rank == 1 ? "," : d + 1 < a->rank ? ", " : "";
        at += (size_t)snprintf(header + at, HEADER_MAX - at, "%lld%s", (long long)a->dim[d], after);
    }
    at += (size_t)snprintf(header + at, HEADER_MAX - at, "), }");
    const size_t size = (at + 1 + 63) / 64 * 64;
    memset(header + at, ' ', size - at);
    header[size - 1] = '\n';
    memcpy(header, "\x93NUMPY\1", 8);
    const uint16_t length = (uint16_t)(size - 10);
    memcpy(header + 8, &length, sizeof length);
    return size;
}

/* Gives the array's bytes, in pieces, to take. */
static void each_piece(const ga_array *a, void (*take)(void *user, const void *data, size_t size),
                       void *user)
{
    if (a->dtype != GA_BF16) {
        if (a->count > 0)
            take(user, a->data, bytes_of(a));
        return;
    }
    float block[BLOCK];
    const uint8_t *bytes = a->data;
    for (size_t i = 0; i < a->count; i += BLOCK) {
        const size_t n = a->count - i < BLOCK ? a->count - i : BLOCK;
        const ga_array part = {.dtype = GA_BF16, .count = n, .data = bytes + 2 * i};
        ga_array_to_f32(&part, block);
        take(user, block, n * sizeof *block);
    }
}

static void take_crc(void *user, const void *data, size_t size)
{
    uint32_t *crc = user;
    *crc = ga_crc32(*crc, data, size);
}

static void take_file(void *user, const void *data, size_t size)
{
    ga_writer_add(user, data, size);
}

static void take_zip(void *user, const void *data, size_t size)
{
    ga_zip_data(user, data, size);
}

ga_status ga_write_npy(ga_writer *out, const ga_array *array, ga_err *err)
{
    char header[HEADER_MAX];
    (void)err;
    ga_writer_add(out, header, make_header(array, header));
    each_piece(array, take_file, out);
    return GA_OK;
}

ga_status ga_write_npz(ga_writer *out, const ga_array *arrays, int n, ga_err *err)
{
    ga_zip_maker zip = {.out = out};
    bool failed = false;
    for (int i = 0; i < n; i++) {
        char header[HEADER_MAX];
        const size_t size = make_header(&arrays[i], header);
        uint32_t crc = ga_crc32(0, header, size);
        each_piece(&arrays[i], take_crc, &crc);
        ga_text name = {0};
        ga_text_addf(&name, "%s.npy", arrays[i].name);
        failed = failed || name.failed;
        if (!failed) {
            ga_zip_add(&zip, name.data, crc, size + bytes_of(&arrays[i]));
            ga_zip_data(&zip, header, size);
            each_piece(&arrays[i], take_zip, &zip);
        }
        ga_text_free(&name);
    }
    const ga_status status = ga_zip_end(&zip, err);
    return failed ? ga_fail(err, GA_ENOMEM, "no memory for the names of a .npz file") : status;
}

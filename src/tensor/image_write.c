/* PNG out (W3C PNG second edition): IHDR, one IDAT, IEND. The same pixels always give the same
 * bytes, with nothing in them about time or program. libdeflate packs several times faster than
 * zlib, and one fixed filter is enough: none for grey, where sheets of digits are mostly runs of
 * white and black, and Sub for colour. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/hash.h"
#include "ganatomy/image.h"
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

enum { LEVEL = 6, FILTER_NONE = 0, FILTER_SUB = 1, CHUNK_EXTRA = 12 };

static const uint8_t SIGNATURE[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

static uint8_t *put_u32be(uint8_t *p, uint32_t x)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(x >> (24 - 8 * i));
    return p + 4;
}

/* Puts length, type and CRC around the n bytes of data that already lie at p + 8. */
static uint8_t *finish_chunk(uint8_t *p, const char *type, size_t n)
{
    put_u32be(p, (uint32_t)n);
    memcpy(p + 4, type, 4);
    return put_u32be(p + 8 + n, ga_crc32(0, p + 4, n + 4));
}

static uint8_t *put_header(uint8_t *p, const ga_image *image)
{
    uint8_t *data = p + 8;
    data = put_u32be(data, (uint32_t)image->w);
    data = put_u32be(data, (uint32_t)image->h);
    *data++ = 8;                                         /* bits a sample */
    *data++ = image->c == 1 ? 0 : image->c == 3 ? 2 : 6; /* colour type */
    memset(data, 0, 3); /* deflate, the standard filters, not interlaced */
    return finish_chunk(p, "IHDR", 13);
}

/* Rows with a filter byte in front of each. */
static void filter_rows(const ga_image *image, uint8_t *out)
{
    const size_t c = (size_t)image->c, row = (size_t)image->w * c;
    for (size_t y = 0; y < (size_t)image->h; y++) {
        const uint8_t *src = image->pixels + y * row;
        *out++ = c == 1 ? FILTER_NONE : FILTER_SUB;
        memcpy(out, src, row);
        for (size_t i = c; c > 1 && i < row; i++)
            out[i] = (uint8_t)(src[i] - src[i - c]);
        out += row;
    }
}

ga_status ga_image_encode_png(const ga_image *image, uint8_t **data, size_t *size, ga_err *err)
{
    *data = NULL;
    if (image->w < 1 || image->h < 1 || (image->c != 1 && image->c != 3 && image->c != 4))
        return ga_fail(err, GA_EINVAL, "a picture of %d x %d with %d channels cannot be a PNG",
                       image->w, image->h, image->c);
    const size_t raw = (size_t)image->h * ((size_t)image->w * (size_t)image->c + 1);
    ga_status status = GA_OK;
    uint8_t *rows = NULL, *png = NULL;
    struct libdeflate_compressor *packer = libdeflate_alloc_compressor(LEVEL);
    const size_t bound = packer == NULL ? 0 : libdeflate_zlib_compress_bound(packer, raw);
    rows = ga_mem_new(raw, 1);
    png = ga_mem_new(bound + sizeof SIGNATURE + 13 + 3 * CHUNK_EXTRA, 1);
    if (packer == NULL || rows == NULL || png == NULL) {
        status = ga_fail(err, GA_ENOMEM, "no memory for a PNG of %d x %d", image->w, image->h);
        goto done;
    }
    filter_rows(image, rows);
    memcpy(png, SIGNATURE, sizeof SIGNATURE);
    uint8_t *p = put_header(png + sizeof SIGNATURE, image);
    const size_t packed = libdeflate_zlib_compress(packer, rows, raw, p + 8, bound);
    if (packed == 0 || packed > INT32_MAX) { /* a chunk's length has 31 bits */
        status = ga_fail(err, GA_EFAILED, "a picture of %d x %d does not fit into a PNG", image->w,
                         image->h);
        goto done;
    }
    p = finish_chunk(p, "IDAT", packed);
    p = finish_chunk(p, "IEND", 0);
    *size = (size_t)(p - png);
    *data = png;
    png = NULL;
done:
    ga_mem_free(png);
    ga_mem_free(rows);
    libdeflate_free_compressor(packer);
    return status;
}

void ga_image_bytes_free(uint8_t *data)
{
    ga_mem_free(data);
}

ga_status ga_image_write_png(const char *path, const ga_image *image, ga_err *err)
{
    uint8_t *data;
    size_t size = 0;
    ga_status status = ga_image_encode_png(image, &data, &size, err);
    if (data == NULL)
        return ga_fail_in(err, status, "'%s'", path);
    status = ga_file_write(path, data, size, err);
    ga_image_bytes_free(data);
    return status;
}

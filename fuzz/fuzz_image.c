/* fuzz_image.c - a picture from outside, PNG or JPEG: read, written as PNG, read again; and the
 * note of a camera, also in a JPEG whose pixels are broken. */
#include "ganatomy/image.h"
#include "tensor/exif.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ga_err err;
    ga_image first, second;
    uint8_t *png;
    size_t png_size;
    const int orientation = ga_exif_orientation(data, size);
    if (orientation < 1 || orientation > 8)
        abort();
    if (ga_image_decode(data, size, "fuzz", &first, &err) != GA_OK) {
        if (first.pixels != NULL || err.text[0] == 0)
            abort();
        return 0;
    }
    /* large ones are read, but writing each would only make the search slow */
    if ((size_t)first.w * (size_t)first.h < 100000) {
        if (ga_image_encode_png(&first, &png, &png_size, &err) != GA_OK ||
            ga_image_decode(png, png_size, "again", &second, &err) != GA_OK)
            abort();
        const size_t n = (size_t)first.w * (size_t)first.h * (size_t)first.c;
        if (second.w != first.w || second.h != first.h || second.c != first.c ||
            memcmp(second.pixels, first.pixels, n) != 0)
            abort();
        ga_image_free(&second);
        ga_image_bytes_free(png);
    }
    ga_image_free(&first);
    return 0;
}

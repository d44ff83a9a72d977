/* drawing.h - a generator whose units draw shapes that are known, so that tests can count what is
 * to be found.
 *
 * Of three gates each is on (1) in the images whose latent has a positive number for it, else 0.
 * The tap "units" has four units of 8x8, which draw what they are told for each gate; the picture
 * is a mixture of them, black where nothing is drawn. */
#ifndef GA_TEST_DRAWING_H
#define GA_TEST_DRAWING_H
#include "models.h"

enum { RED, GREEN, BLUE, GATES, UNITS = 4, SIDE = 8 };

/* A unit is 1 more in these rows and columns (ends excluded) while the gate is on. */
typedef struct stroke {
    int gate, unit, top, bottom, left, right;
} stroke;

/* Units 0, 1, 2 draw a red, a green and a blue shape; no two touch the same pixel. */
static const stroke shapes[GATES] = {
    {RED, RED, 0, 3, 0, 4}, {GREEN, GREEN, 4, 8, 0, 3}, {BLUE, BLUE, 2, 7, 5, 8}};
static const float plain[GATES * UNITS] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};

/* ground: what units are where they draw nothing. mixture (3,UNITS): red, green and blue of the
 * picture from what units draw. Ended by ga_model_free. */
static inline ga_model *make_drawing(const stroke *strokes, int n, const float ground[UNITS],
                                     const float mixture[3 * UNITS])
{
    ga_model *m = model_described(
        "{\"format\": \"ganatomy-arch-1\", \"name\": \"drawing\","
        " \"input\": {\"name\": \"z\", \"size\": 3, \"law\": \"normal\"},"
        " \"output\": {\"range\": [0, 1]}, \"layers\": ["
        "{\"name\": \"gate\", \"type\": \"Conv2d\", \"in_channels\": 3, \"out_channels\": 3,"
        " \"kernel_size\": 1, \"bias\": false},"
        "{\"name\": \"on\", \"type\": \"Sigmoid\"},"
        "{\"name\": \"units\", \"type\": \"ConvTranspose2d\", \"in_channels\": 3,"
        " \"out_channels\": 4, \"kernel_size\": 8},"
        "{\"name\": \"picture\", \"type\": \"Conv2d\", \"in_channels\": 4, \"out_channels\": 3,"
        " \"kernel_size\": 1}]}");
    float *units = weights_of(m, "units.weight"), *black = weights_of(m, "picture.bias");
    for (int g = 0; g < GATES; g++)
        weights_of(m, "gate.weight")[g * GATES + g] = 1e6F;
    for (int i = 0; i < n; i++)
        for (int y = strokes[i].top; y < strokes[i].bottom; y++)
            for (int x = strokes[i].left; x < strokes[i].right; x++)
                units[((strokes[i].gate * UNITS + strokes[i].unit) * SIDE + y) * SIDE + x] = 1;
    memcpy(weights_of(m, "units.bias"), ground, UNITS * sizeof *ground);
    memcpy(weights_of(m, "picture.weight"), mixture, sizeof plain);
    for (int c = 0; c < 3; c++)
        for (int u = 0; u < UNITS; u++)
            black[c] -= ground[u] * mixture[c * UNITS + u];
    ga_params_changed(ga_model_params(m));
    return m;
}
#endif

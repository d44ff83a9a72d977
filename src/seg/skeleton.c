/* skeleton.c - thinning by simple points. */
#include "seg/skeleton.h"
#include <stdbool.h>
#include <stddef.h>

static const int dy[8] = {0, -1, -1, -1, 0, 1, 1, 1}, dx[8] = {1, 1, 0, -1, -1, -1, 0, 1};

int ga_skeleton_around(const uint8_t *bone, int h, int w, int y, int x, uint8_t around[8])
{
    int n = 0;
    for (int i = 0; i < 8; i++) {
        const int v = y + dy[i], u = x + dx[i];
        around[i] = v >= 0 && v < h && u >= 0 && u < w ? bone[(size_t)v * (size_t)w + (size_t)u]
                                                       : 0;
        n += around[i];
    }
    return n;
}

int ga_skeleton_branches(const uint8_t around[8])
{
    int runs = 0;
    for (int i = 0; i < 8; i++)
        runs += around[i] == 0 && around[(i + 1) % 8] != 0;
    return runs;
}

/* Pieces of ink around the pixel, as far as they would fall apart without it, where ground is on
 * one of its sides. */
static int crossing_number(const uint8_t a[8])
{
    int n = 0;
    for (int i = 0; i < 8; i += 2)
        n += a[i] == 0 && (a[i + 1] != 0 || a[(i + 2) % 8] != 0);
    return n;
}

static bool may_go(const uint8_t *ink, int h, int w, int y, int x)
{
    uint8_t around[8];
    return ga_skeleton_around(ink, h, w, y, x, around) > 1 && crossing_number(around) == 1;
}

static bool peel(uint8_t *ink, int h, int w, int side, uint8_t *marked)
{
    bool gone = false;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const size_t at = (size_t)y * (size_t)w + (size_t)x;
            uint8_t around[8];
            ga_skeleton_around(ink, h, w, y, x, around);
            marked[at] = ink[at] != 0 && around[side] == 0;
        }
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const size_t at = (size_t)y * (size_t)w + (size_t)x;
            if (marked[at] && may_go(ink, h, w, y, x)) {
                ink[at] = 0;
                gone = true;
            }
        }
    return gone;
}

void ga_skeleton(uint8_t *ink, int h, int w, uint8_t *room)
{
    static const int sides[4] = {2, 6, 4, 0}; /* above, below, left, right */
    bool gone = true;
    while (gone) {
        gone = false;
        for (int i = 0; i < 4; i++)
            gone = peel(ink, h, w, sides[i], room) || gone;
    }
}

/* grid.c - one map on the pixels, for whoever wants to see what the statistics see. */
#include "stat/lay.h"
#include <string.h>

ga_status ga_grid_lay(ga_grid grid, const float *map, float *out, ga_err *err)
{
    ga_lay *l;
    ga_status status = ga_lay_create(grid, 1, &l, err);
    if (status != GA_OK)
        return status;
    ga_lay_room *room = l->room;
    status = ga_maps_check(l->isa, map, 1, (size_t)grid.h * (size_t)grid.w, 1, err);
    if (status == GA_OK) {
        float row[GA_LAY_MAX];
        const uint32_t all = ga_lay_all(l);
        ga_lay_take(l, room, map);
        for (int y = 0; y < grid.H; y++) {
            const int at = l->y.at[y];
            const float *p = ga_lay_row(l, room, at, all), *q = ga_lay_row(l, room, at + 1, all);
            l->isa->blend(p, q, l->y.share[y], all, row);
            memcpy(out + (size_t)y * (size_t)grid.W, row, (size_t)grid.W * sizeof *out);
        }
    }
    ga_lay_free(l);
    return status;
}

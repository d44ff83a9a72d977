/* quad.c - pieces by flooding, a queue for all of them; each is divided when it is complete. */
#include "seg/quad.h"
#include <string.h>

typedef struct field {
    const uint16_t *objects;
    int h, w, step;
    uint16_t *rows, *columns; /* while a piece is flooded, its pixels in rows are not 0 */
    int *queue;               /* pixels of a piece behind those of the ones before */
} field;

static void visit(field *f, int y, int x, uint16_t label, int *end)
{
    if (y < 0 || x < 0 || y >= f->h || x >= f->w)
        return;
    const int at = y * f->w + x;
    if (f->objects[at] != label || f->rows[at] != 0)
        return;
    f->rows[at] = label;
    f->queue[(*end)++] = at;
}

/* The piece of a pixel into the queue from begin on; returns its end. */
static int flood(field *f, int from, int begin)
{
    int end = begin;
    visit(f, from / f->w, from % f->w, f->objects[from], &end);
    for (int i = begin; i < end; i++) {
        const int y = f->queue[i] / f->w, x = f->queue[i] % f->w;
        for (int dy = -1; dy <= 1; dy++)
            for (int dx = -1; dx <= 1; dx++)
                visit(f, y + dy, x + dx, f->objects[from], &end);
    }
    return end;
}

static void divide(field *f, int begin, int end)
{
    int top = f->h, bottom = 0, left = f->w, right = 0;
    for (int i = begin; i < end; i++) {
        const int y = f->queue[i] / f->w, x = f->queue[i] % f->w;
        top = y < top ? y : top;
        bottom = y > bottom ? y : bottom;
        left = x < left ? x : left;
        right = x > right ? x : right;
    }
    const int row = (top + bottom + 1) / 2, column = (left + right + 1) / 2;
    for (int i = begin; i < end; i++) {
        const int at = f->queue[i], label = f->objects[at];
        f->rows[at] = (uint16_t)(label + f->step * (at / f->w < row ? 1 : 3));
        f->columns[at] = (uint16_t)(label + f->step * (at % f->w < column ? 2 : 4));
    }
}

void ga_quad_split(const uint16_t *objects, int h, int w, int step, bool skip_last, uint16_t *rows,
                   uint16_t *columns, int *room)
{
    field f = {objects, h, w, step, rows, columns, room};
    int begin = 0, end = 0; /* of the piece found last */
    memset(rows, 0, (size_t)h * (size_t)w * sizeof *rows);
    memset(columns, 0, (size_t)h * (size_t)w * sizeof *columns);
    for (int at = 0; at < h * w; at++) {
        if (objects[at] == 0 || rows[at] != 0)
            continue;
        if (end > begin)
            divide(&f, begin, end);
        begin = end;
        end = flood(&f, at, begin);
    }
    if (!skip_last && end > begin)
        divide(&f, begin, end);
    for (int i = begin; i < end && skip_last; i++)
        rows[room[i]] = 0;
}

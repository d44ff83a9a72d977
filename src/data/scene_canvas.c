/* scene_canvas.c - shapes onto the sample points of a scene, row by row. */
#include "data/scene.h"
#include <math.h>

int ga_canvas_add(canvas *c, surface s)
{
    if (c->n == MAX_SURFACES)
        c->n--;
    s.grain = s.size > 0 ? 1 / s.size : 0;
    c->surfaces[c->n] = s;
    return c->n++;
}

/* The first point whose centre is at or right of (below) v, within 0..side. */
static int first_at(const canvas *c, double v)
{
    const double at = ceil(v * c->side - 0.5);
    return at <= 0 ? 0 : at >= c->side ? c->side : (int)at;
}

static double centre_of(const canvas *c, int i)
{
    return (i + 0.5) / c->side;
}

static void fill(canvas *c, int id, int over, int row, double x0, double x1)
{
    const int from = first_at(c, x0), to = first_at(c, x1);
    uint8_t *at = c->id + (size_t)row * (size_t)c->side;
    for (int i = from; i < to; i++)
        if (over == ANY || at[i] == over)
            at[i] = (uint8_t)id;
}

void ga_canvas_box(canvas *c, int id, int over, double x0, double y0, double x1, double y1)
{
    for (int row = first_at(c, y0); row < first_at(c, y1); row++)
        fill(c, id, over, row, x0, x1);
}

/* Where the row at y crosses the edges, ascending; their number. */
static int crossings(const point *p, int n, double y, double *x)
{
    int count = 0;
    for (int i = 0; i < n; i++) {
        const point a = p[i], b = p[(i + 1) % n];
        if ((a.y <= y) == (b.y <= y))
            continue;
        const double at = a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x);
        int k = count++;
        for (; k > 0 && x[k - 1] > at; k--)
            x[k] = x[k - 1];
        x[k] = at;
    }
    return count;
}

void ga_canvas_polygon(canvas *c, int id, int over, const point *p, int n)
{
    double top = p[0].y, bottom = p[0].y, x[64];
    for (int i = 1; i < n; i++) {
        top = p[i].y < top ? p[i].y : top;
        bottom = p[i].y > bottom ? p[i].y : bottom;
    }
    for (int row = first_at(c, top); row < first_at(c, bottom); row++) {
        const int count = crossings(p, n, centre_of(c, row), x);
        for (int k = 0; k + 1 < count; k += 2)
            fill(c, id, over, row, x[k], x[k + 1]);
    }
}

void ga_canvas_ellipse(canvas *c, int id, int over, point centre, double rx, double ry,
                       double rough, double floor)
{
    const uint32_t seed = c->surfaces[id].seed;
    const double bottom = centre.y + ry < floor ? centre.y + ry : floor;
    for (int row = first_at(c, centre.y - ry); row < first_at(c, bottom); row++) {
        const double y = centre_of(c, row), v = (y - centre.y) / ry;
        const double half = rx * sqrt(v * v < 1 ? 1 - v * v : 0);
        double left = 0, right = 0;
        if (rough > 0) { /* leaves stick out a little, but not beyond the crown's top and foot */
            const double reach = half < rough * 3 ? half / 3 : rough;
            left = reach * (2 * ga_noise(seed, y * 40, 0.5) - 1);
            right = reach * (2 * ga_noise(seed, y * 40, 7.5) - 1);
        }
        fill(c, id, over, row, centre.x - half - left, centre.x + half + right);
    }
}

void ga_canvas_twigs(canvas *c, int id, point centre, double rx, double ry, double share, double g)
{
    const uint32_t seed = c->surfaces[id].seed;
    for (int row = first_at(c, centre.y - ry); row < first_at(c, centre.y + ry); row++) {
        const double y = centre_of(c, row), v = (y - centre.y) / ry;
        const double half = rx * sqrt(v * v < 1 ? 1 - v * v : 0);
        uint8_t *at = c->id + (size_t)row * (size_t)c->side;
        for (int i = first_at(c, centre.x - half); i < first_at(c, centre.x + half); i++) {
            const double x = centre_of(c, i), u = (x - centre.x) / rx;
            const double here = share * (1.15 - 0.45 * (u * u + v * v));
            if (ga_noise(seed, x / g, y / g) < here)
                at[i] = (uint8_t)id;
        }
    }
}

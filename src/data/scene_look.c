/* scene_look.c - what a surface looks like at a point: colour, soft light, a simple texture. */
#include "data/scene.h"
#include <math.h>

/* -1..1 */
static double noise2(uint32_t seed, double x, double y)
{
    return 2 * ga_noise(seed, x, y) - 1;
}

static inline rgb flat(const surface *s, double x, double y)
{
    (void)x;
    (void)y;
    return s->color;
}

static inline rgb cloud(const surface *s, double x, double y)
{
    (void)x;
    return mix_rgb(s->color, s->second, ramp(s->y0, s->y1, y));
}

static inline rgb sky(const surface *s, double x, double y)
{
    const double t = ramp(0, s->y1, y);
    const double dx = x - s->x0, dy = y - s->y0, d = dx * dx + dy * dy;
    const rgb c = mix_rgb(s->color, s->second, t);
    return mix_rgb(c, (rgb){1, 0.96, 0.82}, s->contrast / (1 + 60 * d)); /* the sun's glow */
}

static inline rgb mountain(const surface *s, double x, double y)
{
    const double rock = noise2(s->seed, x * s->grain + y * 4, y * s->grain * 0.7);
    const double haze = ramp(s->y0, s->y1, y); /* y0 peak, y1 horizon */
    const rgb c = scale_rgb(s->color, 1 + s->contrast * rock);
    return mix_rgb(c, s->second, 0.35 * haze);
}

static inline rgb ground(const surface *s, double x, double y)
{
    const double depth = (y - s->y0) / (1 - s->y0), near = 0.15 + 0.85 * clamp01(depth),
                 g = s->grain / near;
    const double blades = noise2(s->seed, x * g, y * g * 2.8);
    const double patch = noise2(s->seed + 1, x * 3, y * 9);
    const rgb c = mix_rgb(s->second, s->color, ramp(-0.1, 0.5, depth));
    return scale_rgb(c, 1 + s->contrast * (0.6 * blades * near + 0.6 * patch));
}

static inline rgb water(const surface *s, double x, double y)
{
    const double depth = clamp01((y - s->y0) / (s->y1 - s->y0));
    const double near = 0.35 + 0.65 * clamp01((y - s->size) / (1 - s->size)); /* size: horizon */
    const double g = 1 / near, ripple = noise2(s->seed, x * g * 6.25, y * g * 38);
    return scale_rgb(mix_rgb(s->second, s->color, depth), 1 + s->contrast * ripple);
}

/* Courses of stones: mortar between them, each stone a little different. */
static inline rgb brick(const surface *s, double x, double y)
{
    const double rows = (y - s->y0) * s->grain * 2;
    const int row = cell_of(rows);
    const double columns = (x - s->x0) * s->grain + ((row & 1) != 0 ? 0.5 : 0);
    const int column = cell_of(columns);
    const double v = rows - row, u = columns - column;
    if (v < 0.2 || u < 0.1)
        return mix_rgb(s->color, s->second, 0.55);
    return scale_rgb(s->color, 1 + s->contrast * (2 * ga_noise_hash(s->seed, column, row) - 1));
}

static inline rgb planks(const surface *s, double x, double y)
{
    const double boards = (x - s->x0) * s->grain;
    const int board = cell_of(boards);
    const double u = boards - board;
    const double grain = 0.3 * noise2(s->seed + 1, board * 3.7, y * 12);
    const double f = 1 + s->contrast * (2 * ga_noise_hash(s->seed, board, 0) - 1 + grain);
    return scale_rgb(s->color, u < 0.18 ? 0.8 * f : f);
}

static inline rgb tiles(const surface *s, double x, double y)
{
    const double rows = (y - s->y0) * s->grain;
    const int row = cell_of(rows);
    const double v = rows - row;
    const int column = cell_of((x - s->x0) * s->grain + ((row & 1) != 0 ? 0.5 : 0));
    const double own = 2 * ga_noise_hash(s->seed, column, row) - 1;
    return scale_rgb(s->color, 1 + s->contrast * (0.7 * own + 0.9 - 1.8 * v));
}

/* A ball lit from above and one side. */
static double ball(const surface *s, double x, double y)
{
    const double u = (x - s->x0) / s->x1, v = (y - s->y0) / s->y1;
    return 1 + s->light * u - 0.16 * v - 0.06 * (u * u + v * v);
}

static inline rgb dome(const surface *s, double x, double y)
{
    return scale_rgb(s->color, ball(s, x, y));
}

static inline rgb foliage(const surface *s, double x, double y)
{
    const double leaves = noise2(s->seed, x * s->grain, y * s->grain);
    const double fine = noise2(s->seed + 1, x * s->grain * 2, y * s->grain * 2);
    return scale_rgb(s->color, ball(s, x, y) + s->contrast * (0.7 * leaves + 0.4 * fine));
}

static inline rgb window(const surface *s, double x, double y)
{
    double u = (x - s->x0) / s->x1, v = (y - s->y0) / s->y1;
    u -= cell_of(u);
    v -= cell_of(v);
    const double f = s->size; /* of the frame, in windows */
    const bool bar = (u > 0.5 - f * 0.4 && u < 0.5 + f * 0.4) ||
                     (v > 0.45 - f * 0.3 && v < 0.45 + f * 0.3);
    if (u < f || u > 1 - f || v < f || v > 1 - f || bar)
        return s->second;
    return scale_rgb(s->color, 1.12 - s->contrast * (u * 0.5 + v * 0.5));
}

static inline rgb path(const surface *s, double x, double y)
{
    return scale_rgb(s->color, 1 + s->contrast * noise2(s->seed, x * s->grain, y * s->grain * 2.5));
}

static inline rgb plaster(const surface *s, double x, double y)
{
    return scale_rgb(s->color, 1 + s->contrast * noise2(s->seed, x * s->grain, y * s->grain));
}

/* One look at the points of a row: what depends on y alone is worked out once. */
#define OF_ROW(of_point)                                                                           \
    for (int i = 0; i < SAMPLES; i++)                                                              \
    out[i] = of_point(s, x[i], y)

static void textured(const surface *s, const double *x, double y, rgb *out)
{
    switch (s->look) {
    case LOOK_SKY:
        OF_ROW(sky);
        break;
    case LOOK_CLOUD:
        OF_ROW(cloud);
        break;
    case LOOK_MOUNTAIN:
        OF_ROW(mountain);
        break;
    case LOOK_GROUND:
        OF_ROW(ground);
        break;
    case LOOK_WATER:
        OF_ROW(water);
        break;
    case LOOK_PATH:
        OF_ROW(path);
        break;
    case LOOK_BRICK:
        OF_ROW(brick);
        break;
    case LOOK_PLASTER:
        OF_ROW(plaster);
        break;
    case LOOK_PLANKS:
        OF_ROW(planks);
        break;
    case LOOK_TILES:
        OF_ROW(tiles);
        break;
    case LOOK_FOLIAGE:
        OF_ROW(foliage);
        break;
    case LOOK_DOME:
        OF_ROW(dome);
        break;
    case LOOK_WINDOW:
        OF_ROW(window);
        break;
    case LOOK_SUN:
    case LOOK_FLAT:
        OF_ROW(flat);
    }
}

void ga_surface_colors(const surface *s, const double *x, double y, rgb *out)
{
    textured(s, x, y, out);
    if (s->light == 0 || s->look == LOOK_FOLIAGE || s->look == LOOK_DOME)
        return;
    for (int i = 0; i < SAMPLES; i++)
        out[i] = scale_rgb(out[i], 1 + s->light * clamp01((x[i] - s->x0) / (s->x1 - s->x0)));
}

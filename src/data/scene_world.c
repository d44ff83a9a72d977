/* scene_world.c - sky, mountains, ground, water and paths: what a scene has before anything stands
 * in it, and the order of everything. */
#include "data/scene.h"

double ga_draw(scene_plan *p, double lo, double hi)
{
    return lo + (hi - lo) * ga_rng_uniform(&p->rng);
}

bool ga_chance(scene_plan *p, double share)
{
    return ga_rng_uniform(&p->rng) < share;
}

int ga_choose(scene_plan *p, int n)
{
    return (int)ga_rng_below(&p->rng, (uint32_t)n);
}

rgb ga_paint(scene_plan *p, uint32_t hex, double spread)
{
    const double f = 1 + ga_draw(p, -spread, spread);
    const double r = ga_draw(p, -spread, spread) * 0.3, g = ga_draw(p, -spread, spread) * 0.3;
    const double b = ga_draw(p, -spread, spread) * 0.3;
    return (rgb){clamp01((double)(hex >> 16 & 255) / 255 * f + r),
                 clamp01((double)(hex >> 8 & 255) / 255 * f + g),
                 clamp01((double)(hex & 255) / 255 * f + b)};
}

static rgb in_light(const scene_plan *p, rgb c)
{
    const double mean = (c.r + c.g + c.b) / 3;
    c = mix_rgb(c, (rgb){mean, mean, mean}, p->grey);
    return (rgb){c.r * p->tint.r, c.g * p->tint.g, c.b * p->tint.b};
}

int ga_add_lit(scene_plan *p, surface s)
{
    s.color = in_light(p, s.color);
    s.second = in_light(p, s.second);
    s.seed = (uint32_t)ga_rng_u64(&p->rng);
    return ga_canvas_add(p->canvas, s);
}

double ga_nearness(const scene_plan *p, double y)
{
    return 0.35 + 0.65 * clamp01((y - p->horizon) / (1 - p->horizon));
}

/* ---- sky --------------------------------------------------------------------------------------*/

static void set_light(scene_plan *p)
{
    const double roll = ga_draw(p, 0, 1);
    p->light = roll < 0.58 ? DAY : roll < 0.8 ? EVENING : OVERCAST;
    p->lit = ga_chance(p, 0.5) ? 1 : -1;
    static const rgb dim[] = {{1, 0.98, 0.94}, {0.94, 0.76, 0.64}, {0.88, 0.9, 0.9}};
    static const rgb bright[] = {{1, 1, 1}, {1, 0.84, 0.78}, {0.88, 0.9, 0.95}};
    static const double grey[] = {0, 0.05, 0.22};
    p->tint.r = ga_draw(p, dim[p->light].r, bright[p->light].r);
    p->tint.g = ga_draw(p, dim[p->light].g, bright[p->light].g);
    p->tint.b = ga_draw(p, dim[p->light].b, bright[p->light].b);
    p->grey = grey[p->light];
}

static void draw_cloud(scene_plan *p, double x, double y, double w)
{
    static const rgb top[] = {{1, 1, 1}, {1, 0.86, 0.78}, {0.87, 0.88, 0.9}};
    static const rgb foot[] = {{0.86, 0.89, 0.94}, {0.86, 0.6, 0.6}, {0.72, 0.74, 0.77}};
    const double h = w * ga_draw(p, 0.2, 0.28), floor = y + h * 0.55;
    const int id = ga_canvas_add(p->canvas, (surface){.object = L_CLOUD,
                                                      .look = LOOK_CLOUD,
                                                      .color = top[p->light],
                                                      .second = foot[p->light],
                                                      .y0 = y - h * 0.3,
                                                      .y1 = floor});
    const int bumps = 3 + ga_choose(p, 3);
    for (int i = 0; i < bumps; i++) {
        const double t = bumps > 1 ? (double)i / (bumps - 1) * 2 - 1 : 0; /* -1..1 */
        const double r = w * ga_draw(p, 0.2, 0.27) * (1 - 0.35 * t * t);
        ga_canvas_ellipse(p->canvas, id, ANY, (point){x + t * w * 0.36, y + h * 0.3 * t * t},
                          r * 1.1, r * 0.8, 0, floor);
    }
}

static void draw_sky(scene_plan *p)
{
    static const uint32_t zenith[] = {0x4f94dd, 0x6d78b8, 0xa9b2bd},
                          low[] = {0xc4e2f6, 0xf8bd88, 0xd3d8dc};
    const bool sun = p->light != OVERCAST && ga_chance(p, p->light == EVENING ? 0.6 : 0.5);
    const double r = ga_draw(p, 0.065, 0.092);
    const double x = p->lit > 0 ? ga_draw(p, 0.6, 0.9) : ga_draw(p, 0.1, 0.4);
    const double y = p->light == EVENING ? p->horizon - ga_draw(p, 0.08, 0.3)
                                         : ga_draw(p, 0.1, 0.2);
    const rgb above = ga_paint(p, zenith[p->light], 0.08), below = ga_paint(p, low[p->light], 0.04);
    const int sky = ga_canvas_add(p->canvas, (surface){.object = L_SKY,
                                                       .look = LOOK_SKY,
                                                       .color = above,
                                                       .second = below,
                                                       .x0 = x,
                                                       .y0 = y,
                                                       .y1 = p->horizon,
                                                       .contrast = sun ? 0.5 : 0});
    ga_canvas_box(p->canvas, sky, ANY, 0, 0, 1, 1);
    if (sun) {
        const rgb c = p->light == EVENING ? (rgb){1, ga_draw(p, 0.62, 0.76), 0.3}
                                          : (rgb){1, 0.93, 0.45};
        const int id = ga_canvas_add(p->canvas,
                                     (surface){.object = L_SUN, .look = LOOK_SUN, .color = c});
        ga_canvas_ellipse(p->canvas, id, ANY, (point){x, y}, r, r, 0, 1);
    }
    const int clouds = p->light == OVERCAST ? 2 + ga_choose(p, 3) : ga_choose(p, 4);
    for (int i = 0; i < clouds; i++) {
        const double w = ga_draw(p, 0.26, 0.46), at = ga_draw(p, -0.02, 1.02);
        draw_cloud(p, at, ga_draw(p, 0.07, p->horizon * 0.62), w);
    }
}

/* ---- mountains --------------------------------------------------------------------------------*/

/* Peaks as a chain of slopes; snow lies above a line that zigzags across each. */
static void draw_peaks(scene_plan *p, double height, rgb color, rgb haze)
{
    const double top = p->horizon - height;
    const int rock = ga_add_lit(p, (surface){.object = L_MOUNTAIN,
                                             .material = M_STONE,
                                             .look = LOOK_MOUNTAIN,
                                             .color = color,
                                             .second = haze,
                                             .y0 = top,
                                             .y1 = p->horizon,
                                             .size = 0.09,
                                             .contrast = 0.09});
    const bool caps = p->season == WINTER || ga_chance(p, 0.5);
    const int cap = ga_add_lit(p, (surface){.object = L_MOUNTAIN,
                                            .material = M_SNOW,
                                            .look = LOOK_FLAT,
                                            .color = {0.95, 0.96, 0.98}});
    const int n = 2 + ga_choose(p, 3);
    for (int i = 0; i < n; i++) {
        const double x = (i + ga_draw(p, 0.1, 0.9)) / n, h = height * ga_draw(p, 0.55, 1);
        const double w = h * ga_draw(p, 1, 1.5), y = p->horizon - h,
                     lean = ga_draw(p, -0.15, 0.15) * w;
        const point slope[] = {
            {x + lean, y}, {x + w, p->horizon + 0.02}, {x - w, p->horizon + 0.02}};
        ga_canvas_polygon(p->canvas, rock, ANY, slope, 3);
        if (!caps || h < 0.1)
            continue;
        const double f = ga_draw(p, 0.28, 0.42), d = h * f; /* down the slopes from the peak */
        const double l = x + lean + (x - w - x - lean) * f, r = x + lean + (x + w - x - lean) * f;
        const point snow[] = {{x + lean, y},
                              {r, y + d},
                              {mix(l, r, 0.68), y + d * 0.72},
                              {mix(l, r, 0.5), y + d * 1.1},
                              {mix(l, r, 0.3), y + d * 0.7},
                              {l, y + d}};
        ga_canvas_polygon(p->canvas, cap, rock, snow, 6);
    }
}

static void draw_hills(scene_plan *p, double height, rgb color, rgb haze)
{
    const int id = ga_add_lit(p, (surface){.object = L_MOUNTAIN,
                                           .material = M_STONE,
                                           .look = LOOK_MOUNTAIN,
                                           .color = color,
                                           .second = haze,
                                           .y0 = p->horizon - height,
                                           .y1 = p->horizon,
                                           .size = 0.12,
                                           .contrast = 0.05});
    const int n = 2 + ga_choose(p, 2);
    for (int i = 0; i < n; i++) {
        const double h = height * ga_draw(p, 0.6, 1), x = (i + ga_draw(p, 0, 1)) / n;
        ga_canvas_ellipse(p->canvas, id, ANY, (point){x, p->horizon + 0.02}, ga_draw(p, 0.28, 0.5),
                          h, 0, p->horizon + 0.02);
    }
}

static void draw_mountains(scene_plan *p)
{
    if (!ga_chance(p, 0.6))
        return;
    static const uint32_t rocks[] = {0x7f8592, 0x8a7f78, 0x6f7d8f, 0x93897f};
    static const uint32_t blues[] = {0x6e8fb2, 0x7b8fb8, 0x7a93a6, 0x8a87ad};
    const rgb haze = ga_paint(p, p->light == EVENING ? 0xe0b0a0 : 0xb9cbdb, 0.03);
    const double height = ga_draw(p, 0.2, 0.38);
    if (ga_chance(p, 0.6)) {
        const rgb color = ga_paint(p, rocks[ga_choose(p, 4)], 0.08);
        draw_peaks(p, height, color, haze);
    } else {
        const rgb color = ga_paint(p, blues[ga_choose(p, 4)], 0.08);
        draw_hills(p, height * 0.75, color, haze);
    }
}

/* ---- ground, water, path ----------------------------------------------------------------------*/

static void draw_ground(scene_plan *p)
{
    static const uint32_t near[] = {0x79b84a, 0x5b9a38, 0xa79a4a, 0x9c9a68};
    static const uint32_t far[] = {0x9ccb6c, 0x86b45c, 0xbfae66, 0xb0ae84};
    const rgb front = ga_paint(p, near[p->season], 0.1), back = ga_paint(p, far[p->season], 0.06);
    const surface grass = {.object = L_GRASS,
                           .material = M_FOLIAGE,
                           .look = LOOK_GROUND,
                           .color = front,
                           .second = back,
                           .y0 = p->horizon,
                           .size = 0.05,
                           .contrast = 0.13};
    const surface snow = {.object = L_SNOW,
                          .material = M_SNOW,
                          .look = LOOK_GROUND,
                          .color = {0.93, 0.95, 0.98},
                          .second = {0.86, 0.9, 0.96},
                          .y0 = p->horizon,
                          .size = 0.08,
                          .contrast = 0.035};
    p->snow = p->season == WINTER && ga_chance(p, 0.75);
    p->ground = ga_add_lit(p, p->snow ? snow : grass);
    const double bend = ga_draw(p, -0.015, 0.03); /* a field is seldom flat */
    point rim[12];
    for (int i = 0; i < 10; i++) {
        const double x = i / 9.0;
        rim[i] = (point){x * 1.02 - 0.01, p->horizon - bend * 4 * x * (1 - x) + 0.001};
    }
    rim[10] = (point){1.01, 1.01};
    rim[11] = (point){-0.01, 1.01};
    ga_canvas_polygon(p->canvas, p->ground, ANY, rim, 12);
    if (p->season == WINTER && !p->snow) { /* the thaw has left some */
        const int id = ga_add_lit(p, snow);
        for (int i = 0; i < 6; i++) {
            const double y = ga_draw(p, p->horizon + 0.03, 0.97), near_y = ga_nearness(p, y);
            ga_canvas_ellipse(p->canvas, id, p->ground, (point){ga_draw(p, 0, 1), y}, 0.26 * near_y,
                              0.045 * near_y, 0.02, 1);
        }
    }
}

/* A lake on this side of the horizon, or one at our feet. */
static void plan_water(scene_plan *p)
{
    p->shore0 = 2;
    p->shore1 = 1;
    if (!ga_chance(p, 0.45))
        return;
    static const uint32_t deep[] = {0x3f7fb5, 0x6a6f96, 0x7d8f9e},
                          bright[] = {0x8cc0e0, 0xe0a88e, 0xb4c0c8};
    const double depth = 1 - p->horizon;
    const bool far = ga_chance(p, 0.6);
    const double y0 = far ? p->horizon + 0.012 : mix(p->horizon, 1, ga_draw(p, 0.72, 0.8));
    const double y1 = far ? y0 + depth * ga_draw(p, 0.26, 0.4) : 1.01;
    const rgb front = ga_paint(p, deep[p->light], 0.08), back = ga_paint(p, bright[p->light], 0.05);
    surface own = {.object = L_WATER,
                   .look = LOOK_WATER,
                   .color = front,
                   .second = back,
                   .y0 = y0,
                   .y1 = y1,
                   .size = p->horizon,
                   .contrast = 0.07};
    own.seed = (uint32_t)ga_rng_u64(&p->rng);
    p->water = ga_canvas_add(p->canvas, own); /* its colour is the sky's, so it has the light */
    point *rim = p->shore;
    const double slant = ga_draw(p, -0.02, 0.02), wave = ga_draw(p, 0.004, 0.012);
    for (int i = 0; i < 10; i++) {
        const double x = i / 9.0 * 1.02 - 0.01, f = ga_noise(own.seed, x * 5, 3.5) * 2 - 1;
        const double g = ga_noise(own.seed, x * 5, 9.5) * 2 - 1;
        rim[i] = (point){x, far ? y0 : y0 + slant * (2 * x - 1) + wave * f};
        rim[19 - i] = (point){x, far ? y1 + slant * (2 * x - 1) + wave * g : y1};
    }
    p->shore0 = far ? -1 : y0 - 0.035;
    p->shore1 = far ? y1 + 0.035 : 2;
}

static void draw_water(scene_plan *p)
{
    if (p->shore0 < p->shore1)
        ga_canvas_polygon(p->canvas, p->water, ANY, p->shore, 20);
}

/* From a door, or from the horizon, to the foot of the picture (or into the water), wider on its
 * way. */
static void draw_path(scene_plan *p)
{
    static const uint32_t earths[] = {0xc9ad7f, 0xb59a78, 0xb8b0a4, 0xd2c09a};
    const bool door = p->door_w > 0;
    if (!door && !ga_chance(p, 0.4))
        return;
    const bool paved = ga_chance(p, 0.3);
    const rgb color = ga_paint(p, paved ? 0xaaa8a6 : earths[ga_choose(p, 4)], 0.06);
    const int id = ga_add_lit(p, (surface){.object = L_PATH,
                                           .material = paved ? M_STONE : M_EARTH,
                                           .look = LOOK_PATH,
                                           .color = color,
                                           .size = 0.04,
                                           .contrast = 0.06});
    const bool behind_lake = p->shore0 < p->shore1 &&
                             p->shore0 < 0; /* then it begins at its shore */
    const double y0 = door          ? p->door_y - 0.004
                      : behind_lake ? p->shore1 - 0.05
                                    : p->horizon + 0.012;
    const double x0 = door ? p->door_x : ga_draw(p, 0.25, 0.75),
                 half0 = door ? p->door_w * 0.55 : 0.02;
    const double x1 = clamp01(x0 + ga_draw(p, -0.35, 0.35)), half1 = ga_draw(p, 0.1, 0.16);
    const double sway = ga_draw(p, -0.12, 0.12);
    point rim[32];
    for (int i = 0; i < 16; i++) {
        const double t = i / 15.0, s = t * t * (3 - 2 * t);
        const double x = mix(x0, x1, s) + sway * 4 * t * (1 - t),
                     half = mix(half0, half1, t * t * 0.4 + t * 0.6);
        const double y = mix(y0, 1.02, t);
        rim[i] = (point){x + half, y};
        rim[31 - i] = (point){x - half, y};
    }
    ga_canvas_polygon(p->canvas, id, ANY, rim, 32);
}

static void draw_shadow(scene_plan *p, double x, double y, double w)
{
    if (p->light == OVERCAST)
        return;
    surface s = p->canvas->surfaces[p->ground];
    s.color = scale_rgb(s.color, 0.78);
    s.second = scale_rgb(s.second, 0.8);
    const int id = ga_canvas_add(p->canvas, s);
    ga_canvas_ellipse(p->canvas, id, p->ground, (point){x - p->lit * w * 0.45, y + 0.006}, w * 0.8,
                      0.012 + 0.05 * w, 0, 1);
}

/* ---- the whole --------------------------------------------------------------------------------*/

/* y is on land, and nobody stands at (x,y) yet within w on each side. */
static bool is_free(const scene_plan *p, double x, double y, double w)
{
    if (p->shore0 < p->shore1 && y > p->shore0 && y < p->shore1)
        return false;
    for (int i = 0; i < p->n_taken; i++) {
        const spot *s = &p->taken[i];
        const double gap = y - s->y;
        if (x + w > s->x0 && x - w < s->x1 && gap > -0.06 && gap < 0.12)
            return false;
    }
    return true;
}

static void take(scene_plan *p, double x0, double x1, double y)
{
    if (p->n_taken < 16)
        p->taken[p->n_taken++] = (spot){x0, x1, y};
}

/* Where land begins and ends, as feet of things. */
static void land(const scene_plan *p, double *top, double *bottom)
{
    *top = p->horizon + 0.03;
    *bottom = 0.97;
    if (p->shore0 < p->shore1 && p->shore0 < 0)
        *top = p->shore1;
    else if (p->shore0 < p->shore1)
        *bottom = p->shore0;
}

static int plan_buildings(scene_plan *p, building *b)
{
    double top, bottom;
    land(p, &top, &bottom);
    const double roll = ga_draw(p, 0, 1);
    const int n = roll < 0.06 ? 0 : roll < 0.68 ? 1 : 2;
    if (n == 0)
        return 0;
    const double x = ga_draw(p, n == 2 ? 0.24 : 0.28, n == 2 ? 0.42 : 0.72);
    const bool flip = ga_chance(p, 0.5);
    const double y = mix(top, bottom, ga_draw(p, 0.42, 0.62));
    b[0] = ga_plan_building(p, n == 2 && flip ? 1 - x : x, y, ga_draw(p, 1, 1.3));
    if (n == 2) {
        const double x2 = ga_draw(p, 0.7, 0.86), y2 = mix(top, bottom, ga_draw(p, 0.08, 0.3));
        b[1] = ga_plan_building(p, flip ? 1 - x2 : x2, y2, ga_draw(p, 0.75, 0.95));
    }
    for (int i = 0; i < n; i++) {
        const double half = b[i].w / 2 + (b[i].side < 0 ? -b[i].side : b[i].side);
        take(p, b[i].x - half, b[i].x + half, b[i].y);
    }
    p->door_x = b[0].door_x;
    p->door_y = b[0].y;
    p->door_w = ga_chance(p, 0.75) ? b[0].door_w : 0;
    return n;
}

typedef struct standing {
    double x, y, h;
} standing;

static int plan_trees(scene_plan *p, standing *t, int room)
{
    double top, bottom;
    land(p, &top, &bottom);
    const int wanted = 3 + ga_choose(p, 5);
    int n = 0;
    for (int tries = 0; n < wanted && n < room && tries < 40; tries++) {
        const double y = mix(top, bottom, ga_draw(p, 0, 0.9)), near = ga_nearness(p, y);
        const double h = near * ga_draw(p, 0.5, 0.74), w = h * 0.14;
        const double x = ga_draw(p, 0.02, 0.98);
        if (!is_free(p, x, y, w) ||
            (p->door_w > 0 && y > p->door_y && x > p->door_x - 0.2 && x < p->door_x + 0.2))
            continue;
        take(p, x - w, x + w, y);
        t[n++] = (standing){x, y, h};
    }
    return n;
}

void ga_compose_scene(scene_plan *p)
{
    building b[2];
    standing tree[8];
    set_light(p);
    p->horizon = ga_draw(p, 0.42, 0.58);
    draw_sky(p);
    draw_mountains(p);
    draw_ground(p);
    plan_water(p);
    const int buildings = plan_buildings(p, b), trees = plan_trees(p, tree, 8);
    draw_path(p);
    draw_water(p);
    ga_draw_tree_line(p);
    for (int i = 0; i < buildings; i++)
        draw_shadow(p, b[i].x, b[i].y, b[i].w);
    for (int i = 0; i < trees; i++)
        draw_shadow(p, tree[i].x, tree[i].y, tree[i].h * 0.3);
    bool done[10] = {false};
    for (int k = 0; k < buildings + trees; k++) { /* from the back to the front */
        int next = -1;
        double y = 2;
        for (int i = 0; i < buildings + trees; i++) {
            const double foot = i < buildings ? b[i].y : tree[i - buildings].y;
            if (!done[i] && foot < y) {
                next = i;
                y = foot;
            }
        }
        done[next] = true;
        if (next < buildings)
            ga_draw_building(p, &b[next]);
        else
            ga_draw_tree(p, tree[next - buildings].x, y, tree[next - buildings].h);
    }
}

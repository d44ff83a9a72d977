/* scene_tree.c - trees: round, conifer, bare; blossom in spring, colours in autumn, snow in
 * winter. */
#include "data/scene.h"

static const uint32_t leaves[4][4] = {
    {0x7fbf4d, 0x6bb04a, 0x93c75a, 0x5fa552},
    {0x3f8a3a, 0x4d9a3c, 0x357a3c, 0x5a8f35},
    {0xd9822b, 0xc8452c, 0xe0b030, 0xa8602c},
    {0x3f8a3a, 0x4d9a3c, 0x357a3c, 0x5a8f35},
};
static const uint32_t blossom[] = {0xf4b6cf, 0xf7e3ea, 0xee9dbd};
static const uint32_t needles[] = {0x2f6b45, 0x3a7a4a, 0x2c5f4c, 0x46763f};
static const uint32_t barks[] = {0x7a5538, 0x6a4a35, 0x8a6a4c, 0x5f4a3c};

static int add_trunk(scene_plan *p, double x, double w)
{
    const rgb bark = ga_paint(p, barks[ga_choose(p, 4)], 0.08);
    return ga_add_lit(p, (surface){.object = L_TREE,
                                   .part = L_TRUNK,
                                   .material = M_WOOD,
                                   .look = LOOK_FLAT,
                                   .color = bark,
                                   .x0 = x - w,
                                   .x1 = x + w,
                                   .light = 0.3 * p->lit});
}

static void draw_trunk(scene_plan *p, int id, double x, double y0, double y1, double w)
{
    const point trunk[] = {{x - w * 0.7, y0}, {x + w * 0.7, y0}, {x + w, y1}, {x - w, y1}};
    ga_canvas_polygon(p->canvas, id, ANY, trunk, 4);
}

static int add_crown(scene_plan *p, rgb color, uint16_t material, point centre, double rx,
                     double ry)
{
    return ga_add_lit(p, (surface){.object = L_TREE,
                                   .part = L_CROWN,
                                   .material = material,
                                   .look = LOOK_FOLIAGE,
                                   .color = color,
                                   .x0 = centre.x,
                                   .y0 = centre.y,
                                   .x1 = rx,
                                   .y1 = ry,
                                   .size = 0.035,
                                   .contrast = material == M_SNOW ? 0.03 : 0.13,
                                   .light = 0.14 * p->lit});
}

static void draw_round(scene_plan *p, double x, double y, double h)
{
    const double rx = h * ga_draw(p, 0.26, 0.36), ry = h * ga_draw(p, 0.3, 0.37),
                 w = h * ga_draw(p, 0.045, 0.06);
    const point centre = {x, y - h + ry};
    draw_trunk(p, add_trunk(p, x, w), x, centre.y, y, w);
    rgb color = ga_paint(p, leaves[p->season][ga_choose(p, 4)], 0.1);
    if (p->season == SPRING && ga_chance(p, 0.3))
        color = ga_paint(p, blossom[ga_choose(p, 3)], 0.04);
    const int id = add_crown(p, color, M_FOLIAGE, centre, rx, ry);
    ga_canvas_ellipse(p->canvas, id, ANY, centre, rx, ry, 0.008, 1);
    if (ga_chance(p, 0.6)) { /* several balls of leaves */
        const double d = rx * 0.5;
        ga_canvas_ellipse(p->canvas, id, ANY, (point){x - d, centre.y + ry * 0.25}, rx * 0.75,
                          ry * 0.6, 0.006, 1);
        ga_canvas_ellipse(p->canvas, id, ANY, (point){x + d, centre.y + ry * 0.2}, rx * 0.75,
                          ry * 0.6, 0.006, 1);
    }
}

static void draw_conifer(scene_plan *p, double x, double y, double h)
{
    const double w = h * ga_draw(p, 0.2, 0.27), foot = y - h * 0.14, trunk = h * 0.045;
    const int tiers = 3;
    draw_trunk(p, add_trunk(p, x, trunk), x, foot - 0.01, y, trunk);
    const rgb color = ga_paint(p, needles[ga_choose(p, 4)], 0.1);
    const bool snowy = p->snow && ga_chance(p, 0.7);
    const int id = add_crown(p, color, M_FOLIAGE, (point){x, y - h * 0.55}, w, h * 0.5);
    const int white = snowy ? add_crown(p, (rgb){0.92, 0.95, 0.98}, M_SNOW,
                                        (point){x, y - h * 0.55}, w, h * 0.6)
                            : 0;
    for (int i = 0; i < tiers; i++) { /* the lowest first, each a little narrower */
        const double t0 = i / (double)tiers, top = mix(foot, y - h, t0 + 0.52 > 1 ? 1 : t0 + 0.52);
        const double base = mix(foot, y - h, t0 * 0.92), half = w * (1 - 0.26 * i);
        const double peak = i == tiers - 1 ? y - h : top;
        const point tier[] = {{x, peak}, {x + half, base}, {x, base + 0.02 * h}, {x - half, base}};
        ga_canvas_polygon(p->canvas, id, ANY, tier, 4);
        if (snowy) {
            const double d = mix(peak, base, 0.5), e = half * 0.5;
            const point cap[] = {{x, peak},
                                 {x + e, d},
                                 {x + e * 0.4, d - 0.012},
                                 {x, d + 0.03 * h},
                                 {x - e * 0.4, d - 0.012},
                                 {x - e, d}};
            ga_canvas_polygon(p->canvas, white, ANY, cap, 6);
        }
    }
}

static void draw_limb(scene_plan *p, int id, point a, point b, double w)
{
    const point limb[] = {
        {a.x - w, a.y}, {a.x + w, a.y}, {b.x + w * 0.4, b.y}, {b.x - w * 0.4, b.y}};
    ga_canvas_polygon(p->canvas, id, ANY, limb, 4);
}

static void draw_bare(scene_plan *p, double x, double y, double h)
{
    const double w = h * ga_draw(p, 0.04, 0.055), rx = h * ga_draw(p, 0.28, 0.36), ry = h * 0.36;
    const point centre = {x, y - h + ry}, fork = {x, y - h * 0.42};
    const int trunk = add_trunk(p, x, w);
    surface twig = p->canvas->surfaces[trunk];
    twig.part = L_CROWN;
    twig.seed = (uint32_t)ga_rng_u64(&p->rng);
    twig.color = mix_rgb(twig.color, scale_rgb((rgb){0.74, 0.67, 0.62}, p->tint.b), 0.35);
    const int id = ga_canvas_add(p->canvas, twig);
    ga_canvas_twigs(p->canvas, id, centre, rx, ry, 0.66, 0.016);
    for (int i = -2; i <= 2; i++) {
        const double reach = i == 0 ? 0.95 : i == 1 || i == -1 ? 0.8 : 0.55;
        const point tip = {x + rx * 0.42 * i, centre.y + ry * (0.25 - reach)};
        draw_limb(p, id, fork, tip, w * 0.62);
    }
    draw_trunk(p, trunk, x, fork.y, y, w);
}

void ga_draw_tree(scene_plan *p, double x, double y, double height)
{
    if (ga_chance(p, p->season == WINTER ? 0.5 : 0.34))
        draw_conifer(p, x, y, height);
    else if (p->season == WINTER || (p->season == AUTUMN && ga_chance(p, 0.12)))
        draw_bare(p, x, y, height);
    else
        draw_round(p, x, y, height);
}

/* A wood far away, along the horizon. */
void ga_draw_tree_line(scene_plan *p)
{
    if (!ga_chance(p, 0.5))
        return;
    const bool far_water = p->shore0 < 0 && p->shore0 < p->shore1;
    const double foot = p->horizon + (far_water ? 0.016 : 0.03), h = ga_draw(p, 0.06, 0.12);
    const double x0 = ga_chance(p, 0.5) ? -0.05 : ga_draw(p, 0.1, 0.5),
                 x1 = x0 + ga_draw(p, 0.4, 1.1);
    const bool needle = p->season == WINTER || ga_chance(p, 0.3);
    const rgb color = ga_paint(
        p, needle ? needles[ga_choose(p, 4)] : leaves[p->season][ga_choose(p, 4)], 0.08);
    const rgb hazy = mix_rgb(color, (rgb){0.62, 0.72, 0.76}, 0.22);
    const int id = add_crown(p, hazy, M_FOLIAGE, (point){(x0 + x1) / 2, foot - h * 0.6},
                             (x1 - x0) / 2, h);
    p->canvas->surfaces[id].light *= 0.5;
    for (double x = x0; x < x1; x += h * 0.45) {
        const double own = h * ga_draw(p, 0.7, 1);
        if (needle) {
            const point cone[] = {
                {x, foot - own * 1.2}, {x + own * 0.4, foot}, {x - own * 0.4, foot}};
            ga_canvas_polygon(p->canvas, id, ANY, cone, 3);
        } else {
            ga_canvas_ellipse(p->canvas, id, ANY, (point){x, foot - own * 0.45}, own * 0.5,
                              own * 0.55, 0.004, foot);
        }
    }
}

/* scene_building.c - houses, towers, churches with a dome, barns: walls with doors at their foot
 * and windows in rows, roofs on them, domes and chimneys on those. */
#include "data/scene.h"

typedef struct coat {
    uint16_t material;
    look look;
    double size, contrast;
} coat;

static const coat brick = {M_BRICK, LOOK_BRICK, 0.075, 0.1};
static const coat plaster = {M_PLASTER, LOOK_PLASTER, 0.12, 0.025};
static const coat wood = {M_WOOD, LOOK_PLANKS, 0.04, 0.07};
static const coat stone = {M_STONE, LOOK_BRICK, 0.1, 0.08};

static const uint32_t bricks[] = {0xb5533c, 0xa8483a, 0xc06a48, 0x9c5044};
static const uint32_t plasters[] = {0xf2ead6, 0xf0d890, 0xe8e6e2, 0xf0c8b4, 0xb8d0e0, 0xd8c2e0};
static const uint32_t woods[] = {0x9a6a42, 0x8a5a3a, 0xb08a5c, 0x7a5238};
static const uint32_t stones[] = {0xb0aca4, 0xa39c90, 0x9aa0a6, 0xc2b8a4};
static const uint32_t barns[] = {0xa83a30, 0x8f3430, 0x9a6a42, 0x7a5a44};
static const uint32_t tiles[] = {0xb04a36, 0x8e4a3c, 0x5c6472, 0x6e5a50, 0x4e5a66, 0xc2623e};
static const uint32_t metals[] = {0x6fb39c, 0xd8b040, 0x7f9fb0, 0x68a886};
static const uint32_t doors[] = {0x6a4028, 0x2f5f8a, 0x2f6a48, 0x8a2f2c, 0x4a3428, 0x503a6a};

static void choose_wall(scene_plan *p, building *b)
{
    const double roll = ga_draw(p, 0, 1);
    const coat *c = b->kind == BUILDING_BARN ? &wood : NULL;
    if (c == NULL && (b->kind == BUILDING_TOWER || b->kind == BUILDING_CHURCH))
        c = roll < 0.5 ? &stone : roll < 0.75 ? &plaster : &brick;
    if (c == NULL)
        c = roll < 0.38 ? &plaster : roll < 0.7 ? &brick : roll < 0.88 ? &wood : &stone;
    b->wall_material = c->material;
    if (b->kind == BUILDING_BARN)
        b->wall = ga_paint(p, barns[ga_choose(p, 4)], 0.06);
    else if (c == &brick)
        b->wall = ga_paint(p, bricks[ga_choose(p, 4)], 0.06);
    else if (c == &plaster)
        b->wall = ga_paint(p, plasters[ga_choose(p, 6)], 0.04);
    else if (c == &wood)
        b->wall = ga_paint(p, woods[ga_choose(p, 4)], 0.06);
    else
        b->wall = ga_paint(p, stones[ga_choose(p, 4)], 0.06);
}

static void choose_roof(scene_plan *p, building *b)
{
    const bool metal = b->kind == BUILDING_TOWER && ga_chance(p, 0.3);
    b->roof_material = metal ? M_METAL : M_TILE;
    /* a roof can be told from its walls: no red tiles on bricks, no brown ones on wood */
    static const int on_brick[] = {2, 4, 2, 3}, on_wood[] = {0, 5, 2, 4};
    int tile = ga_choose(p, 6);
    if (b->wall_material == M_BRICK)
        tile = on_brick[tile % 4];
    else if (b->wall_material == M_WOOD)
        tile = on_wood[tile % 4];
    b->roof_color = ga_paint(p, metal ? metals[ga_choose(p, 4)] : tiles[tile], 0.07);
    if (p->snow && ga_chance(p, 0.8)) {
        b->roof_material = M_SNOW;
        b->roof_color = (rgb){0.93, 0.95, 0.98};
    }
}

static void measure(scene_plan *p, building *b, double s)
{
    switch (b->kind) {
    case BUILDING_TOWER:
        b->w = s * ga_draw(p, 0.2, 0.25);
        b->h = s * ga_draw(p, 0.42, 0.54);
        b->roof = s * ga_draw(p, 0.16, 0.24);
        b->rows = 3;
        b->columns = 1 + ga_choose(p, 2);
        break;
    case BUILDING_CHURCH:
        b->w = s * ga_draw(p, 0.4, 0.48);
        b->h = s * ga_draw(p, 0.22, 0.27);
        b->roof = s * ga_draw(p, 0.1, 0.13);
        b->rows = 1;
        b->columns = 4;
        break;
    case BUILDING_BARN:
        b->w = s * ga_draw(p, 0.38, 0.46);
        b->h = s * ga_draw(p, 0.2, 0.24);
        b->roof = s * ga_draw(p, 0.17, 0.22);
        b->rows = 1;
        b->columns = 2;
        break;
    default:
        b->w = s * ga_draw(p, 0.34, 0.46);
        b->rows = 1 + ga_choose(p, 2);
        b->h = s * (b->rows == 1 ? ga_draw(p, 0.2, 0.24) : ga_draw(p, 0.32, 0.37));
        b->roof = s * ga_draw(p, 0.14, 0.2);
        b->columns = 3 + ga_choose(p, 2);
        if (b->kind == BUILDING_GABLE) {
            b->w *= 0.82;
            b->columns = 3;
        }
    }
    /* nothing is cut off by the upper edge of the picture */
    const double top = b->h + b->roof * 1.4 + (b->kind == BUILDING_CHURCH ? b->w * 0.5 : 0),
                 room = b->y - 0.03;
    if (top > room) {
        b->h *= room / top;
        b->roof *= room / top;
        b->w *= mix(room / top, 1, b->kind == BUILDING_CHURCH ? 0 : 0.5);
    }
}

building ga_plan_building(scene_plan *p, double x, double y, double size)
{
    static const int kinds[] = {BUILDING_EAVES,  BUILDING_EAVES,  BUILDING_EAVES,
                                BUILDING_GABLE,  BUILDING_GABLE,  BUILDING_TOWER,
                                BUILDING_CHURCH, BUILDING_CHURCH, BUILDING_BARN};
    building b = {.kind = kinds[ga_choose(p, 9)], .x = x, .y = y};
    measure(p, &b, size * (0.55 + 0.45 * ga_nearness(p, y)) * 1.12);
    choose_wall(p, &b);
    choose_roof(p, &b);
    b.seed = (uint32_t)ga_rng_u64(&p->rng);
    b.variant = ga_draw(p, 0, 1);
    if (b.kind != BUILDING_TOWER && b.kind != BUILDING_CHURCH && ga_chance(p, 0.6))
        b.side = b.w * ga_draw(p, 0.25, 0.4) * (b.x > 0.5 ? -1 : 1);
    if ((b.kind == BUILDING_EAVES || b.kind == BUILDING_GABLE) && ga_chance(p, 0.7))
        b.chimney = ga_chance(p, 0.5) ? 1 : -1;
    b.door = ga_paint(p, b.kind == BUILDING_BARN ? woods[ga_choose(p, 4)] : doors[ga_choose(p, 6)],
                      0.06);
    const double pitch = b.w / b.columns; /* doors take a window's place */
    const int at = b.columns == 1   ? 0
                   : b.columns == 2 ? ga_choose(p, 2)
                                    : 1 + ga_choose(p, b.columns - 2);
    b.door_x = b.kind == BUILDING_BARN || b.kind == BUILDING_TOWER
                   ? b.x
                   : b.x - b.w / 2 + (at + 0.5) * pitch;
    b.door_w = b.kind == BUILDING_BARN    ? b.w * 0.36
               : b.kind == BUILDING_TOWER ? b.w * 0.4
                                          : pitch * 0.72;
    b.door_h = b.h / b.rows *
               (b.kind == BUILDING_BARN    ? 0.72
                : b.kind == BUILDING_TOWER ? 0.78
                                           : 0.7);
    return b;
}

/* ---- drawing ----------------------------------------------------------------------------------*/

static int add_wall(scene_plan *p, const building *b, double shade)
{
    const coat *c = b->wall_material == M_BRICK     ? &brick
                    : b->wall_material == M_PLASTER ? &plaster
                    : b->wall_material == M_WOOD    ? &wood
                                                    : &stone;
    const rgb mortar = mix_rgb(b->wall, (rgb){0.82, 0.8, 0.76}, 0.6);
    const int id = ga_add_lit(p, (surface){.object = L_BUILDING,
                                           .part = L_WALL,
                                           .material = c->material,
                                           .look = c->look,
                                           .color = scale_rgb(b->wall, shade),
                                           .second = scale_rgb(mortar, shade),
                                           .x0 = b->x - b->w / 2,
                                           .x1 = b->x + b->w / 2,
                                           .y0 = b->y,
                                           .size = c->size,
                                           .contrast = c->contrast,
                                           .light = 0.1 * p->lit});
    p->canvas->surfaces[id].seed = b->seed;
    return id;
}

static int add_roof(scene_plan *p, const building *b, double shade)
{
    const bool smooth = b->roof_material != M_TILE;
    return ga_add_lit(p, (surface){.object = L_BUILDING,
                                   .part = L_ROOF,
                                   .material = b->roof_material,
                                   .look = smooth ? LOOK_FLAT : LOOK_TILES,
                                   .color = scale_rgb(b->roof_color, shade),
                                   .x0 = b->x - b->w / 2,
                                   .x1 = b->x + b->w / 2,
                                   .y0 = b->y - b->h,
                                   .size = 0.038,
                                   .contrast = 0.1,
                                   .light = 0.1 * p->lit});
}

static void draw_polygon(scene_plan *p, int id, const point *at, int n)
{
    ga_canvas_polygon(p->canvas, id, ANY, at, n);
}

static int add_windows(scene_plan *p, rgb frame, double x0, double y0, double w, double h)
{
    const bool lit = p->light == EVENING && ga_chance(p, 0.75);
    const surface s = {.object = L_BUILDING,
                       .part = L_WINDOW,
                       .material = M_GLASS,
                       .look = LOOK_WINDOW,
                       .color = ga_paint(p, lit ? 0xf8cf62 : 0x4a6480, 0.06),
                       .second = frame,
                       .x0 = x0,
                       .y0 = y0,
                       .x1 = w,
                       .y1 = h,
                       .size = 0.13,
                       .contrast = lit ? 0.1 : 0.3};
    if (!lit)
        return ga_add_lit(p, s);
    return ga_canvas_add(p->canvas, s);
}

/* Rows of windows on the front wall; the door takes the place of those it would meet. */
static void draw_windows(scene_plan *p, const building *b)
{
    const double pitch = b->w / b->columns, storey = b->h / b->rows;
    const bool tower = b->kind == BUILDING_TOWER, tall = b->kind == BUILDING_CHURCH;
    double w = pitch * 0.56;
    const double limit = 0.085, h = storey * (tall ? 0.52 : tower ? 0.44 : 0.42);
    w = w > limit ? limit : w;
    static const uint32_t frames[] = {0xf4f2ea, 0x7a5a40, 0xe8e0d0};
    const rgb frame = ga_paint(p, frames[ga_choose(p, 3)], 0.03);
    for (int r = 0; r < b->rows; r++) {
        const double y = b->y - b->h + r * storey + storey * (tall ? 0.2 : 0.25);
        for (int k = 0; k < b->columns; k++) {
            const double x = b->x - b->w / 2 + (k + 0.5) * pitch;
            const double gap = x > b->door_x ? x - b->door_x : b->door_x - x;
            if (r == b->rows - 1 && (tower || gap < (b->door_w + w) / 2 + 0.008))
                continue;
            const int id = add_windows(p, frame, x - w / 2, y, w, h);
            ga_canvas_box(p->canvas, id, ANY, x - w / 2, y, x + w / 2, y + h);
            if (tall)
                ga_canvas_ellipse(p->canvas, id, ANY, (point){x, y}, w / 2, w / 2, 0, y + 0.001);
        }
    }
}

static void draw_door(scene_plan *p, const building *b)
{
    const double x0 = b->door_x - b->door_w / 2, top = b->y - b->door_h;
    const int id = ga_add_lit(p, (surface){.object = L_BUILDING,
                                           .part = L_DOOR,
                                           .material = M_WOOD,
                                           .look = LOOK_PLANKS,
                                           .color = b->door,
                                           .x0 = x0,
                                           .x1 = x0 + b->door_w,
                                           .size = b->door_w / 3,
                                           .contrast = 0.05});
    ga_canvas_box(p->canvas, id, ANY, x0, top, x0 + b->door_w, b->y);
    if (b->kind == BUILDING_CHURCH || (b->kind == BUILDING_TOWER && b->variant < 0.6))
        ga_canvas_ellipse(p->canvas, id, ANY, (point){b->door_x, top}, b->door_w / 2,
                          b->door_w * 0.35, 0, top + 0.001);
}

static void draw_chimney(scene_plan *p, const building *b, double x, double top, double foot)
{
    const rgb c = ga_paint(p, bricks[ga_choose(p, 4)], 0.06);
    const double w = b->w * 0.07 < 0.026 ? 0.026 : b->w * 0.07;
    const int id = ga_add_lit(p, (surface){.object = L_BUILDING,
                                           .part = L_CHIMNEY,
                                           .material = M_BRICK,
                                           .look = LOOK_BRICK,
                                           .color = c,
                                           .second = mix_rgb(c, (rgb){0.82, 0.8, 0.76}, 0.6),
                                           .x0 = x - w,
                                           .x1 = x + w,
                                           .y0 = foot,
                                           .size = 0.05,
                                           .contrast = 0.08,
                                           .light = 0.2 * p->lit});
    ga_canvas_box(p->canvas, id, ANY, x - w, top, x + w, foot);
}

/* The wall that is seen aslant, at the right side or (side < 0) the left. */
static void draw_side(scene_plan *p, const building *b)
{
    if (b->side == 0)
        return;
    const bool away = (b->side > 0) == (p->lit > 0); /* towards the light */
    const double edge = b->x + (b->side > 0 ? b->w / 2 : -b->w / 2), far = edge + b->side,
                 up = 0.018;
    const int id = add_wall(p, b, away ? 0.94 : 0.78);
    const point wall[] = {
        {edge, b->y - b->h}, {far, b->y - b->h + up * 0.2}, {far, b->y - up}, {edge, b->y}};
    draw_polygon(p, id, wall, 4);
    const double storey = b->h / b->rows;
    if (b->kind == BUILDING_BARN)
        return;
    const rgb frame = ga_paint(p, 0xe8e2d6, 0.03);
    const double w = (b->side > 0 ? b->side : -b->side) * 0.42, x = edge + b->side / 2;
    for (int r = 0; r < b->rows; r++) {
        const double y = b->y - b->h + r * storey + storey * 0.25;
        const int pane = add_windows(p, frame, x - w / 2, y, w, storey * 0.4);
        ga_canvas_box(p->canvas, pane, ANY, x - w / 2, y, x + w / 2, y + storey * 0.4);
    }
}

/* Ridge along the front: a roof that comes down towards us. */
static void draw_eaves(scene_plan *p, const building *b)
{
    const double over = b->w * 0.06, eave = b->y - b->h + 0.008, ridge = b->y - b->h - b->roof;
    const double left = b->x - b->w / 2 + (b->side < 0 ? b->side : 0) - over;
    const double right = b->x + b->w / 2 + (b->side > 0 ? b->side : 0) + over;
    const double inset = b->w * mix(0.06, 0.2, b->variant);
    if (b->chimney != 0)
        draw_chimney(p, b, b->x + b->chimney * b->w * 0.24, ridge - b->roof * 0.5,
                     ridge + b->roof * 0.3);
    const point roof[] = {
        {left + inset, ridge}, {right - inset, ridge}, {right, eave}, {left, eave}};
    draw_polygon(p, add_roof(p, b, 1), roof, 4);
}

/* Ridge towards us: a triangle of wall below the roof's two slopes. */
static void draw_gable(scene_plan *p, const building *b, int wall)
{
    const double half = b->w / 2, eave = b->y - b->h, top = eave - b->roof * 1.15,
                 over = b->w * 0.07, t = b->w * 0.11;
    const double dx = b->side;
    if (b->chimney != 0)
        draw_chimney(p, b, b->x + dx * 0.6 + b->chimney * half * 0.4, top - b->roof * 0.2,
                     top + b->roof * 0.6);
    if (dx != 0) { /* the slope over the wall that is seen aslant */
        const double edge = b->x + (dx > 0 ? half + over : -half - over);
        const point slope[] = {{b->x, top - t * 0.5},
                               {b->x + dx, top - t * 0.3},
                               {edge + dx, eave + 0.012},
                               {edge, eave + 0.016}};
        draw_polygon(p, add_roof(p, b, 0.94), slope, 4);
    }
    const int roof = add_roof(p, b, 1);
    const point outer[] = {{b->x, top - t * 0.6},
                           {b->x + half + over, eave + 0.01},
                           {b->x - half - over, eave + 0.01}};
    draw_polygon(p, roof, outer, 3);
    const point inner[] = {{b->x, top + t},
                           {b->x + half - t * 0.2, eave + 0.011},
                           {b->x - half + t * 0.2, eave + 0.011}};
    draw_polygon(p, wall, inner, 3);
}

static void draw_gambrel(scene_plan *p, const building *b, int wall)
{
    const double half = b->w / 2, eave = b->y - b->h, top = eave - b->roof, over = b->w * 0.05,
                 t = b->w * 0.08;
    const double dx = b->side, knee = eave - b->roof * 0.55;
    const int roof = add_roof(p, b, 1);
    if (dx != 0) {
        const double s = dx > 0 ? 1 : -1;
        const point slope[] = {{b->x, top - t * 0.4},
                               {b->x + dx, top - t * 0.2},
                               {b->x + s * half * 0.72 + dx, knee},
                               {b->x + s * (half + over) + dx, eave + 0.01},
                               {b->x + s * (half + over), eave + 0.014},
                               {b->x + s * half * 0.78, knee}};
        draw_polygon(p, add_roof(p, b, 0.9), slope, 6);
    }
    const point outer[] = {{b->x, top - t * 0.6},
                           {b->x + half * 0.76, knee - t * 0.3},
                           {b->x + half + over, eave + 0.01},
                           {b->x - half - over, eave + 0.01},
                           {b->x - half * 0.76, knee - t * 0.3}};
    draw_polygon(p, roof, outer, 5);
    const point inner[] = {{b->x, top + t * 0.7},
                           {b->x + half * 0.66, knee + t * 0.4},
                           {b->x + half * 0.96, eave + 0.011},
                           {b->x - half * 0.96, eave + 0.011},
                           {b->x - half * 0.66, knee + t * 0.4}};
    draw_polygon(p, wall, inner, 5);
    const double w = b->w * 0.15, y = mix(eave, top, 0.42);
    const int pane = add_windows(p, ga_paint(p, 0xf0ece2, 0.03), b->x - w / 2, y, w, w * 0.9);
    ga_canvas_box(p->canvas, pane, ANY, b->x - w / 2, y, b->x + w / 2, y + w * 0.9);
}

static void draw_tower_top(scene_plan *p, const building *b, int wall)
{
    const double half = b->w / 2, eave = b->y - b->h;
    if (b->variant < 0.65) {
        const double over = b->w * 0.12;
        const point roof[] = {{b->x, eave - b->roof},
                              {b->x + half + over, eave + 0.008},
                              {b->x - half - over, eave + 0.008}};
        draw_polygon(p, add_roof(p, b, 1), roof, 3);
        return;
    }
    const double tooth = b->w * 1.16 / 5, x0 = b->x - b->w * 0.58; /* battlements */
    ga_canvas_box(p->canvas, wall, ANY, x0, eave - 0.035, x0 + b->w * 1.16, eave);
    for (int i = 0; i < 3; i++)
        ga_canvas_box(p->canvas, wall, ANY, x0 + 2 * i * tooth, eave - 0.075,
                      x0 + (2 * i + 1) * tooth, eave - 0.034);
}

/* A dome on a drum behind the ridge, in the middle or at one end. */
static void draw_church_top(scene_plan *p, const building *b)
{
    const double eave = b->y - b->h, ridge = eave - b->roof, r = b->w * mix(0.2, 0.25, b->variant);
    const double x = b->x + b->w * (b->variant < 0.4 ? 0 : b->variant < 0.7 ? 0.27 : -0.27);
    const double foot = ridge - r * 0.45;
    const int drum = add_wall(p, b, 0.94);
    ga_canvas_box(p->canvas, drum, ANY, x - r * 0.86, foot, x + r * 0.86, ridge + 0.02);
    const bool white = b->roof_material == M_SNOW && b->variant < 0.2;
    const rgb metal = ga_paint(p, metals[ga_choose(p, 4)], 0.08), c = white ? b->roof_color : metal;
    const int dome = ga_add_lit(p, (surface){.object = L_BUILDING,
                                             .part = L_DOME,
                                             .material = white ? M_SNOW : M_METAL,
                                             .look = LOOK_DOME,
                                             .color = c,
                                             .x0 = x,
                                             .y0 = foot - r * 0.4,
                                             .x1 = r,
                                             .y1 = r,
                                             .light = 0.2 * p->lit});
    ga_canvas_ellipse(p->canvas, dome, ANY, (point){x, foot}, r, r * 1.1, 0, foot);
    const point tip[] = {
        {x, foot - r * 1.6}, {x + r * 0.16, foot - r * 1.02}, {x - r * 0.16, foot - r * 1.02}};
    draw_polygon(p, dome, tip, 3);
    const double over = b->w * 0.04, inset = b->w * 0.05;
    const point roof[] = {{b->x - b->w / 2 + inset, ridge},
                          {b->x + b->w / 2 - inset, ridge},
                          {b->x + b->w / 2 + over, eave + 0.008},
                          {b->x - b->w / 2 - over, eave + 0.008}};
    draw_polygon(p, add_roof(p, b, 1), roof, 4);
}

void ga_draw_building(scene_plan *p, const building *b)
{
    const int wall = add_wall(p, b, 1);
    draw_side(p, b);
    ga_canvas_box(p->canvas, wall, ANY, b->x - b->w / 2, b->y - b->h, b->x + b->w / 2, b->y);
    switch (b->kind) {
    case BUILDING_EAVES:
        draw_eaves(p, b);
        break;
    case BUILDING_GABLE:
        draw_gable(p, b, wall);
        break;
    case BUILDING_TOWER:
        draw_tower_top(p, b, wall);
        break;
    case BUILDING_CHURCH:
        draw_church_top(p, b);
        break;
    default:
        draw_gambrel(p, b, wall);
    }
    draw_windows(p, b);
    draw_door(p, b);
}

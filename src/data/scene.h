/* scene.h - the inside of the renderer of scenes: a canvas of sample points that know which surface
 * they see, surfaces that know what they look like, and the parts of a scene that draw themselves.
 *
 * Coordinates: x from 0 (left) to 1 (right), y from 0 (top) to 1 (bottom); a scene never asks how
 * many pixels it gets. Arithmetic is + - * / and square roots of doubles in the order written here
 * (the file list in CMakeLists.txt forbids contraction), so every machine with IEEE 754 doubles
 * draws the same bytes. */
#ifndef GA_SCENE_H
#define GA_SCENE_H
#include "ganatomy/scenes.h"
#include "base/rng.h"

/* Labels of ga_scenes_vocabulary, in its order; 0 is "-". Colours follow after N_SCENE_LABELS. */
enum {
    L_NONE,
    L_SKY,
    L_CLOUD,
    L_SUN,
    L_MOUNTAIN,
    L_TREE,
    L_GRASS,
    L_SNOW,
    L_WATER,
    L_PATH,
    L_BUILDING,
    L_WALL,
    L_ROOF,
    L_DOME,
    L_CHIMNEY,
    L_DOOR,
    L_WINDOW,
    L_TRUNK,
    L_CROWN,
    M_BRICK,
    M_PLASTER,
    M_WOOD,
    M_STONE,
    M_TILE,
    M_METAL,
    M_GLASS,
    M_FOLIAGE,
    M_SNOW,
    M_EARTH,
    N_SCENE_LABELS
};

typedef struct rgb {
    double r, g, b; /* 0..1, as they are shown (sRGB values, no gamma taken off) */
} rgb;

/* ---- surfaces ---------------------------------------------------------------------------------*/

typedef enum look {
    LOOK_FLAT,  /* color, and `light` from one side to the other */
    LOOK_SKY,   /* color above, second at height y1, a glow around (x0,y0) */
    LOOK_CLOUD, /* color, second at its foot */
    LOOK_SUN,
    LOOK_MOUNTAIN,
    LOOK_GROUND, /* finer and hazier towards the horizon y0 */
    LOOK_WATER,
    LOOK_PATH,
    LOOK_BRICK, /* courses of stones of size x size/2 */
    LOOK_PLASTER,
    LOOK_PLANKS,  /* upright boards */
    LOOK_TILES,   /* rows of roof tiles */
    LOOK_FOLIAGE, /* a ball around (x0,y0) with radii x1, y1 */
    LOOK_DOME,    /* the same, smooth */
    LOOK_WINDOW   /* a pane in a frame of the second colour; grid x1 x y1 from (x0,y0) */
} look;

typedef struct surface {
    uint16_t object, part, material; /* labels */
    look look;
    rgb color, second;
    double x0, y0, x1, y1; /* where the look is anchored */
    double size, grain;    /* of its texture; 1 / size, set by ga_canvas_add */
    double contrast;       /* of its texture */
    double light;          /* brightness gained from x0 to x1, lost if negative */
    uint32_t seed;
} surface;

/* ---- the canvas -------------------------------------------------------------------------------*/

#define SAMPLES      4 /* points of a pixel's side */
#define MAX_SURFACES 250

typedef struct canvas {
    int side;    /* points of a side: SAMPLES x pixels */
    uint8_t *id; /* (side,side) surface seen by each point */
    int n;       /* surfaces so far */
    surface surfaces[MAX_SURFACES];
} canvas;

typedef struct point {
    double x, y;
} point;

#define ANY (-1)

/* Adds a surface; its number. When there are too many, the last one is written over. */
int ga_canvas_add(canvas *c, surface s);
/* Shapes: the points whose centres lie inside see surface `id` from now on; if over is not ANY,
 * only those that saw surface `over`. */
void ga_canvas_polygon(canvas *c, int id, int over, const point *p, int n); /* n <= 64 */
void ga_canvas_box(canvas *c, int id, int over, double x0, double y0, double x1, double y1);
/* rough: how far the edge strays, seeded; 0 for a smooth one. Cut off below y = floor. */
void ga_canvas_ellipse(canvas *c, int id, int over, point centre, double rx, double ry,
                       double rough, double floor);
/* The same, but of the points only a share, in grains of size g, so that what is behind shows. */
void ga_canvas_twigs(canvas *c, int id, point centre, double rx, double ry, double share, double g);

/* The colours of the points (x[i],y), SAMPLES of them. */
void ga_surface_colors(const surface *s, const double *x, double y, rgb *out);

/* ---- numbers ----------------------------------------------------------------------------------*/

static inline double mix(double a, double b, double t)
{
    return a + (b - a) * t;
}
static inline double clamp01(double t)
{
    return t < 0 ? 0 : t > 1 ? 1 : t;
}
/* 0 below a, 1 above b, smooth between. */
static inline double ramp(double a, double b, double v)
{
    const double t = clamp01((v - a) / (b - a));
    return t * t * (3 - 2 * t);
}
static inline rgb mix_rgb(rgb a, rgb b, double t)
{
    return (rgb){mix(a.r, b.r, t), mix(a.g, b.g, t), mix(a.b, b.b, t)};
}
static inline rgb scale_rgb(rgb a, double f)
{
    return (rgb){a.r * f, a.g * f, a.b * f};
}

/* 0..1, of a lattice point. */
static inline double ga_noise_hash(uint32_t seed, int i, int j)
{
    uint32_t h = seed ^ (uint32_t)i * 0x9e3779b1u ^ (uint32_t)j * 0x85ebca77u;
    h = (h ^ h >> 15) * 0x2c1b3c6du;
    h = (h ^ h >> 12) * 0x297a2d39u;
    return (double)(h ^ h >> 15) * 0x1p-32;
}

static inline int cell_of(double v)
{
    const int i = (int)v;
    return v < i ? i - 1 : i;
}

/* 0..1, smooth, cells of size 1. */
static inline double ga_noise(uint32_t seed, double x, double y)
{
    const int i = cell_of(x), j = cell_of(y);
    const double fx = x - i, fy = y - j, u = fx * fx * (3 - 2 * fx), v = fy * fy * (3 - 2 * fy);
    const double a = mix(ga_noise_hash(seed, i, j), ga_noise_hash(seed, i + 1, j), u);
    const double b = mix(ga_noise_hash(seed, i, j + 1), ga_noise_hash(seed, i + 1, j + 1), u);
    return mix(a, b, v);
}

/* ---- a scene under construction ---------------------------------------------------------------*/

enum { SPRING, SUMMER, AUTUMN, WINTER };
enum { DAY, EVENING, OVERCAST };

/* A place on the ground that is taken, or where nothing may stand. */
typedef struct spot {
    double x0, x1, y;
} spot;

typedef struct scene_plan {
    ga_rng rng;
    int season, light;
    double lit;            /* -1: light comes from the left, 1: from the right */
    double horizon;        /* y */
    rgb tint;              /* what the light makes of every colour but the sky's */
    double grey;           /* how much of the colour it takes, 0..1 */
    bool snow;             /* the ground is snow */
    double shore0, shore1; /* no one stands between these y: water; shore0 > shore1 if none */
    int ground, water;     /* their surfaces */
    point shore[20];       /* outline of the water */
    spot taken[16];
    int n_taken;
    double door_x, door_y, door_w; /* where a path can begin; door_w 0 if nowhere */
    canvas *canvas;
} scene_plan;

/* C leaves open which part of an expression is worked out first, so none draws twice. */
double ga_draw(scene_plan *p, double lo, double hi); /* uniform */
bool ga_chance(scene_plan *p, double share);
int ga_choose(scene_plan *p, int n); /* 0..n-1 */
/* A colour from 0xRRGGBB, each channel moved by up to `spread`. */
rgb ga_paint(scene_plan *p, uint32_t hex, double spread);
/* Adds a surface whose colours are seen in the light of the scene. */
int ga_add_lit(scene_plan *p, surface s);
/* How large things are that stand at y, 1 at the foot of the picture. */
double ga_nearness(const scene_plan *p, double y);

/* A wood along the horizon; one tree that stands at (x,y). */
void ga_draw_tree_line(scene_plan *p);
void ga_draw_tree(scene_plan *p, double x, double y, double height);

/* A building, chosen and measured before it is drawn, so that its door's path can lie below it. */
typedef struct building {
    int kind;          /* BUILDING_... */
    double x, y, w, h; /* middle, foot, width and height of the front wall */
    double side;       /* width of the wall that is seen aslant, to the left if negative; 0: none */
    double roof;       /* height */
    double door_x, door_w, door_h;
    int wall_look;
    uint16_t wall_material;
    rgb wall, roof_color, door;
    uint16_t roof_material;
    uint32_t seed;
    int chimney;       /* 0: none, else side */
    int rows, columns; /* of windows */
    double variant;    /* 0..1, small decisions */
} building;
enum { BUILDING_EAVES, BUILDING_GABLE, BUILDING_TOWER, BUILDING_CHURCH, BUILDING_BARN };
building ga_plan_building(scene_plan *p, double x, double y, double size);
void ga_draw_building(scene_plan *p, const building *b);

/* Draws everything; p has season, canvas and a fresh rng. */
void ga_compose_scene(scene_plan *p);
#endif

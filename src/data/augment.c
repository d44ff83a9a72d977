/* augment.c - which augmentations there are, in text, and what is drawn of them for a picture. */
#include "ganatomy/augment.h"
#include "base/rng.h"
#include "base/text.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct kind {
    const char *name;
    double least, most, usual;
    bool takes_magnitude;
} kinds[GA_AUGMENT_KINDS] = {
    [GA_AUGMENT_CROP] = {"crop", 0.1, 1, 0.8, true},
    [GA_AUGMENT_ROTATE] = {"rotate", 0, 180, 15, true},
    [GA_AUGMENT_TRANSLATE] = {"translate", 0, 1, 0.125, true},
    [GA_AUGMENT_FLIP] = {"flip", 0, 1, 1, false},
    [GA_AUGMENT_JITTER] = {"jitter", 0, 1, 0.2, true},
    [GA_AUGMENT_BLUR] = {"blur", 0, 10, 1, true},
    [GA_AUGMENT_NOISE] = {"noise", 0, 1, 0.05, true},
    [GA_AUGMENT_CUTOUT] = {"cutout", 0, 1, 0.5, true},
};

/* ---- text -------------------------------------------------------------------------------------*/

const char *ga_augment_name(ga_augment_kind kind)
{
    return kind >= 0 && kind < GA_AUGMENT_KINDS ? kinds[kind].name : "?";
}

bool ga_augment_any(const ga_augment *a)
{
    for (int k = 0; k < GA_AUGMENT_KINDS; k++)
        if (a->magnitude[k] != 0)
            return true;
    return false;
}

const char *ga_augment_format(const ga_augment *a, char *buf, size_t size)
{
    size_t at = 0;
    snprintf(buf, size, "none");
    for (int k = 0; k < GA_AUGMENT_KINDS && at < size; k++) {
        if (a->magnitude[k] == 0)
            continue;
        const char *comma = at > 0 ? "," : "";
        const int n = kinds[k].takes_magnitude
                          ? snprintf(buf + at, size - at, "%s%s=%.9g", comma, kinds[k].name,
                                     a->magnitude[k])
                          : snprintf(buf + at, size - at, "%s%s", comma, kinds[k].name);
        at += n > 0 ? (size_t)n : 0;
    }
    return buf;
}

static ga_status no_such_kind(const char *word, ga_err *err)
{
    const char *names[GA_AUGMENT_KINDS + 1] = {0};
    for (int k = 0; k < GA_AUGMENT_KINDS; k++)
        names[k] = kinds[k].name;
    char hint[GA_DID_YOU_MEAN];
    return ga_fail(err, GA_EINVAL,
                   "augmentation '%s' is not known%s: there are crop, rotate, translate, flip, "
                   "jitter, blur, noise, cutout",
                   word, ga_did_you_mean(word, names, hint));
}

/* "rotate=15" or "rotate", a copy that may be cut up. */
static ga_status parse_one(char *word, ga_augment *a, bool *seen, ga_err *err)
{
    char *value = strchr(word, '=');
    if (value != NULL)
        *value++ = 0;
    int k = 0;
    while (k < GA_AUGMENT_KINDS && strcmp(kinds[k].name, word) != 0)
        k++;
    if (k == GA_AUGMENT_KINDS)
        return no_such_kind(word, err);
    if (seen[k])
        return ga_fail(err, GA_EINVAL, "augmentation '%s' is there twice", word);
    seen[k] = true;
    a->magnitude[k] = kinds[k].usual;
    if (value == NULL)
        return GA_OK;
    if (!kinds[k].takes_magnitude)
        return ga_fail(err, GA_EINVAL, "augmentation '%s' takes no magnitude, found '%s'", word,
                       value);
    double number;
    if (!ga_parse_f64(value, &number) || number < kinds[k].least || number > kinds[k].most)
        return ga_fail(err, GA_EINVAL,
                       "augmentation '%s': found '%s', expected a number from %g to %g", word,
                       value, kinds[k].least, kinds[k].most);
    a->magnitude[k] = number;
    return GA_OK;
}

ga_status ga_augment_parse(const char *text, ga_augment *out, ga_err *err)
{
    ga_augment a = {0};
    bool seen[GA_AUGMENT_KINDS] = {false};
    char word[64];
    const char *at = text + strspn(text, " ");
    if (at[0] == 0 || strcmp(at, "none") == 0) {
        *out = a;
        return GA_OK;
    }
    for (;;) {
        size_t length = strcspn(at, ",");
        const char *next = at + length;
        while (length > 0 && at[0] == ' ')
            at++, length--;
        while (length > 0 && at[length - 1] == ' ')
            length--;
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word), at);
        const ga_status status = parse_one(word, &a, seen, err);
        if (status != GA_OK)
            return status;
        if (next[0] == 0)
            break;
        at = next + 1;
    }
    *out = a;
    return GA_OK;
}

/* ---- draws ------------------------------------------------------------------------------------*/

/* A picture's uniform numbers, each kind with its own, so that no draw moves another. The first
 * ones, by kind, decide whether a kind is applied. */
enum {
    CROP_SIDE = GA_AUGMENT_KINDS,
    CROP_X,
    CROP_Y,
    ANGLE,
    MOVE_X,
    MOVE_Y,
    FLIP,
    CONTRAST,
    SATURATION,
    HUE,
    BRIGHTNESS,
    SIGMA,
    CUT_X,
    CUT_Y,
    NUMBERS,               /* one more names the noise */
    NUMBERS_A_PICTURE = 32 /* room for more without changing what is drawn now */
};
_Static_assert(NUMBERS < NUMBERS_A_PICTURE, "a picture's numbers reach into the next one's");

static double between(double u, double least, double most)
{
    return least + (most - least) * u;
}

/* A whole number of -most..most. */
static int whole_between(double u, int most)
{
    const int drawn = (int)(u * (2 * most + 1)) - most;
    return drawn < most ? drawn : most;
}

/* Sine and cosine of degrees, exact at quarters of a turn. */
static void turn(double degrees, double *s, double *c)
{
    const double radians = degrees * (3.14159265358979323846 / 180);
    const double quarters = degrees / 90;
    if (quarters == floor(quarters)) {
        static const int sines[] = {0, 1, 0, -1};
        const int q = (int)quarters & 3;
        *s = sines[q];
        *c = sines[(q + 1) & 3];
        return;
    }
    *s = sin(radians);
    *c = cos(radians);
}

/* Where a pixel of the result reads, the four maps of places undone from the last to the first. */
static void set_warp(ga_augmentation *a, ga_dims d)
{
    const double cx = (d.w - 1) / 2.0, cy = (d.h - 1) / 2.0;
    double s, c;
    turn((double)a->angle, &s, &c);
    const double side = (double)a->side, mirror = (a->kinds >> GA_AUGMENT_FLIP & 1) ? -1 : 1;
    /* u = mirror (x - cx) - dx, v = (y - cy) - dy; then turned back, then into the kept part */
    const double xx = side * c * mirror, xy = -side * s, yx = side * s * mirror, yy = side * c;
    const double u0 = -mirror * cx - a->dx, v0 = -cy - a->dy;
    a->warp[0] = (float)xx;
    a->warp[1] = (float)xy;
    a->warp[2] = (float)(side * (c * u0 - s * v0) + cx + (double)a->crop_x);
    a->warp[3] = (float)yx;
    a->warp[4] = (float)yy;
    a->warp[5] = (float)(side * (s * u0 + c * v0) + cy + (double)a->crop_y);
}

/* Contrast times hue times saturation; the last two leave grey as it is. */
static void set_mix(ga_augmentation *a)
{
    double s, c;
    turn((double)a->hue, &s, &c);
    /* Rodrigues about (1,1,1)/sqrt(3): c I + (1-c)/3 J + s/sqrt(3) [k]x */
    const double third = (1 - c) / 3, skew = s / 1.7320508075688772935;
    const double hue[9] = {c + third,    third - skew, third + skew, third + skew, c + third,
                           third - skew, third - skew, third + skew, c + third};
    const double keep = (double)a->saturation, grey = (1 - keep) / 3;
    for (int i = 0; i < 9; i++) /* hue (keep I + grey J): the rows of hue sum to 1 */
        a->mix[i] = (float)((double)a->contrast * (keep * hue[i] + grey));
}

void ga_augmentation_set(ga_augmentation *a, ga_dims d)
{
    set_warp(a, d);
    set_mix(a);
}

static void draw_places(const ga_augment *a, const double *u, ga_dims d, ga_augmentation *out)
{
    if (out->kinds >> GA_AUGMENT_CROP & 1) {
        const double side = between(u[CROP_SIDE], a->magnitude[GA_AUGMENT_CROP], 1);
        const double rest = (1 - side) / 2;
        out->side = (float)side;
        out->crop_x = (float)between(u[CROP_X], -rest * (d.w - 1), rest * (d.w - 1));
        out->crop_y = (float)between(u[CROP_Y], -rest * (d.h - 1), rest * (d.h - 1));
    }
    if (out->kinds >> GA_AUGMENT_ROTATE & 1) {
        const double most = a->magnitude[GA_AUGMENT_ROTATE];
        out->angle = (float)between(u[ANGLE], -most, most);
    }
    if (out->kinds >> GA_AUGMENT_TRANSLATE & 1) {
        const double most = a->magnitude[GA_AUGMENT_TRANSLATE];
        out->dx = whole_between(u[MOVE_X], (int)lround(most * d.w));
        out->dy = whole_between(u[MOVE_Y], (int)lround(most * d.h));
    }
}

static void draw_colours(const ga_augment *a, const double *u, ga_dims d, ga_augmentation *out)
{
    if (out->kinds >> GA_AUGMENT_JITTER & 1) {
        const double m = a->magnitude[GA_AUGMENT_JITTER];
        out->contrast = (float)between(u[CONTRAST], 1 - m, 1 + m);
        out->brightness = (float)between(u[BRIGHTNESS], -m, m);
        if (d.c == 3) {
            out->saturation = (float)between(u[SATURATION], 1 - m, 1 + m);
            out->hue = (float)between(u[HUE], -90 * m, 90 * m);
        }
    }
}

/* The part of w around centre, 0..n-1, that lies in the picture. */
static void clip(double at, int w, int n, int *first, int *length)
{
    const int start = (int)floor(at * n) - w / 2, end = start + w;
    *first = start < 0 ? 0 : start;
    *length = (end > n ? n : end) - *first;
}

static void draw_one(const ga_augment *a, double p, ga_dims d, ga_rng rng, ga_augmentation *out)
{
    double u[NUMBERS];
    *out = (ga_augmentation){.side = 1, .contrast = 1, .saturation = 1};
    for (int i = 0; i < NUMBERS; i++)
        u[i] = ga_rng_uniform(&rng);
    out->noise_key = ga_rng_u64(&rng);
    for (int k = 0; k < GA_AUGMENT_KINDS; k++)
        if (a->magnitude[k] != 0 && u[k] < p)
            out->kinds |= 1u << k;
    if (u[FLIP] >= 0.5)
        out->kinds &= ~(1u << GA_AUGMENT_FLIP);
    draw_places(a, u, d, out);
    draw_colours(a, u, d, out);
    ga_augmentation_set(out, d);
    if (out->kinds >> GA_AUGMENT_BLUR & 1)
        out->sigma = (float)(u[SIGMA] * a->magnitude[GA_AUGMENT_BLUR]);
    if (out->kinds >> GA_AUGMENT_NOISE & 1)
        out->noise = (float)a->magnitude[GA_AUGMENT_NOISE];
    if (out->kinds >> GA_AUGMENT_CUTOUT & 1) {
        const double m = a->magnitude[GA_AUGMENT_CUTOUT];
        clip(u[CUT_X], (int)lround(m * d.w), d.w, &out->cut_x, &out->cut_w);
        clip(u[CUT_Y], (int)lround(m * d.h), d.h, &out->cut_y, &out->cut_h);
    }
}

void ga_augment_draw(const ga_augment *a, double p, ga_dims d, uint64_t seed, uint64_t stream,
                     uint64_t first, int n, ga_augmentation *out)
{
    ga_rng rng = ga_rng_of(seed, stream);
    for (int i = 0; i < n; i++) {
        rng.counter = (first + (uint64_t)i) * NUMBERS_A_PICTURE;
        draw_one(a, p, d, rng, &out[i]);
    }
}

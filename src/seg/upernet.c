/* upernet.c - unified parsing as a segmenter: objects, materials, parts of three kinds of objects,
 * and on request the quadrants of objects, each on a plane of its own. */
#include "seg/upernet_labels.h"
#include "base/alloc.h"
#include "base/cpu.h"
#include "base/hash.h"
#include "net/par.h"
#include "seg/kind.h"
#include "seg/quad.h"
#include "seg/upernet_split.h"
#include <stdio.h>
#include <string.h>

/* Pictures at a time; more cost memory, 50 MB each, and save no time: a map has 4096 pixels. */
enum { BATCH = 1 };
enum { OBJECTS, MATERIALS, PARTS, ROWS, COLUMNS }; /* planes */

typedef struct parser {
    ga_parsing_heads heads;
    ga_parsing_words words;
    ga_seg_quad quad;
    int threads;
    ga_model *split; /* what is run in place of the model; NULL: the model */
    ga_plan *plan;
    const char *input, *output; /* taps */
    ga_dims made;               /* logits: objects, parts, materials */
    float *logits;              /* (BATCH,C,H,W) */
    float *lines, *best;        /* of each row of a map: logits on its height, and the best yet */
    int *choice, *queue;        /* (pixels) which output won; quad.h */
    size_t pixels;              /* that there is room for */
    int rows;
} parser;

static void end(void *own)
{
    parser *p = own;
    if (p == NULL)
        return;
    ga_plan_free(p->plan);
    ga_model_free(p->split);
    ga_parsing_words_free(&p->words);
    ga_mem_free(p->logits);
    ga_mem_free(p->lines);
    ga_mem_free(p->best);
    ga_mem_free(p->choice);
    ga_mem_free(p->queue);
    ga_mem_free(p);
}

/* ---- the most likely one ----------------------------------------------------------------------*/

/* Where output place o of `outs` reads a line of `length`: between first and next, t of the way;
 * half-pixel centres, edges repeated, as ga_resize_bilinear. */
typedef struct between {
    int first, next;
    float t;
} between;

static between place(int o, int outs, int length)
{
    const float at = ((float)o + 0.5F) * ((float)length / (float)outs) - 0.5F;
    const float from = at > 0 ? at : 0;
    const int first = (int)from < length - 1 ? (int)from : length - 1;
    return (between){first, first < length - 1 ? first + 1 : first, from - (float)first};
}

/* What is asked of one picture's logits: for each pixel of (h,w) the output among n that is largest
 * there, the first of equals. Softmax keeps their order, so nothing is gained by it. */
typedef struct contest {
    const parser *p;
    const float *logits; /* (n,H,W) */
    int n, h, w;
} contest;

static void one_row(const contest *c, int y)
{
    const int H = c->p->made.h, W = c->p->made.w;
    const between rows = place(y, c->h, H);
    float *line = c->p->lines + (size_t)y * (size_t)W,
          *best = c->p->best + (size_t)y * (size_t)c->w;
    int *choice = c->p->choice + (size_t)y * (size_t)c->w;
    for (int k = 0; k < c->n; k++) {
        const float *map = c->logits + (size_t)k * (size_t)H * (size_t)W,
                    *above = map + (size_t)rows.first * (size_t)W,
                    *below = map + (size_t)rows.next * (size_t)W;
        for (int x = 0; x < W; x++)
            line[x] = above[x] + rows.t * (below[x] - above[x]);
        for (int x = 0; x < c->w; x++) {
            const between at = place(x, c->w, W);
            const float v = line[at.first] + at.t * (line[at.next] - line[at.first]);
            if (k == 0 || v > best[x]) {
                best[x] = v;
                choice[x] = k;
            }
        }
    }
}

static void some_rows(const void *user, size_t begin, size_t to)
{
    for (size_t y = begin; y < to; y++)
        one_row(user, (int)y);
}

static void choose(const parser *p, const float *logits, int n, int h, int w)
{
    const contest c = {p, logits, n, h, w};
    ga_parallel(p->threads, (size_t)h, 4, some_rows, &c);
}

/* ---- maps -------------------------------------------------------------------------------------*/

static ga_status need_room(parser *p, int h, int w, ga_err *err)
{
    const size_t pixels = (size_t)h * (size_t)w;
    if (pixels <= p->pixels && h <= p->rows)
        return GA_OK;
    ga_mem_free(p->lines);
    ga_mem_free(p->best);
    ga_mem_free(p->choice);
    ga_mem_free(p->queue);
    p->pixels = 0;
    p->lines = ga_mem_new((size_t)h * (size_t)p->made.w, sizeof *p->lines);
    p->best = ga_mem_new(pixels, sizeof *p->best);
    p->choice = ga_mem_new(pixels, sizeof *p->choice);
    p->queue = ga_mem_new(pixels, sizeof *p->queue);
    if (p->lines == NULL || p->best == NULL || p->choice == NULL || p->queue == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for label maps of %d x %d", h, w);
    p->pixels = pixels;
    p->rows = h;
    return GA_OK;
}

/* Parts of each owner where the object is that owner; elsewhere none. */
static void put_parts(const parser *p, const float *logits, int h, int w, const uint16_t *objects,
                      uint16_t *parts)
{
    const size_t pixels = (size_t)h * (size_t)w, plane = (size_t)p->made.h * (size_t)p->made.w;
    memset(parts, 0, pixels * sizeof *parts);
    for (int k = 0; k < p->words.owners; k++) {
        const ga_parsing_owner *o = &p->words.owner[k];
        size_t first = 0;
        while (first < pixels && objects[first] != o->object)
            first++;
        if (first == pixels)
            continue;
        choose(p, logits + (size_t)(p->heads.objects + o->first) * plane, o->n, h, w);
        for (size_t i = first; i < pixels; i++)
            if (objects[i] == o->object)
                parts[i] = o->label[p->choice[i]];
    }
}

/* One picture's logits into its planes. */
static void put_planes(const parser *p, const float *logits, int h, int w, uint16_t *out)
{
    const size_t pixels = (size_t)h * (size_t)w, plane = (size_t)p->made.h * (size_t)p->made.w;
    uint16_t *objects = out + OBJECTS * pixels, *materials = out + MATERIALS * pixels;
    choose(p, logits, p->heads.objects, h, w);
    for (size_t i = 0; i < pixels; i++)
        objects[i] = (uint16_t)p->choice[i];
    choose(p, logits + (size_t)(p->heads.objects + p->heads.parts) * plane, p->heads.materials, h,
           w);
    for (size_t i = 0; i < pixels; i++)
        materials[i] = (uint16_t)(p->choice[i] == 0 ? 0 : p->words.material + p->choice[i] - 1);
    put_parts(p, logits, h, w, objects, out + PARTS * pixels);
    if (p->quad != GA_QUAD_NONE)
        ga_quad_split(objects, h, w, p->words.quad, p->quad == GA_QUAD_2018, out + ROWS * pixels,
                      out + COLUMNS * pixels, p->queue);
}

static ga_status maps(ga_segmenter *s, const float *x, int count, int h, int w, uint16_t *out,
                      ga_err *err)
{
    parser *p = s->own;
    const size_t map = (size_t)s->planes * (size_t)h * (size_t)w;
    const ga_view pictures = {x, count, s->dims.c, s->dims.h, s->dims.w};
    ga_status status = need_room(p, h, w, err);
    if (status == GA_OK)
        status = ga_plan_write(p->plan, p->input, pictures, err);
    if (status == GA_OK)
        status = ga_plan_forward(p->plan, NULL, err);
    if (status == GA_OK)
        status = ga_plan_read(p->plan, p->output, p->logits, err);
    for (int i = 0; i < count && status == GA_OK; i++)
        put_planes(p, p->logits + (size_t)i * ga_dims_count(p->made), h, w, out + (size_t)i * map);
    return status;
}

/* ---- making one -------------------------------------------------------------------------------*/

static int outputs_of(const ga_graph *g, const char *tap)
{
    const int i = ga_graph_find(g, tap);
    return i < 0 ? 0 : ga_graph_tap_dims(g, i).c;
}

/* What the heads make; GA_EINVAL: it is no unified parsing. */
static ga_status find_heads(const ga_arch *a, ga_parsing_heads *out, ga_err *err)
{
    const ga_graph *g = ga_arch_graph(a);
    *out = (ga_parsing_heads){.objects = outputs_of(g, "decoder.object_head.1"),
                              .parts = outputs_of(g, "decoder.part_head.1"),
                              .materials = outputs_of(g, "decoder.material_head.1"),
                              .scenes = outputs_of(g, "decoder.scene_head.2")};
    const int made = ga_graph_tap_dims(g, ga_graph_n_taps(g) - 1).c;
    if (ga_arch_output_kind(a) != GA_OUTPUT_PARSING)
        return ga_fail(err, GA_EINVAL,
                       "'%s' tells no objects, parts and materials: lists of their names belong to "
                       "networks as 'upernet'",
                       ga_arch_name(a));
    if (out->objects == 0 || out->parts == 0 || out->materials == 0 ||
        out->objects + out->parts + out->materials != made)
        return ga_fail(
            err, GA_EINVAL,
            "'%s': %d outputs of decoder.object_head.1, %d of decoder.part_head.1 and %d "
            "of decoder.material_head.1, expected all %d that the network makes",
            ga_arch_name(a), out->objects, out->parts, out->materials, made);
    return GA_OK;
}

ga_status ga_segmenter_note_labels(ga_model *m, const char *text, size_t length, const char *where,
                                   ga_err *err)
{
    const ga_arch *a = ga_model_arch(m);
    ga_parsing_heads heads;
    ga_parsing_words words = {0};
    ga_status s = find_heads(a, &heads, err);
    if (s == GA_OK)
        s = ga_parsing_words_read(text, length, where, ga_arch_name(a), heads, false, &words, err);
    if (s == GA_OK)
        s = ga_model_set_note(m, GA_NOTE_LABELS, words.text, err);
    ga_parsing_words_free(&words);
    return s;
}

/* Everything that decides its answers. */
static void hash_all(const ga_model *m, const parser *p, char hex[65])
{
    static const char version[] = "ganatomy upernet 1, quick, split";
    char model[65];
    uint8_t digest[32];
    const uint8_t quad = (uint8_t)p->quad;
    ga_sha256 h;
    ga_model_hash(m, model);
    ga_sha256_start(&h);
    ga_sha256_add(&h, version, sizeof version);
    ga_sha256_add(&h, model, sizeof model);
    ga_sha256_add(&h, &quad, 1);
    ga_sha256_add(&h, p->words.text, strlen(p->words.text));
    ga_sha256_end(&h, digest);
    ga_hex(digest, sizeof digest, hex);
}

static ga_status make_plan(parser *p, ga_model *m, const ga_segmenter_options *o, ga_err *err)
{
    const ga_graph *g = ga_model_graph(m);
    ga_plan_options options = GA_PLAN_OPTIONS_DEFAULT;
    p->input = ga_graph_tap_name(g, 0);
    p->output = ga_graph_tap_name(g, ga_graph_n_taps(g) - 1);
    p->made = ga_graph_tap_dims(g, ga_graph_n_taps(g) - 1);
    p->threads = ga_cpu_threads(o->threads);
    options.batch = BATCH;
    options.quick = true; /* labels seldom hang on the sixth digit; hash_all knows */
    options.bf16 = o->bf16;
    options.threads = o->threads;
    options.memory_limit = o->memory_limit;
    p->logits = ga_mem_new(BATCH * ga_dims_count(p->made), sizeof *p->logits);
    if (p->logits == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the logits of %d pictures", BATCH);
    const ga_status s = ga_upernet_split(m, &p->split, err);
    if (s != GA_OK)
        return s;
    if (p->split != NULL)
        m = p->split;
    return ga_plan_create(ga_model_graph(m), ga_model_params(m), &options, &p->plan, err);
}

static ga_status make_words(parser *p, const ga_model *m, ga_err *err)
{
    const ga_arch *a = ga_model_arch(m);
    const char *text = ga_model_note(m, GA_NOTE_LABELS);
    const ga_status s = find_heads(a, &p->heads, err);
    if (s != GA_OK)
        return s;
    if (text == NULL)
        return ga_fail(
            err, GA_EDATA,
            "'%s' has no names for its labels: `ganatomy model import` gives it those of "
            "--labels labels.json",
            ga_arch_name(a));
    return ga_parsing_words_read(text, strlen(text), "labels of the segmenter", ga_arch_name(a),
                                 p->heads, p->quad != GA_QUAD_NONE, &p->words, err);
}

ga_status ga_segmenter_of_parsing(ga_model *m, const ga_segmenter_options *options,
                                  ga_segmenter **out, ga_err *err)
{
    static const ga_seg_kind kind = {.batch = BATCH, .means = true, .maps = maps, .end = end};
    static const char *const suffix[] = {
        [GA_QUAD_NONE] = "", [GA_QUAD] = ":quad", [GA_QUAD_2018] = ":quad-2018"};
    const ga_arch *a = ga_model_arch(m);
    *out = NULL;
    ga_segmenter s = {.kind = &kind, .dims = ga_arch_input(a)};
    parser *p = s.own = ga_mem_new(1, sizeof *p);
    if (p == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a segmenter");
    p->quad = options->quad;
    ga_arch_input_range(a, &s.lo, &s.hi);
    snprintf(s.name, sizeof s.name, "%.100s%s", ga_arch_name(a), suffix[p->quad]);
    ga_status status = make_words(p, m, err);
    if (status == GA_OK)
        status = make_plan(p, m, options, err);
    if (status != GA_OK) {
        end(p);
        return status;
    }
    hash_all(m, p, s.hash);
    s.planes = p->quad == GA_QUAD_NONE ? ROWS : COLUMNS + 1;
    s.vocabulary = p->words.vocabulary;
    p->words.vocabulary = NULL; /* the segmenter's now */
    return ga_seg_make(s, out, err);
}

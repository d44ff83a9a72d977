/* upernet.c - unified parsing as a segmenter: objects, materials, parts of three kinds of objects,
 * and on request the quadrants of objects, each on a plane of its own. */
#include "seg/upernet_labels.h"
#include "base/alloc.h"
#include "base/cpu.h"
#include "base/hash.h"
#include "ganatomy/data.h"
#include "net/par.h"
#include "seg/kind.h"
#include "seg/quad.h"
#include "seg/upernet_split.h"
#include <assert.h>
#include <math.h>
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
    ga_plan *back; /* for derivatives, one picture, made when they are asked for */
    ga_model *model;
    size_t memory_limit;
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
    ga_plan_free(p->back);
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

static ga_status run(ga_segmenter *s, ga_plan *plan, const float *x, int count, ga_err *err)
{
    parser *p = s->own;
    const ga_view pictures = {x, count, s->dims.c, s->dims.h, s->dims.w};
    ga_status status = ga_plan_write(plan, p->input, pictures, err);
    if (status == GA_OK)
        status = ga_plan_forward(plan, NULL, err);
    return status == GA_OK ? ga_plan_read(plan, p->output, p->logits, err) : status;
}

static ga_status maps(ga_segmenter *s, const float *x, int count, int h, int w, uint16_t *out,
                      ga_err *err)
{
    parser *p = s->own;
    const size_t map = (size_t)s->planes * (size_t)h * (size_t)w;
    ga_status status = need_room(p, h, w, err);
    if (status == GA_OK)
        status = run(s, p->plan, x, count, err);
    for (int i = 0; i < count && status == GA_OK; i++)
        put_planes(p, p->logits + (size_t)i * ga_dims_count(p->made), h, w, out + (size_t)i * map);
    return status;
}

/* ---- scores of one label ----------------------------------------------------------------------*/

/* Outputs of which one is the label: its softmax among them is (a part of) the score. */
typedef struct share {
    int first, n, own, owner; /* owner: the object that must be there for the mask; 0: any */
} share;

/* After the published program's predict_single_class: an object's score is its softmax plus, for
 * every owner that has a part of that name, the part's among the owner's parts. */
static int shares_of(const parser *p, const ga_seg_ask *ask, share out[1 + GA_PARSING_OWNERS])
{
    const int parts = p->heads.objects, materials = parts + p->heads.parts;
    const int material = ask->label - p->words.material + 1;
    int n = 0;
    if (ask->label == 0 ? ask->plane == OBJECTS : ask->label < p->words.objects)
        out[n++] = (share){0, p->heads.objects, ask->label, 0};
    if (ask->label == 0 && ask->plane == MATERIALS)
        out[n++] = (share){materials, p->heads.materials, 0, 0};
    if (ask->label != 0 && material >= 1 && material < p->heads.materials)
        out[n++] = (share){materials, p->heads.materials, material, 0};
    for (int k = 0; k < p->words.owners && ask->label != 0; k++)
        for (int i = 1; i < p->words.owner[k].n; i++)
            if (p->words.owner[k].label[i] == ask->label)
                out[n++] = (share){parts + p->words.owner[k].first, p->words.owner[k].n, i,
                                   p->words.owner[k].object};
    return n;
}

/* soft (n,h,w): the softmax of a share's logits; best: the largest's number. */
static void soften(const parser *p, const float *logits, const share *at, const ga_seg_ask *ask,
                   float *soft, int *best)
{
    const size_t plane = (size_t)p->made.h * (size_t)p->made.w,
                 pixels = (size_t)ask->h * (size_t)ask->w;
    ga_resize_bilinear(logits + (size_t)at->first * plane, at->n, p->made.h, p->made.w, soft,
                       ask->h, ask->w);
    for (size_t i = 0; i < pixels; i++) {
        double sum = 0;
        best[i] = 0;
        for (int c = 1; c < at->n; c++)
            if (soft[(size_t)c * pixels + i] > soft[(size_t)best[i] * pixels + i])
                best[i] = c;
        const float most = soft[(size_t)best[i] * pixels + i];
        for (int c = 0; c < at->n; c++) {
            float *x = &soft[(size_t)c * pixels + i];
            *x = expf(*x - most);
            sum += (double)*x;
        }
        for (int c = 0; c < at->n; c++)
            soft[(size_t)c * pixels + i] = (float)((double)soft[(size_t)c * pixels + i] / sum);
    }
}

/* The derivatives of sum(weight * soft of the label) by a share's logits, over soft. */
static void harden(const parser *p, const share *at, const ga_seg_ask *ask, float *soft,
                   float *diff)
{
    const size_t plane = (size_t)p->made.h * (size_t)p->made.w,
                 pixels = (size_t)ask->h * (size_t)ask->w;
    for (size_t i = 0; i < pixels; i++) {
        const float outer = ask->weight[i] * soft[(size_t)at->own * pixels + i];
        for (int c = 0; c < at->n; c++) {
            float *x = &soft[(size_t)c * pixels + i];
            *x = outer * ((float)(c == at->own) - *x);
        }
    }
    ga_resize_bilinear_gradient(soft, at->n, ask->h, ask->w, diff + (size_t)at->first * plane,
                                p->made.h, p->made.w);
}

/* Room of a question. */
typedef struct answer {
    float *soft, *diff; /* (outputs,h,w); (C,H,W) of the logits */
    int *best, *object; /* (h,w) */
} answer;

static void add_shares(const parser *p, const ga_seg_ask *ask, const share *all, int n, answer *a)
{
    const size_t pixels = (size_t)ask->h * (size_t)ask->w;
    const share objects = {0, p->heads.objects, 0, 0};
    soften(p, p->logits, &objects, ask, a->soft, a->object); /* for the masks of parts */
    memset(a->diff, 0, ga_dims_count(p->made) * sizeof *a->diff);
    memset(ask->score, 0, pixels * sizeof *ask->score);
    for (int k = 0; k < n; k++) {
        soften(p, p->logits, &all[k], ask, a->soft, a->best);
        for (size_t i = 0; i < pixels; i++) {
            const bool is = a->best[i] == all[k].own &&
                            (all[k].owner == 0 || a->object[i] == all[k].owner);
            ask->score[i] += a->soft[(size_t)all[k].own * pixels + i];
            if (ask->mask != NULL)
                ask->mask[i] = is || (k > 0 && ask->mask[i]);
        }
        if (ask->gradient != NULL)
            harden(p, &all[k], ask, a->soft, a->diff);
    }
}

static ga_status need_back(parser *p, ga_err *err)
{
    ga_model *m = p->split != NULL ? p->split : p->model;
    const ga_plan_options o = {.batch = 1,
                               .train = true,
                               .bn = GA_BN_RUNNING, /* as they are: nothing is trained */
                               .threads = p->threads,
                               .memory_limit = p->memory_limit};
    return p->back != NULL ? GA_OK : ga_seg_plan(m, &o, &p->back, err);
}

static ga_status score(ga_segmenter *s, const float *x, int count, const ga_seg_ask *ask,
                       ga_err *err)
{
    parser *p = s->own;
    const size_t pixels = (size_t)ask->h * (size_t)ask->w;
    share all[1 + GA_PARSING_OWNERS];
    const int n = shares_of(p, ask, all);
    int most = p->heads.objects;
    answer a = {0};
    if (n == 0)
        return ga_fail(err, GA_EINVAL,
                       "'%s' has no score of that: objects, materials and parts have scores, their "
                       "quadrants are cut out of maps",
                       s->name);
    for (int k = 0; k < n; k++)
        most = all[k].n > most ? all[k].n : most;
    a.soft = ga_mem_new((size_t)most * pixels, sizeof *a.soft);
    a.diff = ga_mem_new(ga_dims_count(p->made), sizeof *a.diff);
    a.best = ga_mem_new(pixels, sizeof *a.best);
    a.object = ga_mem_new(pixels, sizeof *a.object);
    ga_status status = a.soft != NULL && a.diff != NULL && a.best != NULL && a.object != NULL
                           ? GA_OK
                           : ga_fail(err, GA_ENOMEM, "no memory for scores of %zu pixels", pixels);
    if (status == GA_OK && ask->gradient != NULL)
        status = need_back(p, err);
    assert(count == BATCH); /* 1: what is asked is of one picture */
    if (status == GA_OK)
        status = run(s, ask->gradient != NULL ? p->back : p->plan, x, count, err);
    if (status == GA_OK)
        add_shares(p, ask, all, n, &a);
    if (status == GA_OK && ask->gradient != NULL)
        status = ga_plan_backward(p->back, a.diff, NULL, false, ask->gradient, err);
    ga_mem_free(a.soft);
    ga_mem_free(a.diff);
    ga_mem_free(a.best);
    ga_mem_free(a.object);
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
    const int made = ga_graph_output_dims(g).c;
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
    p->output = ga_graph_output_name(g);
    p->made = ga_graph_output_dims(g);
    p->model = m;
    p->memory_limit = o->memory_limit;
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
    return ga_seg_plan(m, &options, &p->plan, err);
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
    static const ga_seg_kind kind = {
        .batch = BATCH, .means = true, .maps = maps, .score = score, .end = end};
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

/* worker_seg.c - one picture of 256 pixels into label maps of 128 by UPerNet of the published size.
 */
#include "worker_seg.h"
#include "base/alloc.h"
#include "base/rng.h"
#include "base/text.h"
#include "ganatomy/seg.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 2, SIDE = 256, LABELS = 128 };

typedef struct parsing {
    ga_segmenter *segmenter;
    float *picture;
    uint16_t *maps;
} parsing;

static void must(ga_status s, const ga_err *err)
{
    if (s == GA_OK)
        return;
    fprintf(stderr, "bench worker: %s\n", err->text);
    exit(1);
}

static void add_names(ga_text *t, const char *list, const char *word, int n)
{
    ga_text_addf(t, "\"%s\":[\"-\"", list);
    for (int i = 1; i < n; i++)
        ga_text_addf(t, ",\"%s %s %d\"", list, word, i);
    ga_text_add(t, "]");
}

/* Lists as long as the published ones. */
static void add_labels(ga_text *t)
{
    ga_text_add(t, "{\"object\":[\"-\",\"wall\",\"sky\",\"tree\",\"building\",\"person\"");
    for (int i = 6; i < 336; i++)
        ga_text_addf(t, ",\"object %d\"", i);
    ga_text_add(t, "],");
    add_names(t, "material", "of", 26);
    ga_text_add(t, ",\"object_part\":{");
    add_names(t, "sky", "part", 2);
    ga_text_add(t, ",");
    add_names(t, "building", "part", 24);
    ga_text_add(t, ",");
    add_names(t, "person", "part", 15);
    ga_text_add(t, ",");
    add_names(t, "object 300", "part", 386);
    ga_text_add(t, "}}");
}

void *make_segment(const char *name)
{
    ga_err err = {0};
    ga_arch *a;
    ga_model *m; /* lives as long as the process, as does all of this */
    ga_text labels = {0};
    parsing *s = ga_mem_new(1, sizeof *s);
    must(ga_arch_open("upernet", &a, &err), &err);
    must(ga_model_create(a, &m, &err), &err);
    ga_params_init(ga_model_params(m), ga_model_graph(m), 1, GA_START_PYTORCH);
    ga_params_changed(ga_model_params(m));
    ga_arch_free(a);
    add_labels(&labels);
    must(ga_segmenter_note_labels(m, labels.data, labels.length, "names", &err), &err);
    ga_text_free(&labels);
    const ga_segmenter_options o = {.threads = THREADS, .bf16 = strstr(name, "bf16") != NULL};
    must(ga_segmenter_of_model(m, &o, &s->segmenter, &err), &err);
    s->picture = ga_mem_new(3 * SIDE * SIDE, sizeof *s->picture);
    s->maps = ga_mem_new((size_t)3 * LABELS * LABELS, sizeof *s->maps);
    ga_rng rng = ga_rng_of(4, 0);
    for (size_t i = 0; i < (size_t)3 * SIDE * SIDE; i++)
        s->picture[i] = (float)(2 * ga_rng_uniform(&rng) - 1);
    return s;
}

void once_segment(void *state)
{
    ga_err err = {0};
    parsing *s = state;
    must(ga_segmenter_maps(s->segmenter, (ga_seg_pictures){s->picture, 1, {3, SIDE, SIDE}, -1, 1},
                           LABELS, LABELS, s->maps, &err),
         &err);
}

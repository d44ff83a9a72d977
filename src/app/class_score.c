/* class_score.c - see class_score.h. */
#include "app/class_score.h"
#include "base/alloc.h"
#include <string.h>

static int category_of_classes(const ga_vocabulary *v)
{
    for (int k = 0; k < ga_vocabulary_categories(v); k++)
        if (strcmp(ga_vocabulary_category(v, k), "class") == 0)
            return k;
    return -1;
}

static int class_called(const ga_dataset *data, const char *name)
{
    for (int i = 0; i < ga_dataset_classes(data); i++)
        if (strcmp(ga_dataset_class_name(data, i), name) == 0)
            return i;
    return -1;
}

ga_status ga_class_score_open(const ga_vocabulary *v, const ga_dataset *data, ga_class_score *s,
                              ga_err *err)
{
    *s = (ga_class_score){.category = category_of_classes(v), .classes = ga_dataset_classes(data)};
    if (s->classes < 2) /* nobody told them apart */
        s->category = -1;
    if (s->category < 0)
        return GA_OK;
    s->labels = ga_vocabulary_n(v);
    s->class_of = ga_mem_new((size_t)s->labels, sizeof *s->class_of);
    s->seen = ga_mem_new((size_t)s->labels, sizeof *s->seen);
    if (s->class_of == NULL || s->seen == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to score %d labels", s->labels);
    for (int c = 0; c < s->labels; c++) {
        const ga_label label = ga_vocabulary_at(v, c);
        s->class_of[c] = c > 0 && label.category == s->category ? class_called(data, label.name)
                                                                : -1;
        s->known += s->class_of[c] >= 0;
    }
    if (s->known == 0)
        s->category = -1;
    return GA_OK;
}

/* Whether the segmenter has a label for the data's class. */
static bool is_known(const ga_class_score *s, int is)
{
    for (int c = 1; c < s->labels; c++)
        if (s->class_of[c] == is)
            return true;
    return false;
}

void ga_class_score_add(ga_class_score *s, const uint16_t *plane, size_t n, int is)
{
    if (!is_known(s, is))
        return;
    memset(s->seen, 0, (size_t)s->labels * sizeof *s->seen);
    for (size_t i = 0; i < n; i++)
        if (plane[i] > 0 && plane[i] < s->labels)
            s->seen[plane[i]]++;
    int most = 0;
    for (int c = 1; c < s->labels; c++)
        if (s->seen[c] > s->seen[most])
            most = c;
    s->pictures++;
    s->silent += most == 0;
    s->right += most > 0 && s->class_of[most] == is;
}

void ga_class_score_free(ga_class_score *s)
{
    ga_mem_free(s->class_of);
    ga_mem_free(s->seen);
    *s = (ga_class_score){.category = -1};
}

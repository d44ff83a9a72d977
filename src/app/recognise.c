/* recognise.c - a classifier by name looks at a batch of pictures. */
#include "app/recognise.h"
#include "base/alloc.h"

static ga_status read_logits(ga_request *rq, ga_eye *eye, ga_view v, float lo, float hi,
                             ga_recognised *readings, ga_err *err)
{
    enum { SOME = 100 };
    const int k = ga_eye_classes(eye);
    const size_t picture = ga_view_count(v) / (size_t)v.n;
    const ga_progress *progress = ga_rq_progress(rq);
    ga_status s = GA_OK;
    float *logits = ga_mem_new((size_t)SOME * (size_t)k, sizeof *logits);
    if (logits == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for what %d pictures are read as", v.n);
    for (int at = 0; at < v.n && s == GA_OK; at += SOME) {
        ga_view some = v;
        some.data = v.data + (size_t)at * picture;
        some.n = v.n - at < SOME ? v.n - at : SOME;
        s = ga_eye_look(eye, some, lo, hi, NULL, logits, err);
        for (int i = 0; i < some.n && s == GA_OK; i++) {
            const float *row = logits + (size_t)i * (size_t)k;
            ga_recognised *r = &readings[at + i];
            r->softmax = ga_certainty_of(row, k, GA_CERTAINTY_SOFTMAX, &r->label);
            r->scaled = ga_certainty_of(row, k, GA_CERTAINTY_SCALED, NULL);
        }
        if (s == GA_OK && progress->cancelled(progress->user))
            s = ga_fail(err, GA_EINTERRUPTED, "stopped after reading %d of %d pictures",
                        at + some.n, v.n);
    }
    ga_mem_free(logits);
    return s;
}

ga_status ga_recognise(ga_request *rq, const char *classifier, ga_view v, float lo, float hi,
                       ga_recognised **out, ga_err *err)
{
    ga_model *m = NULL;
    ga_eye *eye = NULL;
    *out = NULL;
    ga_status s = ga_app_model(rq, classifier, &m, err);
    if (s == GA_OK)
        s = ga_eye_create(m, NULL, ga_rq_threads(rq), ga_rq_memory(rq), &eye, err);
    if (s == GA_OK && (*out = ga_mem_new((size_t)v.n, sizeof **out)) == NULL)
        s = ga_fail(err, GA_ENOMEM, "no memory for what %d pictures are read as", v.n);
    if (s == GA_OK)
        s = read_logits(rq, eye, v, lo, hi, *out, err);
    ga_eye_free(eye);
    ga_model_free(m);
    if (s == GA_OK)
        return s;
    ga_mem_free(*out);
    *out = NULL;
    return s;
}

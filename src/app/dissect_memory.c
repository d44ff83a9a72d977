/* dissect_memory.c - does a dissection fit into --memory? */
#include "app/dissect_memory.h"
#include "base/alloc.h"
#include "base/text.h"

/* What the program takes that nothing counts: its code, libraries, stacks and what is between
 * blocks of memory (10 to 15 MiB were seen). */
static const size_t program = (size_t)24 << 20;

/* The parts of what it takes, in bytes. */
typedef struct parts {
    size_t open, looking, least, most; /* least and most: of what is counted */
    int labels;
} parts;

static ga_status fail(const ga_request *rq, const parts *p, bool with_data, bool guess, ga_err *err)
{
    const size_t held = p->open + p->looking;
    char words[5][24];
    return ga_fail(
        err, GA_ENOMEM,
        "dissecting '%s' takes %s (%s for the program and networks%s, %s to look at %d images at a "
        "time, %s for what is counted), and the limit is %s: --memory %zuM will do whichever of "
        "the "
        "%d labels occur, and %zuM is the least to begin with%s",
        ga_rq_text(rq, "model"), ga_format_bytes(held + p->least, words[0], sizeof words[0]),
        ga_format_bytes(p->open, words[1], sizeof words[1]), with_data ? " and data" : "",
        ga_format_bytes(p->looking, words[2], sizeof words[2]), GA_DISSECT_BLOCK,
        ga_format_bytes(p->least, words[3], sizeof words[3]),
        ga_format_bytes(ga_rq_memory(rq), words[4], sizeof words[4]), ((held + p->most) >> 20) + 1,
        p->labels, ((held + p->least) >> 20) + 1, guess ? "; the data come on top" : "");
}

ga_status ga_dissect_memory(const ga_request *rq, const ga_subject_spec *spec, int copies,
                            bool guess, ga_dissect_options *options, ga_err *err)
{
    const size_t limit = ga_rq_memory(rq), n = (size_t)copies, open = program + ga_mem_held();
    ga_dissect_needs needs;
    const ga_status status = ga_dissect_forecast(spec, options, &needs, err);
    if (status != GA_OK)
        return status;
    const parts p = {open, needs.subject, n * needs.least, n * needs.most, needs.labels};
    options->memory = limit;
    options->held = p.open + p.looking;
    return limit == 0 || options->held + (guess ? 0 : p.least) <= limit
               ? GA_OK
               : fail(rq, &p, spec->data != NULL, guess, err);
}

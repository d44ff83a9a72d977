/* segmenter_arg.c - segmenters by the words of commands. */
#include "app/segmenter_arg.h"
#include "app/class_match.h"
#include "app/models.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "ganatomy/scenes.h"
#include <math.h>
#include <string.h>

void ga_segmenter_arg_free(ga_segmenter_arg *arg)
{
    ga_segmenter_free(arg->segmenter);
    for (int i = 0; i < arg->n_models; i++)
        ga_model_free(arg->model[i]);
    *arg = (ga_segmenter_arg){0};
}

/* ---- one --------------------------------------------------------------------------------------*/

static ga_status open_classes(ga_model *m, const char *called, const ga_segmenter_options *o,
                              ga_segmenter **out, ga_err *err)
{
    enum { MOST = 1000, LONGEST = GA_LABEL_NAME };
    const ga_graph *g = ga_model_graph(m);
    const int made = ga_graph_output_dims(g).c, n = made < MOST ? made : MOST;
    const char **names = ga_mem_new(MOST, sizeof *names);
    char(*buf)[LONGEST] = ga_mem_new(MOST, sizeof *buf);
    ga_status status = names != NULL && buf != NULL
                           ? GA_OK
                           : ga_fail(err, GA_ENOMEM, "no memory for the names of classes");
    for (int i = 0; i < n && status == GA_OK; i++)
        names[i] = ga_class_called(m, NULL, i, buf[i], LONGEST);
    if (status == GA_OK)
        status = ga_segmenter_classes(m, names, called, o, out, err);
    ga_mem_free(names);
    ga_mem_free(buf);
    return status;
}

/* What a name could have meant that is no model's, behind the sentence that says so. */
static ga_status add_words(const char *name, ga_err *err)
{
    static const char *const kinds[] = {"colors", "strokes", "digits", "classes:", NULL};
    const char *near = strcmp(name, "own") == 0 ? NULL : ga_nearest_word(name, kinds);
    const ga_err was = *err;
    if (strcmp(name, "own") == 0)
        return ga_fail(
            err, GA_EINVAL,
            "'own' are the label maps of the data: no segmenter, and here one is needed");
    if (near != NULL)
        return ga_fail(err, GA_ENOTFOUND,
                       "no segmenter '%s' (did you mean '%s'?): " GA_SEGMENTER_HELP, name, near);
    return ga_fail(err, GA_ENOTFOUND, "%.600s; a segmenter is " GA_SEGMENTER_HELP, was.text);
}

/* A network that makes labels, MODEL or MODEL:quad. */
static ga_status open_network(ga_request *rq, const char *name, ga_segmenter_arg *arg,
                              ga_segmenter_options o, ga_segmenter **out, ga_err *err)
{
    static const char *const suffix[] = {[GA_QUAD] = ":quad", [GA_QUAD_2018] = ":quad-2018"};
    size_t length = strlen(name);
    for (int q = GA_QUAD; q <= GA_QUAD_2018; q++)
        if (o.quad == GA_QUAD_NONE && ga_ends_with(name, suffix[q]) && !ga_is_file(name)) {
            o.quad = (ga_seg_quad)q;
            length -= strlen(suffix[q]);
        }
    char *model = ga_mem_string_n(name, length);
    if (model == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the name of a segmenter");
    ga_model **m = &arg->model[arg->n_models];
    const ga_status status = ga_app_model(rq, model, m, err);
    ga_mem_free(model);
    if (status == GA_ENOTFOUND)
        return add_words(name, err);
    if (status != GA_OK)
        return status;
    arg->n_models++;
    return ga_segmenter_of_model(*m, &o, out, err);
}

static ga_status open_one(ga_request *rq, const char *name, ga_segmenter_arg *arg,
                          ga_segmenter **out, ga_err *err)
{
    static const char classes[] = "classes:";
    const ga_segmenter_options o = {.threads = ga_rq_threads(rq),
                                    .memory_limit = arg->memory_limit};
    const bool digits = strcmp(name, "digits") == 0,
               reads = digits || strncmp(name, classes, sizeof classes - 1) == 0;
    if (strcmp(name, "colors") == 0)
        return ga_segmenter_colors(out, err);
    if (strcmp(name, "strokes") == 0)
        return ga_segmenter_strokes(out, err);
    if (name[0] == 0)
        return ga_fail(err, GA_EINVAL, "a segmenter without a name: expected " GA_SEGMENTER_HELP);
    if (!reads)
        return open_network(rq, name, arg, o, out, err);
    const char *model = digits ? ga_app_usual_eye("mnist") : name + sizeof classes - 1;
    ga_model **m = &arg->model[arg->n_models];
    ga_status status = ga_app_model(rq, model, m, err);
    if (status != GA_OK)
        return status;
    arg->n_models++;
    return open_classes(*m, name, &o, out, err);
}

/* ---- several ----------------------------------------------------------------------------------*/

static ga_status open_parts(ga_request *rq, char *words, ga_segmenter_arg *arg, ga_err *err)
{
    ga_segmenter *part[GA_SEGMENTER_PARTS] = {0};
    ga_status status = GA_OK;
    int n = 0;
    for (char *at = words, *next; at != NULL && status == GA_OK; at = next) {
        next = strchr(at, '+');
        if (next != NULL)
            *next++ = 0;
        if (n == GA_SEGMENTER_PARTS)
            status = ga_fail(err, GA_EINVAL, "more than %d segmenters", GA_SEGMENTER_PARTS);
        else
            status = open_one(rq, at, arg, &part[n], err);
        n += status == GA_OK;
    }
    if (status == GA_OK)
        return ga_segmenter_join(part, n, &arg->segmenter, err);
    for (int i = 0; i < n; i++)
        ga_segmenter_free(part[i]);
    return status;
}

ga_status ga_segmenter_arg_open(ga_request *rq, const char *text, size_t memory_limit,
                                ga_segmenter_arg *arg, ga_err *err)
{
    *arg = (ga_segmenter_arg){.memory_limit = memory_limit};
    ga_status status;
    if (strchr(text, '+') == NULL || ga_is_file(text)) {
        status = open_one(rq, text, arg, &arg->segmenter, err);
    } else {
        char *words = ga_mem_string(text);
        status = words != NULL ? open_parts(rq, words, arg, err)
                               : ga_fail(err, GA_ENOMEM, "no memory for the names of segmenters");
        ga_mem_free(words);
    }
    if (status == GA_ENOMEM)
        ga_fail_in(err, status, "segmenter '%.200s'", text);
    if (status != GA_OK)
        ga_segmenter_arg_free(arg);
    return status;
}

void ga_segmenter_arg_note(ga_request *rq, const ga_segmenter_arg *arg, const char *data)
{
    for (int i = 0; i < arg->n_models && data != NULL; i++) {
        const char *taught = ga_model_note(arg->model[i], "data");
        if (taught != NULL && strcmp(taught, data) != 0)
            ga_rq_note(rq, "'%s' learned from %s and looks at %s: what it says there means little",
                       ga_arch_name(ga_model_arch(arg->model[i])), taught, data);
    }
}

const char *ga_segmenter_usual(const char *data)
{
    static const char *const usual[][2] = {{"scenes", "scenes-segmenter"},
                                           {"mnist", "digits+strokes"}};
    for (size_t i = 0; data != NULL && i < sizeof usual / sizeof *usual; i++)
        if (strcmp(data, usual[i][0]) == 0)
            return usual[i][1];
    return "colors";
}

/* ---- colours ----------------------------------------------------------------------------------*/

static bool basic_color(const char *name, uint8_t rgb[3])
{
    static const uint8_t middle[GA_BASIC_COLORS][3] = {
        {24, 24, 24},    {250, 250, 250}, {220, 30, 30},  {40, 160, 50},
        {240, 220, 40},  {40, 80, 220},   {130, 80, 40},  {140, 60, 170},
        {250, 150, 190}, {245, 140, 30},  {140, 140, 140}};
    for (int i = 0; i < GA_BASIC_COLORS; i++)
        if (strcmp(name, ga_basic_color_name(i)) == 0) {
            memcpy(rgb, middle[i], 3);
            return true;
        }
    return false;
}

/* Hues a golden section apart, so that neighbours differ; every other one darker. */
static void wheel(int label, uint8_t rgb[3])
{
    const double hue = 6 * fmod(0.618033988749895 * label, 1), value = label % 2 == 0 ? 250 : 190;
    for (int i = 0; i < 3; i++) {
        const double k = fmod(hue + 4 * i, 6), down = k < 2 ? 1 : k < 3 ? 3 - k : k < 5 ? 0 : k - 5;
        rgb[i] = (uint8_t)(value * (0.2 + 0.8 * down));
    }
}

void ga_segmenter_color(const ga_vocabulary *v, int label, uint8_t rgb[3])
{
    if (ga_vocabulary_same(v, ga_scenes_vocabulary()))
        ga_scenes_label_color(label, rgb);
    else if (label <= 0)
        memset(rgb, 0, 3);
    else if (!basic_color(ga_vocabulary_at(v, label).name, rgb))
        wheel(label, rgb);
}

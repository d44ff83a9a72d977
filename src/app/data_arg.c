/* data_arg.c - from the common fields about pictures to a data set. */
#include "app/data_arg.h"
#include <stdlib.h>
#include <string.h>

const char *const ga_split_words[] = {"train", "test", NULL};

ga_data_arg ga_data_arg_of(const ga_request *rq)
{
    return (ga_data_arg){.data = ga_rq_text(rq, "data"),
                         .what = {.classes = ga_rq_text(rq, "classes"),
                                  .images = (int)ga_rq_int(rq, "images", 0),
                                  .pixels = (int)ga_rq_int(rq, "pixels", 0),
                                  .seed = 1}};
}

ga_status ga_data_arg_load(ga_request *rq, const ga_data_arg *arg, ga_split split, ga_dataset **out,
                           ga_err *err)
{
    const ga_data_places places = {.home = ga_rq_home(rq)};
    const ga_status status = ga_dataset_load(arg->data, split, &arg->what, &places,
                                             ga_rq_progress(rq), out, err);
    for (int i = 0; status == GA_OK && !arg->quiet && ga_dataset_note(*out, i) != NULL; i++)
        ga_rq_note(rq, "%s", ga_dataset_note(*out, i));
    return status;
}

void ga_data_arg_of_model(ga_data_arg *arg, const ga_model *m)
{
    const char *data = ga_model_note(m, "data"), *classes = ga_model_note(m, "data_classes"),
               *pixels = ga_model_note(m, "data_pixels");
    const bool known = data != NULL && data[0] != 0;
    if (arg->data == NULL)
        arg->data = known ? data : "mnist";
    if (!known || strcmp(arg->data, data) != 0)
        return;
    if (arg->what.classes == NULL && classes != NULL)
        arg->what.classes = classes;
    if (arg->what.pixels == 0 && pixels != NULL)
        arg->what.pixels = (int)strtol(pixels, NULL, 10);
}

ga_status ga_data_arg_open(ga_request *rq, ga_split split, ga_dataset **out, ga_err *err)
{
    const ga_data_arg arg = ga_data_arg_of(rq);
    return ga_data_arg_load(rq, &arg, split, out, err);
}

/* What has to do with data has no place where a generator makes the pictures. */
static ga_status refuse_data(const ga_request *rq, ga_err *err)
{
    static const char *const about_data[] = {"data", "classes", "images", "pixels", "split"};
    for (size_t i = 0; i < sizeof about_data / sizeof *about_data; i++)
        if (ga_rq_given(rq, about_data[i]))
            return ga_fail(err, GA_EINVAL, "'%s' makes its pictures itself: --%s has no place here",
                           ga_rq_text(rq, "model"), about_data[i]);
    return GA_OK;
}

ga_status ga_data_arg_open_for(ga_request *rq, const ga_model *m, ga_dataset **out, ga_err *err)
{
    ga_split split;
    *out = NULL;
    if (ga_arch_law(ga_model_arch(m)) != GA_LAW_NONE)
        return refuse_data(rq, err);
    ga_data_arg arg = ga_data_arg_of(rq);
    ga_data_arg_of_model(&arg, m);
    const ga_status status = ga_split_parse(ga_rq_text(rq, "split"), &split, err);
    return status == GA_OK ? ga_data_arg_load(rq, &arg, split, out, err) : status;
}

const char *ga_data_arg_shown(const ga_dataset *data, const ga_model *m)
{
    return data != NULL ? ga_dataset_name(data) : ga_model_note(m, "data");
}

int ga_data_arg_side(const ga_dataset *data, const ga_model *m)
{
    const ga_arch *arch = ga_model_arch(m);
    if (data != NULL)
        return ga_dataset_dims(data).h;
    return ga_arch_law(arch) == GA_LAW_NONE ? ga_arch_input(arch).h
                                            : ga_graph_output_dims(ga_arch_graph(arch)).h;
}

/* verb_doctor.c - `ganatomy doctor`: what this machine has and what the program makes of it. */
#include "app/models.h"
#include "app/machine.h"
#include "app/verb.h"
#include "app/workspace.h"
#include "base/alloc.h"
#include "base/cpu.h"
#include "base/file.h"
#include "ganatomy/data.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the processor ----------------------------------------------------------------------------*/

/* Names of the features that kernels are written for, those that this CPU has. */
static json_t *cpu_features(void)
{
    json_t *list = json_array();
#if defined(__x86_64__)
#define HAS(name)                                                                                  \
    if (__builtin_cpu_supports(name))                                                              \
        json_array_append_new(list, json_string(name));
    __builtin_cpu_init();
    HAS("sse4.2")
    HAS("avx")
    HAS("avx2")
    HAS("fma")
    HAS("avx512f")
    HAS("avx512bw")
    HAS("avx512dq")
    HAS("avx512vl")
    HAS("avx512vnni")
#undef HAS
#endif
    return list;
}

static const char *isa_reason(char *buf, size_t size)
{
    const char *wanted = getenv("GANATOMY_ISA"), *chosen = ga_isa_name(ga_cpu_isa());
    if (wanted == NULL || wanted[0] == 0)
        snprintf(buf, size, "the best that this CPU has");
    else if (strcmp(wanted, chosen) == 0)
        snprintf(buf, size, "GANATOMY_ISA asks for it");
    else
        snprintf(buf, size,
                 "the best that this CPU has; GANATOMY_ISA='%s' is neither portable, avx2, avx512 "
                 "nor avx512_bf16, or more than the CPU has",
                 wanted);
    return buf;
}

static json_t *kernels(void)
{
    json_t *list = json_array();
    for (int i = 0; i <= (int)ga_cpu_isa(); i++)
        json_array_append_new(list, json_string(ga_isa_name((ga_isa)i)));
    return list;
}

/* ---- everything as one object -----------------------------------------------------------------*/

static json_t *cpu_json(const ga_request *rq)
{
    char model[128], reason[256];
    ga_machine_cpu(model, sizeof model);
    return json_pack("{s:s, s:i, s:i, s:o, s:s, s:s, s:o, s:b}", "model", model, "cores",
                     ga_cpu_cores(), "threads", ga_rq_threads(rq), "features", cpu_features(),
                     "isa", ga_isa_name(ga_cpu_isa()), "reason", isa_reason(reason, sizeof reason),
                     "kernels", kernels(), "bf16", ga_cpu_isa() == GA_ISA_AVX512_BF16);
}

/* The state of a folder that may not be there yet. */
static const char *folder_state(const char *path)
{
    if (!ga_is_folder(path))
        return "not there yet";
    return access(path, W_OK) == 0 ? "writable" : "read-only";
}

static json_t *workspace_json(const ga_request *rq, ga_err *err)
{
    const char *wanted = ga_rq_text(rq, "home");
    char *path = ga_workspace_find(wanted);
    char *database = path != NULL ? ga_path_join(path, "ganatomy.db") : NULL;
    json_t *o = NULL;
    if (database != NULL)
        o = json_pack("{s:s, s:s, s:s, s:b}", "folder", path, "from", ga_workspace_reason(wanted),
                      "state", folder_state(path), "database", ga_is_file(database));
    else
        ga_fail(err, GA_ENOMEM, "out of memory for the workspace's path");
    ga_mem_free(database);
    ga_mem_free(path);
    return o;
}

/* Each known data set with the folder that it would be read from. */
static json_t *data_json(const ga_request *rq)
{
    char *home = ga_workspace_find(ga_rq_text(rq, "home"));
    const ga_data_places places = {.home = home};
    json_t *o = json_object();
    for (int i = 0; i < ga_data_known_count(); i++) {
        const char *name = ga_data_known_at(i)->name;
        char folder[4096];
        const bool found = ga_data_find(name, &places, folder, sizeof folder, NULL) == GA_OK;
        json_object_set_new(o, name, found ? json_string(folder[0] != 0 ? folder : "drawn by this program") : json_null());
    }
    ga_mem_free(home);
    return o;
}

static json_t *models_json(const ga_request *rq)
{
    char *home = ga_workspace_find(ga_rq_text(rq, "home"));
    json_t *names = home != NULL ? ga_app_model_names(home) : NULL;
    ga_mem_free(home);
    return names != NULL ? names : json_object();
}

/* "zlib 1.2.13, libpng 1.6.39": what the build found. */
static json_t *libraries_json(void)
{
    static const char *const pairs[] = {GA_LIBRARY_VERSIONS, NULL};
    json_t *o = json_object();
    for (const char *const *p = pairs; *p != NULL; p += 2)
        json_object_set_new(o, p[0], json_string(p[1]));
    return o;
}

static const char *text_of(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s != NULL ? s : "";
}

static void join(const json_t *list, ga_text *t)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
        ga_text_addf(t, "%s%s", i > 0 ? ", " : "", json_string_value(item));
}

static void say_all(ga_request *rq, const json_t *o)
{
    const json_t *cpu = json_object_get(o, "cpu"), *home = json_object_get(o, "workspace");
    ga_text features = {0}, names = {0}, libraries = {0};
    join(json_object_get(cpu, "features"), &features);
    join(json_object_get(cpu, "kernels"), &names);
    const char *key;
    json_t *version;
    json_object_foreach(json_object_get(o, "libraries"), key, version) ga_text_addf(
        &libraries, "%s%s %s", libraries.length > 0 ? ", " : "", key, json_string_value(version));
    ga_rq_say(rq, "ganatomy      %s, built with %s", text_of(o, "version"), text_of(o, "compiler"));
    ga_rq_say(rq, "processor     %s", text_of(cpu, "model"));
    ga_rq_say(rq, "cores         %d, %d used", ga_cpu_cores(), ga_rq_threads(rq));
    ga_rq_say(rq, "features      %s", features.data != NULL ? features.data : "none known");
    ga_rq_say(rq, "instructions  %s: %s", text_of(cpu, "isa"), text_of(cpu, "reason"));
    ga_rq_say(rq, "kernels       %s", names.data);
    ga_rq_say(rq, "workspace     %s (%s, from %s)%s", text_of(home, "folder"),
              text_of(home, "state"), text_of(home, "from"),
              json_is_true(json_object_get(home, "database")) ? ", with a database" : "");
    json_object_foreach(json_object_get(o, "data"), key, version)
        ga_rq_say(rq, "data          %s: %s", key,
                  json_is_string(version) ? json_string_value(version) : "not here");
    json_object_foreach(json_object_get(o, "models"), key, version)
        ga_rq_say(rq, "model         %s: %s", key, json_string_value(version));
    ga_rq_say(rq, "libraries     %s", libraries.data);
    ga_text_free(&features);
    ga_text_free(&names);
    ga_text_free(&libraries);
}

static ga_status run(ga_request *rq, ga_err *err)
{
    json_t *workspace = workspace_json(rq, err);
    if (workspace == NULL)
        return GA_ENOMEM;
    json_t *o = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "version", ga_version(), "compiler",
                          "C compiler " __VERSION__, "cpu", cpu_json(rq), "workspace", workspace,
                          "data", data_json(rq), "models", models_json(rq), "libraries", libraries_json());
    if (o == NULL)
        return ga_fail(err, GA_ENOMEM, "out of memory for the report");
    say_all(rq, o);
    ga_rq_result(rq, o);
    return GA_OK;
}

static const ga_field fields[] = {{.name = NULL}};

static const ga_example examples[] = {
    {"ganatomy doctor", "what this machine has"},
    {"GANATOMY_ISA=portable ganatomy doctor", "what a machine without vector instructions gets"},
    {.command = NULL},
};

const ga_verb ga_verb_doctor = {
    .name = "doctor",
    .summary = "show CPU features, kernels, workspace, data and models found",
    .description =
        "Shows which instruction set the program computes with and why, how many cores it uses, "
        "where its workspace is, which data sets and models it finds by name and which libraries it "
        "was built with. Nothing is made or changed.",
    .fields = fields,
    .examples = examples,
    .run = run,
};

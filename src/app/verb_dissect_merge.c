/* verb_dissect_merge.c - `ganatomy dissect merge`: what the shards of a dissection say together. */
#include "app/dissect_shards.h"
#include "base/json.h"
#include <string.h>

/* What the request of `dissect` says goes where this one's words go. */
static void say(void *user, const char *line)
{
    ga_rq_say(user, "%s", line);
}

static void note(void *user, const char *line)
{
    ga_rq_note(user, "%s", line);
}

/* What is this machine's is asked here: workspace, threads, memory, folder. */
static ga_status set_own(const ga_request *rq, ga_request *again, ga_err *err)
{
    char threads[16], memory[24];
    snprintf(threads, sizeof threads, "%d", ga_rq_threads(rq));
    snprintf(memory, sizeof memory, "%zu", ga_rq_memory(rq));
    ga_status status = ga_request_set(again, "home", ga_rq_home(rq), err);
    if (status == GA_OK)
        status = ga_request_set(again, "threads", threads, err);
    if (status == GA_OK && ga_rq_memory(rq) > 0)
        status = ga_request_set(again, "memory", memory, err);
    if (status == GA_OK && ga_rq_flag(rq, "force"))
        status = ga_request_set(again, "force", "true", err);
    return status == GA_OK ? ga_request_set(again, "output", ga_rq_text(rq, "output"), err)
                           : status;
}

/* The request of `dissect` that the shards were asked. */
static ga_status ask_again(ga_request *rq, const ga_shards *shards, ga_request **out, ga_err *err)
{
    const ga_request_sink sink = {
        .say = say, .note = note, .progress = *ga_rq_progress(rq), .user = rq};
    const char *about = ga_shards_about(shards);
    json_t *given;
    ga_status status = ga_json_parse(about, strlen(about), "what the shards were asked", &given,
                                     err);
    if (status != GA_OK)
        return status;
    status = ga_request_create(&ga_verb_dissect, &sink, out, err);
    if (status == GA_OK)
        status = ga_request_set_all(*out, given, err);
    if (status == GA_OK)
        status = set_own(rq, *out, err);
    if (status == GA_OK)
        status = ga_request_ready(*out, err);
    json_decref(given);
    return status;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    int n;
    const char *const *folders = ga_rq_list(rq, "parts", &n);
    ga_shards *shards;
    ga_request *again = NULL;
    ga_status status = ga_shards_open(folders, n, &shards, err);
    if (status != GA_OK)
        return status;
    const ga_dissect_round round = ga_shards_round(shards);
    status = ask_again(rq, shards, &again, err);
    if (status == GA_OK)
        status = ga_dissect_merge_run(again, shards, err);
    if (status == GA_OK && round.pass < round.passes) {
        ga_rq_say(rq, "pass %d of %d is merged, and every folder has what the next one needs",
                  round.pass, round.passes);
        ga_rq_say(rq,
                  "next: run the same `ganatomy dissect ... --shard` commands again: pass %d "
                  "of %d",
                  round.pass + 1, round.passes);
        ga_rq_result(rq, json_pack("{s:s, s:i, s:i}", "key", ga_shards_key(shards), "merged",
                                   round.pass, "passes", round.passes));
    } else if (status == GA_OK) {
        ga_rq_result(rq, json_incref((json_t *)(uintptr_t)ga_request_result(again)));
    }
    ga_request_free(again);
    ga_shards_free(shards);
    return status;
}

/* clang-format off */
static const ga_field fields[] = {
    {.name = "parts", .type = GA_FIELD_FOLDER, .value = "FOLDER", .positional = true, .required = true,
     .many = true, .help = "folders in which `ganatomy dissect --shard` has done its share"},
    {.name = "force", .type = GA_FIELD_FLAG, .help = "replace another dissection in the folder"},
    {.name = "output", .letter = 'o', .type = GA_FIELD_FOLDER, .value = "FOLDER",
     .fallback = "dissection",
     .help = "gets dissect.html, dissect.json, units.csv, counts.npz after the last pass"},
    {0}};
/* clang-format on */

static const ga_example examples[] = {
    {"ganatomy dissect merge part1 part2 part3 -o fashion",
     "after `ganatomy dissect ... --shard 1/3 -o part1` and the same of 2/3 and 3/3"},
    {0}};

const ga_verb ga_verb_dissect_merge = {
    .name = "dissect merge",
    .summary = "put the shards of a dissection together",
    .description =
        "Thresholds depend on all images, and what is counted depends on thresholds; so shards work "
        "in passes (three with preset 2018-iqr, else two). When all shards have done a pass, this "
        "puts together what they saw. While passes follow, every folder gets a file that the next "
        "one needs, and the same commands with --shard are run again; after the last one, the "
        "folder of -o gets what `ganatomy dissect` without shards writes, byte for byte.\n\n"
        "The machines need not share a disk: copy the folders to one of them, merge, and copy "
        "merged.pass-P.safetensors back. Model, segmenter and data are opened by the names that "
        "the shards were given, also where the merge is made (the page shows their pictures).",
    .fields = fields,
    .examples = examples,
    .run = run,
};

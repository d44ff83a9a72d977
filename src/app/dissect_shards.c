/* dissect_shards.c - `ganatomy dissect --shard`: a share of a dissection. */
#include "app/dissect_shards.h"
#include "app/dissection_folder.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/json.h"
#include <string.h>

ga_status ga_dissect_share_parse(const char *text, ga_dissect_share *out, ga_err *err)
{
    int64_t shard, shards;
    const char *slash = strchr(text, '/');
    char first[16];
    if (slash != NULL && slash - text < (ptrdiff_t)sizeof first) {
        snprintf(first, sizeof first, "%.*s", (int)(slash - text), text);
        if (ga_parse_i64(first, &shard) && ga_parse_i64(slash + 1, &shards) && shard >= 1 &&
            shard <= shards && shards <= GA_MOST_SHARDS) {
            out->shard = (int)shard;
            out->shards = (int)shards;
            return GA_OK;
        }
    }
    return ga_fail(err, GA_EINVAL, "'--shard': found '%s', expected I/N, such as 1/3, N at most %d",
                   text, GA_MOST_SHARDS);
}

/* What was asked, but for what may be another on another machine. */
static char *describe(const ga_request *rq)
{
    static const char *const local[] = {"shard", "output", "force", "cache"};
    json_t *given = ga_request_given(rq);
    for (size_t i = 0; i < sizeof local / sizeof local[0] && given != NULL; i++)
        json_object_del(given, local[i]);
    char *text = given != NULL ? ga_json_canonical(given) : NULL;
    json_decref(given);
    return text;
}

static void say_next(ga_request *rq, const ga_dissect_share *share, ga_dissect_round round,
                     const char *folder)
{
    ga_rq_say(rq, "pass %d of %d of shard %d of %d %s", round.pass, round.passes, share->shard,
              share->shards, round.found ? "was done already" : "is done");
    ga_rq_say(rq, "next: when all %d shards have done it, `ganatomy dissect merge %s%s%s`",
              share->shards, folder, share->shards > 1 ? " FOLDER..." : "",
              round.pass == round.passes ? " -o RESULT" : "");
}

ga_status ga_dissect_shard_run(ga_request *rq, ga_subject *subject,
                               const ga_dissect_options *options, const char *key, ga_err *err)
{
    const char *folder = ga_rq_text(rq, "output");
    const ga_dissect_work work = {.folder = folder, .key = key, .progress = ga_rq_progress(rq)};
    ga_dissect_share share;
    ga_dissect_round round;
    ga_lock lock = {0};
    char held[48], *about = describe(rq);
    ga_status status = ga_dissect_share_parse(ga_rq_text(rq, "shard"), &share, err);
    if (status == GA_OK && about == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for what is asked");
    if (status == GA_OK) {
        share.about = about;
        snprintf(held, sizeof held, "shard-%d-of-%d.lock", share.shard, share.shards);
        status = ga_dissection_hold(folder, held, &lock, err);
    }
    if (status == GA_OK)
        status = ga_dissect_shard(subject, options, &work, &share, &round, err);
    ga_lock_end(&lock);
    if (status == GA_OK) {
        say_next(rq, &share, round, folder);
        ga_rq_result(rq, json_pack("{s:s, s:s, s:i, s:i, s:i, s:i}", "folder", folder, "key", key,
                                   "shard", share.shard, "shards", share.shards, "pass", round.pass,
                                   "passes", round.passes));
    }
    ga_mem_free(about);
    return status;
}

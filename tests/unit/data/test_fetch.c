/* Getting data sets: from a local server that the test runs, and from folders. */
#include "fetch_bench.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void all_files_are_fetched_and_then_left_alone(void **state)
{
    bench *b = *state;
    ga_err err;
    const ga_fetch_options o = by_server(b);
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err));
    check_dest(b);
    assert_int_equal(b->server.requests, 4);
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err));
    assert_int_equal(b->server.requests, 4);
}

static void a_folder_is_complete_when_every_file_is_there_and_right(void **state)
{
    bench *b = *state;
    ga_err err;
    const ga_fetch_options o = by_server(b);
    char path[256];
    assert_false(ga_fetch_complete(&b->entry, b->dest));
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err));
    assert_true(ga_fetch_complete(&b->entry, b->dest));
    snprintf(path, sizeof path, "%s/%s.gz", b->dest, names[3]);
    unlink(path);
    assert_false(ga_fetch_complete(&b->entry, b->dest));
    put_file(b->dest, names[3], b->plain[1].data, b->plain[1].size); /* labels of the other half */
    assert_false(ga_fetch_complete(&b->entry, b->dest));
    put_file(b->dest, names[3], b->plain[3].data, b->plain[3].size);
    assert_true(ga_fetch_complete(&b->entry, b->dest));
    assert_false(ga_data_complete("no such set", b->dest));
}

static void a_missing_and_a_broken_file_are_fetched_again(void **state)
{
    bench *b = *state;
    ga_err err;
    const ga_fetch_options o = by_server(b);
    char path[256];
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err));
    snprintf(path, sizeof path, "%s/%s.gz", b->dest, names[1]);
    unlink(path);
    put_file(b->dest, names[2], "rubbish", 7); /* would be read before the packed one */
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err));
    assert_int_equal(b->server.requests, 6);
    assert_false(has_file(b->dest, names[2]));
    check_dest(b);
}

static void an_older_part_is_continued(void **state)
{
    bench *b = *state;
    ga_err err;
    const ga_fetch_options o = by_server(b);
    CHECK_OK(ga_fetch_entry(&b->entry, &(ga_fetch_options){.dest = b->dest, .url = b->url}, &err));
    char path[256];
    snprintf(path, sizeof path, "%s/%s.gz", b->dest, names[0]);
    unlink(path);
    put_file(b->dest, "train-images-idx3-ubyte.gz.part", b->packed[0].data, 100);
    const int before = b->server.ranges;
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err));
    assert_int_equal(b->server.ranges, before + 1);
    check_dest(b);
}

static void a_part_that_is_whole_or_too_long_is_no_trouble(void **state)
{
    bench *b = *state;
    ga_err err;
    const ga_fetch_options o = by_server(b);
    char command[200];
    snprintf(command, sizeof command, "mkdir -p '%s'", b->dest);
    assert_int_equal(system(command), 0);
    put_file(b->dest, "train-images-idx3-ubyte.gz.part", b->packed[0].data, b->packed[0].size);
    uint8_t *longer = calloc(b->packed[1].size + 50, 1);
    put_file(b->dest, "train-labels-idx1-ubyte.gz.part", longer, b->packed[1].size + 50);
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err));
    check_dest(b);
    free(longer);
}

static void a_wrong_part_is_thrown_away_and_fetched_afresh(void **state)
{
    bench *b = *state;
    ga_err err;
    const ga_fetch_options o = by_server(b);
    char command[200];
    snprintf(command, sizeof command, "mkdir -p '%s'", b->dest);
    assert_int_equal(system(command), 0);
    put_file(b->dest, "train-images-idx3-ubyte.gz.part", "something else entirely", 23);
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err));
    assert_int_equal(b->server.ranges, 1);
    check_dest(b);
}

static void servers_without_ranges_or_with_wrong_ones_are_borne(void **state)
{
    bench *b = *state;
    ga_err err;
    const ga_fetch_options o = by_server(b);
    char command[200];
    snprintf(command, sizeof command, "mkdir -p '%s'", b->dest);
    assert_int_equal(system(command), 0);
    put_file(b->dest, "train-images-idx3-ubyte.gz.part", b->packed[0].data, 100);
    put_file(b->dest, "train-labels-idx1-ubyte.gz.part", b->packed[1].data, 10);
    b->server.files[0].no_ranges = true;
    b->server.files[1].range_shift = 3;
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err));
    check_dest(b);
}

static void a_connection_that_breaks_is_taken_up_again(void **state)
{
    bench *b = *state;
    ga_err err;
    const ga_fetch_options o = by_server(b);
    b->server.files[0].break_after = 100;
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err));
    check_dest(b);
    assert_int_equal(b->server.ranges, (int)((b->packed[0].size - 1) / 100));
}

static void a_server_that_never_gets_on_is_given_up_and_the_part_kept(void **state)
{
    bench *b = *state;
    ga_err err;
    const ga_fetch_options o = by_server(b);
    b->server.files[0].break_after = 4; /* more tries than anybody would make */
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_EIO,
                "they are kept; run the same command again to go on");
    assert_true(has_file(b->dest, "train-images-idx3-ubyte.gz.part"));
    assert_false(has_file(b->dest, "train-images-idx3-ubyte.gz"));
    b->server.files[0].break_after = 0;
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err));
    check_dest(b);
}

static void wrong_content_is_not_kept(void **state)
{
    bench *b = *state;
    ga_err err;
    const ga_fetch_options o = by_server(b);
    uint8_t *other = malloc(b->plain[0].size);
    memcpy(other, b->plain[0].data, b->plain[0].size);
    other[100] ^= 1;
    const blob packed = gzip_blob((blob){other, b->plain[0].size});
    b->server.files[0].content = packed;
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_EDATA, b->sha256[0]);
    assert_non_null(strstr(err.text, "SHA-256 of the unpacked content is "));
    assert_int_equal(count_files(b->dest), 0);
    b->server.files[0].content = (blob){(uint8_t *)"<html>please log in</html>", 26};
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_EDATA, "not an IDX file");
    assert_int_equal(count_files(b->dest), 0);
    /* Put together from two connections, it is fetched once more, not for ever. */
    const int before = b->server.requests;
    b->server.files[0].content = packed;
    b->server.files[0].break_after = packed.size / 2 + 1;
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_EDATA, b->sha256[0]);
    assert_int_equal(b->server.requests, before + 4);
    assert_int_equal(count_files(b->dest), 0);
    free(other);
    blob_free(packed);
}

static void without_a_checksum_the_structure_must_be_right(void **state)
{
    bench *b = *state;
    ga_err err;
    const ga_fetch_options o = by_server(b);
    for (int i = 0; i < 4; i++)
        b->entry.sha256[i] = NULL;
    b->server.files[0].content = b->packed[2];
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_EDATA, "expected 6 pictures of tiny");
    b->server.files[0].content = b->packed[0];
    b->entry.known.classes = 2;
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_EDATA,
                "label of picture 2: found 2, expected 0 to 1");
    b->entry.known.classes = 3;
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err));
    check_dest(b);
}

static void a_servers_refusal_and_no_server_are_said_with_advice(void **state)
{
    bench *b = *state;
    ga_err err;
    ga_fetch_options o = by_server(b);
    char closed[64];
    /* Nobody there from the start: nothing is left behind, not even a folder. */
    o.url = "http://127.0.0.1:1/";
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_EIO, "no connection to");
    assert_int_not_equal(access(b->dest, F_OK), 0);
    o.url = b->url;
    b->server.files[1].name = "/gone";
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_EIO, "the server answers 404");
    assert_non_null(
        strstr(err.text, "run 'ganatomy data fetch tiny --from FOLDER', or 'apt install"));
    b->server.files[1] = (served){.name = paths[1], .status = 500};
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_EIO, "the server answers 500");
    int port;
    const int fd = bind_somewhere(&port); /* nobody listens there, nor can begin to */
    snprintf(closed, sizeof closed, "http://127.0.0.1:%d/", port);
    o.url = closed;
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_EIO, "if this machine is offline, get the");
    assert_non_null(strstr(err.text, closed));
    close(fd);
    o.url = "http://no-such-host.invalid/";
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_EIO, "no connection to");
}

static void official_addresses_are_https_and_so_are_redirects(void **state)
{
    bench *b = *state;
    ga_err err;
    for (int i = 0; i < ga_data_known_count(); i++)
        if (!ga_data_known_at(i)->rendered)
            assert_int_equal(strncmp(ga_data_url(ga_data_known_at(i)->name), "https://", 8), 0);
    const ga_fetch_options o = {.dest = b->dest};
    b->entry.url = b->url; /* http as an official address: refused */
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_EIO, "only https is allowed");
    assert_int_equal(b->server.requests, 0);
    /* A redirect to another protocol than HTTP(S) is refused too. */
    const ga_fetch_options mirror = by_server(b);
    char target[64];
    b->server.files[0].redirect = "file:///etc/passwd";
    CHECK_FAILS(ga_fetch_entry(&b->entry, &mirror, &err), GA_EIO, "only https is allowed");
    snprintf(target, sizeof target, "http://127.0.0.1:%d/moved", b->server.port);
    b->server.files[0].redirect = target;
    b->server.files[4] = (served){.name = "/moved", .content = b->packed[0]};
    b->server.n_files = 5;
    CHECK_OK(ga_fetch_entry(&b->entry, &mirror, &err));
    check_dest(b);
}

typedef struct watcher {
    int reports;
    bool cancels; /* once there is something to keep */
    uint64_t last, total;
    char what[100];
} watcher;

static void on_report(void *user, const char *what, uint64_t done, uint64_t total)
{
    watcher *w = user;
    w->reports++;
    w->last = done;
    w->total = total;
    snprintf(w->what, sizeof w->what, "%s", what);
}

static bool on_ask(void *user)
{
    const watcher *w = user;
    return w->cancels && w->last > 0;
}

static void progress_is_told_and_cancelling_keeps_the_part(void **state)
{
    bench *b = *state;
    ga_err err;
    watcher w = {0};
    const ga_progress progress = {on_report, on_ask, &w};
    ga_fetch_options o = by_server(b);
    o.progress = &progress;
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err));
    assert_true(w.reports >= 4 && w.last == w.total && w.total == b->packed[3].size);
    assert_string_equal(w.what, "bytes of t10k-labels-idx1-ubyte.gz");
    char path[256];
    snprintf(path, sizeof path, "%s/%s.gz", b->dest, names[0]);
    unlink(path);
    w = (watcher){.cancels = true};
    b->server.files[0].break_after = 50;
    b->server.files[0].apart = true; /* the first report may come before the first byte */
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_EINTERRUPTED, "are kept for the next try");
    assert_true(has_file(b->dest, "train-images-idx3-ubyte.gz.part"));
    assert_false(has_file(b->dest, "train-images-idx3-ubyte.gz"));
}

static void two_at_once_do_not_mix_their_bytes(void **state)
{
    bench *b = *state;
    ga_err err;
    const ga_fetch_options o = by_server(b);
    char command[200], part[256];
    snprintf(command, sizeof command, "mkdir -p '%s'", b->dest);
    assert_int_equal(system(command), 0);
    snprintf(part, sizeof part, "%s/train-images-idx3-ubyte.gz.part", b->dest);
    const int fd = open(part, O_RDWR | O_CREAT, 0600);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_EIO, "is being fetched by another process");
    close(fd);
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err));
}

static void a_full_disk_is_said(void **state)
{
    bench *b = *state;
    const pid_t child = fork();
    if (child == 0) { /* the server's thread lives on in the parent */
        ga_err err;
        const ga_fetch_options o = by_server(b);
        const struct rlimit small = {64, 64};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &small);
        const ga_status status = ga_fetch_entry(&b->entry, &o, &err);
        _exit(status == GA_EIO && strstr(err.text, "writing '") != NULL ? 0 : 1);
    }
    int how;
    waitpid(child, &how, 0);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    assert_false(has_file(b->dest, "train-images-idx3-ubyte.gz"));
}

static void a_folder_is_copied_after_checking(void **state)
{
    bench *b = *state;
    ga_err err;
    char from[128], command[300];
    snprintf(from, sizeof from, "%s/from", b->folder);
    const ga_fetch_options o = {.dest = b->dest, .from = from};
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_ENOTFOUND, "is not there");
    snprintf(command, sizeof command, "mkdir -p '%s'", from);
    assert_int_equal(system(command), 0);
    put_file(from, names[0], b->plain[0].data, b->plain[0].size);
    put_file(from, "train-labels.idx1-ubyte.gz", b->packed[1].data, b->packed[1].size);
    put_file(from, names[2], b->packed[2].data, b->packed[2].size); /* packed, whatever its name */
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_ENOTFOUND,
                "has no 't10k-labels-idx1-ubyte', nor the same with .gz");
    put_file(from, names[3], b->plain[1].data, b->plain[1].size);
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_EDATA, b->sha256[3]);
    assert_false(has_file(b->dest, names[3]));
    put_file(from, names[3], b->plain[3].data, b->plain[3].size);
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err));
    check_dest(b);
    assert_true(has_file(b->dest, names[0]));
    assert_true(has_file(b->dest, "train-labels-idx1-ubyte.gz"));
    assert_true(has_file(b->dest, "t10k-images-idx3-ubyte.gz"));
    assert_int_equal(b->server.requests, 0);
}

/* ---- the public function ----------------------------------------------------------------------*/

static void unknown_names_and_wrong_content_for_known_ones_are_refused(void **state)
{
    bench *b = *state;
    ga_err err;
    const ga_fetch_options o = by_server(b);
    CHECK_FAILS(ga_data_fetch("fashon-mnist", &o, &err), GA_ENOTFOUND, "mean 'fashion-mnist'");
    CHECK_FAILS(ga_data_fetch("mnist", &o, &err), GA_EDATA,
                "expected ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db");
    assert_int_equal(count_files(b->dest), 0);
}

static void the_real_fashion_mnist_passes_its_check(void **state)
{
    bench *b = *state;
    ga_err err;
    char folder[256];
    if (ga_data_find("fashion-mnist", NULL, folder, sizeof folder, &err) != GA_OK) {
        printf("skipped: %s\n", err.text);
        skip();
    }
    const ga_fetch_options o = {.dest = b->dest, .from = folder};
    CHECK_OK(ga_data_fetch("fashion-mnist", &o, &err));
    assert_int_equal(count_files(b->dest), 4);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(all_files_are_fetched_and_then_left_alone),
        ROW(a_folder_is_complete_when_every_file_is_there_and_right),
        ROW(a_missing_and_a_broken_file_are_fetched_again),
        ROW(an_older_part_is_continued),
        ROW(a_part_that_is_whole_or_too_long_is_no_trouble),
        ROW(a_wrong_part_is_thrown_away_and_fetched_afresh),
        ROW(servers_without_ranges_or_with_wrong_ones_are_borne),
        ROW(a_connection_that_breaks_is_taken_up_again),
        ROW(a_server_that_never_gets_on_is_given_up_and_the_part_kept),
        ROW(wrong_content_is_not_kept),
        ROW(without_a_checksum_the_structure_must_be_right),
        ROW(a_servers_refusal_and_no_server_are_said_with_advice),
        ROW(official_addresses_are_https_and_so_are_redirects),
        ROW(progress_is_told_and_cancelling_keeps_the_part),
        ROW(two_at_once_do_not_mix_their_bytes),
        ROW(a_full_disk_is_said),
        ROW(a_folder_is_copied_after_checking),
        ROW(unknown_names_and_wrong_content_for_known_ones_are_refused),
        ROW(the_real_fashion_mnist_passes_its_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

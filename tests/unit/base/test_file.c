#include "check.h"
#include "base/alloc.h"
#include "base/file.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/ganatomy-file-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[4][200];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

/* How many entries the folder has: what fails must leave nothing behind. */
static int entries(void)
{
    int n = 0;
    DIR *d = opendir(folder);
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n - 2;
}

static void check_content(const char *path, const void *wanted, size_t n)
{
    ga_err err;
    ga_file f;
    CHECK_OK(ga_file_open(path, &f, &err));
    assert_int_equal(f.size, n);
    assert_memory_equal(f.data, wanted, n);
    ga_file_close(&f);
    assert_null(f.data);
}

static int clean(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s' && mkdir '%s'", folder, folder);
    return system(command);
}

static void files_of_all_sizes_come_back(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 4095, (1 << 18) - 1, (1 << 18) + 1, 3000000};
    ga_err err;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t n = sizes[i];
        char *data = malloc(n + 1);
        for (size_t k = 0; k < n; k++)
            data[k] = (char)(k * 31 >> 3);
        CHECK_OK(ga_file_write(in_folder("x"), data, n, &err));
        ga_file f;
        CHECK_OK(ga_file_open(in_folder("x"), &f, &err));
        assert_non_null(f.data);
        assert_int_equal(f.mapped, n >= 1 << 20);
        assert_int_equal(f.size, n);
        assert_memory_equal(f.data, data, n);
        ga_file_close(&f);
        free(data);
    }
    assert_int_equal(entries(), 1);
}

static void many_small_pieces_make_one_file(void **state)
{
    (void)state;
    ga_err err;
    ga_writer *w;
    enum { N = 100000 };
    char *wanted = malloc(N * 7);
    CHECK_OK(ga_writer_open(in_folder("x"), &w, &err));
    for (int i = 0; i < N; i++) {
        memcpy(wanted + 7 * i, "0123456", 7);
        wanted[7 * i] = (char)i;
        ga_writer_add(w, wanted + 7 * i, 7);
    }
    CHECK_OK(ga_writer_commit(w, &err));
    check_content(in_folder("x"), wanted, N * 7);
    free(wanted);
}

static void what_cannot_be_read_is_said(void **state)
{
    (void)state;
    ga_err err;
    ga_file f;
    CHECK_FAILS(ga_file_open(in_folder("none"), &f, &err), GA_ENOTFOUND, "none': No such file");
    assert_null(f.data);
    CHECK_FAILS(ga_file_open(folder, &f, &err), GA_EIO, "it is a folder, expected a file");
    CHECK_OK(ga_file_write(in_folder("x"), "1", 1, &err));
    CHECK_FAILS(ga_file_open(in_folder("x/y"), &f, &err), GA_ENOTFOUND, "Not a directory");
    for (long n = 0; n < 1; n++) {
        ga_mem_fail_after(n);
        CHECK_FAILS(ga_file_open(in_folder("x"), &f, &err), GA_ENOMEM, "no memory reading");
    }
}

static void a_pipe_is_read_to_its_end(void **state)
{
    (void)state;
    ga_err err;
    ga_file f;
    enum { N = 200000 };
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    const pid_t child = fork();
    if (child == 0) {
        const int fd = open(in_folder("pipe"), O_WRONLY);
        char block[1000];
        memset(block, 'p', sizeof block);
        for (int i = 0; i < N / 1000; i++)
            if (write(fd, block, sizeof block) != sizeof block)
                _exit(1);
        _exit(0);
    }
    CHECK_OK(ga_file_open(in_folder("pipe"), &f, &err));
    assert_int_equal(f.size, N);
    assert_int_equal(f.data[N - 1], 'p');
    ga_file_close(&f);
    int result;
    waitpid(child, &result, 0);
    assert_int_equal(result, 0);
    CHECK_OK(ga_file_open("/proc/self/status", &f, &err)); /* size 0, yet not empty */
    assert_true(f.size > 100);
    ga_file_close(&f);
}

static void until_commit_nothing_changes(void **state)
{
    (void)state;
    ga_err err;
    ga_writer *w;
    CHECK_OK(ga_file_write(in_folder("x"), "old", 3, &err));
    CHECK_OK(ga_writer_open(in_folder("x"), &w, &err));
    ga_writer_add(w, "new one", 7);
    check_content(in_folder("x"), "old", 3);
    ga_writer_abort(w);
    check_content(in_folder("x"), "old", 3);
    assert_int_equal(entries(), 1);
    CHECK_OK(ga_writer_open(in_folder("x"), &w, &err));
    ga_writer_add(w, "new one", 7);
    CHECK_OK(ga_writer_commit(w, &err));
    check_content(in_folder("x"), "new one", 7);
    assert_int_equal(entries(), 1);
    ga_writer_abort(NULL);
}

/* The limit on a file's size makes write fail in the middle, as a full disk does. */
static void a_disk_that_fills_up_keeps_the_old_file(void **state)
{
    (void)state;
    ga_err err;
    ga_writer *w;
    struct rlimit before, small;
    char block[1000] = {0};
    CHECK_OK(ga_file_write(in_folder("x"), "old", 3, &err));
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 300000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    CHECK_OK(ga_writer_open(in_folder("x"), &w, &err));
    for (int i = 0; i < 1000; i++)
        ga_writer_add(w, block, sizeof block);
    const ga_status status = ga_writer_commit(w, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, GA_EIO);
    assert_non_null(strstr(err.text, "x': File too large"));
    check_content(in_folder("x"), "old", 3);
    assert_int_equal(entries(), 1);
}

static void a_full_device_is_said_and_not_replaced(void **state)
{
    (void)state;
    ga_err err;
    struct stat info;
    CHECK_FAILS(ga_file_write("/dev/full", "x", 1, &err), GA_EIO,
                "writing '/dev/full': No space left on device");
    CHECK_OK(ga_file_write("/dev/null", "x", 1, &err));
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
}

static void what_cannot_be_written_is_said(void **state)
{
    (void)state;
    ga_err err;
    ga_writer *w;
    CHECK_OK(ga_file_write(in_folder("x"), "1", 1, &err));
    CHECK_FAILS(ga_writer_open(in_folder("x/y"), &w, &err), GA_EIO, "x/y': Not a directory");
    assert_null(w);
    CHECK_FAILS(ga_writer_open(in_folder("no/y"), &w, &err), GA_EIO, "No such file");
    CHECK_FAILS(ga_writer_open(folder, &w, &err), GA_EIO, "Is a directory");
    CHECK_FAILS(ga_writer_open("", &w, &err), GA_EIO, "No such file");
    for (long n = 0; n < 4; n++) {
        ga_mem_fail_after(n);
        CHECK_FAILS(ga_writer_open(in_folder("x"), &w, &err), GA_ENOMEM, "no memory writing");
    }
    ga_mem_fail_after(-1);
    CHECK_OK(ga_writer_open(in_folder("z"), &w, &err));
    assert_int_equal(mkdir(in_folder("z"), 0700), 0); /* now the last step cannot work */
    CHECK_FAILS(ga_writer_commit(w, &err), GA_EIO, "Is a directory");
    assert_int_equal(entries(), 2);
}

static void a_folder_that_may_not_be_written_is_said(void **state)
{
    (void)state;
    if (geteuid() == 0)
        skip(); /* root may write anywhere */
    ga_err err;
    ga_writer *w;
    chmod(folder, 0500);
    CHECK_FAILS(ga_writer_open(in_folder("x"), &w, &err), GA_EIO, "Permission denied");
    chmod(folder, 0700);
}

static void links_and_modes_are_kept(void **state)
{
    (void)state;
    ga_err err;
    struct stat info;
    CHECK_OK(ga_file_write(in_folder("real"), "1", 1, &err));
    chmod(in_folder("real"), 0640);
    assert_int_equal(symlink("real", in_folder("link")), 0);
    CHECK_OK(ga_file_write(in_folder("link"), "22", 2, &err));
    check_content(in_folder("real"), "22", 2);
    assert_int_equal(lstat(in_folder("link"), &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    stat(in_folder("real"), &info);
    assert_int_equal(info.st_mode & 0777, 0640);
    const mode_t mask = umask(027);
    CHECK_OK(ga_file_write(in_folder("fresh"), "1", 1, &err));
    umask(mask);
    stat(in_folder("fresh"), &info);
    assert_int_equal(info.st_mode & 0777, 0640);
}

static void leftovers_of_a_killed_process_are_stepped_over(void **state)
{
    (void)state;
    ga_err err;
    char name[100];
    snprintf(name, sizeof name, "x.tmp-%ld-0", (long)getpid());
    CHECK_OK(ga_file_write(in_folder(name), "left", 4, &err));
    CHECK_OK(ga_file_write(in_folder("x"), "new", 3, &err));
    check_content(in_folder("x"), "new", 3);
    check_content(in_folder(name), "left", 4);
}

/* What the disk of this test can do. */
static bool has_nameless_files(void)
{
    const int fd = open(folder, O_WRONLY | O_TMPFILE, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0 && access("/proc/self/fd", X_OK) == 0;
}

static void a_killed_process_leaves_nothing(void **state)
{
    (void)state;
    if (!has_nameless_files())
        skip();
    ga_err err;
    CHECK_OK(ga_file_write(in_folder("x"), "old", 3, &err));
    const pid_t child = fork();
    if (child == 0) {
        ga_writer *w;
        static const char block[600000];
        if (ga_writer_open(in_folder("x"), &w, NULL) == GA_OK)
            ga_writer_add(w, block, sizeof block); /* more than is kept back: it is on its way */
        raise(SIGKILL);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
    check_content(in_folder("x"), "old", 3);
    assert_int_equal(entries(), 1);
}

static void folders_are_made_with_those_above(void **state)
{
    (void)state;
    ga_err err;
    CHECK_OK(ga_make_folders(in_folder("a/b//c/"), &err));
    assert_true(ga_is_folder(in_folder("a/b/c")));
    CHECK_OK(ga_make_folders(in_folder("a/b"), &err));
    CHECK_OK(ga_make_folders("/", &err));
    CHECK_OK(ga_file_write(in_folder("f"), "", 0, &err));
    assert_true(ga_is_file(in_folder("f")) && !ga_is_folder(in_folder("f")));
    CHECK_FAILS(ga_make_folders(in_folder("f"), &err), GA_EIO, "f': Not a directory");
    CHECK_FAILS(ga_make_folders(in_folder("f/g"), &err), GA_EIO, "Not a directory");
    CHECK_FAILS(ga_make_folders("", &err), GA_EIO, "No such file");
}

static void paths_are_joined_and_cut(void **state)
{
    (void)state;
    char *a = ga_path_join("a", "b"), *b = ga_path_join("a/", "b"), *c = ga_path_join("", "b");
    assert_string_equal(a, "a/b");
    assert_string_equal(b, "a/b");
    assert_string_equal(c, "b");
    ga_mem_free(a);
    ga_mem_free(b);
    ga_mem_free(c);
    ga_mem_fail_after(0);
    assert_null(ga_path_join("a", "b"));
    assert_string_equal(ga_path_base("a/b/c.png"), "c.png");
    assert_string_equal(ga_path_base("c.png"), "c.png");
}

int main(void)
{
    if (mkdtemp(folder) == NULL)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(files_of_all_sizes_come_back, clean),
        cmocka_unit_test_setup(many_small_pieces_make_one_file, clean),
        cmocka_unit_test_setup(what_cannot_be_read_is_said, clean),
        cmocka_unit_test_setup(a_pipe_is_read_to_its_end, clean),
        cmocka_unit_test_setup(until_commit_nothing_changes, clean),
        cmocka_unit_test_setup(a_disk_that_fills_up_keeps_the_old_file, clean),
        cmocka_unit_test_setup(a_full_device_is_said_and_not_replaced, clean),
        cmocka_unit_test_setup(what_cannot_be_written_is_said, clean),
        cmocka_unit_test_setup(a_folder_that_may_not_be_written_is_said, clean),
        cmocka_unit_test_setup(links_and_modes_are_kept, clean),
        cmocka_unit_test_setup(leftovers_of_a_killed_process_are_stepped_over, clean),
        cmocka_unit_test_setup(a_killed_process_leaves_nothing, clean),
        cmocka_unit_test_setup(folders_are_made_with_those_above, clean),
        cmocka_unit_test_setup(paths_are_joined_and_cut, clean),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    clean(NULL);
    rmdir(folder);
    return failed;
}

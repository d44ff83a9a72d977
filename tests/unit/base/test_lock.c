/* test_lock.c - a file is held by one at a time, and by nobody once its holder is dead. */
#include "check.h"
#include "base/file.h"
#include "base/lock.h"
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/ganatomy-lock-XXXXXX", path[64];

static void one_holds_it_at_a_time(void **state)
{
    (void)state;
    ga_err err;
    ga_lock a, b;
    CHECK_OK(ga_lock_take(path, &a, &err));
    assert_true(ga_is_file(path));
    CHECK_FAILS(ga_lock_take(path, &b, &err), GA_EEXIST, "is held by another process");
    ga_lock_end(&b); /* holds nothing: does nothing */
    CHECK_FAILS(ga_lock_take(path, &b, &err), GA_EEXIST, path);
    ga_lock_end(&a);
    assert_false(ga_is_file(path));
    CHECK_OK(ga_lock_take(path, &b, &err));
    ga_lock_end(&b);
    ga_lock_end(&b);
}

/* A child that is killed leaves the file, and nobody holds it. */
static void the_dead_hold_nothing(void **state)
{
    (void)state;
    ga_err err;
    ga_lock lock;
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        if (ga_lock_take(path, &lock, &err) == GA_OK)
            (void)!write(ready[1], "", 1);
        for (;;)
            pause();
    }
    assert_true(child > 0);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    CHECK_FAILS(ga_lock_take(path, &lock, &err), GA_EEXIST, "held by another process");
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(ga_is_file(path));
    CHECK_OK(ga_lock_take(path, &lock, &err));
    ga_lock_end(&lock);
    assert_false(ga_is_file(path));
    close(ready[0]);
    close(ready[1]);
}

/* Many that take it and let go of it: never two at once, though the file comes and goes. */
static void it_comes_and_goes_among_many(void **state)
{
    (void)state;
    enum { PROCESSES = 4, TURNS = 300 };
    char inside[80];
    snprintf(inside, sizeof inside, "%s/inside", folder);
    pid_t child[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        child[i] = fork();
        if (child[i] != 0)
            continue;
        int wrong = 0;
        for (int turns = 0; turns < TURNS;) {
            ga_lock lock;
            if (ga_lock_take(path, &lock, NULL) != GA_OK)
                continue;
            wrong += mkdir(inside, 0700) != 0; /* is there while another is inside */
            wrong += rmdir(inside) != 0;
            ga_lock_end(&lock);
            turns++;
        }
        _exit(wrong > 0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(child[i], &status, 0), child[i]);
        assert_int_equal(status, 0);
    }
    assert_false(ga_is_file(path));
}

static void where_nothing_can_be_made_is_said(void **state)
{
    (void)state;
    ga_err err;
    ga_lock lock;
    CHECK_FAILS(ga_lock_take("/nowhere/x.lock", &lock, &err), GA_EIO,
                "making '/nowhere/x.lock': No such file");
    ga_lock_end(&lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_holds_it_at_a_time),
        cmocka_unit_test(the_dead_hold_nothing),
        cmocka_unit_test(it_comes_and_goes_among_many),
        cmocka_unit_test(where_nothing_can_be_made_is_said),
    };
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/x.lock", folder);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed + (rmdir(folder) != 0);
}

/* Pictures as files of their own: what they are called, what is in them, which folders are refused;
 * and how many columns a sheet of classes gets. */
#include "app/each_picture.h"
#include "app/sheets.h"
#include "check.h"
#include <sys/stat.h>
#include <unistd.h>

static const ga_field fields[] = {{0}};
static const ga_verb verb = {.name = "draw", .fields = fields};

static ga_request *rq;
static char folder[] = "/tmp/ganatomy-each-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    ga_err err;
    const ga_request_sink sink = {0};
    CHECK_OK(ga_request_create(&verb, &sink, &rq, &err));
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    ga_request_free(rq);
    assert_int_equal(chdir("/tmp"), 0);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void a_name_has_the_id_and_the_class_and_sorts_as_the_id_does(void **state)
{
    (void)state;
    char a[GA_PICTURE_NAME], b[GA_PICTURE_NAME];
    assert_string_equal(ga_picture_file(&(ga_picture_name){17, -1, false}, a), "000017.png");
    assert_string_equal(ga_picture_file(&(ga_picture_name){17, 3, false}, a), "000017@3.png");
    assert_string_equal(ga_picture_file(&(ga_picture_name){2, -1, true}, a), "z000002.png");
    ga_picture_file(&(ga_picture_name){9, -1, false}, a);
    ga_picture_file(&(ga_picture_name){10, -1, false}, b);
    assert_true(strcmp(a, b) < 0);
    ga_picture_file(&(ga_picture_name){UINT64_MAX, INT32_MAX, true}, a); /* the longest */
    assert_string_equal(a, "z18446744073709551615@2147483647.png");
}

static void every_picture_is_a_file_with_its_own_pixels(void **state)
{
    (void)state;
    ga_err err;
    /* two of 3 x 2; -1 is black, 1 white, 0 becomes 128 */
    float x[] = {-1, 1, 0, 1, -1, -1, /**/ 1, 1, 1, -1, -1, 0};
    const uint8_t want[] = {0, 255, 128, 255, 0, 0, /**/ 255, 255, 255, 0, 0, 128};
    const ga_view v = {x, 2, 1, 2, 3};
    const ga_picture_name names[] = {{8, -1, false}, {120, -1, false}};
    const char *const files[] = {"two/000008.png", "two/000120.png"};
    CHECK_OK(ga_each_picture_check("two", names, 2, &err));
    CHECK_OK(ga_each_picture_write(rq, "two", names, v, (ga_scale){-1, 1, false}, &err));
    for (int i = 0; i < 2; i++) {
        ga_image image;
        CHECK_OK(ga_image_read(files[i], &image, &err));
        assert_int_equal(image.w, 3);
        assert_int_equal(image.h, 2);
        assert_int_equal(image.c, 1);
        assert_memory_equal(image.pixels, want + 6 * i, 6);
        ga_image_free(&image);
    }
}

static void a_folder_with_other_pictures_is_refused_and_named(void **state)
{
    (void)state;
    ga_err err;
    float x[] = {0};
    const ga_view v = {x, 1, 1, 1, 1};
    const ga_picture_name one = {1, -1, false}, other = {2, -1, false};
    CHECK_OK(ga_each_picture_check("deep/er", &one, 1, &err));
    CHECK_OK(ga_each_picture_write(rq, "deep/er", &one, v, (ga_scale){-1, 1, false}, &err));
    CHECK_OK(ga_each_picture_check("deep/er", &one, 1, &err)); /* its own are no others */
    CHECK_FAILS(ga_each_picture_check("deep/er", &other, 1, &err), GA_EEXIST,
                "folder 'deep/er' holds '000001.png', which is none of the 1 pictures");
    assert_int_equal(rename("deep/er/000001.png", "deep/er/notes.txt"), 0);
    CHECK_OK(ga_each_picture_check("deep/er", &other, 1, &err));
    char longest[120];
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "deep/er/", 8);
    memcpy(longest + sizeof longest - 5, ".png", 5);
    assert_int_equal(rename("deep/er/notes.txt", longest), 0);
    CHECK_FAILS(ga_each_picture_check("deep/er", &other, 1, &err), GA_EEXIST, "xxx.png'");
    CHECK_FAILS(ga_each_picture_check(longest, &other, 1, &err), GA_EIO, "xxx.png");
}

static void each_column_of_a_sheet_has_one_class_and_the_sheet_is_nearly_square(void **state)
{
    (void)state;
    assert_int_equal(ga_columns_for_cycle(64, 0), 8); /* no classes */
    assert_int_equal(ga_columns_for_cycle(64, 1), 8); /* one alone */
    assert_int_equal(ga_columns_for_cycle(64, 2), 8); /* not 2 columns of 32 rows */
    assert_int_equal(ga_columns_for_cycle(64, 3), 9);
    assert_int_equal(ga_columns_for_cycle(64, 10), 10);
    assert_int_equal(ga_columns_for_cycle(1000, 10), 30);
    assert_int_equal(ga_columns_for_cycle(30, 26), 26);
    assert_int_equal(ga_columns_for_cycle(5, 10), 3);     /* not all of them are there */
    assert_int_equal(ga_columns_for_cycle(4096, 40), 40); /* twice would be above 64 */
    assert_int_equal(ga_columns_for_cycle(4096, 65), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_has_the_id_and_the_class_and_sorts_as_the_id_does),
        cmocka_unit_test(every_picture_is_a_file_with_its_own_pixels),
        cmocka_unit_test(a_folder_with_other_pictures_is_refused_and_named),
        cmocka_unit_test(each_column_of_a_sheet_has_one_class_and_the_sheet_is_nearly_square),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

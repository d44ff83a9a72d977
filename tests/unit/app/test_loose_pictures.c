/* Files without labels become what a classifier reads: channels, squares, order, refusals. */
#include "app/loose_pictures.h"
#include "check.h"
#include "ganatomy/image.h"
#include <sys/stat.h>
#include <unistd.h>

static const ga_field fields[] = {{0}};
static const ga_verb verb = {.name = "look", .fields = fields};

static void report(void *user, const char *what, uint64_t done, uint64_t total)
{
    (void)what;
    (void)total;
    *(uint64_t *)user = done;
}

static uint64_t stop_after;

static bool cancelled(void *user)
{
    return *(uint64_t *)user == stop_after;
}

static uint64_t files_done;
static ga_request *rq;
static char folder[] = "/tmp/ganatomy-loose-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    ga_err err;
    const ga_request_sink sink = {.progress = {report, cancelled, &files_done}};
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

static void write_png(const char *path, int w, int h, int c, const uint8_t *pixels)
{
    ga_err err;
    ga_image image;
    CHECK_OK(ga_image_create(w, h, c, &image, &err));
    memcpy(image.pixels, pixels, (size_t)(w * h * c));
    CHECK_OK(ga_image_write_png(path, &image, &err));
    ga_image_free(&image);
}

static ga_loose_pictures read_as(const char *name, ga_dims dims, bool invert)
{
    ga_err err;
    ga_loose_pictures p;
    CHECK_OK(ga_loose_pictures_read(rq, &name, 1, dims, invert, &p, &err));
    return p;
}

static void near(const ga_loose_pictures *p, const float *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(p->pixels[i] * 255 - bytes[i]) < 1e-4f))
            fail_msg("pixel %zu is %.4f, expected %.4f", i, (double)p->pixels[i] * 255,
                     (double)bytes[i]);
}

static void colour_becomes_grey_and_grey_colour(void **state)
{
    (void)state;
    /* red, green, blue, and white that is half see-through: .299 * 255 = 76.2, .587 -> 149.7, ...
     */
    const uint8_t rgba[] = {255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 128};
    write_png("colour.png", 2, 2, 4, rgba);
    ga_loose_pictures p = read_as("colour.png", (ga_dims){1, 2, 2}, false);
    near(&p, (const float[]){76, 150, 29, 128}, 4);
    ga_loose_pictures_free(&p);
    p = read_as("colour.png", (ga_dims){1, 2, 2}, true);
    near(&p, (const float[]){179, 105, 226, 127}, 4);
    ga_loose_pictures_free(&p);
    p = read_as("colour.png", (ga_dims){3, 2, 2}, false); /* (C,H,W) */
    near(&p, (const float[]){255, 0, 0, 128, 0, 255, 0, 128, 0, 0, 255, 128}, 12);
    ga_loose_pictures_free(&p);
    write_png("grey.png", 1, 1, 1, (const uint8_t[]){77});
    p = read_as("grey.png", (ga_dims){3, 1, 1}, false);
    near(&p, (const float[]){77, 77, 77}, 3);
    ga_loose_pictures_free(&p);
}

/* 4x2: the middle square is the middle two columns. */
static void the_middle_square_is_fitted(void **state)
{
    (void)state;
    write_png("wide.png", 4, 2, 1, (const uint8_t[]){9, 10, 30, 9, 9, 50, 70, 9});
    ga_loose_pictures p = read_as("wide.png", (ga_dims){1, 2, 2}, false);
    near(&p, (const float[]){10, 30, 50, 70}, 4);
    ga_loose_pictures_free(&p);
    write_png("square.png", 2, 2, 1, (const uint8_t[]){10, 30, 50, 70});
    p = read_as("square.png", (ga_dims){1, 1, 1}, false);
    near(&p, (const float[]){40}, 1);
    ga_loose_pictures_free(&p);
    p = read_as("square.png", (ga_dims){1, 4, 4}, false);
    near(&p, (const float[]){10, 15, 25, 30}, 4); /* half-pixel centres: 1/4 and 3/4 of the way */
    ga_loose_pictures_free(&p);
}

static void a_folder_is_read_in_the_order_of_its_numbers(void **state)
{
    (void)state;
    ga_err err;
    ga_loose_pictures p;
    const char *const names[] = {"many", "many/10.png"};
    assert_int_equal(mkdir("many", 0700), 0);
    write_png("many/10.png", 1, 1, 1, (const uint8_t[]){10});
    write_png("many/2.png", 1, 1, 1, (const uint8_t[]){2});
    write_png("many/.hidden.png", 1, 1, 1, (const uint8_t[]){3});
    fclose(fopen("many/notes.txt", "w"));
    files_done = 0;
    CHECK_OK(ga_loose_pictures_read(rq, names, 2, (ga_dims){1, 1, 1}, false, &p, &err));
    assert_true(p.n == 3 && files_done == 3);
    near(&p, (const float[]){2, 10, 10}, 3);
    assert_string_equal(p.path[0], "many/2.png");
    ga_loose_pictures_free(&p);
}

static void what_cannot_be_read_is_named(void **state)
{
    (void)state;
    ga_err err;
    ga_loose_pictures p;
    const ga_dims small = {1, 1, 1};
    const char *const gone[] = {"gone.png"}, *const text[] = {"text.png"},
                      *const empty[] = {"empty"};
    const char *const four[] = {"grey.png", "grey.png", "grey.png", "grey.png"};
    FILE *f = fopen("text.png", "w");
    fputs("words", f);
    fclose(f);
    assert_int_equal(mkdir("empty", 0700), 0);
    CHECK_FAILS(ga_loose_pictures_read(rq, gone, 1, small, false, &p, &err), GA_ENOTFOUND,
                "gone.png");
    assert_null(p.path);
    CHECK_FAILS(ga_loose_pictures_read(rq, text, 1, small, false, &p, &err), GA_EDATA, "text.png");
    CHECK_FAILS(ga_loose_pictures_read(rq, empty, 1, small, false, &p, &err), GA_ENOTFOUND,
                "folder 'empty' has no .png");
    CHECK_FAILS(ga_loose_pictures_read(rq, four, 4, (ga_dims){1, 2, 3}, false, &p, &err), GA_EINVAL,
                "1x2x3");
    CHECK_FAILS(ga_loose_pictures_read(rq, four, 4, (ga_dims){2, 1, 1}, false, &p, &err), GA_EINVAL,
                "1 or 3 channels");
    stop_after = 3;
    CHECK_FAILS(ga_loose_pictures_read(rq, four, 4, small, false, &p, &err), GA_EINTERRUPTED,
                "3 of 4 files");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colour_becomes_grey_and_grey_colour),
        cmocka_unit_test(the_middle_square_is_fitted),
        cmocka_unit_test(a_folder_is_read_in_the_order_of_its_numbers),
        cmocka_unit_test(what_cannot_be_read_is_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

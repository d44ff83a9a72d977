/* Photos that a camera held on their side: the note is found, believed only if it is whole, and the
 * picture turned by it. */
#include "tensor/exif.h"
#include "base/alloc.h"
#include "check.h"
#include <turbojpeg.h>

enum { W = 48, H = 32, NOTE = 36, TIFF = 10, ENTRY = TIFF + 10 };

/* An APP1 segment with a TIFF folder of one tag, as EXIF 2.3 lays it out. */
static void make_note(uint8_t note[NOTE], int orientation, bool big_endian)
{
    static const uint8_t little[] = "\xff\xe1\0\x22"
                                    "Exif\0\0"
                                    "II*\0"
                                    "\x08\0\0\0"
                                    "\x01\0"
                                    "\x12\x01\x03\0\x01\0\0\0"
                                    "\0\0\0\0";
    static const uint8_t big[] = "\xff\xe1\0\x22"
                                 "Exif\0\0"
                                 "MM\0*"
                                 "\0\0\0\x08"
                                 "\0\x01"
                                 "\x01\x12\0\x03\0\0\0\x01"
                                 "\0\0\0\0";
    memset(note, 0, NOTE);
    memcpy(note, big_endian ? big : little, sizeof little - 1);
    note[ENTRY + (big_endian ? 9 : 8)] = (uint8_t)orientation;
}

/* The note right behind the first two bytes of the JPEG. */
static uint8_t *with_note(const uint8_t *jpeg, size_t size, const uint8_t *note, size_t n)
{
    uint8_t *out = malloc(size + n);
    memcpy(out, jpeg, 2);
    memcpy(out + 2, note, n);
    memcpy(out + 2 + n, jpeg + 2, size - 2);
    return out;
}

/* A JPEG of four areas: A 40, B 100 above, C 160, D 220 below. */
static uint8_t *four_areas(unsigned long *size)
{
    static uint8_t pixels[W * H];
    unsigned char *jpeg = NULL;
    for (int i = 0; i < W * H; i++)
        pixels[i] = (uint8_t)(40 + (i % W >= W / 2 ? 60 : 0) + (i / W >= H / 2 ? 120 : 0));
    tjhandle handle = tjInitCompress();
    *size = 0;
    assert_int_equal(
        tjCompress2(handle, pixels, W, 0, H, TJPF_GRAY, &jpeg, size, TJSAMP_GRAY, 100, 0), 0);
    tjDestroy(handle);
    return jpeg;
}

static char area_at(const ga_image *image, int x, int y)
{
    return (char)('A' + (image->pixels[y * image->w + x] - 10) / 60);
}

static void photos_stand_as_their_camera_noted(void **state)
{
    (void)state;
    /* above left, above right, below left, below right, from the words of EXIF 2.3: "row 0 is the
     * right side, column 0 the top" for 6, and so on */
    static const char *const seen[] = {"ABCD", "BADC", "DCBA", "CDAB",
                                       "ACBD", "CADB", "DBCA", "BDAC"};
    unsigned long size;
    uint8_t *jpeg = four_areas(&size);
    for (int k = 0; k < 16; k++) {
        ga_err err;
        ga_image image;
        uint8_t note[NOTE];
        const int orientation = k % 8 + 1;
        make_note(note, orientation, k >= 8);
        uint8_t *photo = with_note(jpeg, size, note, NOTE);
        CHECK_OK(ga_image_decode(photo, size + NOTE, "photo.jpg", &image, &err));
        assert_int_equal(image.w, orientation >= 5 ? H : W);
        assert_int_equal(image.h, orientation >= 5 ? W : H);
        const char areas[] = {area_at(&image, 2, 2), area_at(&image, image.w - 3, 2),
                              area_at(&image, 2, image.h - 3),
                              area_at(&image, image.w - 3, image.h - 3), 0};
        assert_string_equal(areas, seen[orientation - 1]);
        ga_image_free(&image);
        free(photo);
    }
    tjFree(jpeg);
}

/* 1 2 3 over 4 5 6 (with 10 more as a second and a third channel), turned by hand. */
static void every_pixel_has_its_place(void **state)
{
    (void)state;
    static const uint8_t turned[8][6] = {{1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1},
                                         {4, 5, 6, 1, 2, 3}, {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3},
                                         {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}};
    for (int o = 0; o <= 9; o++)
        for (int c = 1; c <= 3; c += 2) {
            ga_err err;
            ga_image image;
            CHECK_OK(ga_image_create(3, 2, c, &image, &err));
            for (int i = 0; i < 6 * c; i++)
                image.pixels[i] = (uint8_t)(i / c + 1 + 10 * (i % c));
            CHECK_OK(ga_image_turn(&image, o, &err));
            const uint8_t *want = turned[o >= 1 && o <= 8 ? o - 1 : 0];
            for (int i = 0; i < 6 * c; i++)
                assert_int_equal(image.pixels[i], want[i / c] + 10 * (i % c));
            ga_image_free(&image);
        }
}

static void the_note_is_found_behind_other_segments(void **state)
{
    (void)state;
    uint8_t photo[100] = "\xff\xd8"
                         "\xff\xe0\0\x04!!"
                         "\xff\xe1\0\x09http:\0\0"
                         "\xff\xff";
    make_note(photo + 21, 8, false);
    assert_int_equal(ga_exif_orientation(photo, 21 + NOTE), 8);
    photo[3] = 0xda; /* what follows a scan is no note */
    assert_int_equal(ga_exif_orientation(photo, 21 + NOTE), 1);
}

static void a_damaged_note_is_no_note(void **state)
{
    (void)state;
    static const struct {
        int at, byte;
    } damage[] = {{1, 0xe2},        /* another segment */
                  {3, 1},           /* shorter than its own length */
                  {3, NOTE},        /* longer than the file */
                  {4, 'e'},         /* another name */
                  {TIFF, 'M'},      /* two byte orders */
                  {TIFF + 2, 43},   /* another version */
                  {TIFF + 4, 200},  /* the folder lies outside */
                  {TIFF + 7, 0x80}, /* far outside */
                  {TIFF + 8, 0},    /* an empty folder */
                  {ENTRY, 0x13},    /* another tag, and no second one */
                  {ENTRY + 2, 4},   /* not a short number */
                  {ENTRY + 4, 2},   /* two of them */
                  {ENTRY + 8, 0},   /* below */
                  {ENTRY + 8, 9},   /* and above what there is */
                  {ENTRY + 9, 1}};
    uint8_t photo[2 + NOTE] = {0xff, 0xd8};
    make_note(photo + 2, 6, false);
    assert_int_equal(ga_exif_orientation(photo, sizeof photo), 6);
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        make_note(photo + 2, 6, false);
        photo[2 + damage[i].at] = (uint8_t)damage[i].byte;
        if (ga_exif_orientation(photo, sizeof photo) != 1)
            fail_msg("byte %d of the note as %d was believed", damage[i].at, damage[i].byte);
    }
    /* cut anywhere, of exactly its length, so that a sanitizer sees one byte more being read */
    make_note(photo + 2, 6, false);
    for (size_t n = 0; n < sizeof photo; n++) {
        uint8_t *cut = malloc(n == 0 ? 1 : n);
        memcpy(cut, photo, n);
        assert_int_equal(ga_exif_orientation(cut, n), 1);
        if (n >= 6) { /* a whole segment of a note that is cut: only behind the entry it counts */
            cut[5] = (uint8_t)(n - 4);
            assert_int_equal(ga_exif_orientation(cut, n), n < 2 + ENTRY + 12 ? 1 : 6);
        }
        free(cut);
    }
}

static void a_damaged_note_spoils_no_picture(void **state)
{
    (void)state;
    ga_err err;
    ga_image image;
    uint8_t note[NOTE];
    unsigned long size;
    uint8_t *jpeg = four_areas(&size);
    make_note(note, 77, true);
    uint8_t *photo = with_note(jpeg, size, note, NOTE);
    CHECK_OK(ga_image_decode(photo, size + NOTE, "photo.jpg", &image, &err));
    assert_true(image.w == W && image.h == H && area_at(&image, 2, 2) == 'A');
    ga_image_free(&image);
    free(photo);
    tjFree(jpeg);
}

static void without_memory_for_the_turn_nothing_is_left(void **state)
{
    (void)state;
    ga_err err;
    ga_image image;
    uint8_t note[NOTE];
    unsigned long size;
    uint8_t *jpeg = four_areas(&size);
    make_note(note, 6, false);
    uint8_t *photo = with_note(jpeg, size, note, NOTE);
    for (int n = 0; n < 2; n++) {
        ga_mem_fail_after(n);
        CHECK_FAILS(ga_image_decode(photo, size + NOTE, "photo.jpg", &image, &err), GA_ENOMEM,
                    "no memory for a picture of");
        ga_mem_fail_after(-1);
        assert_null(image.pixels);
    }
    free(photo);
    tjFree(jpeg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(photos_stand_as_their_camera_noted),
        cmocka_unit_test(every_pixel_has_its_place),
        cmocka_unit_test(the_note_is_found_behind_other_segments),
        cmocka_unit_test(a_damaged_note_is_no_note),
        cmocka_unit_test(a_damaged_note_spoils_no_picture),
        cmocka_unit_test(without_memory_for_the_turn_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

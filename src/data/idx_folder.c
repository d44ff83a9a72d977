/* idx_folder.c - a folder of IDX files: finds the two files of a split, reads them, checks them
 * against each other. */
#include "data/idx_folder.h"
#include "data/dataset.h"
#include "data/idx.h"
#include "data/reading.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define MAX_IDX_FILES      16 /* of one folder that look like IDX files of a data set */
#define MAX_FOLDER_ENTRIES 10000
#define MAX_CLASSES_BYTES  (64 * 1024)

/* Paths of the four files, NULL for what is not there; each ends with ga_mem_free. */
typedef struct file_set {
    char *path[GA_CATALOG_FILES];
} file_set;

static void file_set_free(file_set *f)
{
    for (int i = 0; i < GA_CATALOG_FILES; i++)
        ga_mem_free(f->path[i]);
}

/* Which of the four a file name stands for, or -1. A picture may be called "test-images-1.png". */
static int role_of(const char *name)
{
    if (ga_is_picture_name(name))
        return -1;
    const bool images = strcasestr(name, "images") != NULL;
    const bool labels = strcasestr(name, "labels") != NULL;
    const bool train = strcasestr(name, "train") != NULL;
    const bool test = strcasestr(name, "t10k") != NULL || strcasestr(name, "test") != NULL;
    if (images == labels || train == test || ga_ends_with(name, ".part"))
        return -1;
    return (test ? GA_TEST_IMAGES : GA_TRAIN_IMAGES) + (labels ? 1 : 0);
}

/* The same file, one packed and one not, is no contradiction: the plain one is read. */
static ga_status add_file(file_set *f, int role, const char *folder, const char *name, ga_err *err)
{
    char *path = ga_path_join(folder, name);
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "out of memory");
    char *old = f->path[role];
    if (old != NULL) {
        const size_t a = strlen(old), b = strlen(path), n = a < b ? a : b;
        if (strncmp(old, path, n) != 0 || strcmp((a < b ? path : old) + n, ".gz") != 0) {
            const ga_status status = ga_fail(
                err, GA_EDATA, "folder '%s' has two files for one thing: '%s' and '%s'", folder,
                ga_path_base(old), name);
            ga_mem_free(path);
            return status;
        }
        char *packed = a < b ? path : old;
        f->path[role] = a < b ? old : path;
        ga_mem_free(packed);
        return GA_OK;
    }
    f->path[role] = path;
    return GA_OK;
}

static ga_status scan_folder(const char *folder, file_set *f, ga_err *err)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return ga_fail(err, errno == ENOENT ? GA_ENOTFOUND : GA_EIO, "opening folder '%s': %s",
                       folder, strerror(errno));
    ga_status status = GA_OK;
    int n_idx = 0, n_entries = 0;
    for (struct dirent *e; status == GA_OK && (e = readdir(dir)) != NULL;) {
        if (++n_entries > MAX_FOLDER_ENTRIES) {
            status = ga_fail(err, GA_EDATA, "folder '%s' has more than %d files", folder,
                             MAX_FOLDER_ENTRIES);
            break;
        }
        const int role = role_of(e->d_name);
        if (role < 0)
            continue;
        if (++n_idx > MAX_IDX_FILES)
            status = ga_fail(err, GA_EDATA, "folder '%s' has more than %d IDX files, expected 4",
                             folder, MAX_IDX_FILES);
        else
            status = add_file(f, role, folder, e->d_name, err);
    }
    closedir(dir);
    return status;
}

static void known_files(const char *folder, const ga_catalog_entry *entry, file_set *f)
{
    for (int i = 0; i < GA_CATALOG_FILES; i++)
        f->path[i] = ga_catalog_file_in(folder, entry->file[i]);
}

/* ---- reading ----------------------------------------------------------------------------------*/

static ga_status check_images(const ga_idx *x, const char *path, ga_dims *dims, ga_err *err)
{
    if (x->type != GA_IDX_U8)
        return ga_fail(
            err, GA_EDATA,
            "%s: offset 2: element type: found 0x%02x, expected 0x08 (bytes) for pictures", path,
            x->type);
    if (x->rank != 3 && !(x->rank == 4 && (x->dim[3] == 1 || x->dim[3] == 3)))
        return ga_fail(err, GA_EDATA,
                       "%s: offset 3: found %d dimensions, expected 3 (pictures, rows, columns) or "
                       "4 with 1 or 3 channels last",
                       path, x->rank);
    if (x->dim[1] > GA_MAX_SIDE || x->dim[2] > GA_MAX_SIDE)
        return ga_fail(err, GA_EDATA,
                       "%s: offset 8: found pictures of %u x %u, expected at most %d x %d", path,
                       x->dim[1], x->dim[2], GA_MAX_SIDE, GA_MAX_SIDE);
    *dims = (ga_dims){
        .c = x->rank == 4 ? (int)x->dim[3] : 1, .h = (int)x->dim[1], .w = (int)x->dim[2]};
    return GA_OK;
}

/* Labels of file path into a new array, with first taken off; *highest is the largest. classes 0:
 * any number up to GA_MAX_CLASSES. */
static ga_status read_labels(const char *path, int first, int classes, int32_t **out, int *n,
                             int *highest, ga_err *err)
{
    ga_idx x;
    *out = NULL;
    ga_status status = ga_idx_read(path, GA_IDX_MAX_BYTES, &x, err);
    if (status != GA_OK)
        return status;
    if (x.rank != 1) {
        status = ga_fail(err, GA_EDATA, "%s: offset 3: found %d dimensions, expected 1 for labels",
                         path, x.rank);
        goto done;
    }
    *out = ga_mem_new(x.count, sizeof **out);
    if (*out == NULL) {
        status = ga_fail(err, GA_ENOMEM, "'%s': out of memory", path);
        goto done;
    }
    const int limit = classes > 0 ? classes : GA_MAX_CLASSES;
    *n = (int)x.dim[0];
    *highest = 0;
    for (size_t i = 0; i < x.count; i++) {
        const int32_t label = ga_idx_at(&x, i);
        if (label < first || label >= first + limit) {
            status = ga_fail(err, GA_EDATA, "%s: label of picture %zu: found %d, expected %d to %d",
                             path, i, label, first, first + limit - 1);
            goto done;
        }
        (*out)[i] = label - first;
        *highest = label - first > *highest ? label - first : *highest;
    }
done:
    if (status != GA_OK) {
        ga_mem_free(*out);
        *out = NULL;
    }
    ga_idx_free(&x);
    return status;
}

/* (N,W,H) as emnist's files have it to (N,H,W), in place: its pictures are square. */
static void transpose_pictures(uint8_t *pixels, int n, int side)
{
    for (int i = 0; i < n; i++) {
        uint8_t *p = pixels + (size_t)i * (size_t)side * (size_t)side;
        for (int y = 0; y < side; y++)
            for (int x = y + 1; x < side; x++) {
                const uint8_t t = p[y * side + x];
                p[y * side + x] = p[x * side + y];
                p[x * side + y] = t;
            }
    }
}

/* ---- class names of a folder ------------------------------------------------------------------*/

typedef struct name_list {
    char *text;        /* the file, cut into lines */
    const char **name; /* NULL if there is no such file */
    int n;
} name_list;

static void name_list_free(name_list *l)
{
    ga_mem_free(l->text);
    ga_mem_free(l->name);
}

static ga_status split_lines(name_list *l, const char *path, ga_err *err)
{
    for (char *line = l->text, *next; line != NULL && line[0] != 0; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = 0;
        size_t length = strlen(line);
        if (length > 0 && line[length - 1] == '\r')
            line[--length] = 0;
        if (length < 1 || length >= GA_CLASS_NAME || l->n == GA_MAX_CLASSES)
            return ga_fail(err, GA_EDATA,
                           "%s: line %d: found %zu chars, expected a class name of 1 to %d (and at "
                           "most %d lines)",
                           path, l->n + 1, length, GA_CLASS_NAME - 1, GA_MAX_CLASSES);
        for (size_t i = 0; i < length; i++)
            if ((unsigned char)line[i] < ' ')
                return ga_fail(err, GA_EDATA, "%s: line %d: found a control character", path,
                               l->n + 1);
        l->name[l->n++] = line;
    }
    if (l->n == 0)
        return ga_fail(err, GA_EDATA, "%s: found no class names, expected one a line", path);
    return GA_OK;
}

static ga_status read_class_names(const char *folder, name_list *l, ga_err *err)
{
    memset(l, 0, sizeof *l);
    char *path = ga_path_join(folder, "classes.txt");
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "out of memory");
    ga_status status = GA_OK;
    ga_file f;
    if (!ga_is_file(path))
        goto done;
    if ((status = ga_file_open(path, &f, err)) != GA_OK)
        goto done;
    if (f.size > MAX_CLASSES_BYTES) {
        status = ga_fail(err, GA_EDATA, "%s: found %zu bytes, expected at most %d", path, f.size,
                         MAX_CLASSES_BYTES);
    } else {
        l->text = ga_mem_string_n((const char *)f.data, f.size);
        l->name = ga_mem_new(GA_MAX_CLASSES, sizeof *l->name);
        status = l->text != NULL && l->name != NULL ? split_lines(l, path, err)
                                                    : ga_fail(err, GA_ENOMEM, "out of memory");
    }
    ga_file_close(&f);
done:
    ga_mem_free(path);
    return status;
}

/* ---- opening ----------------------------------------------------------------------------------*/

/* Classes of a folder without names: one more than the largest label of both splits, so that the
 * two agree even if one of them lacks the last class. A broken other file is not our business. */
static int count_classes(const file_set *f, ga_split split, int first, int highest)
{
    const char *other = f->path[split == GA_SPLIT_TRAIN ? GA_TEST_LABELS : GA_TRAIN_LABELS];
    int32_t *labels = NULL;
    int n = 0, other_highest = 0;
    if (other != NULL && read_labels(other, first, 0, &labels, &n, &other_highest, NULL) == GA_OK)
        highest = other_highest > highest ? other_highest : highest;
    ga_mem_free(labels);
    return highest + 1;
}

static ga_status check_known(const ga_catalog_entry *entry, const char *path, ga_dims dims,
                             ga_err *err)
{
    const ga_dims want = entry->known.dims;
    if (dims.c != want.c || dims.h != want.h || dims.w != want.w)
        return ga_fail(err, GA_EDATA,
                       "%s: found pictures of %d x %d with %d channels, expected %d x %d with %d "
                       "for %s",
                       path, dims.h, dims.w, dims.c, want.h, want.w, want.c, entry->known.name);
    return GA_OK;
}

static ga_status load(const char *name, const char *folder, const file_set *f, ga_split split,
                      const ga_catalog_entry *entry, const name_list *names, ga_dataset **out,
                      ga_err *err)
{
    const int at = split == GA_SPLIT_TEST ? GA_TEST_IMAGES : GA_TRAIN_IMAGES;
    const char *images = f->path[at], *labels_path = f->path[at + 1];
    const int first = entry != NULL ? entry->first_label : 0;
    int classes = entry != NULL ? entry->known.classes : names->n;
    ga_idx x = {0};
    ga_dims dims = {0};
    int32_t *labels = NULL;
    int n = 0, highest = 0;
    ga_status status = ga_idx_read(images, GA_IDX_MAX_BYTES, &x, err);
    if (status != GA_OK || (status = check_images(&x, images, &dims, err)) != GA_OK)
        goto done;
    if (entry != NULL && (status = check_known(entry, images, dims, err)) != GA_OK)
        goto done;
    status = read_labels(labels_path, first, classes, &labels, &n, &highest, err);
    if (status != GA_OK)
        goto done;
    if (n != (int)x.dim[0]) {
        status = ga_fail(err, GA_EDATA, "'%s' has %u pictures, but '%s' has %d labels", images,
                         x.dim[0], labels_path, n);
        goto done;
    }
    if (classes == 0)
        classes = count_classes(f, split, first, highest);
    if (entry != NULL && entry->transposed)
        transpose_pictures(x.data, n, dims.h);
    uint8_t *pixels = x.data;
    x.data = NULL; /* ga_dataset_take owns pixels and labels from here, also when it fails */
    status = ga_dataset_take(name, folder, split, pixels, labels, n, dims, classes,
                             entry != NULL ? entry->class_names : names->name, out, err);
    labels = NULL;
done:
    ga_mem_free(labels);
    ga_idx_free(&x);
    return status;
}

/* emnist's files say by their names what they are, wherever they lie. */
static const ga_catalog_entry *entry_of_files(const file_set *f)
{
    for (int i = 0; i < GA_CATALOG_FILES; i++)
        if (f->path[i] != NULL && ga_starts_with(ga_path_base(f->path[i]), "emnist-letters-"))
            return ga_catalog_find("emnist-letters");
    return NULL;
}

bool ga_has_idx_files(const char *folder)
{
    bool found = false;
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return false;
    for (struct dirent *e; !found && (e = readdir(dir)) != NULL;) {
        struct stat info;
        found = role_of(e->d_name) >= 0 && fstatat(dirfd(dir), e->d_name, &info, 0) == 0 &&
                S_ISREG(info.st_mode);
    }
    closedir(dir);
    return found;
}

ga_status ga_idx_folder_open(const char *name, const char *folder, ga_split split,
                             const ga_catalog_entry *entry, ga_dataset **out, ga_err *err)
{
    file_set f = {0};
    name_list names = {0};
    ga_status status = GA_OK;
    if (entry != NULL)
        known_files(folder, entry, &f);
    else if ((status = scan_folder(folder, &f, err)) != GA_OK)
        goto done;
    if (entry == NULL)
        entry = entry_of_files(&f);
    const int at = split == GA_SPLIT_TEST ? GA_TEST_IMAGES : GA_TRAIN_IMAGES;
    if (f.path[at] == NULL || f.path[at + 1] == NULL) {
        status = ga_fail(err, GA_ENOTFOUND,
                         "folder '%s' has no %s of the %s split: expected IDX files such as "
                         "'%s-%s' or the same with .gz",
                         folder, f.path[at] == NULL ? "pictures" : "labels", ga_split_name(split),
                         split == GA_SPLIT_TEST ? "t10k" : "train",
                         f.path[at] == NULL ? "images-idx3-ubyte" : "labels-idx1-ubyte");
        goto done;
    }
    if (entry == NULL && (status = read_class_names(folder, &names, err)) != GA_OK)
        goto done;
    status = load(name, folder, &f, split, entry, &names, out, err);
done:
    name_list_free(&names);
    file_set_free(&f);
    return status;
}

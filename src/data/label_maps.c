/* label_maps.c - what the pixels of a data set are, how networks lay labels out, and how well two
 * maps agree. */
#include "base/alloc.h"
#include "ganatomy/scenes.h"

int ga_vocabulary_layout(const ga_vocabulary *v, int *first, int *size, uint16_t *label,
                         uint16_t *channel)
{
    const int categories = ga_vocabulary_categories(v), labels = ga_vocabulary_n(v);
    int at = 0;
    for (int k = 0; k < categories; k++) {
        const int begins = at;
        if (label != NULL)
            label[at] = 0;
        at++;
        for (int c = 1; c < labels; c++) {
            if (ga_vocabulary_at(v, c).category != k)
                continue;
            if (label != NULL)
                label[at] = (uint16_t)c;
            if (channel != NULL)
                channel[c] = (uint16_t)at;
            at++;
        }
        if (first != NULL)
            first[k] = begins;
        if (size != NULL)
            size[k] = at - begins;
    }
    return at;
}

double ga_label_iou(uint64_t both, uint64_t said, uint64_t truth)
{
    const uint64_t either = said + truth - both;
    return either > 0 ? (double)both / (double)either : 0;
}

double ga_labels_mean_iou(const uint64_t *both, const uint64_t *said, const uint64_t *truth, int n)
{
    double sum = 0;
    int occur = 0;
    for (int c = 1; c < n; c++)
        if (truth[c] > 0) {
            sum += ga_label_iou(both[c], said[c], truth[c]);
            occur++;
        }
    return occur > 0 ? sum / occur : 0;
}

const ga_vocabulary *ga_dataset_vocabulary(const ga_dataset *d)
{
    uint64_t seed, index;
    return ga_dataset_scene(d, 0, &seed, &index) ? ga_scenes_vocabulary() : NULL;
}

ga_status ga_dataset_fill_maps(const ga_dataset *d, const uint32_t *indices, int n, uint16_t *maps,
                               ga_err *err)
{
    const ga_dims dims = ga_dataset_dims(d);
    const ga_vocabulary *v = ga_dataset_vocabulary(d);
    if (v == NULL)
        return ga_fail(err, GA_EINVAL, "data set '%s' has no label maps", ga_dataset_name(d));
    const size_t map = (size_t)ga_vocabulary_categories(v) * (size_t)dims.h * (size_t)dims.w;
    uint8_t *rgb = ga_mem_new(ga_dims_count(dims), 1);
    if (rgb == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to draw a scene");
    ga_status status = GA_OK;
    for (int i = 0; i < n && status == GA_OK; i++) {
        uint64_t seed, index;
        if (!ga_dataset_scene(d, (int)indices[i], &seed, &index))
            status = ga_fail(err, GA_EINVAL, "picture %u of data set '%s': expected 0 to %d",
                             indices[i], ga_dataset_name(d), ga_dataset_n(d) - 1);
        else
            status = ga_scene_draw(seed, index, dims.h, rgb, maps + (size_t)i * map, NULL, err);
    }
    ga_mem_free(rgb);
    return status;
}

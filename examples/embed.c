/* embed.c - a program that embeds libganatomy: opens a generator, makes a picture, switches one unit
 * of a layer off, and says how much the picture changed.
 *
 *     cc embed.c $(pkg-config --cflags --libs ganatomy) -o embed
 *     ./embed mnist-gan.safetensors layer1 44
 */
#include <ganatomy/ganatomy.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(const ga_err *err)
{
    fprintf(stderr, "embed: %s\n", err->text);
    return ga_status_exit_code(err->status);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: embed MODEL LAYER UNIT\n", stderr);
        return 2;
    }
    const int unit = atoi(argv[3]);
    ga_err err = {0};
    ga_model *model = NULL;
    ga_lab *lab = NULL;
    int code = 0;

    /* A model is one file: architecture and weights. */
    if (ga_model_open(argv[1], &model, &err) != GA_OK)
        return fail(&err);

    /* Image 0 of seed 1: the same latent as NumPy's RandomState(1).standard_normal. */
    const ga_arch *arch = ga_model_arch(model);
    const int z_size = (int)ga_dims_count(ga_arch_input(arch));
    float *z = calloc((size_t)z_size, sizeof *z);
    float *maps = NULL, *before = NULL, *after = NULL;
    if (z == NULL || ga_latents(ga_arch_law(arch), 1, 0, 1, z_size, z, &err) != GA_OK)
        goto failed;

    /* A laboratory cuts the generator at a layer: z -> maps, maps -> picture. */
    const ga_lab_options options = {.tap = argv[2], .bn = GA_BN_RUNNING, .batch = 1};
    if (ga_lab_create(model, &options, &lab, &err) != GA_OK)
        goto failed;
    const ga_dims d = ga_lab_output_dims(lab);
    const size_t n_maps = ga_dims_count(ga_lab_tap_dims(lab)), n_pixels = ga_dims_count(d);
    maps = calloc(n_maps, sizeof *maps);
    before = calloc(n_pixels, sizeof *before);
    after = calloc(n_pixels, sizeof *after);
    if (maps == NULL || before == NULL || after == NULL)
        goto failed;
    if (ga_lab_render(lab, z, NULL, 1, maps, before, &err) != GA_OK ||
        ga_lab_apply(lab, GA_OP_ZERO, &unit, 1, maps, NULL, 1, after, &err) != GA_OK)
        goto failed;

    double change = 0;
    for (size_t i = 0; i < n_pixels; i++)
        change += ((double)after[i] - (double)before[i]) * ((double)after[i] - (double)before[i]);
    printf("without unit %d of %s the picture changes by %.6f (mean squared difference)\n", unit,
           argv[2], change / (double)n_pixels);

    ga_image picture;
    ga_scale scale = {0};
    ga_arch_output_range(arch, &scale.lo, &scale.hi);
    if (ga_image_from_view((ga_view){after, 1, d.c, d.h, d.w}, 0, scale, &picture, &err) != GA_OK)
        goto failed;
    const ga_status written = ga_image_write_png("embed.png", &picture, &err);
    ga_image_free(&picture);
    if (written != GA_OK)
        goto failed;
    puts("wrote embed.png");
    goto done;

failed:
    code = err.status == GA_OK ? 4 : fail(&err);
done:
    ga_lab_free(lab);
    free(after);
    free(before);
    free(maps);
    free(z);
    ga_model_free(model);
    return code;
}

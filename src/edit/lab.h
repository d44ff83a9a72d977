/* lab.h - inside of ga_lab, shared by lab.c and search.c. */
#ifndef GA_LAB_H
#define GA_LAB_H
#include "ganatomy/edit.h"

struct ga_lab {
    ga_model *model; /* borrowed */
    char *tap;
    ga_lab_options options;
    ga_dims tap_dims, output_dims;
    ga_renderer *front; /* z -> tap */
    ga_plan *back;      /* tap -> picture */
    size_t memory_left;    /* of options.memory_limit, after both plans; 0: no limit */
    float *filter_values;  /* (U) what GA_OP_ZERO_FILTER leaves of each unit; NULL: not yet asked */
};

/* What is left of a limit after bytes are taken: at least 1, since 0 means that there is none. */
size_t ga_lab_less(size_t limit, size_t bytes);

/* Fills lab->filter_values. GA_EINVAL if no layer with filters feeds the tap through layers that
 * treat every unit alone. */
ga_status ga_lab_need_filter_values(ga_lab *lab, ga_err *err);

/* What operation makes of unit u of one image: map (H*W) is written. source, donor: (U,H,W). */
void ga_lab_new_map(const ga_lab *lab, ga_operation operation, const float *source,
                    const float *donor, int u, float *map);
#endif

/* named.c - models and data sets by content, for results. */
#include "app/named.h"

json_t *ga_identity_of_model(const char *name, const ga_model *m)
{
    char hex[65];
    ga_model_hash(m, hex);
    return json_pack("{s:s, s:s, s:s}", "name", name, "arch", ga_arch_name(ga_model_arch(m)),
                     "sha256", hex);
}

json_t *ga_identity_of_data(const ga_dataset *d, int n)
{
    return json_pack("{s:s, s:s, s:s, s:i}", "name", ga_dataset_name(d), "split",
                     ga_split_name(ga_dataset_split(d)), "sha256", ga_dataset_hash(d), "pictures",
                     n);
}

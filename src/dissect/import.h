/* import.h - between the two halves of ga_dissection_import: what is checked, and what is written. */
#ifndef GA_DISSECT_IMPORT_H
#define GA_DISSECT_IMPORT_H
#include "base/json.h"
#include "ganatomy/findings.h"

enum { GA_IMPORT_LONGEST = 255 }; /* bytes of a name */

/* What units say together: the labels' names by their number, borrowed from the document. */
typedef struct ga_import_words {
    const char *label[GA_MAX_LABELS]; /* NULL: no unit has it */
    const char *cat[GA_MAX_LABELS];
} ga_import_words;

/* What each stage of the published programme tells of a unit: NAME, NAME_label, NAME_cat, and
 * further numbers. */
typedef struct ga_import_stage {
    const char *name;
    double lo;
    const char *ratio[2]; /* from 0 to 1 */
    const char *level;
} ga_import_stage;
enum { GA_IMPORT_STAGES = 4 };
extern const ga_import_stage ga_import_stages[GA_IMPORT_STAGES];

/* Every field that is used afterwards, and the labels' names into w. GA_EDATA. */
ga_status ga_import_check(const json_t *all, const char *where, ga_import_words *w, ga_err *err);

/* "" if it is not there. */
const char *ga_import_text(const json_t *o, const char *key);
/* A limit, which may be a list of one. */
double ga_import_limit(const json_t *o, const char *key, double other);
#endif

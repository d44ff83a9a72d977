/* table.c - measures of agreement of two indicators. */
#include "stat/table.h"
#include <math.h>

ga_table ga_table_of(ga_denominator of, ga_table_counts n)
{
    if (of == GA_OF_MIXED) {
        const double both = (double)n.both / (double)n.pixels,
                     label = (double)n.label / (double)n.pixels,
                     active = (double)n.category_active / (double)n.category_pixels;
        return (ga_table){both, active - both, label - both, 1 - (label + active - both)};
    }
    const uint64_t active = of == GA_OF_ALL ? n.active : n.category_active,
                   pixels = of == GA_OF_ALL ? n.pixels : n.category_pixels;
    return (ga_table){(double)n.both, (double)(active - n.both), (double)(n.label - n.both),
                      (double)(pixels - (active + n.label - n.both))};
}

double ga_table_iou(ga_table t)
{
    const double either = t.both + t.active_only + t.label_only;
    return either > 0 ? t.both / either : 0;
}

/* Sizes below 0 (GA_OF_MIXED) count as 0, and no share as more than 1. */
static double share(double x, double all)
{
    return x <= 0 ? 0 : x >= all ? 1 : x / all;
}

/* p ln(p / independent), 0 for p = 0. */
static double term(double p, double independent)
{
    return p > 0 ? p * log(p / independent) : 0;
}

static double surprise(double p)
{
    return p > 0 ? -p * log(p) : 0;
}

double ga_table_iqr(ga_table t)
{
    const double all = t.both + t.active_only + t.label_only + t.neither;
    if (!(all > 0))
        return 0;
    const double p11 = share(t.both, all), p10 = share(t.active_only, all),
                 p01 = share(t.label_only, all), p00 = share(t.neither, all);
    const double active = p11 + p10, label = p11 + p01, inactive = p01 + p00, other = p10 + p00;
    const double information = term(p11, active * label) + term(p10, active * other) +
                               term(p01, inactive * label) + term(p00, inactive * other);
    const double entropy = surprise(p11) + surprise(p10) + surprise(p01) + surprise(p00);
    if (!(information > 0 && entropy > 0))
        return 0;
    return information < entropy ? information / entropy : 1;
}

double ga_table_correlation(ga_table t)
{
    const double active = t.both + t.active_only, label = t.both + t.label_only;
    const double inactive = t.label_only + t.neither, other = t.active_only + t.neither;
    if (!(active > 0 && label > 0 && inactive > 0 && other > 0))
        return 0;
    const double r = (t.both * t.neither - t.active_only * t.label_only) /
                     (sqrt(active * inactive) * sqrt(label * other));
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

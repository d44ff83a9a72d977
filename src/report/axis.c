/* axis.c - where an axis begins and ends, and which of its values have a line and a label. */
#include "report/chart.h"
#include <math.h>
#include <stdio.h>

double ga_chart_axis_place(const ga_chart_axis *axis, double value)
{
    if (!isfinite(value) || (axis->log && value <= 0))
        return NAN;
    const double part = axis->log ? log(value / axis->lo) / log(axis->hi / axis->lo)
                                  : (value - axis->lo) / (axis->hi - axis->lo);
    return axis->at + part * (axis->end - axis->at);
}

/* 1, 2 or 5 times a power of ten, the smallest that is at least raw. */
static double nice_step(double raw)
{
    const double power = pow(10, floor(log10(raw))), lead = raw / power;
    return power * (lead < 1.0001 ? 1 : lead < 2.0001 ? 2 : lead < 5.0001 ? 5 : 10);
}

/* Digits behind the point that a multiple of step needs. */
static int decimals(double step)
{
    const int n = (int)ceil(-log10(step) - 1e-9);
    return n > 0 ? n : 0;
}

/* "0.25", "12k", "3.5M", "2e-05": multiples of step, of which the largest is about most. */
static void format_tick(char label[16], double value, double step, double most)
{
    if (fabs(value) < step * 1e-6)
        value = 0;
    if (value == 0)
        snprintf(label, 16, "0");
    else if (most >= 1e9 || step < 1e-5)
        snprintf(label, 16, "%.3g", value);
    else if (most >= 1e6)
        snprintf(label, 16, "%.*fM", decimals(step / 1e6), value / 1e6);
    else if (most >= 1e4)
        snprintf(label, 16, "%.*fk", decimals(step / 1e3), value / 1e3);
    else
        snprintf(label, 16, "%.*f", decimals(step), value);
}

static void add_tick(ga_chart_axis *a, double value, const char *label)
{
    if (a->n == GA_MAX_TICKS)
        return;
    a->tick[a->n] = value;
    snprintf(a->label[a->n++], sizeof a->label[0], "%s", label);
}

static void make_linear(ga_chart_axis *a, bool fixed, bool whole, double room, double gap)
{
    const double most_steps = fmax(1, floor(room / gap)), lo = a->lo, hi = a->hi;
    double step = nice_step((hi - lo) / most_steps);
    if (whole)
        step = fmax(1, step);
    for (; !fixed; step = nice_step(step * 1.5)) { /* what moves out may need more room */
        a->lo = floor(lo / step + 1e-9) * step;
        a->hi = fmax(ceil(hi / step - 1e-9) * step, a->lo + step);
        if (a->hi - a->lo < (fmax(most_steps, 2) + 0.5) * step)
            break;
    }
    char label[16];
    const double slack = 1e-9 * (a->hi - a->lo), first = ceil((a->lo - slack) / step),
                 last = floor((a->hi + slack) / step), most = fmax(fabs(a->lo), fabs(a->hi));
    for (double k = first; k <= last && a->n < GA_MAX_TICKS; k++) {
        format_tick(label, k * step, step, most);
        add_tick(a, k * step, label);
    }
}

/* The nearest 1, 2 or 5 times a power of ten that is not above (or not below) value. */
static double nice_below(double value)
{
    const double power = pow(10, floor(log10(value) + 1e-9)), lead = value / power + 1e-9;
    return power * (lead < 2 ? 1 : lead < 5 ? 2 : 5);
}

static double nice_above(double value)
{
    const double below = nice_below(value), lead = below / pow(10, floor(log10(below) + 1e-9));
    return below >= value * (1 - 1e-9) ? below : below * (lead > 1.5 && lead < 3 ? 2.5 : 2);
}

/* Labels at the powers of ten, over few powers also at 2 and 5 times them, over many only at every
 * second, third, ...; over few powers lines without a label at the other digits. */
static void make_log(ga_chart_axis *a, bool fixed, double room, double gap)
{
    if (!fixed) {
        a->lo = nice_below(a->lo);
        a->hi = nice_above(a->hi);
    }
    if (!(a->hi > a->lo * 1.0001))
        a->hi = 10 * a->lo;
    const double first = floor(log10(a->lo) + 1e-9), last = ceil(log10(a->hi) - 1e-9),
                 powers = log10(a->hi / a->lo), each = room / powers;
    const double stride = ceil(gap / each);
    char label[16];
    for (double p = first; p <= last; p++) {
        for (int lead = 1; lead <= 9; lead++) {
            const double value = lead * pow(10, p);
            const bool labelled = lead == 1 ? fmod(p - first, stride) == 0
                                            : (lead == 2 || lead == 5) && each * 0.3 > gap;
            if (value < a->lo * (1 - 1e-9) || value > a->hi * (1 + 1e-9) ||
                (!labelled && powers > 3.1))
                continue;
            snprintf(label, sizeof label, "%g", value);
            add_tick(a, value, labelled ? label : "");
        }
    }
}

void ga_chart_axis_make(ga_chart_axis *axis, double lo, double hi, bool fixed, double room,
                        double gap)
{
    const bool log = axis->log, whole = axis->whole;
    *axis = (ga_chart_axis){.log = log, .whole = whole};
    if (!isfinite(lo) || !isfinite(hi) || (log && lo <= 0)) /* no data */
        lo = log ? 1 : 0, hi = log ? 10 : 1;
    if (!(hi > lo)) { /* one value: in the middle */
        const double around = whole || lo == 0 ? 1 : fabs(lo) / 10;
        hi = log ? lo * 2 : lo + around;
        lo = log ? lo / 2 : lo - around;
        fixed = false;
    }
    if (!log && fmax(fabs(lo), fabs(hi)) < 1e-290) /* nothing that a label could say */
        lo = 0, hi = 1;
    /* closer together than their digits can tell: nothing to divide by */
    if (!log && hi - lo < 1e-12 * fmax(fabs(lo), fabs(hi)))
        hi = lo + fmax(fabs(lo), 1e-300) * 1e-6;
    axis->lo = fmax(lo, log ? 1e-290 : -1e300);
    axis->hi = fmin(fmax(hi, log ? 2e-290 : -1e300), 1e300);
    if (log)
        make_log(axis, fixed, room, gap);
    else
        make_linear(axis, fixed, whole, room, gap);
}

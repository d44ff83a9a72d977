/* basic_color.c - the basic colour of a pixel, by borders in hue, brightness and saturation. */
#include "ganatomy/labels.h"

static const char *const names[GA_BASIC_COLORS] = {"black",  "white",  "red",   "green",
                                                   "yellow", "blue",   "brown", "purple",
                                                   "pink",   "orange", "grey"};

const char *ga_basic_color_name(int color)
{
    return color >= 0 && color < GA_BASIC_COLORS ? names[color] : "?";
}

/* Degrees, 0 red, 120 green, 240 blue, rounded down. chroma = max - min, not 0. */
static int hue_of(int r, int g, int b, int max, int chroma)
{
    if (max == r)
        return (60 * (g - b) + 360 * chroma) / chroma % 360;
    if (max == g)
        return (60 * (b - r) + 120 * chroma) / chroma;
    return (60 * (r - g) + 240 * chroma) / chroma;
}

static bool is_grey(int max, int chroma)
{
    return chroma < 16 || chroma * 100 < max * (max < 200 ? 20 : 13);
}

/* Between red and yellow, where darkness makes brown and paleness pink. */
static ga_basic_color_index warm(int hue, int max, int min)
{
    if (hue < 14) /* reds */
        return min >= 105 ? GA_PINK : max < 90 || (hue >= 8 && max < 160) ? GA_BROWN : GA_RED;
    if (hue < 42) /* oranges: muted or dark ones are brown, pale ones near red pink */
        return max < (min < 40 ? 190 : 215) ? GA_BROWN
               : min >= 140 && hue < 26     ? GA_PINK
                                            : GA_ORANGE;
    if (max < 150)
        return hue < 56 ? GA_BROWN : GA_GREEN;
    return max < 200 && hue < 52 ? GA_BROWN : GA_YELLOW;
}

ga_basic_color_index ga_basic_color(uint8_t r, uint8_t g, uint8_t b)
{
    const int max = r > g ? (r > b ? r : b) : (g > b ? g : b);
    const int min = r < g ? (r < b ? r : b) : (g < b ? g : b);
    const int chroma = max - min;
    if (max < 36)
        return GA_BLACK;
    if (is_grey(max, chroma))
        return max + min >= 2 * 220 ? GA_WHITE : max < 48 ? GA_BLACK : GA_GREY;
    const int hue = hue_of(r, g, b, max, chroma);
    if (hue < 66 || (hue < 72 && max >= 200))
        return warm(hue, max, min);
    if (hue < 172)
        return GA_GREEN;
    if (hue < 256)
        return GA_BLUE;
    if (hue < 290)
        return GA_PURPLE;
    if (hue < 335 || (hue < 345 && min >= 20)) /* magentas: bright or pale ones are pink */
        return max < (hue < 330 ? 195 : 150) || (hue < 312 && min < 90) ? GA_PURPLE : GA_PINK;
    return min >= 105 ? GA_PINK : max < 75 ? GA_BROWN : GA_RED;
}

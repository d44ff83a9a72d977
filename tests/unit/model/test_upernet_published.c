/* UPerNet at its published size and at 256 pixels: every convolution, block and resized map is
 * PyTorch's. labels: slow */
#include "base/cpu.h"
#include "upernet_check.h"

static void every_tap_of_the_published_size_agrees_with_pytorch(void **state)
{
    (void)state;
    upernet_agrees("upernet", "published", 0.02);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tap_of_the_published_size_agrees_with_pytorch),
    };
    if (ga_cpu_isa() == GA_ISA_PORTABLE)
        return 77; /* a minute, for what the narrow one shows too */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

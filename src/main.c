/* main.c - the command. Everything it does is in src/cli. */
#include "cli/cli.h"

int main(int argc, char **argv)
{
    return ga_cli(argc, argv);
}

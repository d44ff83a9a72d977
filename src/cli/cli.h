/* cli.h - the command line: the verb table turned into options, help, pages and exit codes.
 * Nothing is computed here. */
#ifndef GA_CLI_H
#define GA_CLI_H

/* The whole command; returns its exit code (the table in ganatomy/base.h; 141 when the reader of
 * stdout went away, as for a filter that SIGPIPE ended). */
int ga_cli(int argc, char **argv);
#endif

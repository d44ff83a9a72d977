/* workspace.h - the one folder where the program keeps what it was not told to put elsewhere:
 * the database, imported models, datasets.
 *
 * Which one: --home FOLDER, else $GANATOMY_HOME, else $XDG_DATA_HOME/ganatomy, else
 * ~/.local/share/ganatomy (XDG Base Directory Specification 0.8; a relative $XDG_DATA_HOME is
 * ignored, as it asks). Looking for it makes nothing. */
#ifndef GA_WORKSPACE_H
#define GA_WORKSPACE_H
#include "ganatomy/base.h"

/* wanted: the value of --home, or NULL. A new string (ga_mem_free), or NULL without memory. */
char *ga_workspace_find(const char *wanted);
/* Why that one: "--home", "GANATOMY_HOME", "XDG_DATA_HOME" or "default"; static. */
const char *ga_workspace_reason(const char *wanted);
#endif

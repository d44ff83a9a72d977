/* workspace.c - which folder is the workspace. */
#include "app/workspace.h"
#include "base/alloc.h"
#include "base/file.h"
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != 0 ? value : NULL;
}

static const char *xdg_data_home(void)
{
    const char *value = variable("XDG_DATA_HOME");
    return value != NULL && value[0] == '/' ? value : NULL;
}

static const char *user_folder(void)
{
    const char *home = variable("HOME");
    if (home != NULL)
        return home;
    const struct passwd *entry = getpwuid(getuid());
    return entry != NULL && entry->pw_dir != NULL ? entry->pw_dir : ".";
}

const char *ga_workspace_reason(const char *wanted)
{
    if (wanted != NULL)
        return "--home";
    if (variable("GANATOMY_HOME") != NULL)
        return "GANATOMY_HOME";
    return xdg_data_home() != NULL ? "XDG_DATA_HOME" : "default";
}

char *ga_workspace_find(const char *wanted)
{
    if (wanted != NULL)
        return ga_mem_string(wanted);
    if (variable("GANATOMY_HOME") != NULL)
        return ga_mem_string(variable("GANATOMY_HOME"));
    if (xdg_data_home() != NULL)
        return ga_path_join(xdg_data_home(), "ganatomy");
    return ga_path_join(user_folder(), ".local/share/ganatomy");
}

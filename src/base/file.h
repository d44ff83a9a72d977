/* file.h - whole files in, whole files out. */
#ifndef GA_FILE_H
#define GA_FILE_H
#include "ganatomy/base.h"

/* A file's bytes, read-only (mapped). Ended by ga_file_close. An empty file has data != NULL. */
typedef struct ga_file {
    const uint8_t *data;
    size_t size;
    bool mapped;
} ga_file;
/* GA_ENOTFOUND: not there; GA_EIO: cannot be read, is a folder. The sentence has path and cause. */
ga_status ga_file_open(const char *path, ga_file *out, ga_err *err);
void ga_file_close(ga_file *f);

/* A file written aside, flushed, then renamed over PATH; until commit nothing changes at PATH, and
 * abort (or a failed commit) leaves nothing behind. Where the file system can, the file has no name
 * until commit (O_TMPFILE), so that a killed process leaves nothing either; elsewhere it is called
 * PATH.tmp-PID-.... The first write error
 * sticks; commit reports it (full disk, read-only folder) as GA_EIO with path and cause. */
typedef struct ga_writer ga_writer;
ga_status ga_writer_open(const char *path, ga_writer **out, ga_err *err);
void ga_writer_add(ga_writer *w, const void *data, size_t n);
ga_status ga_writer_commit(ga_writer *w, ga_err *err); /* frees w either way */
void ga_writer_abort(ga_writer *w);                    /* frees w; NULL is fine */
ga_status ga_file_write(const char *path, const void *data, size_t n, ga_err *err);

/* A descriptor of an empty file in folder, to be read and written, that has no name and so goes when
 * this process does; -1: there can be none. */
int ga_file_nameless(const char *folder);

ga_status ga_make_folders(const char *path, ga_err *err); /* like mkdir -p */
bool ga_is_file(const char *path);
bool ga_is_folder(const char *path);
/* folder/name as a new string (ga_mem_free), or NULL. */
char *ga_path_join(const char *folder, const char *name);
const char *ga_path_base(const char *path); /* after the last '/' */
#endif

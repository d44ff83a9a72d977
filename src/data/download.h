/* download.h - one file over HTTP(S); the only user of libcurl. */
#ifndef GA_DOWNLOAD_H
#define GA_DOWNLOAD_H
#include "ganatomy/base.h"

typedef struct ga_download_options {
    const char *url;
    const char *part;   /* the file that grows; what it holds already is not asked for again */
    const char *name;   /* for progress: "bytes of NAME" */
    const char *advice; /* what to do without a connection; ends the sentence */
    bool plain_http;    /* http:// is allowed too */
    uint64_t max_bytes;
    const ga_progress *progress;
} ga_download_options;

/* GA_OK: part is whole, as far as the server said; *resumed (may be NULL) tells whether older bytes
 * are in it. A connection that breaks off is taken up again while each try brings something.
 * On GA_EIO and GA_EINTERRUPTED part keeps what came, for the next call; other processes that
 * fetch the same file are refused with GA_EIO. */
ga_status ga_download(const ga_download_options *o, bool *resumed, ga_err *err);
#endif

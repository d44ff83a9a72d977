/* download.c - asks for the rest of a file until it has all of it. */
#include "data/download.h"
#include "base/file.h"
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <unistd.h>

/* A server that drops every connection after a few bytes shall not keep us for ever. */
#define MAX_TRIES 50

typedef struct transfer {
    const ga_download_options *o;
    CURL *curl;
    int fd;
    uint64_t have;     /* bytes in the part file */
    uint64_t asked_at; /* where this request asked to begin */
    uint64_t range_at; /* where the server says it begins */
    bool begun, too_large, wrong_range, cancelled;
    int write_errno;
    char words[CURL_ERROR_SIZE];
} transfer;

static size_t on_header(char *line, size_t size, size_t n, void *user)
{
    transfer *t = user;
    static const char key[] = "content-range: bytes ";
    char text[128];
    const size_t length = size * n < sizeof text - 1 ? size * n : sizeof text - 1;
    memcpy(text, line, length);
    text[length] = 0;
    if (strncasecmp(text, key, sizeof key - 1) == 0)
        t->range_at = strtoull(text + sizeof key - 1, NULL, 10);
    return size * n;
}

static bool begin_body(transfer *t)
{
    long code = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
    t->begun = true;
    if (t->asked_at == 0)
        return true;
    if (code == 206) {
        t->wrong_range = t->range_at != t->asked_at;
        return !t->wrong_range;
    }
    /* The server sends all of it although a part was asked for: start again. */
    t->have = 0;
    t->asked_at = 0;
    if (ftruncate(t->fd, 0) != 0 || lseek(t->fd, 0, SEEK_SET) != 0) {
        t->write_errno = errno;
        return false;
    }
    return true;
}

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
    transfer *t = user;
    const size_t total = size * n;
    if (!t->begun && !begin_body(t))
        return 0;
    if (t->have + total > t->o->max_bytes) {
        t->too_large = true;
        return 0;
    }
    for (size_t done = 0; done < total;) {
        const ssize_t wrote = write(t->fd, data + done, total - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            t->write_errno = wrote < 0 ? errno : EIO;
            return 0;
        }
        done += (size_t)wrote;
        t->have += (uint64_t)wrote;
    }
    return total;
}

static int on_progress(void *user, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up_now)
{
    transfer *t = user;
    const ga_progress *p = t->o->progress;
    (void)now, (void)up_total, (void)up_now;
    if (p != NULL && p->report != NULL && total > 0) {
        char what[96];
        snprintf(what, sizeof what, "bytes of %s", t->o->name);
        p->report(p->user, what, t->have, t->asked_at + (uint64_t)total);
    }
    t->cancelled = p != NULL && p->cancelled != NULL && p->cancelled(p->user);
    return t->cancelled ? 1 : 0;
}

static void set_options(transfer *t)
{
    CURL *c = t->curl;
    const char *protocols = t->o->plain_http ? "http,https" : "https";
    curl_easy_setopt(c, CURLOPT_URL, t->o->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 20L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 100L); /* less than this many bytes a second ... */
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, 60L);   /* ... for so long is a dead connection */
    curl_easy_setopt(c, CURLOPT_USERAGENT, "ganatomy/" GA_VERSION);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->words);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
}

/* One request for everything from t->have on. */
static CURLcode request(transfer *t)
{
    char range[32];
    t->asked_at = t->have;
    t->range_at = 0;
    t->begun = false;
    t->words[0] = 0;
    snprintf(range, sizeof range, "%llu-", (unsigned long long)t->have);
    curl_easy_setopt(t->curl, CURLOPT_RANGE, t->have > 0 ? range : NULL);
    return curl_easy_perform(t->curl);
}

static ga_status describe(const transfer *t, CURLcode rc, ga_err *err)
{
    const char *words = t->words[0] != 0 ? t->words : curl_easy_strerror(rc);
    long code = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
    if (t->cancelled)
        return ga_fail(err, GA_EINTERRUPTED,
                       "fetching '%s' was interrupted: %llu bytes are kept for the next try",
                       t->o->url, (unsigned long long)t->have);
    if (t->too_large)
        return ga_fail(err, GA_EDATA, "'%s' is larger than %llu bytes, which it should not be",
                       t->o->url, (unsigned long long)t->o->max_bytes);
    if (t->write_errno != 0)
        return ga_fail(err, GA_EIO, "writing '%s': %s", t->o->part, strerror(t->write_errno));
    if (rc == CURLE_HTTP_RETURNED_ERROR)
        return ga_fail(err, GA_EIO, "'%s': the server answers %ld: %s", t->o->url, code,
                       t->o->advice);
    if (rc == CURLE_COULDNT_RESOLVE_HOST || rc == CURLE_COULDNT_CONNECT ||
        rc == CURLE_COULDNT_RESOLVE_PROXY)
        return ga_fail(err, GA_EIO, "no connection to '%s' (%s): if this machine is offline, %s",
                       t->o->url, words, t->o->advice);
    if (rc == CURLE_UNSUPPORTED_PROTOCOL)
        return ga_fail(err, GA_EIO, "'%s': only https is allowed here (%s)", t->o->url, words);
    return ga_fail(
        err, GA_EIO,
        "'%s' broke off after %llu bytes (%s): they are kept; run the same command again "
        "to go on, or %s",
        t->o->url, (unsigned long long)t->have, words, t->o->advice);
}

/* A range that the server cannot give: the part is longer than the file, or of another file. */
static bool start_over(transfer *t)
{
    t->have = 0;
    t->wrong_range = false;
    return ftruncate(t->fd, 0) == 0 && lseek(t->fd, 0, SEEK_SET) == 0;
}

static ga_status transfer_all(transfer *t, bool *resumed, ga_err *err)
{
    bool restarted = false;
    for (int i = 0; i < MAX_TRIES; i++) {
        const uint64_t before = t->have;
        const CURLcode rc = request(t);
        long code = 0;
        curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
        *resumed = t->asked_at > 0;
        if (rc == CURLE_OK)
            return GA_OK;
        if (before > 0 && !restarted && (code == 416 || t->wrong_range)) {
            restarted = true;
            if (!start_over(t))
                return ga_fail(err, GA_EIO, "writing '%s': %s", t->o->part, strerror(errno));
            continue;
        }
        const bool broke = rc == CURLE_PARTIAL_FILE || rc == CURLE_RECV_ERROR ||
                           rc == CURLE_OPERATION_TIMEDOUT || rc == CURLE_GOT_NOTHING ||
                           rc == CURLE_HTTP2_STREAM;
        if (!broke || t->have <= before)
            return describe(t, rc, err);
    }
    return describe(t, CURLE_PARTIAL_FILE, err);
}

ga_status ga_download(const ga_download_options *o, bool *resumed, ga_err *err)
{
    bool ignored;
    transfer t = {.o = o, .fd = -1};
    if (resumed == NULL)
        resumed = &ignored;
    *resumed = false;
    t.fd = open(o->part, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (t.fd < 0)
        return ga_fail(err, GA_EIO, "opening '%s': %s", o->part, strerror(errno));
    ga_status status;
    off_t end;
    if (flock(t.fd, LOCK_EX | LOCK_NB) != 0) {
        status = ga_fail(err, GA_EIO, "'%s' is being fetched by another process", o->part);
        goto done;
    }
    if ((end = lseek(t.fd, 0, SEEK_END)) < 0) {
        status = ga_fail(err, GA_EIO, "reading '%s': %s", o->part, strerror(errno));
        goto done;
    }
    t.have = (uint64_t)end;
    if ((t.curl = curl_easy_init()) == NULL) {
        status = ga_fail(err, GA_ENOMEM, "out of memory for a connection");
        goto done;
    }
    set_options(&t);
    status = transfer_all(&t, resumed, err);
    if (status == GA_OK && fsync(t.fd) != 0)
        status = ga_fail(err, GA_EIO, "writing '%s': %s", o->part, strerror(errno));
    curl_easy_cleanup(t.curl);
done:
    if (status != GA_OK && t.curl != NULL && t.have == 0)
        unlink(o->part); /* an empty file is no start worth keeping */
    close(t.fd);
    return status;
}

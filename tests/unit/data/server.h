/* server.h - a small HTTP/1.1 server on 127.0.0.1 in a thread of the test. It serves blobs by name
 * and misbehaves where it is told to. One connection, one answer. */
#ifndef GA_TEST_SERVER_H
#define GA_TEST_SERVER_H
#include "unit/data/make.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

typedef struct served {
    const char *name; /* "/train-images-idx3-ubyte.gz" */
    blob content;
    size_t break_after;   /* sends this many body bytes of each answer, then closes; 0: all */
    bool no_ranges;       /* always sends all of it, with 200 */
    bool apart;           /* the body comes some time after its head */
    size_t range_shift;   /* answers a range with one that begins this much later */
    int status;           /* instead of an answer; 0: none */
    const char *redirect; /* Location of a 302; NULL: none */
} served;

typedef struct server {
    int listener, port;
    pthread_t thread;
    served files[8];
    int n_files;
    atomic_int requests, ranges; /* answers given; of these, parts */
    atomic_bool stop;
} server;

static inline void send_all(int fd, const void *data, size_t n)
{
    const char *p = data;
    while (n > 0) {
        const ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        p += sent;
        n -= (size_t)sent;
    }
}

static inline void answer(server *s, int fd, char *request)
{
    char head[512], *path = strchr(request, ' ');
    const served *file = NULL;
    if (path == NULL)
        return;
    path++;
    path[strcspn(path, " \r\n")] = 0;
    char *rest = path + strlen(path) + 1; /* the header lines */
    for (int i = 0; i < s->n_files; i++)
        if (strcmp(s->files[i].name, path) == 0)
            file = &s->files[i];
    s->requests++;
    if (file == NULL || file->status != 0 || file->redirect != NULL) {
        const int status = file == NULL ? 404 : file->redirect != NULL ? 302 : file->status;
        snprintf(head, sizeof head,
                 "HTTP/1.1 %d No\r\nLocation: %s\r\nContent-Length: 6\r\n"
                 "Connection: close\r\n\r\nnot it",
                 status, file != NULL && file->redirect != NULL ? file->redirect : "/");
        send_all(fd, head, strlen(head));
        return;
    }
    size_t from = 0;
    const char *range = strcasestr(rest, "range: bytes=");
    if (range != NULL && !file->no_ranges)
        from = strtoull(range + 13, NULL, 10);
    if (from > 0 && from >= file->content.size) {
        snprintf(head, sizeof head,
                 "HTTP/1.1 416 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        send_all(fd, head, strlen(head));
        return;
    }
    size_t n = file->content.size - from;
    if (from > 0) {
        s->ranges++;
        snprintf(head, sizeof head,
                 "HTTP/1.1 206 Part\r\nContent-Range: bytes %zu-%zu/%zu\r\n"
                 "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                 from + file->range_shift, file->content.size - 1, file->content.size, n);
    } else
        snprintf(head, sizeof head,
                 "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n"
                 "Connection: close\r\n\r\n",
                 n);
    send_all(fd, head, strlen(head));
    if (file->apart)
        usleep(20000);
    if (file->break_after > 0 && n > file->break_after)
        n = file->break_after;
    send_all(fd, file->content.data + from, n);
}

static inline void *serve(void *user)
{
    server *s = user;
    while (!s->stop) {
        const int fd = accept(s->listener, NULL, NULL);
        if (fd < 0)
            break;
        char request[4096];
        size_t have = 0;
        while (have < sizeof request - 1) {
            const ssize_t n = recv(fd, request + have, sizeof request - 1 - have, 0);
            if (n <= 0)
                break;
            have += (size_t)n;
            request[have] = 0;
            if (strstr(request, "\r\n\r\n") != NULL)
                break;
        }
        request[have] = 0;
        if (!s->stop && have > 0)
            answer(s, fd, request);
        shutdown(fd, SHUT_WR);
        close(fd);
    }
    return NULL;
}

/* A port of 127.0.0.1 that was free; as long as the socket is open nobody else gets it, and nobody is
 * answered before it listens. */
static inline int bind_somewhere(int *port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof a;
    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &length), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

static inline void server_start(server *s)
{
    s->listener = bind_somewhere(&s->port);
    assert_int_equal(listen(s->listener, 16), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static inline void server_stop(server *s)
{
    s->stop = true;
    shutdown(s->listener, SHUT_RDWR); /* wakes accept */
    pthread_join(s->thread, NULL);
    close(s->listener);
}
#endif

/* replay.c - feeds a fuzz target every file of a corpus folder, whole and cut short, without
 * libFuzzer. Every input is a block of exactly its size, so that a sanitizer sees one byte more
 * being read. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Files up to this size are tried at every length, larger ones at this many lengths. */
enum { LENGTHS = 2000 };

static uint8_t *copy_of(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL)
        abort();
    memcpy(copy, data, size);
    return copy;
}

static void feed(const uint8_t *data, size_t size)
{
    uint8_t *copy = copy_of(data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static uint8_t *read_all(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0)
        abort();
    const long end = ftell(f);
    rewind(f);
    uint8_t *data = malloc((size_t)end + 1);
    if (data == NULL || fread(data, 1, (size_t)end, f) != (size_t)end)
        abort();
    fclose(f);
    *size = (size_t)end;
    return data;
}

static void replay(const char *path)
{
    size_t size;
    uint8_t *data = read_all(path, &size);
    const size_t step = size / LENGTHS + 1;
    for (size_t length = 0; length < size; length += step)
        feed(data, length);
    feed(data, size);
    free(data);
}

int main(int argc, char **argv)
{
    char path[4096];
    int n = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (folder == NULL) {
        fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
        return 2;
    }
    for (const struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], e->d_name);
        printf("%s\n", e->d_name); /* the last line tells which one it was */
        fflush(stdout);
        replay(path);
        n++;
    }
    closedir(folder);
    printf("%d files\n", n);
    return n > 0 ? 0 : 1;
}

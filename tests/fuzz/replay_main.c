/*
 * Runs a fuzz target over every file of the folders named, so that what
 * fuzzing found stays tested in every build. Fails where there is no input.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes alone in memory of their length, so that a read past them shows. */
static enum err replay_file(const char *path, struct fault *f)
{
    struct buf bytes;
    uint8_t *copy;
    enum err e;

    buf_init(&bytes, LIMIT_FILE_LEN);
    e = file_load(path, &bytes, f);
    if (e == ERR_OK) {
        copy = malloc(bytes.len + 1);
        if (copy == NULL) {
            e = fault_set(f, ERR_NO_MEM, "%s", path);
        } else {
            memcpy(copy + 1, buf_str(&bytes), bytes.len);
            LLVMFuzzerTestOneInput(copy + 1, bytes.len);
        }
        free(copy);
    }
    buf_done(&bytes);
    return e;
}

static enum err replay_folder(const char *folder, size_t *num, struct fault *f)
{
    struct dirent *entry;
    DIR *dir = opendir(folder);
    char path[4096];
    enum err e = ERR_OK;

    if (dir == NULL)
        return fault_set(f, ERR_NOT_FOUND, "no folder %s", folder);
    while (e == ERR_OK && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        e = replay_file(path, f);
        ++*num;
    }
    closedir(dir);
    return e;
}

int main(int argc, char **argv)
{
    struct fault f = { 0 };
    size_t num = 0;

    for (int i = 1; i < argc; i++) {
        if (replay_folder(argv[i], &num, &f) != ERR_OK) {
            fprintf(stderr, "replay: %s\n", f.text);
            return 1;
        }
    }
    printf("replayed %zu inputs\n", num);
    return num > 0 ? 0 : 1;
}

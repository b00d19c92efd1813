/* A disk that fails: loaded before libc (LD_PRELOAD), it answers EIO for the files of one folder.

   FAILING_FOLDER   the folder
   FAILING_WHILE    a file; calls fail while it exists
   FAILING_CALLS    "sync" (only fsync and fdatasync) or "all" (reads and writes, too) */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fails(int fd, int is_sync) {
    const char *folder = getenv("FAILING_FOLDER"), *flag = getenv("FAILING_WHILE");
    const char *calls = getenv("FAILING_CALLS");
    char link[64], path[4096];
    if (!folder || !flag || !calls || access(flag, F_OK) != 0) return 0;
    if (!is_sync && strcmp(calls, "all") != 0) return 0;
    int before = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = before;
    if (length < 0) return 0;
    path[length] = 0;
    if (strncmp(path, folder, strlen(folder)) != 0) return 0;
    errno = EIO;
    return 1;
}

#define CALL(type, name, is_sync, parameters, arguments)                        \
    type name parameters {                                                      \
        static type(*real) parameters;                                          \
        if (!real) real = (type(*) parameters)dlsym(RTLD_NEXT, #name);          \
        return fails(fd, is_sync) ? -1 : real arguments;                        \
    }

CALL(int, fsync, 1, (int fd), (fd))
CALL(int, fdatasync, 1, (int fd), (fd))
CALL(int, ftruncate, 0, (int fd, off_t size), (fd, size))
CALL(int, ftruncate64, 0, (int fd, off64_t size), (fd, size))
CALL(ssize_t, read, 0, (int fd, void *to, size_t count), (fd, to, count))
CALL(ssize_t, write, 0, (int fd, const void *from, size_t count), (fd, from, count))
CALL(ssize_t, pread, 0, (int fd, void *to, size_t count, off_t at), (fd, to, count, at))
CALL(ssize_t, pread64, 0, (int fd, void *to, size_t count, off64_t at), (fd, to, count, at))
CALL(ssize_t, pwrite, 0, (int fd, const void *from, size_t count, off_t at), (fd, from, count, at))
CALL(ssize_t, pwrite64, 0, (int fd, const void *from, size_t count, off64_t at),
     (fd, from, count, at))

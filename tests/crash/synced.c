/* What is on the disk when the power fails: of each file under SYNCED_OF, what it was when it was
   synced last. Loaded before the C library (LD_PRELOAD), this copies a file into SYNCED_TO whenever
   fsync or fdatasync of it has succeeded, and before that call returns. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void keep(int fd)
{
    char link[64], path[PATH_MAX], part[2 * PATH_MAX], kept[PATH_MAX], buffer[65536];
    const char *of = getenv("SYNCED_OF"), *to = getenv("SYNCED_TO");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (!of || !to || length < 0)
        return;
    path[length] = 0;
    if (strncmp(path, of, strlen(of)) != 0 || !strrchr(path, '/'))
        return;
    snprintf(kept, sizeof kept, "%s%s", to, strrchr(path, '/'));
    snprintf(part, sizeof part, "%s.%ld", kept, (long)syscall(SYS_gettid));
    int in = open(path, O_RDONLY), out = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t count;
    while (in >= 0 && out >= 0 && (count = read(in, buffer, sizeof buffer)) > 0)
        if (write(out, buffer, count) != count)
            abort();
    close(in);
    close(out);
    rename(part, kept);
}

int fsync(int fd)
{
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
    int result = real(fd);
    if (result == 0)
        keep(fd);
    return result;
}

int fdatasync(int fd)
{
    int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
    int result = real(fd);
    if (result == 0)
        keep(fd);
    return result;
}

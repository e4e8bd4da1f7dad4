/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where session mode keeps things, by the XDG base directories. Each returned string is the caller's to free. */
#ifndef BASE_PATHS_H
#define BASE_PATHS_H

/* ${XDG_DATA_HOME:-~/.local/share}/vmos: templates/, vms/, libvirt/ */
char *paths_data(void);
/* ${XDG_CACHE_HOME:-~/.cache}/vmos */
char *paths_cache(void);
/* ${XDG_CONFIG_HOME:-~/.config}/vmos: rules.d/ */
char *paths_config(void);
/* ${XDG_RUNTIME_DIR}/vmos, else /tmp/vmos-UID, owned by us, mode 0700; created. NULL with errno (EPERM: somebody else's). */
char *paths_runtime(void);
/* Joins with '/'; the last argument is NULL. NULL when memory is out. */
char *paths_join(const char *first, ...) __attribute__((sentinel));
/* Makes a directory and its parents, mode 0700. -errno. */
int paths_mkdir(const char *path);
/* Removes a file or a folder with all in it, never following symlinks. -errno; a missing path is no error. */
int paths_remove(const char *path);

#endif

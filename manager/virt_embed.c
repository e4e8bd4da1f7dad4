/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/virt_embed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/paths.h"

/*
 * What the embedded driver must be told before it opens: no virtlogd, no
 * security driver, no cgroups, no mount namespaces (those need a system
 * service or root). As root it would change to an account of its own; session
 * mode keeps QEMU with the user who runs vmosd.
 */
static int write_driver_config(const char *root)
{
	static const char common[] = "stdio_handler = \"file\"\nsecurity_driver = \"none\"\ncgroup_controllers = [ ]\n"
				     "namespaces = [ ]\ndynamic_ownership = 0\nremember_owner = 0\n";
	static const char as_root[] = "user = \"+0\"\ngroup = \"+0\"\n";
	char *etc cleanup_free = paths_join(root, "etc", NULL);
	char *path cleanup_free = NULL;
	FILE *file;
	int r;

	if (!etc)
		return -ENOMEM;
	r = paths_mkdir(etc);
	if (r < 0)
		return r;
	path = paths_join(etc, "qemu.conf", NULL);
	file = path ? fopen(path, "we") : NULL;
	if (!file)
		return -errno;
	fprintf(file, "%s%s", common, geteuid() == 0 ? as_root : "");
	if (fclose(file) != 0)
		return -errno;
	return 0;
}

/* The query part of a URI: every byte that is not plainly allowed becomes %XX. */
static char *embed_uri(const char *root)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/.~";
	static const char prefix[] = "qemu:///embed?root=";
	size_t cap = sizeof(prefix) + 3 * strlen(root), at = sizeof(prefix) - 1;
	char *uri = malloc(cap);

	if (!uri)
		return NULL;
	memcpy(uri, prefix, sizeof(prefix));
	for (; *root; root++) {
		if (strchr(plain, *root))
			uri[at++] = *root;
		else
			at += (size_t)snprintf(uri + at, cap - at, "%%%02X", (unsigned char)*root);
	}
	uri[at] = '\0';
	return uri;
}

int virt_embed_prepare(const char *root, char **ret_uri)
{
	int r = write_driver_config(root);

	if (r < 0)
		return r;
	*ret_uri = embed_uri(root);
	return *ret_uri ? 0 : -ENOMEM;
}

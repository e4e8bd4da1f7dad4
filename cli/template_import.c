/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/template_import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/paths.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "proto/manifest.h"
#include "proto/text.h"

#define PIECE (1u << 20)
#define PROGRESS_AFTER_S 2

/* A template's folder, as `vmos template build` makes it. */
struct source {
	const char *path; /* borrowed */
	struct manifest manifest;
	int fds[MANIFEST_FILES];
	uint64_t done, total; /* bytes that are checked */
	time_t begin;
	int shown; /* percent told last; -1: none */
};

static int append_facts(sd_bus_message *call, const struct template_facts *f)
{
	const struct {
		const char *key, *value;
	} texts[] = {
		{ "kind", f->kind },
		{ "version", f->version },
		{ "suite", f->suite },
		{ "kernel", f->kernel },
		{ "roothash", f->roothash },
		{ "source", f->source },
	};
	int r = sd_bus_message_open_container(call, 'a', "{sv}");

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts) && r >= 0; i++)
		r = sd_bus_message_append(call, "{sv}", texts[i].key, "s", texts[i].value);
	if (r >= 0)
		r = sd_bus_message_append(call, "{sv}", "data_blocks", "u", f->data_blocks);
	return r < 0 ? r : sd_bus_message_close_container(call);
}

int template_import(sd_bus *bus, const char *name, const struct template_facts *facts, const int fds[TEMPLATE_FILES])
{
	sd_bus_message *call cleanup_message = NULL;
	int r = client_manager_call(bus, "ImportTemplate", &call);

	if (r)
		return r;
	r = sd_bus_message_append(call, "s", name);
	if (r >= 0)
		r = append_facts(call, facts);
	if (r >= 0)
		r = sd_bus_message_append(
			call, "ah", TEMPLATE_FILES, fds[TEMPLATE_KERNEL], fds[TEMPLATE_INITRD], fds[TEMPLATE_ROOT]);
	return r < 0 ? client_broken(r) : client_send(bus, call, "giving the template to vmosd", NULL);
}

static int read_manifest(struct source *s)
{
	char *path cleanup_free = paths_join(s->path, "manifest", NULL);
	char *text cleanup_free = NULL;
	unsigned line;
	size_t len;
	int r = path ? fd_read_file(path, MANIFEST_MAX, &text, &len) : -ENOMEM;

	if (r == -ENOMEM)
		return cli_oom();
	if (r == -ENOENT || r == -ENOTDIR)
		return cli_error(CLI_NOT_FOUND,
			"there is no template in %s: give the folder that holds kernel, initrd, root.erofs and "
			"manifest",
			s->path);
	if (r < 0)
		return cli_error(CLI_FAILED, "cannot read %s: %s", path, strerror(-r));
	if (manifest_parse(text, len, &s->manifest, &line) < 0)
		return cli_error(CLI_FAILED, "%s is wrong in line %u (0: a key is missing): build the template anew",
			path, line);
	if (manifest_check(&s->manifest) < 0)
		return cli_error(CLI_FAILED,
			"%s does not tell all of a template, or sizes that cannot be: build the template anew with "
			"this "
			"version of vmOS",
			path);
	return 0;
}

static int open_file(struct source *s, enum manifest_file file)
{
	const char *name = manifest_file_names[file];
	char *path cleanup_free = paths_join(s->path, name, NULL);
	struct stat st;

	if (!path)
		return cli_oom();
	s->fds[file] = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (s->fds[file] < 0 || fstat(s->fds[file], &st) < 0)
		return cli_error(CLI_FAILED, "cannot open %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != s->manifest.size[file])
		return cli_error(CLI_FAILED, "%s has not the size that its manifest says: copy the folder anew", path);
	s->total += s->manifest.size[file];
	return 0;
}

/* After two seconds: on a terminal the percent, else one line. */
static void show_progress(struct source *s)
{
	int percent = (int)(s->done * 100 / s->total);

	if (percent == s->shown || time(NULL) - s->begin < PROGRESS_AFTER_S)
		return;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\rchecking %s … %d %%\033[K", s->path, percent);
	else if (s->shown < 0)
		fprintf(stderr, "checking %s …\n", s->path);
	s->shown = percent;
}

static int hash_file(struct source *s, int fd, struct digest *digest, char *buffer)
{
	ssize_t n;
	int r = digest_begin(digest);
	off_t at = 0;

	while (r == 0 && (n = pread(fd, buffer, PIECE, at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		r = digest_add(digest, buffer, (size_t)n);
		at += n;
		s->done += (uint64_t)n;
		show_progress(s);
	}
	return r;
}

static int check_hash(struct source *s, enum manifest_file file, struct digest *digest, char *buffer)
{
	char hex[DIGEST_HEX + 1];
	int r = hash_file(s, s->fds[file], digest, buffer);

	if (r == 0)
		r = digest_end(digest, hex);
	if (r < 0)
		return cli_error(CLI_FAILED, "cannot read %s/%s: %s", s->path, manifest_file_names[file], strerror(-r));
	if (strcmp(hex, s->manifest.sha256[file]) != 0)
		return cli_error(CLI_FAILED, "%s/%s is not what its manifest says: copy the folder anew", s->path,
			manifest_file_names[file]);
	return 0;
}

static int check_hashes(struct source *s)
{
	char *buffer cleanup_free = malloc(PIECE);
	struct digest *digest = buffer ? digest_new() : NULL;
	int r = digest ? 0 : cli_oom();

	s->begin = time(NULL);
	for (unsigned i = 0; i < MANIFEST_FILES && !r; i++)
		r = check_hash(s, i, digest, buffer);
	digest_free(digest);
	if (s->shown >= 0 && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	return r;
}

int template_import_manifest(sd_bus *bus, const char *name, const struct manifest *m, const int fds[TEMPLATE_FILES])
{
	struct template_facts facts = { .data_blocks = (uint32_t)m->data_blocks };

	snprintf(facts.kind, sizeof(facts.kind), "%s", m->kind);
	snprintf(facts.version, sizeof(facts.version), "%s", m->version);
	snprintf(facts.suite, sizeof(facts.suite), "%s", m->suite);
	snprintf(facts.kernel, sizeof(facts.kernel), "%s", m->kernel);
	snprintf(facts.roothash, sizeof(facts.roothash), "%s", m->roothash);
	snprintf(facts.source, sizeof(facts.source), "%s", m->source);
	return template_import(bus, name, &facts, fds);
}

static int give(const struct source *s, const char *name)
{
	sd_bus *bus cleanup_bus = NULL;
	int r = client_open(&bus);

	if (!r)
		r = template_import_manifest(bus, name, &s->manifest, s->fds);
	if (!r)
		fprintf(stderr, "Template %s is there in version %s.\n", name, s->manifest.version);
	return r;
}

int template_import_main(int argc, char **argv)
{
	struct source s = { .fds = { -1, -1, -1 }, .shown = -1 };
	int r = cli_simple_options(argc, argv, 1, 2, NULL);
	const char *name;

	if (r)
		return r;
	s.path = argv[optind];
	r = read_manifest(&s);
	name = argc > optind + 1 ? argv[optind + 1] : s.manifest.name;
	if (!r && !text_is_vm_name(name))
		r = cli_error(CLI_USAGE, "\"%s\" is no template name: letters, digits, '.', '_' and '-', at most %d",
			name, VM_NAME_MAX);
	for (unsigned i = 0; i < MANIFEST_FILES && !r; i++)
		r = open_file(&s, i);
	if (!r)
		r = check_hashes(&s);
	if (!r)
		r = give(&s, name);
	fd_close_all(s.fds, MANIFEST_FILES);
	return r;
}

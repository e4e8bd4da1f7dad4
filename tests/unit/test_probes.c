/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trace points of channels: each program that has one tells of them, and the kernel counts each message that passes. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/unit/region.h"

#define NOTES ".note.stapsdt"
#define NOTE_TYPE 3
#define UPROBE_TYPE "/sys/bus/event_source/devices/uprobe/type"
#define PLACES_MAX 4

static int programs;
static char **program;

struct image {
	const uint8_t *bytes;
	size_t len;
};

static struct image image_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	struct image i;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	i.len = (size_t)st.st_size;
	i.bytes = mmap(NULL, i.len, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(i.bytes, MAP_FAILED);
	close(fd);
	return i;
}

static void image_close(struct image i)
{
	munmap((void *)(uintptr_t)i.bytes, i.len);
}

static const Elf64_Shdr *find_notes(struct image i)
{
	const Elf64_Ehdr *e = (const void *)i.bytes;
	const Elf64_Shdr *s = (const void *)(i.bytes + e->e_shoff);
	const char *names = (const char *)i.bytes + s[e->e_shstrndx].sh_offset;

	for (unsigned n = 0; n < e->e_shnum; n++)
		if (strcmp(names + s[n].sh_name, NOTES) == 0)
			return &s[n];
	return NULL;
}

/* Where an address of the program lies in its file. */
static uint64_t file_offset(struct image i, uint64_t address)
{
	const Elf64_Ehdr *e = (const void *)i.bytes;
	const Elf64_Phdr *p = (const void *)(i.bytes + e->e_phoff);

	for (unsigned n = 0; n < e->e_phnum; n++)
		if (p[n].p_type == PT_LOAD && address - p[n].p_vaddr < p[n].p_filesz)
			return address - p[n].p_vaddr + p[n].p_offset;
	return 0;
}

/* The places of probe vmos:@name, at most PLACES_MAX: the compiler may have copied a function. How many. */
static unsigned find_probe(struct image i, const char *name, uint64_t *ret_offsets)
{
	const Elf64_Shdr *notes = find_notes(i);
	const uint8_t *at = notes ? i.bytes + notes->sh_offset : NULL, *end = notes ? at + notes->sh_size : NULL;
	unsigned found = 0;

	while (at < end && found < PLACES_MAX) {
		const Elf64_Nhdr *h = (const void *)at;
		const uint8_t *what = at + sizeof(*h) + ((h->n_namesz + 3) & ~3u);
		const char *provider = (const char *)what + 3 * sizeof(uint64_t);
		uint64_t address;

		memcpy(&address, what, sizeof(address));
		if (h->n_type == NOTE_TYPE && strcmp(provider, "vmos") == 0 &&
			strcmp(provider + strlen(provider) + 1, name) == 0)
			ret_offsets[found++] = file_offset(i, address);
		at = what + ((h->n_descsz + 3) & ~3u);
	}
	return found;
}

static const char *const names[] = { "send", "receive", "blob_put", "blob_get", "publish", "taken", "sleep", "wake" };

static void test_every_program_has_them(void **state)
{
	uint64_t offsets[PLACES_MAX];

	assert_true(programs > 0);
	for (int n = 0; n < programs; n++) {
		struct image i = image_open(program[n]);

		for (size_t k = 0; k < COUNT(names); k++) {
			if (find_probe(i, names[k], offsets) == 0)
				fail_msg("%s has no probe vmos:%s", program[n], names[k]);
			assert_true(offsets[0] > 0);
		}
		image_close(i);
	}
}

/* A counter of how often this process passes @offset of its program; -errno. */
static int count_at(uint64_t offset)
{
	FILE *f = fopen(UPROBE_TYPE, "re");
	struct perf_event_attr attr = { .size = sizeof(attr), .config2 = offset };
	int fd, type = -1;

	if (f && fscanf(f, "%d", &type) != 1)
		type = -1;
	if (f)
		fclose(f);
	if (type < 0)
		return -ENODEV;
	attr.type = (uint32_t)type;
	attr.config1 = (uintptr_t) "/proc/self/exe";
	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static uint64_t counted(const int *fds, unsigned n)
{
	uint64_t sum = 0, one;

	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(read(fds[i], &one, sizeof(one)), sizeof(one));
		sum += one;
	}
	return sum;
}

struct counter {
	int fds[PLACES_MAX];
	unsigned n;
};

/* Whether this machine lets us count; then the counter of each name. */
static bool count_all(struct counter *counters)
{
	struct image self = image_open("/proc/self/exe");
	uint64_t offsets[PLACES_MAX];

	for (size_t k = 0; k < COUNT(names); k++) {
		struct counter *c = &counters[k];
		unsigned n = find_probe(self, names[k], offsets);

		assert_true(n > 0);
		for (c->n = 0; c->n < n; c->n++) {
			c->fds[c->n] = count_at(offsets[c->n]);
			if (c->fds[c->n] < 0) {
				print_message("no uprobes: %s\n", strerror(-c->fds[c->n]));
				return false;
			}
		}
	}
	image_close(self);
	return true;
}

/* Seven messages, one of them with a blob, in one burst to a consumer that sleeps. */
static void pass_messages(struct pair *p)
{
	struct blob_ref ref;
	struct msg m;
	char copy[4];

	while (channel_recv(&p->guest, &m) > 0)
		;
	assert_true(channel_arm(&p->guest));
	assert_int_equal(channel_reserve(&p->host, "blob", 4, &ref), 0);
	for (uint32_t n = 0; n < 7; n++) {
		m = numbered(n);
		assert_int_equal(channel_send(&p->host, &m), 0);
	}
	assert_true(channel_flush(&p->host));
	for (int n = 0; n < 7; n++)
		assert_int_equal(channel_recv(&p->guest, &m), 1);
	assert_int_equal(channel_blob(&p->guest, ref, copy, sizeof(copy)), 0);
	channel_recv_done(&p->guest);
}

static void test_messages_are_counted(void **state)
{
	static const uint64_t want[COUNT(names)] = { 7, 7, 1, 1, 1, 1, 1, 1 };
	struct pair *p = pair_joined(VMOS_ROLE_CTL, 1);
	struct counter counters[COUNT(names)];

	if (!count_all(counters))
		skip();
	pass_messages(p);
	for (size_t k = 0; k < COUNT(names); k++) {
		print_message("%s\n", names[k]);
		assert_int_equal(counted(counters[k].fds, counters[k].n), want[k]);
		for (unsigned n = 0; n < counters[k].n; n++)
			close(counters[k].fds[n]);
	}
	pair_free(p);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_program_has_them),
		cmocka_unit_test(test_messages_are_counted),
	};

	programs = argc - 1;
	program = argv + 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ImportTemplate() on a bus of the test's, with all of vmosd behind it but libvirt. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/paths.h"
#include "base/userbus.h"
#include "manager/audit.h"
#include "manager/manager.h"
#include "tests/unit/unit.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define WAIT 10000000u /* usec: what is waited for comes sooner, or never */
#define ROOT_BYTES (2u << 20)

static char folder[] = "/tmp/vmos-test-import-XXXXXX";
static char bus_path[64];
static struct manager m;
static sd_bus *client;
static pid_t daemon_pid;

/* The facts of one call; NULL: not said. */
struct facts {
	const char *name, *kind, *version, *roothash;
	uint32_t data_blocks;
	unsigned nfiles;
	size_t root_bytes; /* 0: ROOT_BYTES */
	const char *more; /* a key of one more fact */
};

static const struct facts good = { "net", "net", "1", HASH, 7, MANIFEST_FILES, 0, NULL };

struct answer {
	int come;
	char error[64], message[512]; /* "": none */
};

static sd_bus *connect_bus(void)
{
	sd_bus *bus = NULL;

	for (int i = 0; i < 500 && userbus_open_private(bus_path, &bus) < 0; i++)
		usleep(10000);
	assert_non_null(bus);
	assert_true(sd_bus_attach_event(bus, m.event, SD_EVENT_PRIORITY_NORMAL) >= 0);
	return bus;
}

static void start_daemon(void)
{
	char address[96];

	snprintf(address, sizeof(address), "--address=unix:path=%s", bus_path);
	daemon_pid = fork();
	if (daemon_pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execlp("dbus-daemon", "dbus-daemon", "--session", "--nofork", "--nopidfile", address, (char *)NULL);
		_exit(127);
	}
	assert_true(daemon_pid > 0);
}

static int set_up(void **state)
{
	static const struct mode mode = { .name = "session" };

	if (!mkdtemp(folder) || sd_event_new(&m.event) < 0)
		return -1;
	snprintf(bus_path, sizeof(bus_path), "%s/bus", folder);
	m.mode = &mode;
	m.data = strdup(folder);
	m.templates_dir = paths_join(folder, "templates", NULL);
	start_daemon();
	m.bus = connect_bus();
	return manager_bus_add(&m) < 0 || sd_bus_request_name(m.bus, MANAGER_BUS_NAME, 0) < 0;
}

static int tear_down(void **state)
{
	sd_bus_flush_close_unref(m.bus);
	sd_event_unref(m.event);
	kill(daemon_pid, SIGTERM);
	waitpid(daemon_pid, NULL, 0);
	free(m.data);
	free(m.templates_dir);
	return paths_remove(folder);
}

static int begin(void **state)
{
	char *log = paths_join(folder, "audit.log", NULL), *head = paths_join(folder, "audit.head", NULL);

	paths_remove(m.templates_dir);
	paths_remove(log);
	paths_remove(head);
	free(log);
	free(head);
	client = connect_bus();
	return mkdir(m.templates_dir, 0700) < 0 || manager_rescan(&m) < 0 || audit_open(folder, NULL, &m.audit) < 0;
}

static int end(void **state)
{
	client = sd_bus_flush_close_unref(client);
	audit_close(m.audit);
	m.audit = NULL;
	while (m.nwatches > 0)
		sd_event_source_disable_unref(m.watches[--m.nwatches]);
	while (m.templates) {
		struct template *t = m.templates;

		m.templates = t->next;
		template_free(t);
	}
	return m.import != NULL;
}

static int handle_answer(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
	const sd_bus_error *e = sd_bus_message_get_error(reply);
	struct answer *a = userdata;

	a->come = 1;
	if (e) {
		snprintf(a->error, sizeof(a->error), "%s", e->name);
		snprintf(a->message, sizeof(a->message), "%s", e->message ? e->message : "");
	}
	return 0;
}

static void append_text(sd_bus_message *call, const char *key, const char *value)
{
	if (value)
		assert_true(sd_bus_message_append(call, "{sv}", key, "s", value) >= 0);
}

static void append_facts(sd_bus_message *call, const struct facts *f)
{
	assert_true(sd_bus_message_open_container(call, 'a', "{sv}") >= 0);
	append_text(call, "kind", f->kind);
	append_text(call, "version", f->version);
	append_text(call, "suite", "trixie");
	append_text(call, "kernel", "6.12+deb13");
	append_text(call, "roothash", f->roothash);
	append_text(call, "source", HASH);
	append_text(call, f->more, f->more ? "app" : NULL);
	assert_true(sd_bus_message_append(call, "{sv}", "data_blocks", "u", f->data_blocks) >= 0);
	assert_true(sd_bus_message_close_container(call) >= 0);
}

static int memfd_of(size_t size)
{
	int fd = memfd_create("vmos-test", MFD_CLOEXEC);

	assert_true(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
	return fd;
}

static void call_import(const struct facts *f, struct answer *a)
{
	const size_t sizes[] = { 5000, 300, f->root_bytes ? f->root_bytes : ROOT_BYTES, 1 };
	sd_bus_message *call = NULL;

	*a = (struct answer){ 0 };
	assert_true(sd_bus_message_new_method_call(client, &call, MANAGER_BUS_NAME, MANAGER_BUS_PATH,
			    MANAGER_BUS_INTERFACE, "ImportTemplate") >= 0);
	assert_true(sd_bus_message_append(call, "s", f->name) >= 0);
	append_facts(call, f);
	assert_true(sd_bus_message_open_container(call, 'a', "h") >= 0);
	for (unsigned i = 0; i < f->nfiles; i++) {
		int fd = memfd_of(sizes[i]);

		assert_true(sd_bus_message_append(call, "h", fd) >= 0);
		close(fd);
	}
	assert_true(sd_bus_message_close_container(call) >= 0);
	assert_true(sd_bus_call_async(client, NULL, call, handle_answer, a, UINT64_MAX) >= 0);
	sd_bus_message_unref(call);
}

static void wait_for(const int *flag)
{
	uint64_t now, until;

	sd_event_now(m.event, CLOCK_MONOTONIC, &until);
	until += WAIT;
	do {
		assert_true(sd_event_run(m.event, 50000) >= 0);
		sd_event_now(m.event, CLOCK_MONOTONIC, &now);
	} while (!*flag && now < until);
	assert_true(*flag);
}

static void refused(const struct facts *f, const char *error, const char *text)
{
	struct answer a;

	call_import(f, &a);
	wait_for(&a.come);
	assert_string_equal(a.error, error);
	if (!strstr(a.message, text))
		fail_msg("\"%s\" does not say \"%s\"", a.message, text);
}

static void taken(const struct facts *f)
{
	struct answer a;

	call_import(f, &a);
	wait_for(&a.come);
	assert_string_equal(a.message, "");
}

static bool is_there(const char *name)
{
	char *path = paths_join(m.templates_dir, name, NULL);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

/* How often the audit log has @text. */
static unsigned logged(const char *text)
{
	char *path = paths_join(folder, "audit.log", NULL), *log = NULL;
	unsigned n = 0;
	size_t len;

	assert_int_equal(fd_read_file(path, 1 << 20, &log, &len), 0);
	for (const char *at = log; (at = strstr(at, text)); at++)
		n++;
	free(log);
	free(path);
	return n;
}

static void test_taken(void **state)
{
	const struct template *t;
	char uid[32];

	taken(&good);
	t = manager_find_template(&m, "net");
	assert_non_null(t);
	assert_non_null(t->bus_slot);
	assert_string_equal(t->newest.cmdline, "vmos.kind=net vmos.roothash=" HASH " vmos.rootblocks=7");
	assert_int_equal(t->newest.size[MANIFEST_ROOT], ROOT_BYTES);
	assert_false(is_there("net/.import.tmp"));
	snprintf(uid, sizeof(uid), "\"uid\":\"%u\"", (unsigned)getuid());
	assert_int_equal(logged("\"event\":\"template-add\""), 1);
	assert_int_equal(logged(uid), 1);
	assert_int_equal(logged(t->newest.sha256[MANIFEST_ROOT]), 1);
}

/* The same version again changes nothing; another one stands beside it. */
static void test_again(void **state)
{
	struct facts second = good;

	taken(&good);
	taken(&good);
	assert_int_equal(logged("\"event\":\"template-add\""), 1);
	second.version = "2";
	taken(&second);
	assert_int_equal(manager_find_template(&m, "net")->nversions, 2);
	assert_string_equal(manager_find_template(&m, "net")->newest.version, "2");
}

static void test_wrong_kind(void **state)
{
	struct facts app = good;

	taken(&good);
	app.kind = "app";
	refused(&app, "org.vmos.Error.Exists", "is for VMs of kind net");
	app.version = "2";
	refused(&app, "org.vmos.Error.Exists", "is for VMs of kind net");
	assert_false(is_there("net/2"));
}

static void test_facts(void **state)
{
	static const struct {
		struct facts facts;
		const char *error, *text;
	} wrong[] = {
		{ { "../x", "net", "1", HASH, 7, 3, 0, NULL }, "org.vmos.Error.InvalidName", "template name" },
		{ { "", "net", "1", HASH, 7, 3, 0, NULL }, "org.vmos.Error.InvalidName", "template name" },
		{ { "net", "server", "1", HASH, 7, 3, 0, NULL }, "org.vmos.Error.InvalidArgument", "kind" },
		{ { "net", NULL, "1", HASH, 7, 3, 0, NULL }, "org.vmos.Error.InvalidArgument", "is missing" },
		{ { "net", "net", NULL, HASH, 7, 3, 0, NULL }, "org.vmos.Error.InvalidArgument", "version" },
		{ { "net", "net", "../1", HASH, 7, 3, 0, NULL }, "org.vmos.Error.InvalidArgument", "version" },
		{ { "net", "net", "_1", HASH, 7, 3, 0, NULL }, "org.vmos.Error.InvalidArgument", "version" },
		{ { "net", "net", "1", "00ff", 7, 3, 0, NULL }, "org.vmos.Error.InvalidArgument", "roothash" },
		{ { "net", "net", "1", HASH " init=/x", 7, 3, 0, NULL }, "org.vmos.Error.InvalidArgument", "roothash" },
		{ { "net", "net", "1", HASH, 0, 3, 0, NULL }, "org.vmos.Error.InvalidArgument", "data_blocks" },
		{ { "net", "net", "1", HASH, ROOT_BYTES / MANIFEST_BLOCK, 3, 0, NULL },
			"org.vmos.Error.InvalidArgument", "data_blocks" },
		{ { "net", "net", "1", HASH, 7, 3, 0, "kind" }, "org.vmos.Error.InvalidArgument", "twice" },
		{ { "net", "net", "1", HASH, 7, 3, 0, "cmdline" }, "org.vmos.Error.InvalidArgument",
			"no fact cmdline" },
		{ { "net", "net", "1", HASH, 7, 3, 0, "data_blocks" }, "org.vmos.Error.InvalidArgument",
			"must be a number" },
		{ { "net", "net", "1", HASH, 7, 2, 0, NULL }, "org.vmos.Error.InvalidArgument", "three files" },
		{ { "net", "net", "1", HASH, 7, 4, 0, NULL }, "org.vmos.Error.InvalidArgument", "three files" },
	};

	for (size_t i = 0; i < COUNT(wrong); i++)
		refused(&wrong[i].facts, wrong[i].error, wrong[i].text);
	assert_false(is_there("net"));
	assert_int_equal(logged("template-add"), 0);
}

/* A folder without its files is not taken for the version, and not overwritten. */
static void test_broken_folder(void **state)
{
	char *path = paths_join(m.templates_dir, "net/1", NULL);

	assert_int_equal(paths_mkdir(path), 0);
	free(path);
	refused(&good, "org.vmos.Error.Exists", "no whole version");
	assert_true(is_there("net/1"));
}

/* More templates than vmosd looks at: what it would not find again is not kept. */
static void test_too_many(void **state)
{
	for (unsigned i = 0; i < 80; i++) {
		char name[16], *path;

		snprintf(name, sizeof(name), "t%u", i);
		path = paths_join(m.templates_dir, name, NULL);
		assert_int_equal(mkdir(path, 0700), 0);
		free(path);
	}
	for (unsigned i = 0; i < 8; i++) {
		struct facts f = good;
		char name[16];
		struct answer a;

		snprintf(name, sizeof(name), "more%u", i);
		f.name = name;
		call_import(&f, &a);
		wait_for(&a.come);
		assert_int_equal(manager_find_template(&m, name) != NULL, !a.error[0]);
		assert_int_equal(is_there(name), !a.error[0]);
		assert_int_equal(logged("template-add"), i + 1);
	}
}

/* Without a record it is not done. */
static void test_no_log(void **state)
{
	audit_close(m.audit);
	m.audit = NULL;
	refused(&good, "org.vmos.Error.Failed", "audit log");
	assert_false(is_there("net"));
}

static void test_one_at_a_time(void **state)
{
	struct facts long_one = good, other = good;
	struct answer first, second;

	long_one.root_bytes = 64u << 20;
	other.name = "other";
	call_import(&long_one, &first);
	call_import(&other, &second);
	wait_for(&second.come);
	assert_string_equal(second.error, "org.vmos.Error.Busy");
	if (!first.come)
		wait_for(&first.come);
	assert_string_equal(first.error, "");
	taken(&other);
}

/* Who leaves the bus before it is there wants it no more: of so much nothing can be there in a few milliseconds. */
static void test_caller_leaves(void **state)
{
	struct facts long_one = good;
	struct answer a;

	long_one.root_bytes = 256u << 20;
	call_import(&long_one, &a);
	while (!m.import)
		assert_true(sd_event_run(m.event, 50000) >= 0);
	client = sd_bus_flush_close_unref(client);
	for (int i = 0; i < 1000 && m.import; i++)
		assert_true(sd_event_run(m.event, 50000) >= 0);
	assert_null(m.import);
	assert_false(is_there("net"));
	assert_int_equal(logged("template-add"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_taken),
		TEST(test_again),
		TEST(test_wrong_kind),
		TEST(test_facts),
		TEST(test_broken_folder),
		TEST(test_too_many),
		TEST(test_no_log),
		TEST(test_one_at_a_time),
		TEST(test_caller_leaves),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

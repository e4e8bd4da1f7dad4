/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notifications between a VM's courier and those who show them. argv[1] is not used. */
#include "manager/vm_notify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/manager/ask_stand.h"
#include "tests/unit/unit.h"

static struct helper_notified ended;
static int nended;

static void handle_notified(const struct helper_notified *notified)
{
	ended = *notified;
	nended++;
}

static int setup(void **state)
{
	static struct stand s;

	if (stand_open(&s, STAND_SESSION, NULL) < 0)
		return -1;
	stand_add_vm(&s, "work", 0x2563eb);
	stand_on_notified = handle_notified;
	nended = 0;
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	stand_on_notified = NULL;
	stand_close(*state);
	return 0;
}

static int notify(struct stand *s, uint32_t id)
{
	const struct helper_notify n = { .id = id, .timeout_ms = 5000, .urgency = NOTIFICATION_CRITICAL };
	const struct notification text = { .app = "foot", .summary = "<b>done</b>", .body = "Gr\xc3\xbc\xc3\x9f" };

	return stand_notify(s, "work", &n, &text);
}

static bool says(const struct stand_agent *agent, const char *key, const char *value)
{
	char text[600];

	return stand_get(agent->note, key, text, sizeof(text)) && strcmp(text, value) == 0;
}

static void test_shown(void **state)
{
	struct stand *s = *state;
	struct vm *vm = manager_find_vm(&s->manager, "work");
	struct stand_agent agent;

	assert_int_equal(stand_agent_open(s, &agent, STAND_NO), 0);
	assert_int_equal(notify(s, 7), 0);
	assert_true(stand_wait(s, &agent.shown, 1));
	assert_true(says(&agent, "VM", "work"));
	assert_true(says(&agent, "Color", "#2563eb"));
	assert_true(says(&agent, "Id", "7"));
	assert_true(says(&agent, "Urgency", "2"));
	assert_true(says(&agent, "Timeout", "5000"));
	assert_true(says(&agent, "App", "foot"));
	assert_true(says(&agent, "Summary", "<b>done</b>"));
	assert_true(says(&agent, "Body", "Gr\xc3\xbc\xc3\x9f"));
	assert_int_equal(vm->notify.shown, 1);
	assert_int_equal(nended, 0);

	vm_notify_back(vm, 7);
	assert_true(stand_wait(s, &agent.closed, 1));
	assert_string_equal(agent.closed_vm, "work");
	assert_int_equal(agent.closed_note, 7);
	vm_notify_clear(vm);
	assert_true(stand_wait(s, &agent.closed, 2));
	assert_int_equal(agent.closed_note, 0);

	vm_notify_held(vm, 995);
	assert_true(stand_wait(s, &agent.shown, 2));
	assert_true(says(&agent, "Held", "995"));
	assert_int_equal(vm->notify.dropped, 995);
	stand_agent_close(&agent);
}

/* Nobody shows it: the guest hears that at once. */
static void test_nobody(void **state)
{
	struct stand *s = *state;
	struct vm *vm = manager_find_vm(&s->manager, "work");

	assert_int_equal(notify(s, 9), 0);
	assert_int_equal(nended, 1);
	assert_int_equal(ended.id, 9);
	assert_int_equal(ended.how, NOTIFICATION_UNDEFINED);
	assert_int_equal(vm->notify.shown, 0);
	assert_int_equal(vm->notify.dropped, 1);
}

static void test_off(void **state)
{
	struct stand *s = *state;
	struct vm *vm = manager_find_vm(&s->manager, "work");
	struct stand_agent agent;

	assert_int_equal(stand_agent_open(s, &agent, STAND_NO), 0);
	vm->config.quiet = true;
	assert_int_equal(notify(s, 9), 0);
	vm_notify_held(vm, 3);
	assert_int_equal(ended.how, NOTIFICATION_UNDEFINED);
	assert_int_equal(vm->notify.dropped, 4);
	vm->config.quiet = false;
	assert_int_equal(notify(s, 10), 0);
	assert_true(stand_wait(s, &agent.shown, 1));
	assert_true(says(&agent, "Id", "10"));
	stand_agent_close(&agent);
}

/* A courier that was taken over does not keep to its own limits. */
static void test_flood(void **state)
{
	struct stand *s = *state;
	struct vm *vm = manager_find_vm(&s->manager, "work");
	struct stand_agent agent;

	assert_int_equal(stand_agent_open(s, &agent, STAND_NO), 0);
	for (uint32_t i = 1; i <= 1000; i++) {
		assert_int_equal(notify(s, i), 0);
		vm_notify_back(vm, i);
		vm_notify_held(vm, 1);
	}
	stand_rest(s, 300);
	assert_in_range(agent.shown + agent.closed, VM_NOTIFY_BURST, VM_NOTIFY_BURST + 4);
	assert_in_range(nended, 1000 - VM_NOTIFY_BURST - 4, 1000);
	stand_agent_close(&agent);
}

/* What a courier that was taken over might hand on instead of a notification. */
static void test_refused(void **state)
{
	struct stand *s = *state;
	struct vm *vm = manager_find_vm(&s->manager, "work");
	const struct helper_notify n = { .id = 1 };
	struct notification text = { .summary = "a" };
	int fd = fd_memfd_data("short", &text, sizeof(text) - 1);

	assert_int_equal(vm_notify(vm, &n, fd), -EBADMSG);
	close(fd);
	fd = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(fd_write_all(fd, &text, sizeof(text)), 0);
	assert_int_equal(vm_notify(vm, &n, fd), -EBADMSG);
	close(fd);
	snprintf(text.summary, sizeof(text.summary), "a\nb");
	assert_int_equal(stand_notify(s, "work", &n, &text), -EBADMSG);
	snprintf(text.summary, sizeof(text.summary), "a\xe2\x80\xae");
	assert_int_equal(stand_notify(s, "work", &n, &text), -EBADMSG);
	memset(text.summary, 'x', sizeof(text.summary));
	assert_int_equal(stand_notify(s, "work", &n, &text), -EBADMSG);
}

static int done;

static int handle_done(sd_bus_message *reply, void *userdata, sd_bus_error *ret_unused)
{
	const sd_bus_error *e = sd_bus_message_get_error(reply);

	done = !e ? 1 : strstr(e->name, "NotAuthorized") ? 2 : 3;
	return 0;
}

static void say_closed(struct stand *s, sd_bus *bus, const char *how)
{
	done = 0;
	assert_true(sd_bus_call_method_async(bus, NULL, MANAGER_BUS_NAME, MANAGER_BUS_PATH, MANAGER_BUS_NAME,
			    "NotificationClosed", handle_done, NULL, "sus", "work", 7, how) >= 0);
	for (int i = 0; i < 500 && !done; i++)
		stand_rest(s, 10);
}

/* Who shows one says what became of it; nobody else does. */
static void test_closed(void **state)
{
	static const struct {
		const char *how;
		uint32_t end;
	} cases[] = { { "expired", NOTIFICATION_EXPIRED }, { "dismissed", NOTIFICATION_DISMISSED },
		{ "clicked", NOTIFICATION_CLICKED }, { "", NOTIFICATION_UNDEFINED },
		{ "what", NOTIFICATION_UNDEFINED } };
	struct stand *s = *state;
	struct stand_agent agent;
	sd_bus *other = stand_connect(s);

	assert_non_null(other);
	assert_int_equal(stand_agent_open(s, &agent, STAND_NO), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		say_closed(s, agent.bus, cases[i].how);
		assert_int_equal(done, 1);
		assert_int_equal(nended, (int)i + 1);
		assert_int_equal(ended.id, 7);
		assert_int_equal(ended.how, cases[i].end);
	}
	say_closed(s, other, "clicked");
	assert_int_equal(done, 2);
	assert_int_equal(nended, (int)COUNT(cases));
	sd_bus_flush_close_unref(other);
	stand_agent_close(&agent);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_shown),
		TEST(test_nobody),
		TEST(test_off),
		TEST(test_flood),
		TEST(test_refused),
		TEST(test_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

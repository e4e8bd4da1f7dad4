/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may open a device, and what becomes of it while the guest sleeps, is traced, or loses it to another hand. */
#include "tests/vm/guest/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proto/uapi/vmos_relay.h"

#define POWER_STATE "/sys/power/state"
#define SLEEP_TRIES 5
#define SLEEP_LEAST 1.0
#define TRACING "/sys/kernel/tracing"
#define INSTANCE TRACING "/instances/vmos-test"
#define LEAST "/sys/module/vmos_guest/parameters/min_mib_s"
#define LOG_MAX (1u << 20)
#define STORM_ROUNDS 10
#define STORM_USERS 3

/* --- rights --- */

static long open_as(uid_t uid, const char *path)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		if (setgroups(0, NULL) || setgid(uid) || setuid(uid))
			_exit(EXIT_FAILURE);
		_exit((int)-try_open(path, O_RDWR));
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return -ECHILD;
	return -WEXITSTATUS(status);
}

void check_rights(void)
{
	say_is("the VM's user cannot open the ctl device", "(EACCES)", open_as(USER_ID, CTL_DEVICE), -EACCES);
	say_is("another user cannot open the gui device", "(EACCES)", open_as(NOBODY_ID, GUI_DEVICE), -EACCES);
	say_is("the VM's user may, but not beside the compositor", "(EBUSY)", open_as(USER_ID, GUI_DEVICE), -EBUSY);
}

/* --- areas of relays --- */

/* A copy of what @pid has open there, or -errno. */
static int fd_of(pid_t pid, const char *device)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int fd = -ENOENT;

	for (int n = 0; n < 64 && fd < 0; n++) {
		char path[64], to[64];
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, n);
		len = readlink(path, to, sizeof(to) - 1);
		to[len > 0 ? len : 0] = '\0';
		if (strcmp(to, device) == 0)
			fd = (int)error_of(syscall(SYS_pidfd_getfd, pidfd, n, 0));
	}
	close(pidfd);
	return fd;
}

static void check_area(int fd, unsigned nr)
{
	const int rw = PROT_READ | PROT_WRITE;
	const size_t page = VMOS_PAGE_SIZE, area = VMOS_AREA(nr);
	const size_t host = area + VMOS_RELAY_HOST_OFF, ring = area + VMOS_RELAY_DATA_OFF;

	say_is("the guest's page of an area can be mapped for writing", "", try_map(fd, area, page, rw, MAP_SHARED), 0);
	say_is("and the ring", "", try_map(fd, ring, VMOS_AREA_RING, rw, MAP_SHARED), 0);
	say_is("the relay's page only for reading", "", try_map(fd, host, page, PROT_READ, MAP_SHARED), 0);
	say_is("the relay's page", "(EACCES)", try_map(fd, host, page, rw, MAP_SHARED), -EACCES);
	say_is("both pages", "(EACCES)", try_map(fd, area, 2 * page, rw, MAP_SHARED), -EACCES);
	say_is("the relay's page and the ring", "(EACCES)", try_map(fd, host, 2 * page, rw, MAP_SHARED), -EACCES);
	say_is("the ring and a page behind it", "(EACCES)", try_map(fd, ring, VMOS_AREA_RING + page, rw, MAP_SHARED),
		-EACCES);
	say_is("an area and a page before it", "(EACCES)", try_map(fd, area - page, 2 * page, rw, MAP_SHARED), -EACCES);
}

void check_areas(void)
{
	const int rw = PROT_READ | PROT_WRITE;
	int fd = fd_of(getppid(), CTL_DEVICE);

	say(fd >= 0, "the agent has the ctl device", "", fd);
	if (fd < 0)
		return;
	check_area(fd, 0);
	check_area(fd, VMOS_AREAS - 1);
	say_is("behind the last area nothing", "(EACCES)",
		try_map(fd, VMOS_AREA(VMOS_AREAS), VMOS_PAGE_SIZE, rw, MAP_SHARED), -EACCES);
	close(fd);
}

/* --- sleep of the guest --- */

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/*
 * Suspends to idle until the test on the host runs something in this VM, as it
 * does from two seconds after the word on. How long it was. Who is told that the
 * word has come may ring too early.
 */
static double doze(void)
{
	double slept = 0;
	int r = 0;

	for (int i = 0; i < SLEEP_TRIES && slept < SLEEP_LEAST; i++) {
		double begin;

		printf("# sleeps now\n");
		fflush(stdout);
		sleep_ms(300);
		begin = seconds();
		r = write_word(POWER_STATE, "freeze");
		slept = seconds() - begin;
	}
	say_is("the guest sleeps, and wakes when the host rings", "", r, 0);
	return slept;
}

void check_sleep(struct driver *d)
{
	int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	double slept;
	__s32 arg = event;

	drain(d->fd);
	ioctl(d->fd, VMOS_IOC_EVENTFD, &arg);
	say_is("before: nothing to read", "(EAGAIN)", read_count(d->fd), -EAGAIN);
	slept = doze();
	printf("# %.1f s\n", slept);
	say(slept >= SLEEP_LEAST, "it slept", "", (long)slept);
	say_is("a resume counts as an interrupt", "", poll_for(d->fd, 0), POLLIN);
	say_is("the eventfd is signalled, too", "", poll_for(event, 0), POLLIN);
	arg = -1;
	ioctl(d->fd, VMOS_IOC_EVENTFD, &arg);
	close(event);
	drain(d->fd);
	greet(d);
	ioctl(d->fd, VMOS_IOC_KICK);
	say_is("after it the host hears the guest, and the guest the host", "", poll_for(d->fd, WAIT_MS), POLLIN);
	say_is("the guest cannot hibernate", "(EOPNOTSUPP)", write_word(POWER_STATE, "disk"), -EOPNOTSUPP);
	drain(d->fd);
}

/* --- trace points --- */

/* All of a file, up to LOG_MAX bytes, as a string to free. */
static char *read_text(const char *path)
{
	char *text = calloc(1, LOG_MAX);
	FILE *f = fopen(path, "re");
	size_t len = 0;

	if (f && text)
		len = fread(text, 1, LOG_MAX - 1, f);
	if (f)
		fclose(f);
	if (text)
		text[len] = '\0';
	return text;
}

/* A round trip while the trace points are on; the agents of the other devices may be in it, too. */
void check_trace(struct driver *d)
{
	static const char *const events[] = { "vmos_doorbell: vmos-gui", "vmos_irq: vmos-gui", "vmos_sleep: vmos-gui",
		"vmos_wake: vmos-gui" };
	char *text;

	if (mount("tracefs", TRACING, "tracefs", 0, NULL) && errno != EBUSY)
		say(false, "tracefs can be mounted", "", -errno);
	mkdir(INSTANCE, 0700);
	part(d);
	drain(d->fd);
	say_is("the trace points are there", "", write_word(INSTANCE "/events/vmos_guest/enable", "1"), 0);
	poll_for(d->fd, 0);
	greet(d);
	ioctl(d->fd, VMOS_IOC_KICK);
	poll_for(d->fd, WAIT_MS);
	read_count(d->fd);
	write_word(INSTANCE "/events/vmos_guest/enable", "0");
	text = read_text(INSTANCE "/trace");
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		say(text && strstr(text, events[i]), "traced", events[i], 0);
	free(text);
	rmdir(INSTANCE);
	part(d);
	drain(d->fd);
}

/* --- loss of the device --- */

static void handle_fault(int signo)
{
	(void)signo;
	_exit(EXIT_SUCCESS); /* the page was taken away under our hands: that is how it should be */
}

/* Uses the device by every way there is until it is gone. */
static void use_device(void)
{
	const struct sigaction act = { .sa_handler = handle_fault };
	int fd = open(GUI_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	volatile uint8_t *heap;

	if (fd < 0)
		return;
	sigaction(SIGBUS, &act, NULL);
	heap = mmap(NULL, VMOS_GUI_REGION / 2, PROT_READ | PROT_WRITE, MAP_SHARED, fd, VMOS_GUI_REGION / 2);
	for (size_t at = 0; heap != MAP_FAILED; at = (at + VMOS_PAGE_SIZE) % (VMOS_GUI_REGION / 2)) {
		heap[at] = 1;
		if (at % (64 * VMOS_PAGE_SIZE) == 0 && (ioctl(fd, VMOS_IOC_KICK) < 0 || poll_for(fd, 0) & POLLERR))
			break;
	}
	close(fd);
}

static void handle_term(int signo)
{
	(void)signo;
	_exit(EXIT_SUCCESS);
}

/* Child processes that take the device one from another, until they are told to end. */
static pid_t start_user(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	signal(SIGTERM, handle_term);
	for (;;) {
		pid_t inner = fork();

		if (inner == 0) {
			use_device();
			_exit(EXIT_SUCCESS);
		}
		waitpid(inner, NULL, 0);
	}
}

static bool is_there(const char *path)
{
	for (int i = 0; i < WAIT_MS; i += 10) {
		if (access(path, F_OK) == 0)
			return true;
		sleep_ms(10);
	}
	return false;
}

void check_storm(void)
{
	char function[32] = "";
	pid_t users[STORM_USERS];
	int bad = 0, fd;

	find_function(function, sizeof(function));
	for (size_t i = 0; i < STORM_USERS; i++)
		users[i] = start_user();
	for (int i = 0; i < STORM_ROUNDS && !bad; i++) {
		sleep_ms(30);
		bad = write_word(PCI_DIR "/unbind", function);
		if (!bad)
			bad = write_word(PCI_DIR "/bind", function);
	}
	for (size_t i = 0; i < STORM_USERS; i++) {
		kill(users[i], SIGTERM);
		waitpid(users[i], NULL, 0);
	}
	say_is("a device that is in use can go and come ten times", "", bad, 0);
	say(is_there(GUI_DEVICE), "it is there again", "", 0);
	write_word(PCI_DIR "/unbind", function);
	write_word(PCI_DIR "/bind", function);
	fd = take_device();
	say(chown(GUI_DEVICE, USER_ID, USER_ID) == 0, "and can be given to the user", "", -errno);
	close(fd);
}

/* How often the kernel's log says it. */
static unsigned count_said(const char *what)
{
	char *text = calloc(1, LOG_MAX);
	unsigned n = 0;
	int len = text ? klogctl(3, text, LOG_MAX - 1) : -1;

	for (const char *at = len > 0 ? strstr(text, what) : NULL; at; at = strstr(at + 1, what))
		n++;
	free(text);
	return n;
}

static void bind_again(const char *function)
{
	write_word(PCI_DIR "/unbind", function);
	write_word(PCI_DIR "/bind", function);
}

void check_complaint(void)
{
	static const char what[] = "less than 100000000: the memory is not cached";
	char function[32] = "";

	find_function(function, sizeof(function));
	bind_again(function);
	say_is("before: the driver is content with the bandwidth", "", count_said("the memory is not cached"), 0);
	say_is("the least bandwidth can be set", "", write_word(LEAST, "100000000"), 0);
	bind_again(function);
	say_is("a slower one is complained of", "", count_said(what), 1);
	write_word(LEAST, "0");
	bind_again(function);
	say_is("0: never", "", count_said(what), 1);
	write_word(LEAST, "-1");
	say(chown(GUI_DEVICE, USER_ID, USER_ID) == 0, "the device is the user's again", "", -errno);
}

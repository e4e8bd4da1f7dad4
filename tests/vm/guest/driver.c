/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's kernel module seen from a program: what it promises in
 * proto/uapi/vmos_channel.h, asked of the real device. Runs as root in a VM
 * and takes the gui device from the compositor. TAP on standard output.
 */
#include "tests/vm/guest/driver.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/gui.h"

#define BLOBS_END (VMOS_BLOB_OFF + 2 * (size_t)VMOS_GUI_BLOB)
#define RING ((size_t)VMOS_RING_LEN * VMOS_MSG_SIZE)
#define PAGE ((size_t)VMOS_PAGE_SIZE)

static const struct zone {
	const char *name;
	size_t off, len;
	bool writable;
} zones[] = {
	{ "the host's header", VMOS_HDR_HOST_OFF, PAGE, false },
	{ "the guest's header", VMOS_HDR_GUEST_OFF, PAGE, true },
	{ "the host's indices", VMOS_IDX_HOST_OFF, PAGE, false },
	{ "the ring to the host", VMOS_G2H_OFF, RING, true },
	{ "the ring to the guest", VMOS_H2G_OFF, RING, false },
	{ "the blobs to the host", VMOS_BLOB_OFF, VMOS_GUI_BLOB, true },
	{ "the blobs to the guest", VMOS_BLOB_OFF + VMOS_GUI_BLOB, VMOS_GUI_BLOB, false },
	{ "the heap", BLOBS_END, VMOS_GUI_REGION - BLOBS_END, true },
};

#define ZONES (sizeof(zones) / sizeof(zones[0]))

static unsigned tests;
static sigjmp_buf on_fault;

void say(bool good, const char *name, const char *detail, long value)
{
	printf("%s %u - %s%s%s\n", good ? "ok" : "not ok", ++tests, name, *detail ? " " : "", detail);
	if (!good)
		printf("# got %ld (%s)\n", value, value < 0 ? strerror((int)-value) : "a number");
	fflush(stdout);
}

void say_is(const char *name, const char *detail, long got, long want)
{
	say(got == want, name, detail, got);
}

static void give_up(const char *why)
{
	printf("Bail out! %s: %s\n", why, strerror(errno));
	exit(1);
}

long error_of(long r)
{
	return r < 0 ? -errno : r;
}

void sleep_ms(unsigned ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

/* --- the device, taken from the compositor --- */

static pid_t find_process(const char *name)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;
	pid_t pid = -1;

	while (dir && pid < 0 && (e = readdir(dir))) {
		char path[300], comm[32] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%s/comm", e->d_name);
		f = e->d_name[0] >= '1' && e->d_name[0] <= '9' ? fopen(path, "re") : NULL;
		if (!f)
			continue;
		if (fgets(comm, sizeof(comm), f) && !strncmp(comm, name, strlen(name)))
			pid = (pid_t)strtol(e->d_name, NULL, 10);
		fclose(f);
	}
	if (dir)
		closedir(dir);
	return pid;
}

/* vmos-init starts the next compositor 100 ms after its end at the soonest. */
int take_device(void)
{
	for (int i = 0; i < 60000; i++) {
		int fd = open(GUI_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		pid_t pid;

		if (fd >= 0)
			return fd;
		pid = errno == EBUSY && i % 500 == 0 ? find_process("vmos-compositor") : -1;
		if (pid > 0)
			kill(pid, SIGKILL);
		sleep_ms(1);
	}
	give_up("the compositor's device cannot be taken");
	return -1;
}

static void map_region(struct driver *d)
{
	d->base = mmap(NULL, VMOS_GUI_REGION, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	for (size_t i = 0; i < ZONES; i++)
		if (mmap(d->base + zones[i].off, zones[i].len, zones[i].writable ? PROT_READ | PROT_WRITE : PROT_READ,
			    MAP_SHARED | MAP_FIXED, d->fd, (off_t)zones[i].off) == MAP_FAILED)
			give_up(zones[i].name);
}

/* The last reference goes: the mappings hold one as well. */
static void give_device(struct driver *d)
{
	munmap(d->base, VMOS_GUI_REGION);
	close(d->fd);
}

static uint32_t host_epoch(const struct driver *d)
{
	const struct vmos_hdr_host *h = (const void *)(d->base + VMOS_HDR_HOST_OFF);

	return __atomic_load_n(&h->epoch, __ATOMIC_ACQUIRE);
}

static uint32_t guest_epoch(const struct driver *d)
{
	const struct vmos_idx *own = (const void *)(d->base + VMOS_HDR_GUEST_OFF);

	return __atomic_load_n(&own->epoch, __ATOMIC_ACQUIRE);
}

short poll_for(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) < 0 ? POLLNVAL : p.revents;
}

long read_count(int fd)
{
	uint64_t count;
	ssize_t n = read(fd, &count, sizeof(count));

	return n < 0 ? -errno : n == sizeof(count) ? (long)count : -EIO;
}

void drain(int fd)
{
	while (poll_for(fd, 500) & POLLIN)
		read_count(fd);
}

/* --- two ways to have the host ring --- */

void greet(struct driver *d)
{
	struct gui_msg g = { .head.type = GUI_HELLO, .hello.version = GUI_VERSION };
	struct msg m;
	int r = -EAGAIN;

	for (int i = 0; i < 500 && r == -EAGAIN; i++) {
		r = channel_guest_join(&d->channel, d->base, VMOS_GUI_REGION, VMOS_ROLE_GUI);
		if (r == -EAGAIN)
			sleep_ms(10);
	}
	if (r == 0 && gui_encode(&g, &m) == 0)
		r = channel_send(&d->channel, &m);
	if (r < 0) {
		errno = -r;
		give_up("no session of the host");
	}
	channel_arm(&d->channel);
	channel_flush(&d->channel);
}

static bool is_welcomed(struct driver *d)
{
	bool found = false;
	struct gui_msg g;
	struct msg m;

	while (channel_recv(&d->channel, &m) > 0)
		found |= gui_decode_host(&m, &g) == 0 && g.head.type == GUI_WELCOME;
	channel_recv_done(&d->channel);
	return found;
}

void part(struct driver *d)
{
	struct vmos_idx *own = (void *)(d->base + VMOS_HDR_GUEST_OFF);

	__atomic_store_n(&own->epoch, 0, __ATOMIC_RELEASE);
	ioctl(d->fd, VMOS_IOC_KICK);
}

/* --- the checks --- */

long try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void check_busy(void)
{
	struct stat st;

	say_is("a second opener of the ctl device is refused", "(EBUSY)", try_open(CTL_DEVICE, O_RDWR), -EBUSY);
	say_is("a second opener of the gui device is refused", "(EBUSY)", try_open(GUI_DEVICE, O_RDONLY), -EBUSY);
	say_is("the ctl device is root's alone", "", stat(CTL_DEVICE, &st) ? -errno : (long)(st.st_mode & 0777), 0600);
	say_is("and owned by root", "", (long)st.st_uid, 0);
	say_is("the gui device is the user's", "", stat(GUI_DEVICE, &st) ? -errno : (long)st.st_uid, USER_ID);
}

static void check_info(int fd)
{
	struct vmos_info info = { 0 };

	say_is("INFO is answered", "", error_of(ioctl(fd, VMOS_IOC_INFO, &info)), 0);
	say_is("INFO: the size", "", (long)info.size, VMOS_GUI_REGION);
	say_is("INFO: the role", "", (long)info.role, VMOS_ROLE_GUI);
	say(info.mib_s > 0, "INFO: a bandwidth was measured", "", (long)info.mib_s);
	printf("# %u MiB/s\n", info.mib_s);
	say_is("INFO to nowhere", "(EFAULT)", error_of(ioctl(fd, VMOS_IOC_INFO, NULL)), -EFAULT);
	say_is("an unknown ioctl", "(ENOTTY)", error_of(ioctl(fd, _IO('V', 0x7f))), -ENOTTY);
	say_is("an ioctl of terminals", "(ENOTTY)", error_of(ioctl(fd, 0x5401, &info)), -ENOTTY);
}

long try_map(int fd, size_t off, size_t len, int prot, int flags)
{
	void *p = mmap(NULL, len, prot, flags, fd, (off_t)off);

	if (p == MAP_FAILED)
		return -errno;
	munmap(p, len);
	return 0;
}

/* A write by a debugger's way, past the rights of the mapping. */
static long try_force(void *p)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	long r = error_of(pwrite(fd, "x", 1, (off_t)(uintptr_t)p));

	close(fd);
	return r;
}

static void check_zone_read_only(int fd, const struct zone *z)
{
	uint8_t *p;

	say_is(z->name, "cannot be mapped for writing (EACCES)",
		try_map(fd, z->off, z->len, PROT_READ | PROT_WRITE, MAP_SHARED), -EACCES);
	say_is(z->name, "cannot have its last page mapped so (EACCES)",
		try_map(fd, z->off + z->len - PAGE, PAGE, PROT_WRITE, MAP_SHARED), -EACCES);
	p = mmap(NULL, z->len, PROT_READ, MAP_SHARED, fd, (off_t)z->off);
	say(p != MAP_FAILED, z->name, "can be mapped for reading", -errno);
	if (p == MAP_FAILED)
		return;
	say_is(z->name, "cannot become writable later (EACCES)", error_of(mprotect(p, z->len, PROT_READ | PROT_WRITE)),
		-EACCES);
	say(try_force(p) < 0, z->name, "cannot be written by /proc/self/mem", 0);
	munmap(p, z->len);
}

static void check_zone_writable(int fd, const struct zone *z)
{
	volatile uint8_t *p, *again;

	p = mmap(NULL, z->len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)z->off);
	again = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, (off_t)(z->off + z->len - PAGE));
	say(p != MAP_FAILED && again != MAP_FAILED, z->name, "can be mapped for writing", -errno);
	if (p == MAP_FAILED || again == MAP_FAILED)
		return;
	p[z->len - 1] = 0x5a;
	say_is(z->name, "shows in one mapping what another wrote", again[PAGE - 1], 0x5a);
	p[z->len - 1] = 0;
	munmap((void *)again, PAGE);
	say_is(z->name, "can be given up and taken back by mprotect",
		mprotect((void *)p, z->len, PROT_READ) || mprotect((void *)p, z->len, PROT_READ | PROT_WRITE), 0);
	munmap((void *)p, z->len);
}

/* Each border of a writable zone, from both sides. */
static void check_borders(int fd)
{
	const int rw = PROT_READ | PROT_WRITE;

	for (size_t i = 0; i < ZONES; i++) {
		size_t end = zones[i].off + zones[i].len;

		if (!zones[i].writable)
			continue;
		say_is(zones[i].name, "with the page before it is not writable (EACCES)",
			try_map(fd, zones[i].off - PAGE, 2 * PAGE, rw, MAP_SHARED), -EACCES);
		if (end < VMOS_GUI_REGION)
			say_is(zones[i].name, "with the page after it is not writable (EACCES)",
				try_map(fd, end - PAGE, 2 * PAGE, rw, MAP_SHARED), -EACCES);
	}
	say_is("the unused pages are not writable", "(EACCES)",
		try_map(fd, VMOS_IDX_HOST_OFF + PAGE, VMOS_G2H_OFF - VMOS_IDX_HOST_OFF - PAGE, rw, MAP_SHARED),
		-EACCES);
	say_is("the whole region is not writable", "(EACCES)", try_map(fd, 0, VMOS_GUI_REGION, rw, MAP_SHARED),
		-EACCES);
	say_is("the whole region can be read", "", try_map(fd, 0, VMOS_GUI_REGION, PROT_READ, MAP_SHARED), 0);
	say_is("a private mapping is refused", "(EINVAL)", try_map(fd, 0, PAGE, PROT_READ, MAP_PRIVATE), -EINVAL);
	say_is("a private one of the heap too", "(EINVAL)", try_map(fd, BLOBS_END, PAGE, rw, MAP_PRIVATE), -EINVAL);
	say_is("a mapping behind the end", "(EINVAL)", try_map(fd, VMOS_GUI_REGION, PAGE, PROT_READ, MAP_SHARED),
		-EINVAL);
	say_is("a mapping over the end", "(EINVAL)", try_map(fd, VMOS_GUI_REGION - PAGE, 2 * PAGE, rw, MAP_SHARED),
		-EINVAL);
	say_is("a mapping far behind the end", "(EINVAL)", try_map(fd, (size_t)1 << 60, PAGE, PROT_READ, MAP_SHARED),
		-EINVAL);
}

static void check_growth(int fd)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, VMOS_HDR_GUEST_OFF);
	void *more = mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE);

	say(more == MAP_FAILED && errno == EFAULT, "a mapping does not grow", "(EFAULT)", -errno);
	munmap(p, PAGE);
}

static void check_maps(int fd)
{
	for (size_t i = 0; i < ZONES; i++)
		if (zones[i].writable)
			check_zone_writable(fd, &zones[i]);
		else
			check_zone_read_only(fd, &zones[i]);
	check_borders(fd);
	check_growth(fd);
}

static void handle_alarm(int signo)
{
	(void)signo;
}

/* Without an interrupt: nobody rings while no session is joined. */
static void check_silence(int fd)
{
	const struct sigaction act = { .sa_handler = handle_alarm };
	char buf[16];

	drain(fd);
	say_is("read without an interrupt", "(EAGAIN)", read_count(fd), -EAGAIN);
	say_is("poll without an interrupt", "", poll_for(fd, 0), 0);
	say_is("a read of seven bytes", "(EINVAL)", error_of(read(fd, buf, 7)), -EINVAL);
	say_is("a read of none", "(EINVAL)", error_of(read(fd, buf, 0)), -EINVAL);
	say_is("a write", "(EINVAL)", error_of(write(fd, buf, 8)), -EINVAL);
	fcntl(fd, F_SETFL, O_RDWR);
	sigaction(SIGALRM, &act, NULL);
	alarm(1);
	say_is("a blocking read sleeps until a signal", "(EINTR)", read_count(fd), -EINTR);
	fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
}

static long set_event(int fd, int event)
{
	__s32 arg = event;

	return error_of(ioctl(fd, VMOS_IOC_EVENTFD, &arg));
}

static void check_eventfd_arguments(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	say_is("EVENTFD of a closed fd", "(EBADF)", set_event(fd, 999), -EBADF);
	say_is("EVENTFD of a number below -1", "(EBADF)", set_event(fd, -2), -EBADF);
	say_is("EVENTFD of what is none", "(EINVAL)", set_event(fd, null), -EINVAL);
	say_is("EVENTFD from nowhere", "(EFAULT)", error_of(ioctl(fd, VMOS_IOC_EVENTFD, NULL)), -EFAULT);
	say_is("EVENTFD -1 when there is none", "", set_event(fd, -1), 0);
	close(null);
}

/* KICK is heard by the host, and its answer comes by every way there is. */
static void check_interrupt(struct driver *d)
{
	int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), late = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	uint64_t *nowhere = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t epoch = host_epoch(d);

	say_is("an eventfd is taken", "", set_event(d->fd, event), 0);
	say(epoch > 0, "the host has a session open", "", (long)epoch);
	greet(d);
	say_is("KICK", "", error_of(ioctl(d->fd, VMOS_IOC_KICK)), 0);
	say_is("the host hears it, its interrupt signals the eventfd", "", poll_for(event, WAIT_MS), POLLIN);
	say_is("poll tells the interrupt", "", poll_for(d->fd, WAIT_MS), POLLIN);
	say_is("another eventfd, set late, is signalled at once", "", set_event(d->fd, late) ? -1 : poll_for(late, 0),
		POLLIN);
	say_is("a read to nowhere", "(EFAULT)", error_of(read(d->fd, nowhere, 8)), -EFAULT);
	say(read_count(d->fd) > 0, "read gives the count all the same", "", 0);
	sleep_ms(500);
	say(is_welcomed(d), "the host's answer is in the ring", "(WELCOME)", 0);
	drain(d->fd);
	read_count(event);

	say_is("EVENTFD -1 takes it away", "", set_event(d->fd, -1), 0);
	read_count(late);
	part(d);
	say_is("the next interrupt comes", "(the host opens another session)", poll_for(d->fd, WAIT_MS), POLLIN);
	say_is("no eventfd is signalled any more", "", (poll_for(late, 0) | poll_for(event, 0)) & POLLIN, 0);
	say(host_epoch(d) != epoch, "the session of the host is a new one", "", (long)host_epoch(d));
	drain(d->fd);

	fcntl(d->fd, F_SETFL, O_RDWR);
	greet(d);
	ioctl(d->fd, VMOS_IOC_KICK);
	alarm(WAIT_MS / 1000);
	say(read_count(d->fd) > 0, "a blocking read wakes by an interrupt", "", 0);
	alarm(0);
	fcntl(d->fd, F_SETFL, O_RDWR | O_NONBLOCK);
	close(event);
	close(late);
	munmap(nowhere, PAGE);
}

/* Called in a session that is joined: nobody says good-bye but the module. */
static void check_close(struct driver *d)
{
	uint32_t epoch = host_epoch(d);
	int copy = dup(d->fd);

	say_is("a session is joined", "", (long)guest_epoch(d), (long)epoch);
	close(d->fd);
	sleep_ms(100);
	say_is("closing one of two descriptors leaves it joined", "", (long)guest_epoch(d), (long)epoch);
	d->fd = copy;
	give_device(d);
	d->fd = take_device();
	map_region(d);
	say_is("the last close ends the session", "", (long)guest_epoch(d), 0);
	for (int i = 0; i < WAIT_MS && (host_epoch(d) == epoch || host_epoch(d) == 0); i++)
		sleep_ms(1);
	say(host_epoch(d) != epoch, "the host notices and opens the next", "", (long)host_epoch(d));
	printf("# the host's epoch: %u, then %u\n", epoch, host_epoch(d));
}

static void handle_fault(int signo)
{
	siglongjmp(on_fault, signo);
}

/* The signal that reading a byte gives, 0: none. */
static int fault_of(const volatile uint8_t *p)
{
	const struct sigaction act = { .sa_handler = handle_fault };
	int signo;

	sigaction(SIGBUS, &act, NULL);
	sigaction(SIGSEGV, &act, NULL);
	signo = sigsetjmp(on_fault, 1);
	if (signo == 0)
		(void)*p;
	return signo;
}

int write_word(const char *path, const char *word)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	long r = fd < 0 ? -errno : error_of(write(fd, word, strlen(word)));

	if (fd >= 0)
		close(fd);
	return r < 0 ? (int)r : 0;
}

/* The last part of where its class link points, one up from "misc". */
bool find_function(char *ret_name, size_t cap)
{
	char path[512];
	ssize_t n = readlink("/sys/class/misc/vmos-gui/device", path, sizeof(path) - 1);
	char *slash;

	if (n <= 0)
		return false;
	path[n] = '\0';
	slash = strrchr(path, '/');
	snprintf(ret_name, cap, "%.*s", (int)cap - 1, slash ? slash + 1 : path);
	return true;
}

/* The device goes away under an open file with mappings, and comes back. */
static void check_removal(struct driver *d)
{
	const uint8_t *heap = d->base + BLOBS_END;
	char function[32] = "";
	struct vmos_info info = { 0 };

	drain(d->fd);
	say_is("before: a page of the heap is there", "", fault_of(heap), 0);
	say(find_function(function, sizeof(function)), "the device's PCI function is known", function, 0);
	say_is("the function is taken from the driver while the file is open", "",
		write_word(PCI_DIR "/unbind", function), 0);
	say_is("a mapped page is gone", "(SIGBUS)", fault_of(heap), SIGBUS);
	say_is("poll", "(POLLERR, POLLHUP)", poll_for(d->fd, 0), POLLERR | POLLHUP);
	say_is("read", "(ENODEV)", read_count(d->fd), -ENODEV);
	say_is("KICK", "(ENODEV)", error_of(ioctl(d->fd, VMOS_IOC_KICK)), -ENODEV);
	say_is("there is no device file", "(ENOENT)", try_open(GUI_DEVICE, O_RDWR), -ENOENT);
	say_is("the function is given back", "", write_word(PCI_DIR "/bind", function), 0);
	say_is("the old file stays without a device", "(ENODEV)", error_of(ioctl(d->fd, VMOS_IOC_KICK)), -ENODEV);
	give_device(d);
	d->fd = take_device();
	map_region(d);
	say_is("the new device is opened and tells its size", "",
		ioctl(d->fd, VMOS_IOC_INFO, &info) ? -errno : (long)info.size, VMOS_GUI_REGION);
	say(chown(GUI_DEVICE, USER_ID, USER_ID) == 0, "it is the user's again", "", -errno);
	drain(d->fd);
	greet(d);
	ioctl(d->fd, VMOS_IOC_KICK);
	say_is("the host and it hear each other", "", poll_for(d->fd, WAIT_MS), POLLIN);
}

int main(void)
{
	struct driver d = { .fd = -1 };

	check_busy();
	check_rights();
	check_areas();
	d.fd = take_device();
	check_info(d.fd);
	check_maps(d.fd);
	map_region(&d);
	check_silence(d.fd);
	check_eventfd_arguments(d.fd);
	check_interrupt(&d);
	check_close(&d);
	check_sleep(&d);
	check_trace(&d);
	check_removal(&d);
	give_device(&d);
	check_storm();
	check_complaint();
	printf("1..%u\n", tests);
	return 0;
}

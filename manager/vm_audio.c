/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/vm_audio.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/now.h"
#include "base/paths.h"
#include "manager/audit.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/polkit.h"
#include "manager/vm.h"

#define RETRY_USEC 500000 /* from the name of a sound server's socket to one that listens */
#define LATER_USEC 30000000 /* one that has failed us again and again is tried again */
#define KEEP_USEC 3000000 /* after a mixer's last change: then it is kept */
#define NOTE_MAX 32

static void set_state(struct vm *vm, enum vm_audio audio)
{
	if (vm->audio == audio)
		return;
	log_debug("VM %s: audio %s", vm->config.name, vm_audio_name(vm));
	vm->audio = audio;
	vm_bus_changed(vm, "Audio");
}

const char *vm_audio_name(const struct vm *vm)
{
	static const char *const names[] = {
		[VM_AUDIO_NONE] = "none",
		[VM_AUDIO_NO_SERVER] = "no-server",
		[VM_AUDIO_SILENT] = "silent",
		[VM_AUDIO_PLAYING] = "playing",
		[VM_AUDIO_LOST] = "lost",
		[VM_AUDIO_REFUSED] = "refused",
	};

	if (vm->config.no_audio)
		return "off";
	return vm->manager->mode->sound_server ? names[vm->audio] : "no-sound";
}

const char *vm_audio_host(const struct manager *m)
{
	char *path cleanup_free = m->mode->sound_server ? m->mode->sound_server() : NULL;

	if (!m->mode->sound_server)
		return "no-sound";
	return path && access(path, F_OK) == 0 ? "pipewire" : "no-server";
}

/* --- the sound server --- */

static int handle_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;

	m->sound_timer = sd_event_source_disable_unref(m->sound_timer);
	for (struct vm *vm = m->vms; vm; vm = vm->next) {
		if (vm->audio != VM_AUDIO_NO_SERVER)
			continue;
		helper_stop(&vm->helper[HELPER_AUDIO]); /* it only keeps the channel */
		vm_audio_start(vm);
	}
	return 0;
}

static void retry(struct manager *m, uint64_t usec)
{
	m->sound_timer = sd_event_source_disable_unref(m->sound_timer);
	sd_event_add_time_relative(m->event, &m->sound_timer, CLOCK_MONOTONIC, usec, 0, handle_retry, m);
}

static int handle_runtime_dir(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
	struct manager *m = userdata;
	char *path cleanup_free = m->mode->sound_server();
	const char *name = path ? strrchr(path, '/') : NULL;

	if (name && event->len > 0 && strcmp(event->name, name + 1) == 0)
		retry(m, RETRY_USEC);
	return 0;
}

/* Only while a VM misses it. */
static void watch_for_server(struct manager *m)
{
	char *path cleanup_free = m->mode->sound_server();
	char *slash = path ? strrchr(path, '/') : NULL;

	if (!slash || m->sound_watch)
		return;
	*slash = '\0';
	sd_event_add_inotify(m->event, &m->sound_watch, path, IN_CREATE | IN_MOVED_TO, handle_runtime_dir, m);
}

static void unwatch_if_idle(struct manager *m)
{
	for (const struct vm *vm = m->vms; vm; vm = vm->next)
		if (vm->audio == VM_AUDIO_NO_SERVER)
			return;
	m->sound_watch = sd_event_source_disable_unref(m->sound_watch);
}

void vm_audio_watch_close(struct manager *m)
{
	m->sound_watch = sd_event_source_disable_unref(m->sound_watch);
	m->sound_timer = sd_event_source_disable_unref(m->sound_timer);
}

/* One that does not answer, or leaves, may be about to start: it is tried again at once, after that from time to time. */
static void miss_server(struct vm *vm)
{
	struct helper *h = &vm->helper[HELPER_AUDIO];

	watch_for_server(vm->manager);
	if (!h->keeper)
		retry(vm->manager, helper_may_restart(h) ? RETRY_USEC : LATER_USEC);
}

/* Connected by us and given away: the helper reaches nobody by itself. */
static int connect_server(const struct manager *m)
{
	char *path cleanup_free = m->mode->sound_server ? m->mode->sound_server() : NULL;

	return path ? fd_unix_connect(path, SOCK_STREAM) : -ENOENT;
}

/* --- the helper --- */

void vm_audio_start(struct vm *vm)
{
	int fd cleanup_fd = -1;
	int r;

	if (!region_is_open(&vm->region[HELPER_AUDIO]))
		return;
	fd = connect_server(vm->manager);
	r = vm_start_helper(vm, HELPER_AUDIO, fd < 0 ? -1 : fd);
	if (r < 0) {
		log_warning("VM %s: vmos-audio does not start: %s", vm->config.name, strerror(-r));
		set_state(vm, VM_AUDIO_LOST);
		return;
	}
	set_state(vm, fd < 0 ? VM_AUDIO_NO_SERVER : VM_AUDIO_SILENT);
	if (fd < 0)
		watch_for_server(vm->manager);
	else
		unwatch_if_idle(vm->manager);
}

/* Without a sound server, until it is tried again. */
static void keep_channel(struct vm *vm)
{
	if (vm_start_helper(vm, HELPER_AUDIO, -1) < 0) {
		set_state(vm, VM_AUDIO_LOST);
		return;
	}
	set_state(vm, VM_AUDIO_NO_SERVER);
	watch_for_server(vm->manager);
	retry(vm->manager, helper_may_restart(&vm->helper[HELPER_AUDIO]) ? RETRY_USEC : LATER_USEC);
}

void vm_audio_apply(struct vm *vm)
{
	struct helper_msg m = { .type = HELPER_AUDIO_SET };

	m.audio_set.volume = vm->config.volume;
	m.audio_set.muted = vm->config.muted;
	m.audio_set.microphone = vm->microphone_until != 0;
	if (vm->helper[HELPER_AUDIO].state == HELPER_STATE_UP)
		helper_send(&vm->helper[HELPER_AUDIO], &m, NULL);
}

static void restore_microphone(struct vm *vm);

void vm_audio_up(struct vm *vm)
{
	if (vm->helper[HELPER_AUDIO].pid == 0)
		restore_microphone(vm);
	vm_audio_apply(vm);
}

void vm_audio_adopt_failed(struct vm *vm)
{
	set_state(vm, VM_AUDIO_LOST);
}

void vm_audio_ended(struct vm *vm, enum helper_reason reason, const char *text)
{
	struct helper *h = &vm->helper[HELPER_AUDIO];

	vm->listening = false;
	if (reason == HELPER_REASON_DISPLAY && region_is_open(h->region)) {
		log_info("VM %s: %s", vm->config.name, text);
		keep_channel(vm);
	} else if (reason == HELPER_REASON_PROTOCOL) {
		log_warning("VM %s: it broke the audio protocol (%s). It has no sound until it is restarted",
			vm->config.name, text);
		set_state(vm, VM_AUDIO_REFUSED);
	} else if (region_is_open(h->region) && helper_may_restart(h)) {
		log_info("VM %s: vmos-audio ended (%s) and is started again", vm->config.name, text);
		vm_audio_start(vm);
	} else {
		log_warning(
			"VM %s: vmos-audio ended (%s). It has no sound until it is restarted", vm->config.name, text);
		set_state(vm, VM_AUDIO_LOST);
	}
	vm_bus_changed(vm, "Recording");
}

/* --- how loud --- */

static void handle_kept(const struct virt_job *job, void *userdata)
{
	struct vm *vm = userdata;

	vm_job_done(vm);
	if (job->result < 0)
		log_warning("VM %s: its volume was not kept: %s", vm->config.name, job->message);
}

/* What a mixer has set is kept like what `vmos set` has, but only when it stays so, as a slider sends every step. */
static int handle_keep(sd_event_source *source, uint64_t usec, void *userdata)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char *xml cleanup_free = NULL;
	struct vm *vm = userdata;

	vm->keep_timer = sd_event_source_disable_unref(vm->keep_timer);
	if (!vm->busy && !vm->jobs && vm_build_xml(vm, &xml, &error) == 0)
		vm_submit(vm, VIRT_DEFINE, xml, handle_kept);
	sd_bus_error_free(&error);
	return 0;
}

static void keep_soon(struct vm *vm)
{
	if (!vm->keep_timer)
		sd_event_add_time_relative(
			vm->manager->event, &vm->keep_timer, CLOCK_MONOTONIC, KEEP_USEC, 0, handle_keep, vm);
}

static void take_volume(struct vm *vm, const struct helper_audio *audio)
{
	if (audio->volume == vm->config.volume && (bool)audio->muted == vm->config.muted)
		return;
	vm->config.volume = audio->volume;
	vm->config.muted = audio->muted;
	vm_bus_changed(vm, "Volume");
	vm_bus_changed(vm, "Mute");
	keep_soon(vm);
}

void vm_audio_mute(struct vm *vm)
{
	vm->config.muted = true;
	vm_audio_apply(vm);
	vm_bus_changed(vm, "Mute");
	keep_soon(vm);
}

void vm_audio_report(struct vm *vm, const struct helper_audio *audio)
{
	static const enum vm_audio states[] = {
		[HELPER_AUDIO_NONE] = VM_AUDIO_NO_SERVER,
		[HELPER_AUDIO_SILENT] = VM_AUDIO_SILENT,
		[HELPER_AUDIO_PLAYING] = VM_AUDIO_PLAYING,
	};

	set_state(vm, states[audio->state]);
	if (audio->state == HELPER_AUDIO_NONE)
		miss_server(vm);
	else if (!vm->busy)
		take_volume(vm, audio);
	if (vm->listening == (bool)audio->listening)
		return;
	vm->listening = audio->listening;
	vm_bus_changed(vm, "Recording");
}

/* --- the microphone --- */

static char *note_path(const struct vm *vm)
{
	return paths_join(vm->run_dir, "microphone", NULL);
}

/* For the vmosd after this one, by a clock that nobody sets: until when. */
static void write_note(const struct vm *vm)
{
	char *path cleanup_free = note_path(vm);
	int fd cleanup_fd = -1;
	char text[NOTE_MAX];

	if (!path)
		return;
	if (vm->microphone_until == 0) {
		unlink(path);
		return;
	}
	snprintf(text, sizeof(text), "%" PRIu64 "\n", vm->microphone_until);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0)
		log_debug("%s was not written: the microphone ends with vmosd", path);
}

uint64_t vm_audio_microphone(const struct vm *vm)
{
	uint64_t now = now_usec(CLOCK_BOOTTIME);

	if (vm->microphone_until <= now)
		return 0;
	return now_usec(CLOCK_REALTIME) + (vm->microphone_until - now);
}

static void end_microphone(struct vm *vm, const char *why)
{
	if (vm->microphone_until == 0)
		return;
	vm->microphone_until = 0;
	vm->microphone_timer = sd_event_source_disable_unref(vm->microphone_timer);
	vm_audio_apply(vm);
	write_note(vm);
	audit_note(vm->manager->audit, "microphone-end", "subject", vm->config.name, "reason", why, NULL);
	vm_bus_changed(vm, "Microphone");
	vm_bus_changed(vm, "Recording");
}

static int handle_microphone_over(sd_event_source *source, uint64_t usec, void *userdata)
{
	end_microphone(userdata, "its time is over");
	return 0;
}

static int begin_microphone(struct vm *vm, uint64_t until)
{
	sd_event_source *timer = NULL;
	int r = sd_event_add_time(
		vm->manager->event, &timer, CLOCK_BOOTTIME, until, 100000, handle_microphone_over, vm);

	if (r < 0)
		return r;
	sd_event_source_disable_unref(vm->microphone_timer);
	vm->microphone_timer = timer;
	vm->microphone_until = until;
	vm_audio_apply(vm);
	write_note(vm);
	vm_bus_changed(vm, "Microphone");
	vm_bus_changed(vm, "Recording");
	return 0;
}

/* What the vmosd before this one allowed, if its time is not over. */
static void restore_microphone(struct vm *vm)
{
	char *path cleanup_free = note_path(vm);
	char *text cleanup_free = NULL;
	uint64_t until = 0;
	size_t len;

	if (!path || fd_read_file(path, NOTE_MAX, &text, &len) < 0 || sscanf(text, "%" SCNu64, &until) != 1)
		return;
	if (until > now_usec(CLOCK_BOOTTIME) && begin_microphone(vm, until) == 0)
		return;
	unlink(path);
	audit_note(
		vm->manager->audit, "microphone-end", "subject", vm->config.name, "reason", "its time is over", NULL);
}

static int check_microphone(const struct vm *vm, sd_bus_error *ret_error)
{
	const char *name = vm->config.name;

	if (vm->state != VM_RUNNING && vm->state != VM_PAUSED)
		return errors_set(ret_error, ERROR_NOT_RUNNING,
			"VM %s is %s. The microphone is allowed to a running VM.", name, vm_state_name(vm->state));
	if (vm->config.no_audio)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"VM %s has no sound. Stop it and switch that on by \"vmos set %s --audio on\".", name, name);
	if (!vm_has(vm, HELPER_AUDIO))
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "VM %s has no sound: %s.", name,
			vm->manager->system ? "this host has no sound server" : "it is a NET VM");
	if (vm->audio != VM_AUDIO_SILENT && vm->audio != VM_AUDIO_PLAYING)
		return errors_set(ret_error, ERROR_FAILED,
			"The sound of VM %s does not work (%s), so there is no microphone to be allowed.", name,
			vm_audio_name(vm));
	return 0;
}

int vm_audio_allow(struct vm *vm, sd_bus_message *call, sd_bus_error *ret_error)
{
	char text[16], user[16];
	uint32_t seconds;
	uid_t uid = getuid();
	int r = sd_bus_message_read(call, "u", &seconds);

	if (r < 0)
		return r;
	if (seconds == 0) {
		end_microphone(vm, "the user took it back");
		return sd_bus_reply_method_return(call, NULL);
	}
	if (seconds > VM_MICROPHONE_MAX)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"The microphone can be allowed for %u seconds at most, not %u.", VM_MICROPHONE_MAX, seconds);
	r = check_microphone(vm, ret_error);
	if (r < 0)
		return r;
	(void)polkit_sender(call, &uid);
	snprintf(text, sizeof(text), "%u", seconds);
	snprintf(user, sizeof(user), "%u", (unsigned)uid);
	r = audit_write(
		vm->manager->audit, "microphone-allow", "subject", vm->config.name, "seconds", text, "uid", user, NULL);
	if (r < 0)
		return errors_set(ret_error, ERROR_FAILED,
			"The microphone is not allowed, as that cannot be recorded in the audit log: %s.",
			strerror(-r));
	r = begin_microphone(vm, now_usec(CLOCK_BOOTTIME) + seconds * 1000000ull);
	return r < 0 ? r : sd_bus_reply_method_return(call, NULL);
}

/* --- the end --- */

void vm_audio_stop(struct vm *vm)
{
	end_microphone(vm, "the VM ended");
	vm->listening = false;
	set_state(vm, VM_AUDIO_NONE);
	unwatch_if_idle(vm->manager);
}

void vm_audio_free(struct vm *vm)
{
	sd_event_source_disable_unref(vm->microphone_timer);
	sd_event_source_disable_unref(vm->keep_timer);
}

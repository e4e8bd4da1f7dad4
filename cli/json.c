/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/json.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

void json_add_text(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, json_object_new_string(value));
}

void json_add_number(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, json_object_new_uint64(value));
}

static void add_strings(struct json_object *o, const char *key, char *const *values)
{
	struct json_object *array = json_object_new_array();

	for (; *values; values++)
		json_object_array_add(array, json_object_new_string(*values));
	json_object_object_add(o, key, array);
}

/* The words of a text, as an array. */
static void add_words(struct json_object *o, const char *key, const char *text)
{
	struct json_object *array = json_object_new_array();

	for (size_t len; *text; text += len + (text[len] == ' ')) {
		len = strcspn(text, " ");
		json_object_array_add(array, json_object_new_string_len(text, (int)len));
	}
	json_object_object_add(o, key, array);
}

struct json_object *json_vm(const struct vm_info *vm)
{
	struct json_object *o = json_object_new_object();

	json_add_text(o, "name", vm->name);
	json_add_text(o, "kind", vm->kind);
	json_add_text(o, "template", vm->template);
	json_add_text(o, "color", vm->color);
	json_add_text(o, "state", vm->state);
	json_add_text(o, "agent", vm->agent);
	json_add_text(o, "desktop", vm->desktop);
	json_add_text(o, "audio", vm->audio);
	json_add_number(o, "volume", vm->volume);
	json_object_object_add(o, "mute", json_object_new_boolean(vm->mute));
	json_add_number(o, "microphone", vm->microphone);
	json_object_object_add(o, "recording", json_object_new_boolean(vm->recording));
	json_add_text(o, "net", vm->net);
	json_add_text(o, "net_state", vm->net_state);
	add_words(o, "pci", vm->pci);
	json_add_text(o, "carrier", vm->carrier);
	json_add_number(o, "net_limit", (uint64_t)vm->net_limit << 10);
	json_add_number(o, "net_index", vm->net_index);
	json_object_object_add(o, "notifications", json_object_new_boolean(vm->notifications));
	json_add_number(o, "memory", (uint64_t)vm->memory << 20);
	json_add_number(o, "vcpus", vm->vcpus);
	json_add_text(o, "disk_path", vm->disk_path);
	json_add_text(o, "console_log", vm->console_log);
	json_add_text(o, "last_error", vm->last_error);
	return o;
}

struct json_object *json_stats(const struct vm_stats *s)
{
	struct json_object *o = json_object_new_object();

	json_add_number(o, "cpu_ns", s->cpu_ns);
	json_add_number(o, "memory", s->memory_kib << 10);
	json_add_number(o, "disk", s->disk_bytes);
	json_add_number(o, "windows", s->windows);
	json_add_number(o, "frames", s->frames);
	json_add_number(o, "bytes_copied", s->bytes_copied);
	json_add_number(o, "desktop_wakeups", s->desktop_wakeups);
	json_add_number(o, "courier_wakeups", s->courier_wakeups);
	json_add_number(o, "audio_frames", s->audio_frames);
	json_add_number(o, "audio_gaps", s->audio_gaps);
	json_add_number(o, "audio_wakeups", s->audio_wakeups);
	json_add_number(o, "guest_cpu_permille", s->guest_cpu_permille);
	json_add_number(o, "guest_memory_total", s->guest_mem_total_kib << 10);
	json_add_number(o, "guest_memory_used", s->guest_mem_used_kib << 10);
	json_add_number(o, "guest_disk_total", s->guest_disk_total);
	json_add_number(o, "guest_disk_used", s->guest_disk_used);
	json_add_number(o, "ready_ms", s->ready_ms);
	json_add_number(o, "net_sent_bytes", s->net_sent_bytes);
	json_add_number(o, "net_received_bytes", s->net_received_bytes);
	json_add_number(o, "net_sent", s->net_sent);
	json_add_number(o, "net_received", s->net_received);
	json_add_number(o, "net_refused", s->net_refused);
	json_add_number(o, "net_forged", s->net_forged);
	json_add_number(o, "net_dropped", s->net_dropped);
	json_add_number(o, "net_flows", s->net_flows);
	json_add_number(o, "net_waiting", s->net_waiting);
	json_add_number(o, "notifications", s->notifications);
	json_add_number(o, "notifications_dropped", s->notifications_dropped);
	return o;
}

struct json_object *json_template(const struct template_info *t)
{
	struct json_object *o = json_object_new_object();

	json_add_text(o, "name", t->name);
	json_add_text(o, "version", t->version);
	add_strings(o, "versions", t->versions);
	json_add_text(o, "architecture", t->architecture);
	json_add_number(o, "size", t->size);
	add_strings(o, "used_by", t->used_by);
	return o;
}

struct json_object *json_transfer(const struct transfer_info *t)
{
	struct json_object *o = json_object_new_object();

	json_add_text(o, "id", t->id);
	json_add_text(o, "kind", t->kind);
	json_add_text(o, "from", t->from);
	json_add_text(o, "to", t->to);
	json_add_text(o, "claim", t->claim);
	json_add_text(o, "state", t->state);
	json_add_number(o, "done", t->done);
	json_add_number(o, "total", t->total);
	json_add_text(o, "reason", t->reason);
	json_add_number(o, "code", t->code);
	add_strings(o, "problems", t->problems);
	json_add_number(o, "started", t->started);
	return o;
}

struct json_object *json_manager(const struct manager_info *m)
{
	struct json_object *o = json_object_new_object(), *array = json_object_new_array();

	json_add_text(o, "version", m->version);
	json_add_text(o, "mode", m->mode);
	json_add_text(o, "accelerator", m->accelerator);
	json_add_text(o, "accelerator_reason", m->reason);
	json_add_text(o, "display", m->display);
	json_add_text(o, "sound", m->sound);
	for (size_t i = 0; i < m->nprotections; i++) {
		struct json_object *p = json_object_new_object();

		json_add_text(p, "name", m->protections[i].name);
		json_object_object_add(p, "on", json_object_new_boolean(m->protections[i].on));
		json_add_text(p, "text", m->protections[i].text);
		json_object_array_add(array, p);
	}
	json_object_object_add(o, "protections", array);
	return o;
}

int json_print(struct json_object *object, int pretty)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE |
		(pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_PLAIN);

	puts(json_object_to_json_string_ext(object, flags));
	json_object_put(object);
	return fflush(stdout) ? cli_error(CLI_FAILED, "cannot write the output") : CLI_OK;
}

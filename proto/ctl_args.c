/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The blob of a RUN or a REQUEST: strings. And what else of a RUN goes together. */
#include <errno.h>
#include <string.h>

#include "proto/ctl.h"
#include "proto/text.h"
#include "proto/uapi/vmos_channel.h"

#define COUNTS_SIZE 4 /* u16 argc, u16 envc */

static uint16_t load_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static void store_u16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)v;
	at[1] = (uint8_t)(v >> 8);
}

int ctl_args_check(const uint8_t *blob, size_t len, uint16_t *ret_argc, uint16_t *ret_envc)
{
	size_t at = COUNTS_SIZE;
	uint16_t argc, envc;

	if (len < COUNTS_SIZE || len > CTL_ARGS_MAX)
		return -EBADMSG;
	argc = load_u16(blob);
	envc = load_u16(blob + 2);
	if (argc < 1 || argc > CTL_ARGC_MAX || envc > CTL_ARGC_MAX)
		return -EBADMSG;
	for (unsigned i = 0; i < (unsigned)argc + envc; i++) {
		const uint8_t *end = at < len ? memchr(blob + at, 0, len - at) : NULL;

		if (!end)
			return -EBADMSG;
		if (i >= argc && !memchr(blob + at, '=', (size_t)(end - (blob + at))))
			return -EBADMSG;
		at = (size_t)(end - blob) + 1;
	}
	if (at != len)
		return -EBADMSG;
	*ret_argc = argc;
	*ret_envc = envc;
	return 0;
}

void ctl_args_fill(uint8_t *blob, uint16_t argc, uint16_t envc, char **strv)
{
	char *at = (char *)blob + COUNTS_SIZE;

	for (unsigned i = 0; i < (unsigned)argc + envc; i++) {
		if (i == argc)
			*strv++ = NULL;
		*strv++ = at;
		at += strlen(at) + 1;
	}
	if (envc == 0)
		*strv++ = NULL;
	*strv = NULL;
}

/* Counts the strings of @v (may be NULL: none) and adds their bytes to @len, stopping past the limits. */
static unsigned measure(char *const *v, size_t *len)
{
	unsigned count = 0;

	for (; v && v[count] && count <= CTL_ARGC_MAX && *len <= CTL_ARGS_MAX; count++)
		*len += strlen(v[count]) + 1;
	return count;
}

static uint8_t *append(uint8_t *dst, char *const *v, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		size_t len = strlen(v[i]) + 1;

		memcpy(dst, v[i], len);
		dst += len;
	}
	return dst;
}

int ctl_args_encode(char *const *argv, char *const *envv, uint8_t *dst, size_t cap)
{
	size_t len = COUNTS_SIZE;
	unsigned argc = measure(argv, &len);
	unsigned envc = measure(envv, &len);

	if (argc < 1 || argc > CTL_ARGC_MAX || envc > CTL_ARGC_MAX || len > CTL_ARGS_MAX)
		return -E2BIG;
	if (len > cap)
		return (int)len;
	store_u16(dst, (uint16_t)argc);
	store_u16(dst + 2, (uint16_t)envc);
	append(append(dst + COUNTS_SIZE, argv, argc), envv, envc);
	return (int)len;
}

bool ctl_run_flags_ok(uint32_t flags)
{
	uint32_t service = flags & (CTL_RUN_TRANSFER | CTL_RUN_URL);

	if ((flags & ~CTL_RUN_FLAGS) || (service & (service - 1)))
		return false;
	if ((flags & CTL_RUN_PUBLIC) && service != CTL_RUN_SEND)
		return false;
	return !service || !(flags & (CTL_RUN_PTY | CTL_RUN_WINDOW));
}

bool ctl_relay_ok(uint32_t flags, uint32_t relay, uint32_t area)
{
	return relay == 0 ? area == 0 : (flags & CTL_RUN_TRANSFER) && area < VMOS_AREAS;
}

/* RFC 3986 has no blank and nothing beyond ASCII in a URL; a quote or a bracket would only be of use against a parser. */
bool ctl_is_url(const char *untrusted_text)
{
	static const char *const schemes[] = { "http://", "https://", "mailto:" };
	size_t len = strnlen(untrusted_text, CTL_URL_MAX + 1), scheme = 0;

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t n = strlen(schemes[i]);

		if (len > n && strncmp(untrusted_text, schemes[i], n) == 0)
			scheme = n;
	}
	if (scheme == 0 || len > CTL_URL_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = untrusted_text[i];

		if (c <= ' ' || c > '~' || strchr("\"'<>\\^`{|}", c))
			return false;
	}
	return true;
}

int ctl_request_check(uint8_t kind, char *const *strv, uint16_t argc, uint16_t envc)
{
	if (envc != 0 || argc < 2 || (strv[0][0] && !text_is_vm_name(strv[0])))
		return -EBADMSG;
	for (uint16_t i = 1; i < argc; i++)
		if (!strv[i][0])
			return -EBADMSG;
	if (kind == CTL_REQUEST_URL && (argc != 2 || !ctl_is_url(strv[1])))
		return -EBADMSG;
	return kind == CTL_REQUEST_OPEN && argc != 2 ? -EBADMSG : 0;
}

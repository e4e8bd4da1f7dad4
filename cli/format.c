/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/format.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char size_letters[] = "KMGT";

/* The factor of a suffix; 0: it is none. */
static uint64_t suffix_factor(const char *suffix, uint64_t unit)
{
	const char *letter;

	if (!*suffix)
		return unit;
	letter = strchr(size_letters, toupper((unsigned char)*suffix));
	if (!letter || (suffix[1] && strcasecmp(suffix + 1, "B") && strcasecmp(suffix + 1, "iB")))
		return 0;
	return UINT64_C(1) << (10 * (letter - size_letters + 1));
}

int format_parse_size(const char *text, uint64_t unit, uint32_t *ret)
{
	uint64_t value, factor, units;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 10);
	factor = suffix_factor(end, unit);
	if (!factor || !value)
		return -EINVAL;
	if (errno == ERANGE || value > UINT64_MAX / 2 / factor)
		return -ERANGE;
	if (value * factor < unit)
		return -EDOM;
	units = (value * factor + unit - 1) / unit;
	if (units > UINT32_MAX)
		return -ERANGE;
	*ret = (uint32_t)units;
	return 0;
}

const char *format_size(uint64_t bytes, char buf[FORMAT_SIZE_MAX])
{
	double value = (double)bytes;
	int step = -1;

	while (value >= 999.5 && size_letters[step + 1]) {
		value /= 1024;
		step++;
	}
	if (step < 0)
		snprintf(buf, FORMAT_SIZE_MAX, "%d B", (int)bytes);
	else
		snprintf(buf, FORMAT_SIZE_MAX, value < 9.95 ? "%.1f %ciB" : "%.0f %ciB", value, size_letters[step]);
	return buf;
}

int format_parse_color(const char *text, uint32_t *ret_rgb)
{
	if (*text != '#' || strlen(text) != 7 || strspn(text + 1, "0123456789abcdefABCDEF") != 6)
		return -EINVAL;
	*ret_rgb = (uint32_t)strtoul(text + 1, NULL, 16);
	return 0;
}

const char *format_swatch(const char *color, bool on, char buf[FORMAT_SWATCH_MAX])
{
	uint32_t rgb;

	*buf = '\0';
	if (on && !format_parse_color(color, &rgb))
		snprintf(buf, FORMAT_SWATCH_MAX, "\033[48;2;%u;%u;%um  \033[0m ", rgb >> 16, (rgb >> 8) & 255,
			rgb & 255);
	return buf;
}

const char *format_sound(const char *word)
{
	if (strcmp(word, "no-sound") == 0)
		return "none: this host has no sound server; VMs are heard in session mode, on a desktop with PipeWire";
	if (strcmp(word, "no-server") == 0)
		return "none: PipeWire does not run here; start it, and VMs are heard at once";
	return strcmp(word, "pipewire") == 0 ? "PipeWire" : word;
}

bool format_use_color(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no);
}

int format_parse_number(const char *text, uint32_t max, uint32_t *ret)
{
	unsigned long long value;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (*end || errno || !value || value > max)
		return -EINVAL;
	*ret = (uint32_t)value;
	return 0;
}

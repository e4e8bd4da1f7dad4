/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that crosses a trust boundary: names that vmOS makes labels and paths of, and titles a guest claims. */
#ifndef PROTO_TEXT_H
#define PROTO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* VM names: also a host name, a label's part and a socket path's part, hence shorter than Smack's 255. */
#define VM_NAME_MAX 40

/* [A-Za-z0-9][A-Za-z0-9_.-]*, at most VM_NAME_MAX bytes: what Smack keeps whole (it cuts a label at any other). */
bool text_is_vm_name(const char *s);

/* Decodes one code point of valid UTF-8 (no surrogates, no overlong forms). Bytes used, or 0: invalid or empty. */
size_t text_utf8_next(const uint8_t *s, size_t len, uint32_t *ret_cp);

/*
 * Makes untrusted bytes a line that is safe to draw and log: invalid bytes,
 * control, direction-changing, zero-width and unassigned-plane characters each
 * become U+FFFD. @dst gets valid UTF-8 with a NUL, cut at a whole character.
 * Returns its length.
 */
size_t text_sanitise(const uint8_t *untrusted, size_t len, char *dst, size_t cap);

/* Whether text_sanitise() would leave @s as it is. */
bool text_is_clean(const char *s);

/*
 * A file's name, as one that crosses between VMs must be: 1 … 255 bytes of
 * valid UTF-8 without '/', NUL, control, direction-changing or other unsafe
 * characters (as above), and not "." or "..".
 */
#define FILE_NAME_MAX 255
bool text_is_file_name(const uint8_t *untrusted, size_t len);

#endif

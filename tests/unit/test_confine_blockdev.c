/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's arguments as libvirt writes them, and what vmos-confine makes of those that name a disk. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "confine/blockdev.h"
#include "tests/unit/unit.h"

#define DISK_STORAGE                                                                                         \
	"{\"driver\":\"file\",\"filename\":\"/vms/work/private.qcow2\",\"node-name\":\"libvirt-1-storage\"," \
	"\"auto-read-only\":true,\"discard\":\"unmap\"}"
#define DISK_FORMAT                                                                                           \
	"{\"node-name\":\"libvirt-1-format\",\"read-only\":false,\"discard\":\"unmap\",\"driver\":\"qcow2\"," \
	"\"file\":\"libvirt-1-storage\",\"backing\":null}"

/* libvirt 11.3: a raw image is one node. */
static void test_one_node(void **state)
{
	static char root[] = "{\"driver\":\"file\",\"filename\":\"/t/root.erofs\",\"node-name\":\"libvirt-2-storage\","
			     "\"read-only\":true,\"cache\":{\"direct\":false,\"no-flush\":false}}";
	static char storage[] = DISK_STORAGE, format[] = DISK_FORMAT, device[] = "{\"driver\":\"virtio-blk-pci\"}";
	char *argv[] = { "qemu", "-blockdev", root, "-device", device, "-blockdev", storage, "-blockdev", format,
		NULL };

	assert_int_equal(blockdev_unlock(argv), 0);
	assert_string_equal(argv[2],
		"{\"driver\":\"file\",\"filename\":\"/t/root.erofs\",\"node-name\":\"libvirt-2-storage\","
		"\"read-only\":true,\"cache\":{\"direct\":false,\"no-flush\":false},\"locking\":\"off\"}");
	free(argv[2]);
	assert_ptr_equal(argv[4], device);
	assert_ptr_equal(argv[6], storage);
	assert_ptr_equal(argv[8], format);
}

/* libvirt 9.0: only the node above the file says that it is read-only. */
static void test_two_nodes(void **state)
{
	static char root[] = "{\"driver\":\"file\",\"filename\":\"/t/root.erofs\",\"node-name\":\"libvirt-2-storage\","
			     "\"auto-read-only\":true,\"discard\":\"unmap\"}";
	static char raw[] = "{\"node-name\":\"libvirt-2-format\",\"read-only\":true,\"driver\":\"raw\","
			    "\"file\":\"libvirt-2-storage\"}";
	static char storage[] = DISK_STORAGE, format[] = DISK_FORMAT;
	char *argv[] = { "qemu", "-blockdev", root, "-blockdev", raw, "-blockdev", storage, "-blockdev", format, NULL };

	assert_int_equal(blockdev_unlock(argv), 0);
	assert_string_equal(argv[2],
		"{\"driver\":\"file\",\"filename\":\"/t/root.erofs\",\"node-name\":\"libvirt-2-storage\","
		"\"auto-read-only\":true,\"discard\":\"unmap\",\"locking\":\"off\"}");
	free(argv[2]);
	assert_ptr_equal(argv[4], raw);
	assert_ptr_equal(argv[6], storage);
	assert_ptr_equal(argv[8], format);
}

/* What is not plainly a file that is only read keeps its lock. */
static void test_left_alone(void **state)
{
	static char writable[] = "{\"driver\":\"file\",\"filename\":\"/a\",\"node-name\":\"n\",\"read-only\":false}";
	static char as_text[] = "{\"driver\":\"file\",\"filename\":\"/a\",\"node-name\":\"m\",\"read-only\":\"true\"}";
	static char other[] = "{\"driver\":\"host_device\",\"filename\":\"/dev/sr0\",\"read-only\":true}";
	static char words[] = "driver=file,filename=/a,read-only=on";
	char *argv[] = { "qemu", "-blockdev", writable, "-blockdev", as_text, "-blockdev", other, "-blockdev", words,
		"-blockdev", NULL };

	assert_int_equal(blockdev_unlock(argv), 0);
	assert_ptr_equal(argv[2], writable);
	assert_ptr_equal(argv[4], as_text);
	assert_ptr_equal(argv[6], other);
	assert_ptr_equal(argv[8], words);
}

static void test_malformed(void **state)
{
	static const char *const bad[] = { "{", "{}x", "{\"driver\":\"file\",\"read-only\":true", "{'driver':'file'}",
		"{\"driver\":\"file\",}" };

	for (size_t i = 0; i < COUNT(bad); i++) {
		char *text = strdup(bad[i]);
		char *argv[] = { "qemu", "-blockdev", text, NULL };

		assert_int_equal(blockdev_unlock(argv), -EBADMSG);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_node),
		cmocka_unit_test(test_two_nodes),
		cmocka_unit_test(test_left_alone),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

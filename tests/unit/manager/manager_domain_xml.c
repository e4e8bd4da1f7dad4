/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/domain_xml.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include "base/fd.h"

static const struct vm_config config = {
	.name = "work",
	.uuid = "c88e2970-c6ae-4638-84b8-2d722ed2ab38",
	.template = "debian-13",
	.kind = "app",
	.rgb = 0x2563eb,
	.memory_mib = 768,
	.vcpus = 2,
	.ready_timeout = 90,
	.net_index = 7,
	.net = "net0",
	.net_limit = 2048,
	.volume = 40,
	.muted = true,
};

static const struct domain_paths paths = {
	.emulator = "/usr/libexec/vmos/vmos-confine",
	.confine_spec = "ro=/t/debian-13/1:rw=/d/work:ro=/r/work",
	.kernel = "/t/debian-13/1/kernel",
	.initrd = "/t/debian-13/1/initrd",
	.root = "/t/debian-13/1/root.erofs",
	.cmdline = "vmos.roothash=00ff",
	.disk = "/d/work/private.qcow2",
	.console = "/d/work/console.log",
	.ctl_socket = "/r/work/ctl.sock",
	.gui_socket = "/r/work/gui.sock",
	.audio_socket = "/r/work/audio.sock",
	.nic = "/r/work/switch",
};

/* A NET VM: its inside card, and QEMU's user network. */
static const struct vm_config net_config = {
	.name = "net0",
	.uuid = "4f0f8a59-d9c9-4b1c-b6e3-0cbb3d4c3a0e",
	.template = "net",
	.kind = "net",
	.rgb = 0x16a34a,
	.memory_mib = 384,
	.vcpus = 1,
	.net_index = 300,
	.quiet = true,
	.volume = VM_VOLUME_MAX,
};

static const struct domain_paths net_paths = {
	.emulator = "/usr/libexec/vmos/vmos-confine",
	.confine_spec = "ro=/t/net/1:rw=/d/net0:ro=/r/net0:net=user",
	.kernel = "/t/net/1/kernel",
	.initrd = "/t/net/1/initrd",
	.root = "/t/net/1/root.erofs",
	.cmdline = "vmos.roothash=00ff",
	.disk = "/d/net0/private.qcow2",
	.console = "/d/net0/console.log",
	.ctl_socket = "/r/net0/ctl.sock",
	.clients = "/r/net0/clients",
	.uplink_user = true,
};

/* The golden file was read over line by line and starts under libvirt 9.0; a change of it must be as deliberate. */
static void test_golden(void **state)
{
	char *xml = NULL, *golden = NULL;
	size_t len;

	assert_int_equal(fd_read_file(GOLDEN, 1 << 20, &golden, &len), 0);
	assert_int_equal(domain_xml_build(&config, &paths, false, &xml), 0);
	assert_string_equal(xml, golden);
	free(xml);
	free(golden);
}

/* System mode: one user and label a VM, and an upper limit of memory. Read over as the other one. */
static void test_golden_system(void **state)
{
	struct vm_config system = config, back;
	struct domain_paths p = paths;
	char *xml = NULL, *golden = NULL;
	size_t len;

	system.uid = 64100;
	p.nic = NULL;
	assert_int_equal(fd_read_file(GOLDEN_SYSTEM, 1 << 20, &golden, &len), 0);
	assert_int_equal(domain_xml_build(&system, &p, true, &xml), 0);
	assert_string_equal(xml, golden);
	assert_int_equal(domain_xml_parse(xml, &back), 0);
	assert_int_equal(back.uid, 64100);
	free(xml);
	free(golden);
}

static void test_golden_net(void **state)
{
	char *xml = NULL, *golden = NULL;
	struct vm_config back;
	size_t len;

	assert_int_equal(fd_read_file(GOLDEN_NET, 1 << 20, &golden, &len), 0);
	assert_int_equal(domain_xml_build(&net_config, &net_paths, false, &xml), 0);
	assert_string_equal(xml, golden);
	assert_int_equal(domain_xml_parse(xml, &back), 0);
	assert_memory_equal(&back, &net_config, sizeof(back));
	free(xml);
	free(golden);
}

/* A NET VM of system mode with two cards of the host's, and no other uplink. Read over as the other ones. */
static void test_golden_card(void **state)
{
	struct vm_config c = net_config, back;
	struct domain_paths p = net_paths;
	char *xml = NULL, *golden = NULL;
	size_t len;

	c.uid = 64101;
	snprintf(c.pci, sizeof(c.pci), "0000:03:00.0 0001:0a:1f.7");
	p.uplink_user = false;
	p.clients = NULL;
	p.confine_spec = "ro=/t/net/1:rw=/d/net0:ro=/r/net0:dev=/dev/vfio/vfio:dev=/dev/vfio/7";
	assert_int_equal(fd_read_file(GOLDEN_CARD, 1 << 20, &golden, &len), 0);
	assert_int_equal(domain_xml_build(&c, &p, true, &xml), 0);
	assert_string_equal(xml, golden);
	assert_int_equal(domain_xml_parse(xml, &back), 0);
	assert_memory_equal(&back, &c, sizeof(back));
	free(xml);
	free(golden);
}

/* ctl by vsock: its device is in the channel's place, and nothing else is another. */
static void test_golden_vsock(void **state)
{
	struct vm_config c = config, back;
	struct domain_paths p = paths;
	char *xml = NULL, *golden = NULL;
	size_t len;

	c.vsock = true;
	p.ctl_socket = NULL;
	p.cid = 0x4000012c;
	assert_int_equal(fd_read_file(GOLDEN_VSOCK, 1 << 20, &golden, &len), 0);
	assert_int_equal(domain_xml_build(&c, &p, false, &xml), 0);
	assert_string_equal(xml, golden);
	assert_int_equal(domain_xml_parse(xml, &back), 0);
	assert_memory_equal(&back, &c, sizeof(back));
	free(xml);
	free(golden);
}

/* What stands in a definition may have been written by another hand. */
static void test_bad_card(void **state)
{
	struct vm_config c = net_config;
	char *xml = NULL;

	snprintf(c.pci, sizeof(c.pci), "0000:03:00.0 /../../x");
	assert_int_equal(domain_xml_build(&c, &net_paths, true, &xml), -EINVAL);
}

/* A NET VM that uses another one: an uplink as an APP VM's, and not by DHCP. */
static void test_net_of_net(void **state)
{
	struct domain_paths p = net_paths;
	char *xml = NULL;

	p.uplink_user = false;
	p.nic = "/r/net,0/switch";
	assert_int_equal(domain_xml_build(&net_config, &p, false, &xml), 0);
	assert_non_null(strstr(xml, "value=\"vde,id=vmosnet7,sock=/r/net,,0/switch\""));
	assert_non_null(strstr(xml, "value=\"vde,id=vmosnet8,sock=/r/net0/clients\""));
	assert_non_null(strstr(xml, "mac=52:76:6d:00:01:2c,bus=pcie.0,addr=0x07"));
	assert_non_null(strstr(xml, "mac=52:76:6d:ff:00:01,bus=pcie.0,addr=0x08"));
	assert_non_null(strstr(xml, " vmos.net=300 vmos.kind=net"));
	assert_null(strstr(xml, "vmos.uplink"));
	assert_null(strstr(xml, "\"user,"));
	free(xml);
}

/* Cards that are TAP devices: vmos-confine gets their queues from these sockets. */
static void test_taps(void **state)
{
	struct domain_paths p = net_paths;
	char *xml = NULL;

	p.taps = true;
	p.clients = "/r/net,0/inside.sock";
	assert_int_equal(domain_xml_build(&net_config, &p, false, &xml), 0);
	assert_non_null(strstr(xml, "value=\"user,id=vmosnet7\""));
	assert_non_null(strstr(xml, "value=\"tap,id=vmosnet8,path=/r/net,,0/inside.sock\""));
	assert_non_null(strstr(xml, "netdev=vmosnet8,mac=52:76:6d:ff:00:01"));
	assert_null(strstr(xml, "vde"));
	free(xml);
	p.uplink_user = false;
	p.nic = "/r/net0/card.sock";
	assert_int_equal(domain_xml_build(&net_config, &p, false, &xml), 0);
	assert_non_null(strstr(xml, "value=\"tap,id=vmosnet7,path=/r/net0/card.sock\""));
	free(xml);
}

/* Without a number it has no address, and so no card. */
static void test_no_index(void **state)
{
	struct vm_config c = config, back;
	char *xml = NULL;

	c.net_index = 0;
	assert_int_equal(domain_xml_build(&c, &paths, false, &xml), 0);
	assert_null(strstr(xml, "netdev"));
	assert_null(strstr(xml, "vmos.net"));
	assert_int_equal(domain_xml_parse(xml, &back), 0);
	assert_int_equal(back.net_index, 0);
	free(xml);
}

static void test_long_path(void **state)
{
	struct domain_paths p = paths;
	char path[600], *xml = NULL;

	memset(path, ',', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	p.nic = path;
	assert_int_equal(domain_xml_build(&config, &p, false, &xml), -ENAMETOOLONG);
}

static void test_drill(void **state)
{
	struct domain_paths p = paths;
	char *xml = NULL;

	p.preload = "/usr/libexec/vmos/libvmos-drill.so";
	p.drill = "a=1;b=\"<&";
	assert_int_equal(domain_xml_build(&config, &p, false, &xml), 0);
	assert_non_null(strstr(xml, "name=\"LD_PRELOAD\" value=\"/usr/libexec/vmos/libvmos-drill.so\""));
	assert_non_null(strstr(xml, "name=\"VMOS_DRILL\" value=\"a=1;b=&quot;&lt;&amp;\""));
	free(xml);
}

static void test_nested(void **state)
{
	struct domain_paths p = paths;
	char *xml = NULL;

	p.nested = true;
	assert_int_equal(domain_xml_build(&config, &p, true, &xml), 0);
	assert_non_null(strstr(xml, "<feature policy=\"disable\" name=\"tsc-deadline\"/>"));
	free(xml);
	xml = NULL;
	assert_int_equal(domain_xml_build(&config, &p, false, &xml), 0);
	assert_null(strstr(xml, "tsc-deadline"));
	free(xml);
}

static void test_round_trip(void **state)
{
	struct vm_config back;
	char *xml = NULL;

	for (int kvm = 0; kvm < 2; kvm++) {
		assert_int_equal(domain_xml_build(&config, &paths, kvm, &xml), 0);
		assert_int_equal(domain_xml_parse(xml, &back), 0);
		assert_memory_equal(&back, &config, sizeof(config));
		assert_true((strstr(xml, "host-passthrough") != NULL) == (kvm == 1));
		assert_true((strstr(xml, "fsrm") != NULL) == (kvm == 0));
		free(xml);
	}
}

/* The text that @xml gives for the disk's path, as any reader of XML finds it. */
static char *disk_path(const char *xml)
{
	xmlDocPtr doc = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, 0);
	xmlNodePtr devices, disk, source;
	char *path;

	assert_non_null(doc);
	devices = xmlLastElementChild(xmlDocGetRootElement(doc));
	while (strcmp((const char *)devices->name, "devices") != 0)
		devices = xmlPreviousElementSibling(devices);
	disk = xmlFirstElementChild(devices)->next;
	while (strcmp((const char *)disk->name, "disk") != 0)
		disk = disk->next;
	disk = xmlNextElementSibling(disk);
	source = xmlNextElementSibling(xmlFirstElementChild(disk));
	path = (char *)xmlGetProp(source, (const xmlChar *)"file");
	xmlFreeDoc(doc);
	return path;
}

/* Property: any byte in a path is refused, or comes back as it was; it never becomes markup. */
static void test_all_bytes(void **state)
{
	for (unsigned byte = 1; byte < 256; byte++) {
		struct domain_paths p = paths;
		char disk[] = "/d/wXk/'\"<&>]]>/private.qcow2";
		char *xml = NULL, *back;
		int r;

		disk[4] = (char)byte;
		p.disk = disk;
		r = domain_xml_build(&config, &p, false, &xml);
		if (byte < 0x20 || byte >= 0x7f) {
			assert_int_equal(r, -EINVAL);
			assert_null(xml);
			continue;
		}
		assert_int_equal(r, 0);
		back = disk_path(xml);
		assert_non_null(back);
		assert_string_equal(back, disk);
		free(back);
		free(xml);
	}
}

static void test_all_bytes_in_config(void **state)
{
	for (unsigned byte = 1; byte < 256; byte++) {
		struct vm_config c = config, back;
		char *xml = NULL;

		c.template[2] = (char)byte;
		if (domain_xml_build(&c, &paths, false, &xml) < 0)
			continue;
		assert_int_equal(domain_xml_parse(xml, &back), 0);
		assert_string_equal(back.template, c.template);
		free(xml);
	}
}

static void test_utf8_path(void **state)
{
	struct domain_paths p = paths;
	char *xml = NULL, *back;

	p.disk = "/home/J\xc3\xbcrgen/\xf0\x9f\x98\x80/private.qcow2";
	assert_int_equal(domain_xml_build(&config, &p, false, &xml), 0);
	back = disk_path(xml);
	assert_string_equal(back, p.disk);
	free(back);
	free(xml);
	xml = NULL;
	p.disk = "/x\xef\xbf\xbe";
	assert_int_equal(domain_xml_build(&config, &p, false, &xml), -EINVAL);
}

/* A domain that is not ours, and ones that claim to be but lack something. */
static void test_foreign(void **state)
{
	static const char *const broken[] = {
		"name=\"other\"",
		"template='x'",
		"template='x' kind='app' color='mauve' ready-timeout='0'",
		"template='x' kind='toolongkind' color='#000000' ready-timeout='0'",
		"template='x' kind='app' color='#000000' ready-timeout='-1'",
		"template='x' kind='app' color='#000000' ready-timeout='1' uid='-1'",
		"template='x' kind='apt' color='#000000' ready-timeout='1'",
		"template='x' kind='app' color='#000000' ready-timeout='1' net-index='0'",
		"template='x' kind='app' color='#000000' ready-timeout='1' net-index='4001'",
		"template='x' kind='app' color='#000000' ready-timeout='1' net-index='1x'",
		"template='x' kind='app' color='#000000' ready-timeout='1' net=''",
		"template='x' kind='app' color='#000000' ready-timeout='1' net='../a'",
		("template='x' kind='app' color='#000000' ready-timeout='1' "
		 "net='a123456789b123456789c123456789d123456789e'"),
		"template='x' kind='app' color='#000000' ready-timeout='1' net-limit='99999999'",
		"template='x' kind='app' color='#000000' ready-timeout='1' notifications=''",
		"template='x' kind='app' color='#000000' ready-timeout='1' notifications='maybe'",
		"template='x' kind='app' color='#000000' ready-timeout='1' carrier='channel'",
		"template='x' kind='app' color='#000000' ready-timeout='1' carrier=''",
		"template='x' kind='app' color='#000000' ready-timeout='1' volume='101'",
		"template='x' kind='app' color='#000000' ready-timeout='1' mute='1'",
		"template='x' kind='app' color='#000000' ready-timeout='1' audio=''",
		"template='x' kind='net' color='#000000' ready-timeout='1' pci=''",
		"template='x' kind='net' color='#000000' ready-timeout='1' pci='03:00.9'",
		"template='x' kind='app' color='#000000' ready-timeout='1' pci='0000:03:00.0'",
	};
	struct vm_config back;

	assert_int_equal(domain_xml_parse("<domain><name>a</name></domain>", &back), -ENODATA);
	assert_int_equal(domain_xml_parse("<domain", &back), -EBADMSG);
	assert_int_equal(domain_xml_parse("", &back), -EBADMSG);
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		char xml[512];

		snprintf(xml, sizeof(xml),
			"<domain><name>a</name><uuid>c88e2970-c6ae-4638-84b8-2d722ed2ab38</uuid><memory>1024</"
			"memory><vcpu>1</vcpu>"
			"<metadata><v:vm xmlns:v='" DOMAIN_XML_NAMESPACE "' %s/></metadata></domain>",
			broken[i]);
		assert_int_equal(domain_xml_parse(xml, &back), -EBADMSG);
	}
}

/* With one processor for ever an emulator leaves the guest's memory barriers out. */
static void test_one_vcpu(void **state)
{
	struct vm_config one = config, back;
	char *xml = NULL;

	one.vcpus = 1;
	assert_int_equal(domain_xml_build(&one, &paths, false, &xml), 0);
	assert_non_null(strstr(xml, "<vcpu current=\"1\">2</vcpu>"));
	assert_int_equal(domain_xml_parse(xml, &back), 0);
	assert_int_equal(back.vcpus, 1);
	free(xml);
	assert_int_equal(domain_xml_build(&one, &paths, true, &xml), 0);
	assert_non_null(strstr(xml, "<vcpu>1</vcpu>"));
	free(xml);
}

static void test_without_template(void **state)
{
	struct domain_paths p = paths;
	struct vm_config back;
	char *xml = NULL;

	p.kernel = p.initrd = p.root = p.confine_spec = NULL;
	assert_int_equal(domain_xml_build(&config, &p, false, &xml), 0);
	assert_int_equal(domain_xml_parse(xml, &back), 0);
	assert_null(strstr(xml, "VMOS_CONFINE"));
	assert_null(strstr(xml, "vda"));
	free(xml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_vcpu),
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_golden_system),
		cmocka_unit_test(test_golden_net),
		cmocka_unit_test(test_golden_card),
		cmocka_unit_test(test_golden_vsock),
		cmocka_unit_test(test_bad_card),
		cmocka_unit_test(test_net_of_net),
		cmocka_unit_test(test_taps),
		cmocka_unit_test(test_no_index),
		cmocka_unit_test(test_long_path),
		cmocka_unit_test(test_drill),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_all_bytes),
		cmocka_unit_test(test_all_bytes_in_config),
		cmocka_unit_test(test_utf8_path),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_without_template),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

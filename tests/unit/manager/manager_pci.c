/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's files are those of a folder made here; real ones, and a real IOMMU, are in tests/lab. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/paths.h"
#include "manager/pci.h"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

#define ALL_MAX 256

static char sys[] = "/tmp/vmos-test-pci-XXXXXX";
static char why[1024];

static void put(const char *path, const char *text)
{
	tree_put(sys, path, text);
}

static void link_to(const char *target, const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s/%s", sys, path);
	unlink(full);
	assert_int_equal(symlink(target, full), 0);
}

/* As the kernel lays a device out. @group, @driver: NULL: none. */
static void add(const char *address, const char *class, const char *id, const char *group, const char *driver)
{
	char path[128], target[128];

	snprintf(path, sizeof(path), "/bus/pci/devices/%s/class", address);
	put(path, class);
	snprintf(path, sizeof(path), "/bus/pci/devices/%s/vendor", address);
	put(path, "0x8086\n");
	snprintf(path, sizeof(path), "/bus/pci/devices/%s/device", address);
	put(path, id);
	if (group) {
		snprintf(path, sizeof(path), "/kernel/iommu_groups/%s/devices/%s", group, address);
		put(path, "");
		snprintf(path, sizeof(path), "bus/pci/devices/%s/iommu_group", address);
		snprintf(target, sizeof(target), "../../../../kernel/iommu_groups/%s", group);
		link_to(target, path);
	}
	if (driver) {
		snprintf(path, sizeof(path), "bus/pci/devices/%s/driver", address);
		snprintf(target, sizeof(target), "../../../../bus/pci/drivers/%s", driver);
		link_to(target, path);
	}
}

static int set_up(void **state)
{
	if (!mkdtemp(sys))
		return -1;
	add("0000:00:00.0", "0x060000\n", "0x29c0\n", "0", NULL);
	add("0000:00:1f.2", "0x010601\n", "0x2922\n", "1", "ahci");
	/* alone, handed over */
	add("0000:03:00.0", "0x020000\n", "0x10d3\n", "7", "vfio-pci");
	/* a bridge leads to it, of the same group */
	add("0000:00:1c.0", "0x060400\n", "0x3420\n", "8", "pcieport");
	add("0000:04:00.0", "0x028000\n", "0x2723\n", "8", "vfio-pci");
	/* two cards and something else */
	add("0000:05:00.0", "0x020000\n", "0x1521\n", "9", "vfio-pci");
	add("0000:05:00.1", "0x020000\n", "0x1521\n", "9", "vfio-pci");
	add("0001:06:00.0", "0x020000\n", "0x1521\n", "10", "vfio-pci");
	add("0001:06:00.1", "0x0c0330\n", "0x1e31\n", "10", "xhci_hcd");
	/* nothing keeps it apart; not handed over; held by nobody */
	add("0000:07:00.0", "0x020000\n", "0x10d3\n", NULL, NULL);
	add("0000:08:00.0", "0x020000\n", "0x10d3\n", "11", "e1000e");
	add("0000:09:00.0", "0x020000\n", "0x10d3\n", "12", NULL);
	put("/pci.ids",
		"# a list\n"
		"1af4  Red Hat, Inc.\n"
		"\t10d3  Another one's\n"
		"8086  Intel Corporation\n"
		"\t10d3  82574L Gigabit Network Connection\n"
		"\t\t8086 a01f  Of a part\n"
		"\t1521  I350 Gigabit Network Connection\n"
		"8087  Intel Corp.\n"
		"\t2723  Not this one\n");
	return 0;
}

static int tear_down(void **state)
{
	return paths_remove(sys);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *text, *address;
	} good[] = {
		{ "0000:03:00.0", "0000:03:00.0" },
		{ "03:00.0", "0000:03:00.0" },
		{ "ABCD:Ef:1F.7", "abcd:ef:1f.7" },
		{ "00:1f.6", "0000:00:1f.6" },
	};
	static const char *const bad[] = { "", "0", "03:00", "3:0.0", "03:00.8", "03:20.0", "0000:03:00.0 ", " 03:00.0",
		"03:00.0\n", "0000:0003:00.0", "00000:03:00.0", "03-00.0", "03:00:0", "03.00.0", "0000.03:00.0",
		"0000:03:00.", "g3:00.0", "0x03:00.0", "../../../../", "0000:03:00/0", "-1:00.0", "000003:00.0" };
	char address[PCI_ADDRESS_MAX];

	for (size_t i = 0; i < COUNT(good); i++) {
		assert_true(pci_parse(good[i].text, address));
		assert_string_equal(address, good[i].address);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (pci_parse(bad[i], address))
			fail_msg("taken: \"%s\"", bad[i]);
	}
}

static void test_lists(void **state)
{
	char list[PCI_LIST_MAX], address[PCI_ADDRESS_MAX];
	const char *at = list;

	assert_int_equal(pci_list_parse("", list), 0);
	assert_string_equal(list, "");
	assert_false(pci_list_next(&at, address));
	assert_int_equal(pci_list_parse("03:00.0 0001:06:00.A 04:00.0", list), -EINVAL);
	assert_int_equal(pci_list_parse("03:00.0 0001:06:00.1 04:00.0 05:00.0", list), 0);
	assert_string_equal(list, "0000:03:00.0 0001:06:00.1 0000:04:00.0 0000:05:00.0");
	assert_true(pci_list_has(list, "0001:06:00.1"));
	assert_true(pci_list_has(list, "0000:05:00.0"));
	assert_false(pci_list_has(list, "0000:06:00.1"));
	assert_true(pci_list_next(&at, address));
	assert_string_equal(address, "0000:03:00.0");
	assert_int_equal(pci_list_parse("01:00.0 02:00.0 03:00.0 04:00.0 05:00.0", list), -E2BIG);
	assert_int_equal(pci_list_parse("03:00.0 0000:03:00.0", list), -EEXIST);
	assert_int_equal(pci_list_parse("03:00.0  04:00.0", list), -EINVAL);
	assert_int_equal(pci_list_parse("03:00.0 ", list), -EINVAL);
	assert_int_equal(pci_list_parse(" 03:00.0", list), -EINVAL);
	assert_int_equal(pci_list_parse("03:00.0,04:00.0", list), -EINVAL);
}

static void test_read(void **state)
{
	struct pci_device d;

	assert_int_equal(pci_read(sys, "0000:03:00.0", &d), 0);
	assert_string_equal(d.address, "0000:03:00.0");
	assert_string_equal(d.driver, "vfio-pci");
	assert_int_equal(d.class, 0x020000);
	assert_int_equal(d.vendor, 0x8086);
	assert_int_equal(d.device, 0x10d3);
	assert_int_equal(d.group, 7);
	assert_true(pci_is_card(&d));
	assert_int_equal(pci_read(sys, "0000:07:00.0", &d), 0);
	assert_string_equal(d.driver, "");
	assert_int_equal(d.group, -1);
	assert_int_equal(pci_read(sys, "0000:00:1f.2", &d), 0);
	assert_false(pci_is_card(&d));
	assert_int_equal(pci_read(sys, "0000:00:02.0", &d), -ENODEV);
}

static void count_card(const struct pci_device *card, void *userdata)
{
	char *all = userdata;
	size_t len = strlen(all);

	snprintf(all + len, ALL_MAX - len, "%s ", card->address + 5);
}

static void test_each_card(void **state)
{
	char all[ALL_MAX] = "";

	assert_int_equal(pci_each_card(sys, count_card, all), 0);
	assert_string_equal(all, "03:00.0 04:00.0 05:00.0 05:00.1 07:00.0 08:00.0 09:00.0 06:00.0 ");
	assert_int_equal(pci_each_card("/nowhere", count_card, all), -ENOENT);
}

static void judge(const char *address, const char *list, enum pci_verdict verdict, const char *words)
{
	assert_int_equal(pci_judge(sys, address, list, why, sizeof(why)), verdict);
	if (words ? !strstr(why, words) : why[0])
		fail_msg("%s: \"%s\" is not in \"%s\"", address, words ? words : "nothing", why);
}

static void test_usable(void **state)
{
	judge("0000:03:00.0", "0000:03:00.0", PCI_USABLE, NULL);
	judge("0000:04:00.0", "0000:04:00.0", PCI_USABLE, NULL);
	judge("0000:05:00.0", "0000:05:00.1 0000:05:00.0", PCI_USABLE, NULL);
}

static void test_missing(void **state)
{
	judge("0000:02:00.0", "0000:02:00.0", PCI_MISSING,
		"There is no PCI device 0000:02:00.0. The network cards of this host are: ");
	assert_non_null(strstr(why, "0000:03:00.0, 0000:04:00.0, "));
	assert_int_equal(pci_judge("/nowhere", "0000:02:00.0", "", why, sizeof(why)), PCI_MISSING);
	assert_non_null(strstr(why, "no network card at all"));
}

static void test_no_card(void **state)
{
	judge("0000:00:1c.0", "0000:00:1c.0", PCI_NO_CARD, "is a bridge, no network card");
	judge("0000:00:1f.2", "0000:00:1f.2", PCI_NO_CARD, "is a disk controller, no network card");
	judge("0001:06:00.1", "0001:06:00.1", PCI_NO_CARD, "is a USB controller, no network card");
}

static void test_no_iommu(void **state)
{
	judge("0000:07:00.0", "0000:07:00.0", PCI_NO_IOMMU, "intel_iommu=on");
}

static void test_shared(void **state)
{
	judge("0000:05:00.0", "0000:05:00.0", PCI_SHARED, "only together with 0000:05:00.1 (a network card) (group 9)");
	judge("0001:06:00.0", "0001:06:00.0", PCI_SHARED,
		"only together with 0001:06:00.1 (a USB controller) (group 10)");
	/* a list that names what is no card does not help: that one is refused itself */
	judge("0001:06:00.1", "0001:06:00.0 0001:06:00.1", PCI_NO_CARD, "a USB controller");
}

static void test_held(void **state)
{
	judge("0000:08:00.0", "0000:08:00.0", PCI_HELD, "the host's driver e1000e, not by vfio-pci");
	judge("0000:09:00.0", "0000:09:00.0", PCI_HELD, "is held by no driver");
}

/* More neighbours than a sentence has room for. */
static void test_many(void **state)
{
	char address[PCI_ADDRESS_MAX], small[64];

	for (unsigned i = 0; i < 30; i++) {
		snprintf(address, sizeof(address), "0000:20:%02x.0", i);
		add(address, "0x020000\n", "0x10d3\n", "20", "vfio-pci");
	}
	judge("0000:20:00.0", "0000:20:00.0", PCI_SHARED, "0000:20:07.0 (a network card) and more (group 20)");
	assert_int_equal(pci_judge(sys, "0000:20:00.0", "", small, sizeof(small)), PCI_SHARED);
	assert_int_equal(strlen(small), sizeof(small) - 1);
}

static void test_names(void **state)
{
	char ids[128], name[PCI_NAME_MAX];
	struct pci_device d;

	snprintf(ids, sizeof(ids), "%s/pci.ids", sys);
	assert_int_equal(pci_read(sys, "0000:03:00.0", &d), 0);
	pci_name(ids, &d, name);
	assert_string_equal(name, "Intel Corporation 82574L Gigabit Network Connection");
	assert_int_equal(pci_read(sys, "0000:05:00.0", &d), 0);
	pci_name(ids, &d, name);
	assert_string_equal(name, "Intel Corporation I350 Gigabit Network Connection");
	/* another maker's model has that number */
	assert_int_equal(pci_read(sys, "0000:04:00.0", &d), 0);
	pci_name(ids, &d, name);
	assert_string_equal(name, "Intel Corporation");
	d.vendor = 0x1234;
	pci_name(ids, &d, name);
	assert_string_equal(name, "1234:2723");
	pci_name("/nowhere", &d, name);
	assert_string_equal(name, "1234:2723");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_each_card),
		cmocka_unit_test(test_usable),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_no_card),
		cmocka_unit_test(test_no_iommu),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

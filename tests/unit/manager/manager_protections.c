/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's files are those of a folder made here; what the kernel itself does is tried in tests/lab. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/paths.h"
#include "manager/protections.h"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/vmos-test-protections-XXXXXX";
static char root[64], rules_dir[64], rule_file[80];
static const char *const rules_dirs[] = { rules_dir, NULL };
static struct rules rules;
static struct protections_env env;
static struct protection list[PROTECTIONS_MAX];
static size_t count;

static const struct {
	const char *path, *text;
} good[] = {
	{ "/sys/kernel/security/lsm", "lockdown,capability,landlock,yama,smack\n" },
	{ "/sys/fs/smackfs/load2", "" },
	{ "/sys/fs/smackfs/onlycap", "_ vmos.manager vmos.libvirt " },
	{ "/sys/fs/smackfs/ptrace", "2\n" },
	{ "/sys/class/iommu/dmar0", "" },
	{ "/sys/kernel/security/lockdown", "none [integrity] confidentiality\n" },
	{ "/sys/dev/block/253:0/dm/uuid", "\n" },
	{ "/proc/cmdline", "root=/dev/dm-0 dm-mod.create=\"r,,,ro,0 8 verity 1 PARTUUID=1 PARTUUID=1 4096\" ro\n" },
	{ "/proc/1/net/dev", "Inter-|   Receive\n face |bytes\n    lo:       0       0\n" },
	{ "/proc/1/mounts", "sysfs /sys sysfs rw 0 0\nproc /proc proc rw,gid=890,hidepid=invisible 0 0\n" },
	{ "/proc/sys/kernel/randomize_va_space", "2\n" },
	{ "/proc/sys/kernel/yama/ptrace_scope", "2\n" },
};

static void take(const char *path)
{
	char *full = NULL;

	assert_true(asprintf(&full, "%s%s", root, path) > 0);
	assert_int_equal(unlink(full), 0);
	free(full);
}

static int set_up(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(root, sizeof(root), "%s/root", folder);
	snprintf(rules_dir, sizeof(rules_dir), "%s/rules.d", folder);
	snprintf(rule_file, sizeof(rule_file), "%s/a.rules", rules_dir);
	return 0;
}

static int tear_down(void **state)
{
	rules_finish(&rules);
	return paths_remove(folder);
}

static int make_good(void **state)
{
	paths_remove(root);
	paths_remove(rules_dir);
	for (size_t i = 0; i < COUNT(good); i++)
		tree_put(root, good[i].path, good[i].text);
	tree_put(rules_dir, "/a.rules", "a b w\n");
	env = (struct protections_env){
		.system = true,
		.root = root,
		.root_device = makedev(253, 0),
		.data = folder,
		.rules = &rules,
		.rules_dirs = rules_dirs,
		.driver = 1,
		.kvm = true,
		.confine = true,
		.kvm_words = "kvm",
		.confine_words = "confined.",
		.landlock_abi = 6,
	};
	return 0;
}

static const struct protection *get(const char *name)
{
	count = protections_read(&env, list);
	assert_true(count <= PROTECTIONS_MAX);
	for (size_t i = 0; i < count; i++) {
		assert_true(list[i].words[0]);
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	}
	return NULL;
}

/* @name is off with these words and, if it is needed, is what stops a start. */
static void check_off(const char *name, bool needed, const char *words)
{
	const struct protection *p = get(name);

	assert_non_null(p);
	assert_false(p->on);
	assert_int_equal(p->needed, needed);
	if (!strstr(p->words, words))
		fail_msg("%s says: %s", name, p->words);
	if (needed)
		assert_ptr_equal(protections_missing(list, count), p);
}

/* Everything right; xattr is left out where the folder of tests cannot keep a label. */
static void test_all_on(void **state)
{
	const struct protection *missing;

	assert_true(get("smack")->on);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i].name, "xattr") != 0 && !list[i].on)
			fail_msg("%s is off: %s", list[i].name, list[i].words);
	}
	missing = protections_missing(list, count);
	assert_true(!missing || strcmp(missing->name, "xattr") == 0);
	assert_int_equal(count, 20);
}

static void test_smack(void **state)
{
	tree_put(root, "/sys/kernel/security/lsm", "lockdown,capability,smackish,apparmor\n");
	check_off("smack", true, "Boot the kernel of the vmOS host");
	take("/sys/kernel/security/lsm");
	check_off("smack", true, "Mount securityfs");
}

static void test_smackfs(void **state)
{
	take("/sys/fs/smackfs/load2");
	check_off("smackfs", true, "restart vmos-smack");
}

static void test_onlycap(void **state)
{
	tree_put(root, "/sys/fs/smackfs/onlycap", "");
	check_off("onlycap", true, "is empty");
	tree_put(root, "/sys/fs/smackfs/onlycap", "\n");
	check_off("onlycap", true, "is empty");
	tree_put(root, "/sys/fs/smackfs/onlycap", "_ vmos.manager vmos.a.qemu vmos.libvirt");
	check_off("onlycap", true, "labelled vmos.a.qemu");
	tree_put(root, "/sys/fs/smackfs/onlycap", "_ vmos.libvirt");
	check_off("onlycap", true, "vmosd and libvirtd may not label");
	tree_put(root, "/sys/fs/smackfs/onlycap", "_ vmos.manager");
	check_off("onlycap", true, "vmosd and libvirtd may not label");
	tree_put(root, "/sys/fs/smackfs/onlycap", "_ vmos.manager vmos.libvirtx");
	check_off("onlycap", true, "labelled vmos.libvirtx");
	tree_put(root, "/sys/fs/smackfs/onlycap", "_ vmos.manager vmos.libvirt vmos");
	check_off("onlycap", true, "labelled vmos ");
	take("/sys/fs/smackfs/onlycap");
	check_off("onlycap", true, "cannot be read");
}

static void test_ptrace(void **state)
{
	tree_put(root, "/sys/fs/smackfs/ptrace", "0\n");
	check_off("ptrace", true, "is 0, not 2");
	tree_put(root, "/sys/fs/smackfs/ptrace", "1\n");
	check_off("ptrace", true, "is 1, not 2");
	tree_put(root, "/sys/fs/smackfs/ptrace", "22\n");
	check_off("ptrace", true, "is 22, not 2");
	take("/sys/fs/smackfs/ptrace");
	check_off("ptrace", true, "cannot be read");
}

/* /proc takes no file, and a folder that is not there neither. */
static void test_xattr(void **state)
{
	env.data = "/proc";
	check_off("xattr", true, "does not keep labels");
	env.data = "/nowhere";
	check_off("xattr", true, "/nowhere");
}

static void test_rules(void **state)
{
	const struct protection *p = get("rules");

	assert_true(p->on);
	assert_non_null(strstr(p->words, "1 rule between"));
	tree_put(rules_dir, "/a.rules", "a b w\nc d x y\n");
	p = get("rules");
	assert_false(p->on);
	assert_non_null(strstr(p->words, "/a.rules:2:7: "));
	assert_non_null(strstr(p->words, "No VM starts"));
	assert_true(rules_may_always_write(&rules, "a", "b")); /* the old set stays */
	assert_int_equal(chmod(rule_file, 0666), 0);
	assert_non_null(strstr(get("rules")->words, "chmod go-w"));
}

static void test_driver(void **state)
{
	const struct protection *p;

	env.driver = 0;
	p = get("driver");
	assert_true(p->needed && !p->on);
	assert_non_null(strstr(p->words, "security_driver"));
	env.driver = -ENOTCONN;
	p = get("driver");
	assert_true(p->needed && !p->on);
	assert_non_null(strstr(p->words, "systemctl status libvirtd"));
}

static void test_host(void **state)
{
	take("/sys/class/iommu/dmar0");
	check_off("iommu", false, "VT-d");
	tree_put(root, "/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	check_off("lockdown", false, "lockdown=integrity");
	take("/sys/kernel/security/lockdown");
	check_off("lockdown", false, "no lockdown");
	tree_put(root, "/proc/1/net/dev", "Inter-|\n face |\n    lo: 0\nenp1s0: 7\n");
	check_off("offline", false, "enp1s0");
	take("/proc/1/net/dev");
	check_off("offline", false, "cannot be seen");
	tree_put(root, "/proc/1/mounts", "proc /proc proc rw,nosuid 0 0\nproc /x proc rw,hidepid=invisible 0 0\n");
	check_off("hidepid", false, "hidepid=invisible");
	tree_put(root, "/proc/sys/kernel/yama/ptrace_scope", "0\n");
	check_off("sysctl", false, "kernel.yama.ptrace_scope is 0");
	env.kvm = false;
	check_off("kvm", false, "kvm");
	env.landlock_abi = 0;
	assert_non_null(strstr(get("confine")->words, "no Landlock"));
	env.confine = false;
	check_off("confine", false, "confined.");
}

static void test_verity(void **state)
{
	tree_put(root, "/proc/cmdline", "root=/dev/dm-0 dm-mod.create=\"r,,,ro,0 8 linear 8:1 0\" ro\n");
	check_off("verity", false, "vmOS host image");
	tree_put(root, "/sys/dev/block/253:0/dm/uuid", "CRYPT-VERITY-0123-root\n");
	assert_true(get("verity")->on);
	env.root_device = makedev(8, 1);
	check_off("verity", false, "vmOS host image");
}

/* What is needed, is needed in system mode; in session mode nothing keeps a VM from starting. */
static void test_needed(void **state)
{
	static const char *const needed[] = { "smack", "smackfs", "onlycap", "ptrace", "xattr", "rules", "driver" };
	size_t n = 0;

	get("smack");
	for (size_t i = 0; i < count; i++) {
		if (list[i].needed)
			assert_string_equal(list[i].name, needed[n++]);
	}
	assert_int_equal(n, COUNT(needed));
	env.system = false;
	assert_false(get("smack")->on);
	assert_null(get("smackfs"));
	assert_false(get("uid")->on);
	assert_null(protections_missing(list, count));
	assert_int_equal(count, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_all_on, make_good),
		cmocka_unit_test_setup(test_smack, make_good),
		cmocka_unit_test_setup(test_smackfs, make_good),
		cmocka_unit_test_setup(test_onlycap, make_good),
		cmocka_unit_test_setup(test_ptrace, make_good),
		cmocka_unit_test_setup(test_xattr, make_good),
		cmocka_unit_test_setup(test_rules, make_good),
		cmocka_unit_test_setup(test_driver, make_good),
		cmocka_unit_test_setup(test_host, make_good),
		cmocka_unit_test_setup(test_verity, make_good),
		cmocka_unit_test_setup(test_needed, make_good),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

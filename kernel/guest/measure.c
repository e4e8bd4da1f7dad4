// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bandwidth of a channel's memory. A region that the CPU does not cache is
 * a hundred times slower than it should be and works all the same, so say it.
 */
#include <asm/processor.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>

#include "kernel/guest/vmos_guest.h"

#define MEASURE_LEN (256u << 10)
#define MEASURE_ROUNDS 4
#define MEASURE_GOOD_MIB_S 1000

static int vmos_min_mib_s = -1;
module_param_named(min_mib_s, vmos_min_mib_s, int, 0644);
MODULE_PARM_DESC(min_mib_s, "complain of less bandwidth; 0: never; -1: less than 1000, but never under TCG");

/* One word at a time: emulators are slow at the string instructions that memset() likes. */
static void measure_write(u64 *zone, size_t words, u64 value)
{
	size_t i;

	for (i = 0; i < words; i++)
		WRITE_ONCE(zone[i], value);
}

static bool measure_is_emulated(void)
{
	return hypervisor_cpuid_base("TCGTCGTCGTCG", 0) != 0;
}

static u32 measure_least(void)
{
	int least = READ_ONCE(vmos_min_mib_s);

	if (least >= 0)
		return least;
	return measure_is_emulated() ? 0 : MEASURE_GOOD_MIB_S;
}

u32 vmos_measure(struct vmos_channel *ch)
{
	const struct vmos_idx *hdr = ch->base + VMOS_HDR_GUEST_OFF;
	size_t len = min(ch->layout.blob_len, MEASURE_LEN);
	u64 *zone = ch->base + VMOS_BLOB_OFF;
	struct device *dev = &ch->pdev->dev;
	u64 started, took;
	u32 mib_s, least;
	int i;

	if (READ_ONCE(hdr->epoch))
		return 0;

	/* Not timed: the host's pages come at the first touch. */
	measure_write(zone, len / sizeof(*zone), 0);

	started = ktime_get_ns();
	for (i = 0; i < MEASURE_ROUNDS; i++)
		measure_write(zone, len / sizeof(*zone), 0);
	took = max(ktime_get_ns() - started, 1ULL);

	mib_s = div64_u64((u64)len * MEASURE_ROUNDS * NSEC_PER_SEC, took) >> 20;
	/* An error, so that a quiet console shows it, too. */
	least = measure_least();
	if (mib_s < least)
		dev_err(dev, "%u MiB/s, less than %u: the memory is not cached, all will be slow. See vmos_guest(4)\n",
			mib_s, least);
	return mib_s;
}

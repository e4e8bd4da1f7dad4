// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An end of a relay: an area of a region, pinned and mapped, and two doorbells.
 */
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/log2.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "kernel/relay/relay.h"

#define END_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define END_SEALS_AGAINST_US (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)

/*
 * The size tells a ctl region from all others: unlike the header it is nothing
 * that a guest can change, and no other channel has the same.
 */
static int end_check_region(struct file *file)
{
	const fmode_t mode = FMODE_READ | FMODE_WRITE;
	struct inode *inode = file_inode(file);
	unsigned int seals;

	if ((file->f_mode & mode) != mode)
		return -EBADF;
	if (inode->i_sb->s_magic != TMPFS_MAGIC || !S_ISREG(inode->i_mode))
		return -EBADFD;
	seals = READ_ONCE(SHMEM_I(inode)->seals);
	if ((seals & END_SEALS) != END_SEALS || (seals & END_SEALS_AGAINST_US))
		return -EBADFD;
	if (i_size_read(inode) != VMOS_CTL_REGION)
		return -EBADFD;

	/* An fd that was handed over proves little: ask as if it were opened now. */
	return file_permission(file, MAY_READ | MAY_WRITE);
}

static int end_check_area(const struct vmos_relay_end *arg)
{
	u64 size = VMOS_RELAY_DATA_OFF + (u64)arg->len;

	if (!is_power_of_2(arg->len) || arg->len < VMOS_RELAY_LEN_MIN || arg->len > VMOS_RELAY_LEN_MAX)
		return -EINVAL;
	if (!PAGE_ALIGNED(arg->offset) || arg->offset < VMOS_RELAY_AREA_MIN)
		return -EINVAL;
	if (arg->offset > VMOS_RELAY_AREA_END - size)
		return -EINVAL;
	return 0;
}

/* The pages of [@offset of the first folio, …), one after the other. */
static int end_list_pages(const struct relay_end *end, pgoff_t offset, struct page **pages, long nr)
{
	long i, n = 0;

	for (i = 0; i < end->nr_folios; i++) {
		size_t at = i ? 0 : offset;

		for (; at < folio_size(end->folios[i]) && n < nr; at += PAGE_SIZE)
			pages[n++] = folio_page(end->folios[i], at >> PAGE_SHIFT);
	}
	return n == nr ? 0 : -EFAULT;
}

/*
 * The pages stay ours until the end. Who may write the memfd can punch a hole
 * in it: then both guests look at other pages than we do, and nothing arrives.
 */
static int end_map(struct relay_end *end, u64 offset, u64 size)
{
	long nr = size >> PAGE_SHIFT;
	struct page **pages;
	pgoff_t first = 0;
	long ret = -ENOMEM;

	pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	end->folios = kvmalloc_array(nr, sizeof(*end->folios), GFP_KERNEL);
	if (!pages || !end->folios)
		goto free;

	ret = memfd_pin_folios(end->region, offset, offset + size - 1, end->folios, nr, &first);
	if (ret <= 0) {
		ret = ret ? ret : -EFAULT;
		goto free;
	}
	end->nr_folios = ret;

	ret = end_list_pages(end, first, pages, nr);
	if (ret)
		goto free;
	end->base = vmap(pages, nr, VM_MAP, PAGE_KERNEL);
	if (!end->base)
		ret = -ENOMEM;
free:
	/* What is pinned goes with the end. */
	kvfree(pages);
	return ret;
}

static int end_get_doorbells(struct relay_end *end, const struct vmos_relay_end *arg)
{
	struct eventfd_ctx *call;
	struct file *kick;

	kick = eventfd_fget(arg->kick);
	if (IS_ERR(kick))
		return PTR_ERR(kick);
	end->kick = kick;

	call = eventfd_ctx_fdget(arg->call);
	if (IS_ERR(call))
		return PTR_ERR(call);
	end->call = call;
	return 0;
}

static int end_get(struct relay_end *end, const struct vmos_relay_end *arg)
{
	int ret;

	ret = end_check_area(arg);
	if (ret)
		return ret;
	end->region = fget(arg->region);
	if (!end->region)
		return -EBADF;
	ret = end_check_region(end->region);
	if (ret)
		return ret;
	ret = end_get_doorbells(end, arg);
	if (ret)
		return ret;
	ret = end_map(end, arg->offset, VMOS_RELAY_DATA_OFF + (u64)arg->len);
	if (ret)
		return ret;

	end->len = arg->len;
	end->guest = end->base + VMOS_RELAY_GUEST_OFF;
	end->host = end->base + VMOS_RELAY_HOST_OFF;
	end->data = end->base + VMOS_RELAY_DATA_OFF;
	return 0;
}

int relay_end_get(struct relay_end *end, const struct vmos_relay_end *arg)
{
	int ret;

	ret = end_get(end, arg);
	if (ret)
		relay_end_put(end);
	return ret;
}

void relay_end_put(struct relay_end *end)
{
	relay_end_deaf(end);
	if (end->base)
		vunmap(end->base);
	if (end->nr_folios > 0)
		unpin_folios(end->folios, end->nr_folios);
	kvfree(end->folios);
	if (end->call)
		eventfd_ctx_put(end->call);
	if (end->kick)
		fput(end->kick);
	if (end->region)
		fput(end->region);
	memset(end, 0, sizeof(*end));
}

/* The courier takes the doorbell's count: the same bell may be of both. */
static int end_kicked(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct relay_end *end = container_of(wait, struct relay_end, wait);

	if (key_to_poll(key) & EPOLLIN)
		vhost_task_wake(end->task);
	return 0;
}

static void end_queue(struct file *file, wait_queue_head_t *queue, poll_table *table)
{
	struct relay_end *end = container_of(table, struct relay_end, table);

	end->queue = queue;
	add_wait_queue(queue, &end->wait);
}

int relay_end_hear(struct relay_end *end, struct vhost_task *task)
{
	end->task = task;
	init_waitqueue_func_entry(&end->wait, end_kicked);
	init_poll_funcptr(&end->table, end_queue);
	vfs_poll(end->kick, &end->table);
	return end->queue ? 0 : -EINVAL;
}

void relay_end_deaf(struct relay_end *end)
{
	if (end->queue)
		remove_wait_queue(end->queue, &end->wait);
	end->queue = NULL;
}

void relay_end_announce(struct relay_end *end, u32 generation)
{
	/* After all else in the area: who sees that it is over has seen the last byte. */
	smp_store_release(&end->host->generation, generation);
}

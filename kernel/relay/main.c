// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /dev/vmos_relay: a relay for each time it is opened, gone when it is closed.
 */
#include <linux/atomic.h>
#include <linux/file.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "kernel/relay/relay.h"
#define CREATE_TRACE_POINTS
#include "kernel/relay/trace.h"

static atomic_t main_relays = ATOMIC_INIT(0);

static int main_open(struct inode *inode, struct file *file)
{
	struct relay *relay = kzalloc(sizeof(*relay), GFP_KERNEL);

	if (!relay)
		return -ENOMEM;
	mutex_init(&relay->lock);
	init_waitqueue_head(&relay->queue);
	relay->cred = file->f_cred;
	file->private_data = relay;
	return stream_open(inode, file);
}

static void main_put(struct relay *relay)
{
	relay_end_put(&relay->source);
	relay_end_put(&relay->target);
	if (relay->gate)
		fput(relay->gate);
	relay->gate = NULL;
}

/* When this returns the thread has ended. The ends stay mapped, for the last word to the guests. */
static void main_stop(struct relay *relay)
{
	if (!relay->task)
		return;
	/* No doorbell may wake a task that is no more. */
	relay_end_deaf(&relay->source);
	relay_end_deaf(&relay->target);
	vhost_task_stop(relay->task);
	relay->task = NULL;
}

static int main_get(struct relay *relay, const struct vmos_relay_create *arg)
{
	int ret;

	ret = relay_end_get(&relay->source, &arg->source);
	if (ret)
		return ret;
	ret = relay_end_get(&relay->target, &arg->target);
	if (ret)
		return ret;
	/* Two areas of one region could be one: that is no way between two VMs. */
	if (file_inode(relay->source.region) == file_inode(relay->target.region))
		return -EINVAL;
	relay->gate = fget(arg->gate);
	return relay->gate ? 0 : -EBADF;
}

static int main_hear(struct relay *relay)
{
	int ret = relay_end_hear(&relay->source, relay->task);

	return ret ? ret : relay_end_hear(&relay->target, relay->task);
}

static int main_start(struct relay *relay)
{
	struct vhost_task *task;
	char name[TASK_COMM_LEN];
	int ret;

	memset(relay->source.host, 0, sizeof(*relay->source.host));
	memset(relay->target.host, 0, sizeof(*relay->target.host));

	snprintf(name, sizeof(name), "vmos-relay/%u", relay->generation);
	task = vhost_task_create(relay_step, relay_killed, relay, name);
	if (IS_ERR_OR_NULL(task))
		return task ? PTR_ERR(task) : -ENOMEM;
	relay->task = task;

	ret = main_hear(relay);
	if (ret)
		relay->ended = -ret;
	if (!ret)
		trace_vmos_relay_create(relay->generation, 0, 0);
	relay_end_announce(&relay->source, ret ? 0 : relay->generation);
	relay_end_announce(&relay->target, ret ? 0 : relay->generation);
	/* Also one that is to stop at once: only one that has begun can. */
	vhost_task_start(task);
	if (ret)
		main_stop(relay);
	return ret;
}

static int main_create(struct relay *relay, const struct vmos_relay_create *arg)
{
	int ret;

	if (relay->made)
		return -EBUSY;
	if (!arg->generation || arg->reserved)
		return -EINVAL;
	if (atomic_inc_return(&main_relays) > VMOS_RELAY_MAX) {
		atomic_dec(&main_relays);
		return -EUSERS;
	}

	WRITE_ONCE(relay->generation, arg->generation);
	relay->rate = arg->rate;
	ret = main_get(relay, arg);
	if (!ret)
		ret = main_start(relay);
	relay->made = !ret;
	if (ret) {
		main_put(relay);
		atomic_dec(&main_relays);
	}
	return ret;
}

static long main_ioctl_create(struct relay *relay, const void __user *user)
{
	struct vmos_relay_create arg;
	int ret;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	mutex_lock(&relay->lock);
	ret = main_create(relay, &arg);
	mutex_unlock(&relay->lock);
	return ret;
}

static long main_ioctl_revoke(struct relay *relay)
{
	long ret = -ENOTCONN;

	mutex_lock(&relay->lock);
	if (relay->made) {
		main_stop(relay);
		/* Who is stopped says nothing: that is ours. */
		relay_ended(relay, -ESHUTDOWN);
		ret = 0;
	}
	mutex_unlock(&relay->lock);
	return ret;
}

static long main_ioctl_state(struct relay *relay, void __user *user)
{
	struct vmos_relay_state state = {
		.moved = READ_ONCE(relay->moved),
		.batches = READ_ONCE(relay->batches),
		.sleeps = READ_ONCE(relay->sleeps),
		.generation = READ_ONCE(relay->generation),
		.ended = READ_ONCE(relay->ended),
	};

	return copy_to_user(user, &state, sizeof(state)) ? -EFAULT : 0;
}

static long main_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct relay *relay = file->private_data;

	switch (cmd) {
	case VMOS_RELAY_IOC_CREATE:
		return main_ioctl_create(relay, (const void __user *)arg);
	case VMOS_RELAY_IOC_REVOKE:
		return main_ioctl_revoke(relay);
	case VMOS_RELAY_IOC_STATE:
		return main_ioctl_state(relay, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static __poll_t main_poll(struct file *file, poll_table *table)
{
	struct relay *relay = file->private_data;

	poll_wait(file, &relay->queue, table);
	return READ_ONCE(relay->ended) ? EPOLLIN | EPOLLHUP : 0;
}

static int main_release(struct inode *inode, struct file *file)
{
	struct relay *relay = file->private_data;

	if (relay->made) {
		main_stop(relay);
		relay_ended(relay, -ESHUTDOWN);
		main_put(relay);
		atomic_dec(&main_relays);
	}
	kfree(relay);
	return 0;
}

static const struct file_operations main_fops = {
	.owner = THIS_MODULE,
	.open = main_open,
	.release = main_release,
	.poll = main_poll,
	.unlocked_ioctl = main_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice main_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vmos_relay",
	.fops = &main_fops,
	.mode = 0600,
};
module_misc_device(main_misc);

MODULE_DESCRIPTION("vmOS relays between the regions of two VMs");
MODULE_LICENSE("GPL");

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk seen through dm-verity: every block is checked against a tree of hashes when it is read. */
#ifndef AGENT_INIT_VERITY_H
#define AGENT_INIT_VERITY_H

#include <stdint.h>

#define VERITY_BLOCK 4096
#define VERITY_HASH_LEN 64 /* of SHA-256 in hexadecimal */
#define VERITY_DEVICE "/dev/dm-0"

/*
 * @disk: holds @blocks blocks of data and right after them the tree, as
 *        veritysetup format --no-superblock --salt=- writes it
 * @hash: the root of the tree
 */
struct verity {
	const char *disk;
	uint64_t blocks;
	char hash[VERITY_HASH_LEN + 1];
};

/*
 * Makes VERITY_DEVICE. -EINVAL: the hash or the number of blocks makes no
 * sense. A block that does not fit its hash is an I/O error at its read.
 */
int verity_open(const struct verity *v);

#endif

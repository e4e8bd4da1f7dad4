/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File descriptors: sealed memory, whole reads and writes, packets with fds beside them. All return -errno. */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

/* A memfd of @size bytes, sealed against shrinking, growing and further seals; pages come when touched. */
int fd_memfd_sealed(const char *name, size_t size);
/* A memfd that holds @data, also sealed against writing. */
int fd_memfd_data(const char *name, const void *data, size_t len);
/*
 * A memfd of @size bytes, 0 all, that we alone can write, through @ret_map (the
 * caller unmaps it). The fd returned is for reading and may be given away;
 * sealed also against every further mapping for writing.
 */
int fd_memfd_ours(const char *name, size_t size, void **ret_map);
/* 0: @fd is a memfd of exactly @size bytes with SHRINK, GROW and SEAL seals; else -EBADFD. */
int fd_check_sealed(int fd, size_t size);

int fd_write_all(int fd, const void *buf, size_t len);
/* Bytes read: less than @len only at end of file. */
ssize_t fd_read_all(int fd, void *buf, size_t len);
/* Reads a whole file of at most @max bytes; a NUL follows the data. The caller frees @ret_buf. -EFBIG. */
int fd_read_file(const char *path, size_t max, char **ret_buf, size_t *ret_len);

/* One packet with @nfds fds beside it (MSG_NOSIGNAL; -EAGAIN when the socket is full). */
int fd_send_packet(int sock, const void *buf, size_t len, const int *fds, unsigned nfds);
/*
 * Receives one packet of at most @len bytes and at most @max_fds fds
 * (close-on-exec). Returns its bytes, 0 at end of file. A packet longer than
 * @len, or with more fds, is dropped whole with every fd closed: -EMSGSIZE.
 */
ssize_t fd_recv_packet(int sock, void *buf, size_t len, int *ret_fds, unsigned max_fds, unsigned *ret_nfds);
void fd_close_all(int *fds, unsigned n);

int fd_set_nonblock(int fd, bool on);
int fd_set_cloexec(int fd, bool on);
/* Adds 1 to an eventfd. Never blocks. */
void fd_eventfd_kick(int fd);
/* Reads and clears an eventfd; the count, 0 if it was clear. */
unsigned long fd_eventfd_take(int fd);

/* Listening or connected UNIX socket at @path. -ENAMETOOLONG over 107 bytes. bind replaces a stale socket. */
int fd_unix_listen(const char *path, int type, int backlog);
int fd_unix_connect(const char *path, int type);
/* Who connected @sock, or, for him who connected, who called listen() last. */
int fd_peer(int sock, struct ucred *ret_cred);
/* 0: the peer of @sock has our own uid or is root, which is vmosd to the helpers of system mode; else -EPERM. */
int fd_check_peer(int sock);
/* Accepts a connection, close-on-exec and non-blocking; -EPERM: fd_check_peer() says no, which is logged. */
int fd_accept_own(int listener);

#endif

/*
 * A disk in memory, as an SQLite VFS, whose power can be cut.
 *
 * Each file has what was synced and what was only written since. A cut forgets
 * the latter, or keeps a random part of it; afterwards every call on a file
 * that was open fails, until crash_vfs_restart and, for ever, on those same
 * handles. Several connections, in several threads of one process, may share
 * a file in any journal mode, WAL among them.
 *
 * One disk a process; all functions may be called from any thread.
 */
#ifndef SUPPORT_CRASH_VFS_H
#define SUPPORT_CRASH_VFS_H

#include <stdbool.h>
#include <stdint.h>

/* What to give as the name of the VFS. */
#define CRASH_VFS "crash"

/* What a cut does to writes that were not synced. */
enum crash_mode {
    CRASH_DROP,    /* all are gone */
    CRASH_REORDER, /* each is there or not, whatever their order */
    CRASH_TEAR,    /* each sector of 512 bytes of each is there or not */
    CRASH_KEEP     /* all are there, as when a process is killed */
};

enum crash_op {
    CRASH_WRITE,
    CRASH_SYNC,
    CRASH_OP_NUM
};

/* Registers the VFS; to be called before any other. */
void crash_vfs_register(void);

/* An empty disk, power on, no failures ahead. Nothing is open any more. */
void crash_vfs_reset(void);

void crash_vfs_power_cut(uint64_t seed, enum crash_mode mode);
/* The same, in place of the n-th write or sync from now, n from 1. */
void crash_vfs_power_cut_after(unsigned long n, uint64_t seed,
                               enum crash_mode mode);
bool crash_vfs_is_cut(void);
/* Power on: what survived can be opened again. */
void crash_vfs_restart(void);

/* The n-th operation of this kind from now and those after it, `times` in
 * all, fail with this SQLite code. A write that fails leaves half its bytes, a
 * sync that fails has synced nothing. */
void crash_vfs_fail(enum crash_op op, unsigned long n, unsigned long times,
                    int code);

/* How many writes and syncs there were since the reset. */
unsigned long crash_vfs_num_ops(enum crash_op op);

/* Whether SQLite finds the database whole; prints what it does not like. */
bool crash_vfs_is_whole(const char *file);

#endif

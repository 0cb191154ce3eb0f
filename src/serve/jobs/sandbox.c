#define _GNU_SOURCE
#include "serve/jobs/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The sanitizers of addresses and of threads take terabytes of addresses. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_IS_LIMITED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MEMORY_IS_LIMITED 0
#endif
#endif
#ifndef MEMORY_IS_LIMITED
#define MEMORY_IS_LIMITED 1
#endif

static int set_limit(int what, uint64_t most)
{
	struct rlimit limit = { .rlim_cur = (rlim_t)most, .rlim_max = (rlim_t)most };
	return setrlimit(what, &limit);
}

static int set_limits(const struct sandbox *limits)
{
	int rc = set_limit(RLIMIT_CORE, 0);

	/* not RLIMIT_AS: scans of any size are mapped */
	if (limits->memory && MEMORY_IS_LIMITED)
		rc |= set_limit(RLIMIT_DATA, limits->memory);
	/* Segments of a bone have one bit for each voxel, pictures and reports are far smaller: no result comes near.
	 * The signal stays what it is, and ends the worker. */
	rc |= set_limit(RLIMIT_FSIZE, SANDBOX_FILE);
	if (limits->cpu_seconds > 0)
		rc |= set_limit(RLIMIT_CPU, (uint64_t)limits->cpu_seconds);
	return rc;
}

#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#define LANDLOCK_TRUNCATE 3 /* version that knows it (Linux 6.2); before, keep_calls() has to do */

/* Reading stays as it is: libraries are loaded when they are needed. In the folders of a job, only regular files are
 * made: the service comes to these folders later, and whoever can make a link there has it write elsewhere. */
static int keep_files(const char *const folders[2])
{
	const long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	const uint64_t cut = version >= LANDLOCK_TRUNCATE ? LANDLOCK_ACCESS_FS_TRUNCATE : 0;
	const uint64_t writing = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
				 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
				 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
				 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
				 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM | cut;
	const uint64_t plain = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
			       LANDLOCK_ACCESS_FS_MAKE_REG | cut;
	const struct landlock_ruleset_attr all = { .handled_access_fs = writing };
	int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
	int rc = rules < 0 ? -1 : 0;

	for (int i = 0; i < 2 && rc == 0; i++) {
		if (!folders[i])
			continue;
		struct landlock_path_beneath_attr beneath = { .allowed_access = plain,
							      .parent_fd = open(folders[i], O_PATH | O_CLOEXEC) };
		if (beneath.parent_fd < 0)
			continue; /* not there: nothing is written to it */
		rc = (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
		close(beneath.parent_fd);
	}
	if (rc == 0)
		rc = (int)syscall(SYS_landlock_restrict_self, rules, 0);
	if (rules >= 0)
		close(rules);
	return rc;
}

/* System calls that no step from a scan to a result needs: refused. */
static const int forbidden[] = {
	SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept),
	SCMP_SYS(accept4), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg),
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_open),
	SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal), SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(kcmp),
	SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key),
	SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(unshare), SCMP_SYS(setns),
	SCMP_SYS(open_by_handle_at), SCMP_SYS(name_to_handle_at), SCMP_SYS(open_tree), SCMP_SYS(move_mount),
	SCMP_SYS(fsopen), SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setresuid), SCMP_SYS(setresgid),
	SCMP_SYS(setgroups), SCMP_SYS(capset), SCMP_SYS(reboot), SCMP_SYS(kexec_load), SCMP_SYS(init_module),
	SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(swapon), SCMP_SYS(quotactl), SCMP_SYS(acct),
	SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(sethostname), SCMP_SYS(chmod), SCMP_SYS(fchmodat),
	SCMP_SYS(chown), SCMP_SYS(fchownat), SCMP_SYS(lchown), SCMP_SYS(setxattr), SCMP_SYS(lsetxattr),
	SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo),
	/* what changes files that may only be read */
	SCMP_SYS(truncate), SCMP_SYS(fchmod), SCMP_SYS(fchown), SCMP_SYS(fsetxattr), SCMP_SYS(removexattr),
	SCMP_SYS(lremovexattr), SCMP_SYS(fremovexattr), SCMP_SYS(utime), SCMP_SYS(utimes), SCMP_SYS(futimesat),
	SCMP_SYS(utimensat), SCMP_SYS(utimensat_time64),
	/* what makes anything but a regular file, where there is no Landlock, too */
	SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(symlink), SCMP_SYS(symlinkat), SCMP_SYS(mknod), SCMP_SYS(mknodat),
	SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
	/* what makes others wait for their turn or moves their memory */
	SCMP_SYS(setpriority), SCMP_SYS(ioprio_set), SCMP_SYS(sched_setscheduler), SCMP_SYS(sched_setparam),
	SCMP_SYS(sched_setattr), SCMP_SYS(migrate_pages), SCMP_SYS(move_pages),
	/* process_madvise, process_mrelease, fchmodat2, setxattrat, removexattrat, file_setattr: newer than the
	 * headers, of one number everywhere */
	440, 448, 452, 463, 466, 469,
};

/* O_TRUNC empties a file that is opened for reading, too. The newer call hides its flags from the filter. */
static int keep_opens(scmp_filter_ctx filter)
{
	/* to read, and the fourth way, which neither reads nor writes */
	static const scmp_datum_t ways[] = { O_RDONLY, O_ACCMODE };
	const scmp_datum_t mask = O_ACCMODE | O_TRUNC;
	int rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0);

	for (int i = 0; i < 2 && rc == 0; i++) {
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(open), 1,
				      SCMP_A1(SCMP_CMP_MASKED_EQ, mask, ways[i] | O_TRUNC));
		if (rc == 0)
			rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 1,
					      SCMP_A2(SCMP_CMP_MASKED_EQ, mask, ways[i] | O_TRUNC));
	}
	return rc;
}

/* What has the kernel send signals to any process of this user when a descriptor becomes ready: as good as kill(). And
 * what has it hold up others that open a file. The kernel looks at the lower half of the number only. */
static int keep_signals(scmp_filter_ctx filter)
{
	static const scmp_datum_t controls[] = { F_SETOWN, F_SETOWN_EX, F_SETSIG, F_SETLEASE };
	static const scmp_datum_t requests[] = { FIOSETOWN, SIOCSPGRP, FIOASYNC };
	const scmp_datum_t lower = 0xffffffff;
	int rc = 0;

	for (size_t i = 0; i < sizeof controls / sizeof *controls && rc == 0; i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(fcntl), 1,
				      SCMP_A1(SCMP_CMP_MASKED_EQ, lower, controls[i]));
	for (size_t i = 0; i < sizeof requests / sizeof *requests && rc == 0; i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
				      SCMP_A1(SCMP_CMP_MASKED_EQ, lower, requests[i]));
	return rc;
}

static int keep_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int rc = filter ? 0 : -ENOMEM;

	for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden && rc == 0; i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), forbidden[i], 0);
	if (rc == 0)
		rc = keep_opens(filter);
	if (rc == 0)
		rc = keep_signals(filter);
	/* threads, no processes; the newer call hides its flags from the filter, and the C library then takes the
	 * older */
	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
				      SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	/* abort() signals itself; limits are its own */
	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(tgkill), 1,
				      SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid(), 0));
	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prlimit64), 1,
				      SCMP_A0(SCMP_CMP_NE, 0, 0));
	/* libraries may bind the calling thread to a processor, which is 0 here */
	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(sched_setaffinity), 1,
				      SCMP_A0(SCMP_CMP_NE, 0, 0));
	if (rc == 0)
		rc = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return rc;
}

int sandbox_enter(const struct sandbox *limits, struct gppi_error *err)
{
	bool limited = set_limits(limits) == 0;
	bool own = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
	bool files = own && keep_files(limits->folders) == 0;
	bool calls = own && keep_calls() == 0;

	if (limited && files && calls)
		return 0;
	return err_set(err, GPPI_E_UNSUPPORTED, "this system does not let a worker limit itself fully:%s%s%s",
		       limited ? "" : " no limits of memory and time;",
		       calls ? "" : " no filter of system calls (seccomp);",
		       files ? "" : " no limits of files (Landlock);");
}

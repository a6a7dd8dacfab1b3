//! The thread pool in which keys and proofs are made.
//!
//! The halo2 crates split their work over the rayon pool it is called from. Rayon's own default follows
//! `std::thread::available_parallelism`, which rounds a container's processor quota *down*, so that a quota of
//! one and a half processors leaves one thread; here the quota is rounded up.

use std::fs;
use std::sync::OnceLock;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::Error;

/// Stack of a worker thread in bytes. Evaluating a gate recurses over its expression, whose depth
/// [`MAX_DEPTH`](crate::MAX_DEPTH) bounds; this leaves more than ten times what that needs.
const STACK_BYTES: usize = 16 << 20;

/// How many threads keys and proofs are made with.
///
/// `RAYON_NUM_THREADS` if it is a positive number, otherwise the processors this process may run on, bounded by
/// the container's processor quota rounded up. At least 1.
pub fn thread_count() -> usize {
    let asked = std::env::var("RAYON_NUM_THREADS").ok();
    if let Some(threads) = asked.and_then(|v| v.trim().parse().ok()).filter(|&n| n > 0) {
        return threads;
    }
    let cpus = fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| allowed_cpus(&status))
        .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
        .unwrap_or(1);
    quota().map_or(cpus, |q| q.min(cpus)).max(1)
}

/// A pool of [`thread_count`] threads with room for deep expressions, started when it is first used.
#[derive(Debug)]
pub struct Pool {
    name: &'static str,
    started: OnceLock<Result<ThreadPool, String>>,
}

impl Pool {
    /// A pool for the backend of that name, which its threads bear.
    pub const fn new(name: &'static str) -> Pool {
        Pool {
            name,
            started: OnceLock::new(),
        }
    }

    /// Runs `work` in the pool; everything the halo2 crate does inside is split over its threads.
    ///
    /// # Errors
    /// The threads cannot be started.
    pub fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> Result<R, Error> {
        let name = self.name;
        let pool = self.started.get_or_init(|| {
            ThreadPoolBuilder::new()
                .num_threads(thread_count())
                .stack_size(STACK_BYTES)
                .thread_name(move |i| format!("zkc-{name}-{i}"))
                .build()
                .map_err(|e| e.to_string())
        });
        match pool {
            Ok(pool) => Ok(pool.install(work)),
            Err(reason) => Err(Error::Threads {
                reason: reason.clone(),
            }),
        }
    }
}

/// The number of processors in the line `Cpus_allowed_list: 0-3,8` of `/proc/self/status`.
fn allowed_cpus(status: &str) -> Option<usize> {
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let mut count = 0usize;
    for part in list.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        count += last.checked_sub(first)? + 1;
    }
    Some(count)
}

/// The container's processor quota, rounded up; `None` if there is none.
fn quota() -> Option<usize> {
    let v2 = fs::read_to_string("/sys/fs/cgroup/cpu.max").ok();
    let v1 = || {
        let read = |name: &str| fs::read_to_string(format!("/sys/fs/cgroup/cpu/{name}")).ok();
        Some(format!(
            "{} {}",
            read("cpu.cfs_quota_us")?.trim(),
            read("cpu.cfs_period_us")?.trim()
        ))
    };
    parse_quota(&v2.or_else(v1)?)
}

/// Reads `QUOTA PERIOD` (microseconds); `max` or a negative quota means there is none.
fn parse_quota(text: &str) -> Option<usize> {
    let mut fields = text.split_whitespace();
    let quota: usize = fields.next()?.parse().ok()?;
    let period: usize = fields.next()?.parse().ok()?;
    (quota > 0 && period > 0).then(|| quota.div_ceil(period))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_lists_are_counted() {
        let status = |list: &str| format!("Name:\tx\nCpus_allowed_list:\t{list}\nThreads:\t1\n");
        assert_eq!(allowed_cpus(&status("0-1")), Some(2));
        assert_eq!(allowed_cpus(&status("0-3,8,10-11")), Some(7));
        assert_eq!(allowed_cpus(&status("5")), Some(1));
        assert_eq!(allowed_cpus(&status("x")), None);
        assert_eq!(allowed_cpus("Name:\tx\n"), None);
    }

    #[test]
    fn quotas_round_up() {
        assert_eq!(parse_quota("150000 100000"), Some(2));
        assert_eq!(parse_quota("200000 100000\n"), Some(2));
        assert_eq!(parse_quota("max 100000"), None);
        assert_eq!(parse_quota("-1 100000"), None);
    }

    #[test]
    fn work_runs_in_a_pool_of_that_size() {
        let threads = Pool::new("test")
            .install(rayon::current_num_threads)
            .unwrap();
        assert_eq!(threads, thread_count());
    }
}

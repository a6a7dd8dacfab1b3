//! Wall time, processor time and memory of a step.

use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

/// What a step cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Elapsed seconds.
    pub wall_s: f64,
    /// Processor seconds of the whole process, all threads together; work of others in the same process counts.
    pub cpu_s: f64,
}

impl std::ops::Add for Cost {
    type Output = Cost;

    fn add(self, other: Cost) -> Cost {
        Cost {
            wall_s: self.wall_s + other.wall_s,
            cpu_s: self.cpu_s + other.cpu_s,
        }
    }
}

/// A running measurement of one step.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    wall: Instant,
    cpu_s: f64,
}

impl Stopwatch {
    /// Starts measuring.
    pub fn start() -> Stopwatch {
        Stopwatch {
            wall: Instant::now(),
            cpu_s: process_cpu_s(),
        }
    }

    /// The cost since the start.
    pub fn cost(&self) -> Cost {
        Cost {
            wall_s: self.wall.elapsed().as_secs_f64(),
            cpu_s: process_cpu_s() - self.cpu_s,
        }
    }
}

/// Processor seconds this process has used so far, all threads together.
pub fn process_cpu_s() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// The most memory this process has held at once, in bytes; `None` where `/proc` does not tell.
pub fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    kib_field(&status, "VmHWM:")
}

/// The memory that this process holds, in bytes; `None` where `/proc` does not tell.
pub fn rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    kib_field(&status, "VmRSS:")
}

/// The machine's memory in bytes; `None` where `/proc` does not tell.
pub(crate) fn machine_memory_bytes() -> Option<u64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    kib_field(&info, "MemTotal:")
}

/// Reads a line such as `VmHWM: 1234 kB`, in bytes.
fn kib_field(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_bytes() {
        let text = "VmPeak:\t 9 kB\nVmHWM:\t   1234 kB\n";
        assert_eq!(kib_field(text, "VmHWM:"), Some(1234 * 1024));
        assert_eq!(kib_field(text, "VmRSS:"), None);
    }

    #[test]
    fn work_takes_time() {
        let watch = Stopwatch::start();
        let mut x = 1u64;
        while watch.cost().cpu_s == 0.0 {
            x = std::hint::black_box(x.wrapping_mul(3));
        }
        let cost = watch.cost();
        assert!(cost.wall_s > 0.0 && cost.cpu_s > 0.0, "{cost:?}");
        assert!(peak_rss_bytes().is_none_or(|b| b > 1 << 16));
    }
}

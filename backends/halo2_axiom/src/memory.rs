//! How much memory the machine has.

use crate::error::Error;

/// Refuses to need more memory than the machine has.
pub(crate) fn check_memory(need: u64) -> Result<(), Error> {
    match machine_memory_bytes() {
        Some(have) if have < need => Err(Error::Memory { need, have }),
        _ => Ok(()),
    }
}

/// The machine's memory in bytes; `None` where `/proc` does not tell.
fn machine_memory_bytes() -> Option<u64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_needs_are_refused() {
        check_memory(0).unwrap();
        if machine_memory_bytes().is_some() {
            let error = check_memory(u64::MAX).unwrap_err().to_string();
            assert!(error.contains("this machine has"), "{error}");
        }
    }
}

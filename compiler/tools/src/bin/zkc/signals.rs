//! Signals that end the program, and what must not be left behind then.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use zkc::Writing;

/// Lets a signal that ends the program wait until no file is half written; a second one does not wait. The program
/// then ends by the signal itself, as its parent expects (a shell shows 128 plus its number).
///
/// A file that grows past the system's limit becomes an error of the write instead of a signal.
pub(crate) fn install() {
    // Nobody reads the flag: that a handler is there is what makes the write fail. Without it the program works as well.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    // Who started us may have chosen to ignore a signal (nohup); that stays.
    let ignored = ignored();
    let watched =
        [SIGINT, SIGTERM, SIGHUP].map(|signal| (signal, ignored & (1 << (signal - 1)) != 0));
    let watched = watched.iter().filter(|(_, ignored)| !ignored);
    let Ok(mut signals) = Signals::new(watched.map(|(signal, _)| signal)) else {
        return;
    };
    std::thread::spawn(move || {
        let mut waiting = false;
        for signal in signals.forever() {
            if waiting {
                end_by(signal);
            }
            waiting = true;
            std::thread::spawn(move || {
                let _idle = Writing::begin();
                end_by(signal);
            });
        }
    });
}

/// Ends the program as if the signal had no handler.
fn end_by(signal: i32) {
    // It fails for numbers that are no signals, which these are.
    let _ = emulate_default_handler(signal);
}

/// The signals that are ignored, one bit for each; none where the system does not tell.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

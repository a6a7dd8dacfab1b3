//! The thread pool in which keys and proofs are made: [`thread_count`] threads, with room for deep expressions.

use std::sync::OnceLock;

use rayon::{ThreadPool, ThreadPoolBuilder};
use zkc_halo2::thread_count;

use crate::error::Error;

/// Stack of a worker thread in bytes. Evaluating a gate recurses over its expression, whose depth
/// [`MAX_DEPTH`](crate::gates::MAX_DEPTH) bounds; this leaves more than ten times what that needs.
const STACK_BYTES: usize = 16 << 20;

/// Runs `work` in the pool; everything `halo2-axiom` does inside is split over its threads.
///
/// # Errors
/// The threads cannot be started, or the environment would change what `halo2-axiom` computes.
pub(crate) fn install<R: Send>(work: impl FnOnce() -> R + Send) -> Result<R, Error> {
    static POOL: OnceLock<Result<ThreadPool, String>> = OnceLock::new();
    check_environment(std::env::var_os(MAX_DEGREE).is_some())?;
    check_processor()?;
    let pool = POOL.get_or_init(|| {
        ThreadPoolBuilder::new()
            .num_threads(thread_count())
            .stack_size(STACK_BYTES)
            .thread_name(|i| format!("zkc-halo2-axiom-{i}"))
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

/// The variable from which `halo2-axiom` takes a limit on the degree. It changes keys without a word.
const MAX_DEGREE: &str = "MAX_DEGREE";

fn check_environment(max_degree_is_set: bool) -> Result<(), Error> {
    if max_degree_is_set {
        Err(Error::Environment {
            variable: MAX_DEGREE,
        })
    } else {
        Ok(())
    }
}

/// Refuses to run assembly that this processor does not know.
fn check_processor() -> Result<(), Error> {
    #[cfg(all(feature = "asm", target_arch = "x86_64"))]
    if !(std::is_x86_feature_detected!("adx") && std::is_x86_feature_detected!("bmi2")) {
        return Err(Error::Processor);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_runs_in_a_pool_of_that_size() {
        let threads = install(rayon::current_num_threads).unwrap();
        assert_eq!(threads, thread_count());
    }

    #[test]
    fn a_limit_on_the_degree_is_refused() {
        check_environment(false).unwrap();
        let error = check_environment(true).unwrap_err().to_string();
        assert!(error.starts_with("MAX_DEGREE is set"), "{error}");
    }
}

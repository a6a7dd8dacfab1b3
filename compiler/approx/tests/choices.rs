//! The search for the cheapest program.

use zkc_approx::{
    Candidate, Certificate, CertifyError, ProgramError, ProgramRequest, cheapest_program,
    fit_program, recheck_program,
};

fn request(text: &str, scale: u32, lo: i64, hi: i64) -> ProgramRequest {
    ProgramRequest {
        function: text.parse().unwrap(),
        in_scale: scale,
        lo: lo << scale,
        hi: (hi << scale) - 1,
        out_scale: scale,
    }
}

fn shapes(candidates: &[Candidate]) -> Vec<(u32, u64, usize, u32, u32)> {
    let shape = |c: &Candidate| {
        let p = &c.program;
        (c.checked_bits, c.rows, p.degree, p.segment_bits, p.shift)
    };
    candidates.iter().map(shape).collect()
}

#[test]
fn candidates_reach_the_target_at_the_stated_cost() {
    for (text, scale, lo, hi, target, most) in [
        ("sigmoid", 12, -8, 8, 1e-3, 256),
        ("gelu", 12, -8, 8, 1e-3, 256),
        ("exp", 14, -16, 0, 1e-4, 512),
        ("softsign", 10, -3, 5, 2e-3, 64),
    ] {
        let request = request(text, scale, lo, hi);
        let candidates = cheapest_program(&request, target, most).unwrap();
        assert!(!candidates.is_empty(), "{text}");
        for candidate in &candidates {
            let program = &candidate.program;
            assert!(candidate.rows <= most && candidate.rows == program.segments());
            assert!(candidate.certified.max_error <= target);
            let again = candidate.certified.recheck(program, request.lo, request.hi);
            assert_eq!(again, Ok(candidate.certified.max_error));
            let (least, greatest) = program.bounds_on(request.lo, request.hi).unwrap().result;
            let bits = candidate.checked_bits - program.segment_bits - program.shift;
            let distance = greatest.abs_diff(least);
            assert!(distance >> bits == 0 && distance >> (bits - 1) != 0);
            // One fraction bit less does not do.
            if let Some(shift) = program.shift.checked_sub(1) {
                let fewer =
                    fit_program(&request, program.segment_bits, program.degree, Some(shift))
                        .unwrap();
                let error =
                    recheck_program(&fewer, request.lo, request.hi, Certificate::Interval).unwrap();
                assert!(error > target, "{text} {:?}", shapes(&candidates));
            }
        }
        let shapes = shapes(&candidates);
        assert!(shapes.is_sorted());
        for (index, better) in shapes.iter().enumerate() {
            for worse in &shapes[index + 1..] {
                assert!(
                    worse.1 < better.1 || worse.2 < better.2,
                    "{text} {shapes:?}"
                );
            }
        }
    }
}

/// A loose target at few bits: lines on long segments; with few rows, parabolas.
#[test]
fn fewer_rows_cost_more_bits() {
    let request = request("sigmoid", 16, -8, 8);
    let found = cheapest_program(&request, 1e-4, 1024).unwrap();
    let found = shapes(&found);
    assert_eq!(found[0].2, 1);
    assert!(found[0].1 >= 256);
    let last = found[found.len() - 1];
    assert!(
        last.2 >= 2 && last.1 <= 32 && last.0 > found[0].0,
        "{found:?}"
    );
    // The same with any number of threads.
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let again = pool
            .install(|| cheapest_program(&request, 1e-4, 1024))
            .unwrap();
        assert_eq!(shapes(&again), found);
    }
}

#[test]
fn impossible_targets() {
    let sigmoid = request("sigmoid", 8, -8, 8);
    // Below half a unit of the result.
    assert_eq!(cheapest_program(&sigmoid, 1e-3, 1 << 20).unwrap(), []);
    for target in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let refused = cheapest_program(&sigmoid, target, 16).unwrap_err();
        assert!(matches!(refused, CertifyError::Target { .. }));
    }
    let program_error =
        |request: &ProgramRequest, most: u64| match cheapest_program(request, 0.1, most)
            .unwrap_err()
        {
            CertifyError::Program(error) => error,
            other => panic!("{other}"),
        };
    assert!(matches!(
        program_error(&sigmoid, 0),
        ProgramError::Limit { .. }
    ));
    let log = request("log", 8, -1, 1);
    assert!(matches!(
        program_error(&log, 16),
        ProgramError::NotFinite { n: -256, .. }
    ));
    let empty = request("tanh", 8, 2, 1);
    assert!(matches!(
        program_error(&empty, 16),
        ProgramError::Empty { .. }
    ));
}

//! Proofs that must not be accepted: each for the right reason, none with a panic.

zkc_backend_testing::reject_suite!(crate::support::Setup);

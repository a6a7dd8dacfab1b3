//! Circuits, parameters and setups that this backend must refuse.

use std::process::Command;

use zkc_backend_testing::Setup as _;
use zkc_backend_testing::samples::{power, small_layer};
use zkc_circuit::{Challenge, Circuit, ColumnGroup, ExprBuilder};
use zkc_halo2_axiom::{
    Commitment, Error, InsecureSetup, Params, ProvingKey, Setup as KeySetup, VerifyingKey,
    capabilities, prove, system_rng, verify,
};

use crate::support::{Setup, grid, params};

zkc_backend_testing::refuse_suite!(Setup);

fn refused(change: impl FnOnce(&mut Circuit)) -> Error {
    zkc_backend_testing::refuse::refused::<Setup>(change)
}

#[test]
fn there_are_two_phases() {
    let kzg = capabilities(Commitment::Kzg);
    assert!(kzg.challenges && kzg.trusted_setup && kzg.phases == 2);
    assert!(!capabilities(Commitment::Ipa).trusted_setup);
    let error = refused(|c| {
        c.add_group(ColumnGroup::advice_in_phase("late", 2, 1));
    });
    assert_eq!(
        error.to_string(),
        "backend `halo2-axiom` cannot prove circuit `layer`: advice columns `late` are of phase 2, there are phases 0 and 1 only"
    );
    let error = refused(|c| {
        c.challenges.push(Challenge {
            name: "rho".into(),
            after_phase: 1,
        });
    });
    assert!(
        error
            .to_string()
            .contains("challenge `rho` is drawn after phase 1, in which nothing"),
        "{error}"
    );
    let error = refused(|c| c.groups.iter_mut().for_each(|group| group.phase = 1));
    assert!(
        error.to_string().contains("no advice columns of phase 0"),
        "{error}"
    );
}

#[test]
fn lookups_are_decided_before_challenges() {
    let error = refused(|c| {
        c.add_challenge("rho", 0);
        let mut builder = ExprBuilder::new();
        let (rho, x) = (builder.challenge(0), builder.query(0, 0, 0));
        let product = builder.mul(rho, x);
        c.lookups[0].inputs[0] = builder.finish(product);
    });
    assert!(
        error
            .to_string()
            .contains("lookup `x range` looks up what depends on challenges"),
        "{error}"
    );
}

#[test]
fn the_insecure_setup_is_refused_unless_allowed() {
    let setup = Setup::new(power(2), Commitment::Kzg);
    let proof = setup.prove(&[vec![1, 2, 3]]);
    let key = setup.verifying_key();
    assert_eq!(key.setup(), KeySetup::Insecure);
    // The key knows by itself; there is no flag that a file could carry.
    for key in [VerifyingKey::decode(&key.encode()).unwrap(), key] {
        let error = verify(None, &key, &proof, InsecureSetup::Refuse).unwrap_err();
        let Error::InsecureSetup { digest } = &error else {
            panic!("refused for another reason: {error}");
        };
        assert_eq!(Some(*digest), KeySetup::Insecure.digest());
        assert!(error.to_string().contains("anybody can forge"), "{error}");
        verify(None, &key, &proof, InsecureSetup::Allow).unwrap();
    }
}

#[test]
fn parameters_must_fit() {
    for commitment in Commitment::ALL {
        let setup = Setup::new(small_layer(), commitment);
        let small = params(commitment, 5);
        let grid = grid(&setup.prepared, &[vec![1, 2, 3]]);
        let mut rng = system_rng().unwrap();
        let error = prove(&small, &setup.key, &grid, &mut rng).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the circuit has 2^6 rows, the parameters are for 2^5"
        );
        for error in [
            VerifyingKey::generate(&setup.prepared, &small).unwrap_err(),
            ProvingKey::generate(&setup.prepared, &small).unwrap_err(),
        ] {
            assert!(matches!(error, Error::ParamsK { .. }), "{error}");
        }
    }
    let kzg = Setup::new(small_layer(), Commitment::Kzg);
    let grid = grid(&kzg.prepared, &[vec![1, 2, 3]]);
    let ipa = params(Commitment::Ipa, 6);
    let error = prove(&ipa, &kzg.key, &grid, &mut system_rng().unwrap()).unwrap_err();
    assert!(matches!(error, Error::OtherCommitment { .. }), "{error}");
}

#[test]
fn a_limit_on_the_degree_in_the_environment_is_refused() {
    // In another process, because the environment belongs to all threads.
    if std::env::var_os("MAX_DEGREE").is_some() {
        let error = Params::insecure(4).unwrap_err();
        assert!(matches!(error, Error::Environment { .. }), "{error}");
        return;
    }
    let test = "refuse::a_limit_on_the_degree_in_the_environment_is_refused";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env("MAX_DEGREE", "9")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("1 passed"), "{printed}");
}

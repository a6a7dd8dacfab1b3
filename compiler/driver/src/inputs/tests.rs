use super::*;

pub(crate) fn spec(name: &str, shape: &[usize]) -> InputSpec {
    InputSpec {
        name: name.into(),
        shape: shape.to_vec(),
        element: ElementType::Float32,
        range: None,
    }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> InputArg {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    InputArg { name: None, path }
}

#[test]
fn files_of_several_inputs_are_taken_in_order_or_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let specs = [spec("a", &[2]), spec("b", &[1])];
    let a = write(
        folder.path(),
        "a.npy",
        &npy::tests::file("<f4", "(2,)", &[0, 0, 128, 63, 0, 0, 0, 64]),
    );
    let b = write(
        folder.path(),
        "b.npy",
        &npy::tests::file("<f4", "(1,)", &[0, 0, 64, 64]),
    );
    let in_order = read_sample(&[a.clone(), b.clone()], &specs, ReadOptions::default()).unwrap();
    assert_eq!(in_order.tensors[0].values, Values::Real(vec![1.0, 2.0]));
    assert_eq!(in_order.tensors[1].values, Values::Real(vec![3.0]));
    let named = [
        InputArg {
            name: Some("b".into()),
            ..b.clone()
        },
        a.clone(),
    ];
    assert_eq!(
        read_sample(&named, &specs, ReadOptions::default()).unwrap(),
        in_order
    );
    let twice = read_samples(
        &[a.clone(), b.clone(), a.clone(), b],
        &specs,
        ReadOptions::default(),
    )
    .unwrap();
    assert_eq!(twice.len(), 2);

    let error = read_sample(std::slice::from_ref(&a), &specs, ReadOptions::default()).unwrap_err();
    assert_eq!(error.message(), "1 of 2 inputs given; missing: \"b\"");
    let unknown = [InputArg {
        name: Some("c".into()),
        ..a
    }];
    let error = read_sample(&unknown, &specs, ReadOptions::default()).unwrap_err();
    assert_eq!(error.message(), "the model has no input \"c\"");
}

#[test]
fn a_wrong_shape_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(
        folder.path(),
        "a.npy",
        &npy::tests::file("<f4", "(2,)", &[0; 8]),
    );
    let error = read_sample(&[file], &[spec("x", &[1, 2])], ReadOptions::default()).unwrap_err();
    assert_eq!(
        error.message(),
        "input \"x\" must have shape [1, 2], found [2]"
    );
    assert!(error.file().is_some());
}

#[test]
fn a_folder_must_have_exactly_the_inputs() {
    let folder = tempfile::tempdir().unwrap();
    let arg = InputArg {
        name: None,
        path: folder.path().into(),
    };
    let specs = [spec("a", &[1])];
    let error =
        read_sample(std::slice::from_ref(&arg), &specs, ReadOptions::default()).unwrap_err();
    assert_eq!(error.message(), "the folder has no input_0.pb");
    write(folder.path(), "input_0.pb", b"");
    write(folder.path(), "input_1.pb", b"");
    let error = read_sample(&[arg], &specs, ReadOptions::default()).unwrap_err();
    assert_eq!(
        error.message(),
        "the folder has an input_1.pb, one more than the model takes"
    );
}

#[test]
fn absurd_files_are_refused_by_their_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    // A sparse file: nothing is written, and nothing must be read.
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let arg = InputArg { name: None, path };
    let error = read_sample(&[arg], &[spec("x", &[1])], ReadOptions::default()).unwrap_err();
    assert!(
        error
            .message()
            .starts_with("the file has 1099511627776 bytes"),
        "{error}"
    );
}

#[test]
fn not_a_number_is_found_by_element() {
    let tensor = Tensor {
        shape: vec![2, 2],
        values: Values::Real(vec![0.0, 1.0, f64::NAN, 2.0]),
    };
    let error = conform(tensor, &spec("x", &[2, 2])).unwrap_err();
    assert_eq!(
        error.message(),
        "input \"x\": element 2 (index [1, 0]) is NaN"
    );
    let tensor = Tensor {
        shape: vec![1],
        values: Values::Real(vec![1e300]),
    };
    let error = conform(tensor, &spec("x", &[1])).unwrap_err();
    assert!(
        error.message().ends_with("which does not fit float32"),
        "{error}"
    );
}

#[test]
fn whole_number_inputs_take_whole_numbers_in_range() {
    let bytes = InputSpec {
        element: ElementType::Integer {
            bits: 8,
            signed: false,
        },
        ..spec("x", &[2])
    };
    let tensor = |values| Tensor {
        shape: vec![2],
        values: Values::Real(values),
    };
    assert_eq!(
        conform(tensor(vec![0.0, 255.0]), &bytes).unwrap().values,
        Values::Whole(vec![0, 255])
    );
    let error = conform(tensor(vec![0.0, 0.5]), &bytes).unwrap_err();
    assert_eq!(
        error.message(),
        "input \"x\" takes uint8, but element 1 is 0.5"
    );
    let error = conform(tensor(vec![256.0, 0.0]), &bytes).unwrap_err();
    assert_eq!(
        error.message(),
        "input \"x\" takes uint8, but element 0 is 256"
    );
}

#[test]
fn float32_inputs_are_rounded_as_the_model_sees_them() {
    let tensor = Tensor {
        shape: vec![1],
        values: Values::Real(vec![0.1]),
    };
    let read = conform(tensor, &spec("x", &[1])).unwrap();
    assert_eq!(read.values.real(0), f64::from(0.1f32));
}

#[test]
fn unknown_kinds_and_missing_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let odd = write(folder.path(), "a.bmp", b"");
    let error = read_sample(&[odd], &[spec("x", &[1])], ReadOptions::default()).unwrap_err();
    assert_eq!(error.message(), "unknown kind of input file");
    let missing = InputArg {
        name: None,
        path: folder.path().join("none.npy"),
    };
    let error = read_sample(&[missing], &[spec("x", &[1])], ReadOptions::default()).unwrap_err();
    assert!(
        error
            .message()
            .ends_with("none.npy: no such file or folder"),
        "{error}"
    );
}

#[test]
fn names_come_before_the_last_equals_sign() {
    assert_eq!(
        InputArg::parse("a=b.npy"),
        InputArg {
            name: Some("a".into()),
            path: "b.npy".into()
        }
    );
    assert_eq!(
        InputArg::parse("b.npy"),
        InputArg {
            name: None,
            path: "b.npy".into()
        }
    );
}

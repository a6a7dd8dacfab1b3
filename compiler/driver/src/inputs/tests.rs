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
fn what_is_not_there_has_no_kind() {
    let read = |path: &str| {
        let arg = InputArg {
            name: None,
            path: path.into(),
        };
        let error = read_sample(&[arg], &[spec("x", &[1])], ReadOptions::default());
        error.unwrap_err().message().to_owned()
    };
    assert_eq!(read("nosuch"), "cannot read nosuch: no such file or folder");
    assert_eq!(read("-"), "cannot read -: no such file or folder");
    assert_eq!(read(""), "an `--input` names no file");
}

#[test]
fn one_file_too_many_is_not_one_missing() {
    let folder = tempfile::tempdir().unwrap();
    let specs = [spec("a", &[1]), spec("b", &[1])];
    let file = write(
        folder.path(),
        "a.npy",
        &npy::tests::file("<f4", "(1,)", &[0; 4]),
    );
    let message = |count: usize| {
        let args = vec![file.clone(); count];
        let error = read_sample(&args, &specs, ReadOptions::default()).unwrap_err();
        error.message().to_owned()
    };
    assert_eq!(message(1), "1 of 2 inputs given; missing: \"b\"");
    assert_eq!(message(3), "3 inputs given, where one inference takes 2");
    assert_eq!(message(5), "5 inputs given, where one inference takes 2");
    assert!(message(4).starts_with("2 samples given where one is wanted"));
}

#[test]
fn a_model_without_inputs_needs_no_files() {
    let sample = read_sample(&[], &[], ReadOptions::default()).unwrap();
    assert_eq!(sample, Sample::default());
    let error = read_sample(&[], &[spec("x", &[1])], ReadOptions::default()).unwrap_err();
    assert_eq!(error.message(), "no input given");
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "a.npy", b"");
    let error = read_sample(&[file], &[], ReadOptions::default()).unwrap_err();
    assert_eq!(
        error.message(),
        "the model has no inputs, so none can be given"
    );
}

#[test]
fn what_lies_outside_is_not_rounded_into_the_range() {
    let read = |value: f64, element: ElementType| {
        let spec = InputSpec {
            range: Some(ValueRange {
                lo: -10.0,
                hi: 10.0,
            }),
            element,
            ..spec("x", &[1])
        };
        let tensor = Tensor {
            shape: vec![1],
            values: Values::Real(vec![value]),
        };
        conform(tensor, &spec)
    };
    let error = read(10.0000001, ElementType::Float32).unwrap_err();
    assert_eq!(
        error.message(),
        "input \"x\": element 0 is 10.0000001, outside the declared range -10:10"
    );
    assert!(read(-10.0000001, ElementType::Float32).is_err());
    assert!(read(10.0, ElementType::Float32).is_ok());
    // A float64 is not rounded, and is compared where it is quantized.
    let kept = read(10.0000001, ElementType::Float64).unwrap();
    assert_eq!(kept.values.real(0), 10.0000001);
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

//! Generates the dialects' C++ from ODS and compiles it together with the shim.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// Packages that hold what this build needs, for the error messages.
const PACKAGES: &str =
    "install MLIR 22 (on Debian 12: `./x setup`), or point MLIR_SYS_220_PREFIX at it";

/// A dialect: folder below `dialects/`, file stem, name in the IR.
const DIALECTS: [(&str, &str, &str); 4] = [
    ("onnx", "Onnx", "onnx"),
    ("zkarith", "ZkArith", "zkarith"),
    ("poly_ext", "PolyExt", "poly_ext"),
    ("plonk", "Plonk", "plonk"),
];

fn main() {
    println!("cargo:rerun-if-env-changed=MLIR_SYS_220_PREFIX");
    let prefix = PathBuf::from(
        env::var("MLIR_SYS_220_PREFIX").unwrap_or_else(|_| "/usr/lib/llvm-22".into()),
    );
    let tblgen = prefix.join("bin/mlir-tblgen");
    let include = prefix.join("include");
    if !tblgen.exists() || !include.join("mlir/IR/OpBase.td").exists() {
        panic!(
            "{} or the MLIR headers are missing: {PACKAGES}",
            tblgen.display()
        );
    }
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets OUT_DIR"));
    let dialects = Path::new("../../dialects");

    for (folder, stem, name) in DIALECTS {
        let td = dialects.join(folder).join(format!("{stem}.td"));
        let text = std::fs::read_to_string(&td)
            .unwrap_or_else(|e| panic!("cannot read {}: {e}", td.display()));
        let mut parts = vec![
            ("dialect", "Dialect", "-dialect"),
            ("op", "Ops", "-dialect"),
        ];
        if text.contains("TypeDef<") || folder == "zkarith" {
            parts.push(("typedef", "Types", "-typedefs-dialect"));
        }
        if text.contains("AttrDef<") {
            parts.push(("attrdef", "Attrs", "-attrdefs-dialect"));
        }
        if text.contains("EnumAttr<") {
            parts.push(("enum", "Enums", ""));
        }
        for (generator, file, selector) in parts {
            for (kind, extension) in [("decls", "h"), ("defs", "cpp")] {
                let mut command = Command::new(&tblgen);
                command.arg(format!("-gen-{generator}-{kind}"));
                if !selector.is_empty() {
                    command.arg(format!("{selector}={name}"));
                }
                command.arg("-I").arg(&include);
                for (other, _, _) in DIALECTS {
                    command.arg("-I").arg(dialects.join(other));
                }
                command
                    .arg(&td)
                    .arg("-o")
                    .arg(out.join(format!("{stem}{file}.{extension}.inc")));
                let status = command
                    .status()
                    .unwrap_or_else(|e| panic!("cannot run {}: {e}; {PACKAGES}", tblgen.display()));
                assert!(status.success(), "mlir-tblgen failed on {}", td.display());
            }
        }
        println!("cargo:rerun-if-changed={}", dialects.join(folder).display());
    }
    println!("cargo:rerun-if-changed=cpp");

    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++17")
        .include(&out)
        .file("cpp/Shim.cpp");
    for (folder, _, _) in DIALECTS {
        build.include(dialects.join(folder));
        build.files(sources(&dialects.join(folder)));
    }
    build
        .flag("-isystem")
        .flag(&include)
        // Debian builds LLVM this way; mixing the settings breaks vtables.
        .flag("-fno-rtti")
        .flag("-fno-exceptions")
        .flag("-fvisibility-inlines-hidden")
        .flag("-Wno-unused-parameter")
        .define("_GNU_SOURCE", None)
        .debug(false)
        .opt_level(1)
        .compile("zkc_mlir");
}

/// The C++ files of a folder, in order of their names.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("cannot read {}: {e}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "cpp"))
        .collect();
    files.sort();
    files
}

//! Where the tools under test are, and the environment in which they run.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use anyhow::{Context, Result, anyhow, ensure};

use crate::repository;

/// The folders that tests take programs from.
#[derive(Clone, Debug)]
pub struct Tools {
    /// Holds `zkc`, `zkc-opt`, `zkc-translate` and `onnx-text`.
    pub bin: PathBuf,
    /// Holds LLVM's `FileCheck`, `not` and `split-file`.
    pub llvm: PathBuf,
    /// What the tools under test cache (parameters per circuit size) is kept here between runs.
    pub cache: PathBuf,
}

impl Tools {
    /// The tools of this build.
    ///
    /// `ZKC_BIN_DIR` names a folder with tools that are up to date. Without it cargo is asked to build them beside
    /// the running test, which costs nothing when they are fresh; so a test never runs against an old tool.
    ///
    /// # Errors
    /// When the tools cannot be built or LLVM's test programs are not installed: no test can run.
    pub fn get() -> Result<&'static Tools> {
        static TOOLS: OnceLock<Result<Tools, String>> = OnceLock::new();
        TOOLS
            .get_or_init(|| Tools::find().map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|error| anyhow!("{error}"))
    }

    fn find() -> Result<Tools> {
        let prefix =
            env::var_os("MLIR_SYS_220_PREFIX").unwrap_or_else(|| "/usr/lib/llvm-22".into());
        let llvm = Path::new(&prefix).join("bin");
        ensure!(
            llvm.join("FileCheck").exists(),
            "no FileCheck in {}: run `./x setup`, or set MLIR_SYS_220_PREFIX",
            llvm.display()
        );
        let profile_dir = profile_dir()?;
        let bin = match env::var_os("ZKC_BIN_DIR") {
            Some(dir) => PathBuf::from(dir),
            None => build(&profile_dir)?,
        };
        let cache = profile_dir
            .parent()
            .unwrap_or(&profile_dir)
            .join("zkc-test-cache");
        Ok(Tools { bin, llvm, cache })
    }

    /// The search path of tests: our tools, then LLVM's, then the system's.
    pub fn path(&self) -> OsString {
        let system = env::var_os("PATH").unwrap_or_default();
        let dirs = [self.bin.clone(), self.llvm.clone()]
            .into_iter()
            .chain(env::split_paths(&system));
        // The two folders come from cargo and from a prefix; a colon in them would have broken the build already.
        env::join_paths(dirs).expect("the tools' folders have no colon in their names")
    }

    /// A command with the environment of tests: fixed language, width and colours, nothing from the user's settings.
    pub fn command(&self, program: &str) -> Command {
        let ours = self.bin.join(program);
        let mut command = if ours.exists() {
            Command::new(ours)
        } else {
            Command::new(program)
        };
        command
            .env("PATH", self.path())
            .env("ZKC_CACHE_DIR", &self.cache)
            .env("LC_ALL", "C.UTF-8")
            .env("NO_COLOR", "1")
            .env("COLUMNS", "100")
            .env("RUST_BACKTRACE", "0")
            .env_remove("CLICOLOR_FORCE")
            .env_remove("ZKC_LOG");
        command
    }
}

/// `target/PROFILE`, from the place of the running test binary, `target/PROFILE/deps/NAME-HASH`.
fn profile_dir() -> Result<PathBuf> {
    let exe = env::current_exe()?;
    let dir = exe.parent().context("the test stands in no folder")?;
    let dir = if dir.ends_with("deps") {
        dir.parent().context("no folder above deps")?
    } else {
        dir
    };
    Ok(dir.to_path_buf())
}

fn build(profile_dir: &Path) -> Result<PathBuf> {
    let target_dir = profile_dir
        .parent()
        .context("no target folder above the profile's")?;
    let profile = match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(repository())
        .args([
            "build",
            "--quiet",
            "--locked",
            "--bins",
            "-p",
            "zkc-tools",
            "-p",
            "zkc-tests",
        ])
        .args(["--profile", profile])
        .arg("--target-dir")
        .arg(target_dir)
        .status()
        .context("cannot start cargo")?;
    ensure!(
        status.success(),
        "the tools do not build: the compiler's messages are above"
    );
    Ok(profile_dir.to_path_buf())
}

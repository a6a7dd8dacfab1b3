//! Where the repository and the built tools are.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

/// The folders that tasks work in.
pub(crate) struct Place {
    /// The root of the repository.
    pub(crate) root: PathBuf,
    /// The folder of the built tools: that of this program.
    pub(crate) bin: PathBuf,
    /// LLVM's programs.
    pub(crate) llvm: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest
            .ancestors()
            .nth(2)
            .unwrap_or(manifest)
            .to_path_buf();
        let bin = env::current_exe()
            .ok()
            .and_then(|exe| Some(exe.parent()?.to_path_buf()))
            .unwrap_or_default();
        let prefix =
            env::var_os("MLIR_SYS_220_PREFIX").unwrap_or_else(|| "/usr/lib/llvm-22".into());
        Place {
            root,
            bin,
            llvm: PathBuf::from(prefix),
        }
    }

    /// A file of the repository.
    pub(crate) fn file(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    /// A command that runs one of our tools in the root of the repository.
    pub(crate) fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.current_dir(&self.root);
        command
    }

    /// What `command` prints.
    pub(crate) fn output(&self, command: &mut Command) -> Result<String> {
        let name = command.get_program().to_string_lossy().into_owned();
        let done = command
            .output()
            .with_context(|| format!("cannot start {name}; `./x build` builds the tools"))?;
        let errors = String::from_utf8_lossy(&done.stderr);
        ensure!(
            done.status.success(),
            "{name} failed ({}):\n{errors}",
            done.status
        );
        String::from_utf8(done.stdout)
            .with_context(|| format!("{name} printed something else than text"))
    }
}

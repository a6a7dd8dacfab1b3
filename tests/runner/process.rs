//! Running a command to its end, with a time limit and all of its output.

use std::{
    io::Read,
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

/// What a finished command left behind.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The exit code; `None` when a signal ended the command, the time limit included.
    pub code: Option<i32>,
    /// Standard output, invalid UTF-8 replaced.
    pub stdout: String,
    /// Standard error, invalid UTF-8 replaced.
    pub stderr: String,
    /// Wall time in seconds.
    pub seconds: f64,
    /// Whether the time limit ended the command.
    pub timed_out: bool,
    /// Most memory seen that is not a mapped file, in bytes; the command itself, not its children. It is looked at
    /// every few milliseconds, so a short peak may be missed; 0 where the system does not tell.
    pub peak_memory: u64,
}

impl Finished {
    /// Whether the command exited with code 0.
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }

    /// How the command ended, in words.
    pub fn status(&self) -> String {
        match self.code {
            _ if self.timed_out => format!("was stopped after {:.0} s", self.seconds),
            Some(code) => format!("exited with {code}"),
            None => "was ended by a signal".into(),
        }
    }
}

/// Runs `command` without standard input for at most `limit`.
///
/// # Errors
/// When the command cannot be started or its output cannot be read. A command that fails is no error here.
pub fn run(command: &mut Command, limit: Duration) -> Result<Finished> {
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    let stdout = reader(child.stdout.take().context("no pipe for the output")?);
    let stderr = reader(
        child
            .stderr
            .take()
            .context("no pipe for the error output")?,
    );
    let mut peak_memory = 0;
    let (code, timed_out) = wait(&mut child, start + limit, &mut peak_memory)?;
    let text = |handle: thread::JoinHandle<Vec<u8>>| -> String {
        String::from_utf8_lossy(&handle.join().unwrap_or_default()).into_owned()
    };
    let seconds = start.elapsed().as_secs_f64();
    Ok(Finished {
        code,
        stdout: text(stdout),
        stderr: text(stderr),
        seconds,
        timed_out,
        peak_memory,
    })
}

fn reader(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is still worth showing.
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

fn wait(
    child: &mut Child,
    deadline: Instant,
    peak_memory: &mut u64,
) -> Result<(Option<i32>, bool)> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status.code(), false));
        }
        if Instant::now() >= deadline {
            // The whole group, so that no grandchild keeps the pipes open.
            Command::new("kill")
                .args(["-KILL", "--", &format!("-{}", child.id())])
                .status()?;
            child.wait()?;
            return Ok((None, true));
        }
        *peak_memory = (*peak_memory).max(memory(child.id()).unwrap_or(0));
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// The memory of a process that is not backed by a file, in bytes.
fn memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, limit: Duration) -> Finished {
        run(Command::new("sh").args(["-c", script]), limit).unwrap()
    }

    #[test]
    fn output_and_code_are_kept() {
        let done = sh("echo out; echo err >&2; exit 3", Duration::from_secs(10));
        assert_eq!(
            (done.code, done.stdout.as_str(), done.stderr.as_str()),
            (Some(3), "out\n", "err\n")
        );
    }

    #[test]
    fn a_command_past_its_limit_is_stopped() {
        let done = sh("sleep 20; true", Duration::from_millis(50));
        assert!(done.timed_out && !done.success());
    }
}

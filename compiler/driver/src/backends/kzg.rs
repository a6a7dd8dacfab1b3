//! Parameters of KZG: files that the user names, and those that the cache keeps.
//!
//! Keys and proofs need parameters for exactly as many rows as the circuit has. Making these of a file for more rows takes
//! time, as does making insecure ones, so the cache keeps both, named by the setup's digest and by k. What is read there
//! is checked like any other file, and its setup must be the one that was asked for.
//!
//! That all points are those of one secret is checked once for each file: the cache remembers the digests of files that
//! were found good, and of those that are kept there, as empty files named by them.

use std::path::{Path, PathBuf};

use zkc_halo2_axiom::{Digest, Params, Setup, Stopwatch};
use zkc_support::Writing;

use super::shared::{Loaded, convert};
use super::{Origin, ParamsUse};
use crate::error::{Error, Result};
use crate::options::CommitOptions;
use crate::ui::Ui;

/// What helps against a file that is damaged, or none of parameters.
const FILE_HELP: &str = "name another file, or get this one again from where it came";

/// Makes an insecure setup for 2^k rows and writes its file; returns its digest and the length of the file in bytes.
pub(crate) fn generate_insecure(k: u32, output: &Path) -> Result<(String, u64)> {
    let params = Params::insecure(k).map_err(failed)?;
    let digest = params.setup().digest();
    let _writing = Writing::begin();
    let (bytes, _) = params.write_srs(output).map_err(failed)?;
    Ok((
        digest.map(|digest| digest.to_hex()).unwrap_or_default(),
        bytes,
    ))
}

/// Gets parameters for 2^k rows.
pub(super) struct Loader<'a> {
    k: u32,
    cache: PathBuf,
    ui: &'a dyn Ui,
}

impl<'a> Loader<'a> {
    /// Keeps what it makes in the project's cache.
    pub(super) fn new(k: u32, ui: &'a dyn Ui) -> Self {
        let cache = zkc_support::cache_dir().join("params");
        Loader { k, cache, ui }
    }

    /// The parameters that the options name, for new keys.
    pub(super) fn load(&self, options: &CommitOptions) -> Result<Loaded<Params>> {
        let watch = Stopwatch::start();
        let (params, cached) = match &options.srs {
            None => self.insecure()?,
            Some(path) => self.file(path, options.insecure_srs)?,
        };
        if params.setup() == Setup::Insecure {
            self.ui.warn(
                "the setup is insecure: its secret is published, so that anybody can forge proofs",
            );
        }
        Ok(loaded(params, cached, &watch))
    }

    /// The parameters of the setup that a key was made with, which stands in file `pk`.
    pub(super) fn load_again(
        &self,
        setup: &Setup,
        srs: Option<&Path>,
        pk: &Path,
    ) -> Result<Loaded<Params>> {
        let watch = Stopwatch::start();
        if *setup == Setup::Insecure {
            self.ui.warn(&format!(
                "{} is of an insecure setup: its secret is published, so that anybody can forge proofs",
                pk.display()
            ));
        }
        if let Some(params) = self.try_cache(setup) {
            return Ok(loaded(params, true, &watch));
        }
        let (params, cached) = match (srs, setup) {
            (Some(path), _) => self.file(path, true)?,
            (None, Setup::Insecure) => self.insecure()?,
            (None, _) => {
                return Err(Error::diagnostic(format!(
                    "proving with {} needs the parameters of {setup}, which are not in the cache",
                    pk.display()
                ))
                .help("name their file with `--srs FILE`"));
            }
        };
        if params.setup() != *setup {
            return Err(Error::diagnostic(format!(
                "{} is a key for {setup}, the parameters are of {}",
                pk.display(),
                params.setup()
            ))
            .help("name the file that the key was made with"));
        }
        Ok(loaded(params, cached, &watch))
    }

    /// The insecure parameters, and whether they were there already.
    fn insecure(&self) -> Result<(Params, bool)> {
        if let Some(params) = self.try_cache(&Setup::Insecure) {
            return Ok((params, true));
        }
        let k = self.k;
        self.ui
            .step(&format!("making insecure parameters for k = {k}, once"));
        let params = Params::insecure(k).map_err(failed)?;
        self.keep(&params);
        Ok((params, false))
    }

    /// Parameters from a file, cut down to as many rows as are needed, and whether nothing had to be made for that.
    fn file(&self, path: &Path, insecure_allowed: bool) -> Result<(Params, bool)> {
        let k = self.k;
        self.ui.step("reading the setup");
        let params = self.read(path).map_err(|error| {
            let of_the_file = matches!(error, zkc_halo2_axiom::Error::File(_));
            let error = convert(error, Origin::File(path));
            match of_the_file {
                true => error.help(FILE_HELP),
                false => error,
            }
        })?;
        let setup = params.setup();
        if setup == Setup::Insecure && !insecure_allowed {
            return Err(Error::diagnostic(format!(
                "{} holds an insecure setup: its secret is published, so that anybody can forge proofs",
                path.display()
            ))
            .help("for tests, allow it with `--insecure-srs`"));
        }
        if params.k() < k {
            return Err(Error::limit(format!(
                "{} is for at most 2^{} rows, the circuit has 2^{k}",
                path.display(),
                params.k()
            ))
            .help("name a file of parameters for more rows, or use `--commitment ipa`"));
        }
        if let Some(kept) = self.try_cache(&setup) {
            return Ok((kept, true));
        }
        if params.k() == k {
            // `prove` looks for them there.
            self.keep(&params);
            return Ok((params, true));
        }
        self.ui
            .step(&format!("cutting the setup down to k = {k}, once"));
        let params = params.downsize(k).map_err(failed)?;
        self.keep(&params);
        Ok((params, false))
    }

    /// The cached parameters of a setup; a damaged file is told and ignored.
    fn try_cache(&self, setup: &Setup) -> Option<Params> {
        let path = self.path(setup)?;
        if !path.exists() {
            return None;
        }
        self.ui.step("reading parameters");
        let damaged = match self.read(&path) {
            Ok(params) if params.k() == self.k && params.setup() == *setup => return Some(params),
            Ok(_) => "they are of another setup".to_owned(),
            Err(error) => convert(error, Origin::Compiled).message().to_owned(),
        };
        self.ui.warn(&format!(
            "cannot use the parameters {}: {damaged}; making them anew",
            path.display()
        ));
        None
    }

    /// Keeps parameters for the next time. That this fails is no error.
    fn keep(&self, params: &Params) {
        let Some(path) = self.path(&params.setup()) else {
            return;
        };
        let kept = {
            let _writing = Writing::begin();
            std::fs::create_dir_all(&self.cache)
                .map_err(|error| Error::io("cannot write", &path, &error))
                .and_then(|()| params.write_srs(&path).map_err(failed))
        };
        match kept {
            Ok((_, digest)) => self.remember(&digest),
            Err(error) => self.ui.warn(&format!(
                "cannot keep the parameters for k = {}: {}; they will be made again next time",
                self.k,
                error.message()
            )),
        }
    }

    /// Reads a file, and checks its points unless that was done before.
    fn read(&self, path: &Path) -> std::result::Result<Params, zkc_halo2_axiom::Error> {
        let known = |digest: &Digest| self.checked(digest).exists();
        let (params, digest) = Params::read_srs_unless(path, known)?;
        self.remember(&digest);
        Ok(params)
    }

    /// Remembers that the points of a file are good. Where that fails they are checked again next time.
    fn remember(&self, digest: &Digest) {
        let path = self.checked(digest);
        if !path.exists() {
            let _writing = Writing::begin();
            let _ = std::fs::create_dir_all(&self.cache).and_then(|()| std::fs::write(&path, []));
        }
    }

    /// The file in the cache that says that the points of the file with this digest are good.
    fn checked(&self, digest: &Digest) -> PathBuf {
        self.cache
            .join(format!("halo2-axiom-kzg-checked-{}", digest.to_hex()))
    }

    /// The file in the cache for a setup; `None` where there is no setup.
    fn path(&self, setup: &Setup) -> Option<PathBuf> {
        let digest = setup.digest()?;
        let name = format!("halo2-axiom-kzg-{digest}-k{}", self.k);
        Some(self.cache.join(name))
    }
}

fn loaded(params: Params, cached: bool, watch: &Stopwatch) -> Loaded<Params> {
    Loaded {
        params,
        used: ParamsUse {
            cost: watch.cost(),
            cached,
        },
    }
}

fn failed(error: zkc_halo2_axiom::Error) -> Error {
    convert(error, Origin::Compiled)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use halo2_axiom::SerdeFormat;
    use halo2_axiom::halo2curves::bn256::Bn256;
    use halo2_axiom::halo2curves::serde::SerdeObject;
    use halo2_axiom::poly::kzg::commitment::ParamsKZG;
    use zkc_backend_testing::Random;

    use super::*;

    /// Writes a setup as a ceremony leaves it; `seed` tells one from another.
    fn ceremony(path: &Path, k: u32, seed: u64) -> Setup {
        let params = ParamsKZG::<Bn256>::setup(k, Random(seed));
        let mut hasher = blake3::Hasher::new_derive_key("zkc 2026 KZG setup on BN254");
        hasher.update(&params.s_g2().to_raw_bytes());
        let mut body = vec![0];
        body.extend(hasher.finalize().as_bytes());
        params
            .write_custom(&mut body, SerdeFormat::RawBytes)
            .unwrap();
        seal(path, &body);
        Params::read_srs(path).unwrap().setup()
    }

    /// Writes a file of parameters with the right checksum.
    fn seal(path: &Path, body: &[u8]) {
        let checksum = blake3::hash(body);
        let magic = b"zkc srs v1\n\0\0\0\0\0";
        std::fs::write(path, [&magic[..], checksum.as_bytes(), body].concat()).unwrap();
    }

    /// What was warned of.
    #[derive(Default)]
    struct Warnings(Mutex<Vec<String>>);

    impl Ui for Warnings {
        fn warn(&self, text: &str) {
            self.0.lock().unwrap().push(text.to_owned());
        }
    }

    impl Warnings {
        fn take(&self) -> Vec<String> {
            std::mem::take(&mut *self.0.lock().unwrap())
        }
    }

    fn options(srs: Option<&Path>, insecure_srs: bool) -> CommitOptions {
        CommitOptions {
            srs: srs.map(Path::to_owned),
            insecure_srs,
            ..CommitOptions::default()
        }
    }

    #[test]
    fn a_setup_is_cut_down_once_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let (srs, pk) = (folder.path().join("srs"), Path::new("M.pk"));
        let setup = ceremony(&srs, 6, 1);
        let ui = Warnings::default();
        let loader = |k: u32, cache: &str| Loader {
            k,
            cache: folder.path().join(cache),
            ui: &ui,
        };
        let named = options(Some(&srs), false);
        for (k, cached) in [(6, true), (5, false), (5, true)] {
            let loaded = loader(k, "a").load(&named).unwrap();
            assert_eq!((loaded.params.k(), loaded.used.cached), (k, cached));
            assert_eq!(loaded.params.setup(), setup);
        }
        // Proving needs no file where keys were made, and the same file elsewhere.
        for k in [5, 6] {
            let loaded = loader(k, "a").load_again(&setup, None, pk).unwrap();
            assert!(loaded.used.cached);
        }
        let error = loader(5, "b").load_again(&setup, None, pk).unwrap_err();
        assert!(error.message().ends_with("which are not in the cache"));
        let loaded = loader(5, "b").load_again(&setup, Some(&srs), pk).unwrap();
        assert_eq!(loaded.params.setup(), setup);
        assert_eq!(ui.take(), [""; 0]);

        let other = folder.path().join("other");
        ceremony(&other, 5, 100);
        let error = loader(5, "c").load_again(&setup, Some(&other), pk);
        assert!(
            error
                .unwrap_err()
                .message()
                .starts_with("M.pk is a key for setup ")
        );
        let error = loader(7, "a").load(&named).unwrap_err();
        assert!(
            error
                .message()
                .ends_with("is for at most 2^6 rows, the circuit has 2^7")
        );
    }

    #[test]
    fn points_are_checked_once_for_each_file() {
        const BODY: usize = 16 + 32;
        const POINTS: usize = BODY + 1 + 32 + 4;
        let folder = tempfile::tempdir().unwrap();
        let srs = folder.path().join("srs");
        ceremony(&srs, 4, 1);
        let mut bytes = std::fs::read(&srs).unwrap();
        // Other points of the curve, out of order.
        bytes[POINTS + 64..POINTS + 4 * 64].rotate_left(64);
        seal(&srs, &bytes[BODY..]);
        let ui = Warnings::default();
        let loader = Loader {
            k: 4,
            cache: folder.path().join("cache"),
            ui: &ui,
        };
        let named = options(Some(&srs), false);
        let error = loader.load(&named).unwrap_err().to_string();
        assert!(error.contains("not the powers of the secret"), "{error}");
        assert!(error.contains(srs.to_str().unwrap()), "{error}");
        assert!(!loader.cache.exists());
        // What is remembered is the digest of exactly this file, for all that are found good and all that are kept.
        let digest = Digest(*blake3::hash(&bytes[BODY..]).as_bytes());
        loader.remember(&digest);
        loader.load(&named).unwrap();
        assert!(loader.checked(&digest).exists());
        bytes[POINTS + 64..POINTS + 4 * 64].rotate_left(64);
        seal(&srs, &bytes[BODY..]);
        loader.load(&named).unwrap_err();
        for good in ["a", "b"].map(|name| folder.path().join(name)) {
            ceremony(&good, 5, 2);
            loader.load(&options(Some(&good), false)).unwrap();
        }
        let kept = std::fs::read_dir(&loader.cache).unwrap();
        let names = kept.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let remembered = names.filter(|name| name.contains("-checked-")).count();
        // The first, the same file twice, and what it was cut down to.
        assert_eq!(remembered, 3);
        assert_eq!(ui.take(), [""; 0]);
    }

    #[test]
    fn insecure_setups_need_leave_and_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let srs = folder.path().join("srs");
        generate_insecure(5, &srs).unwrap();
        let ui = Warnings::default();
        let loader = Loader {
            k: 4,
            cache: folder.path().join("cache"),
            ui: &ui,
        };
        let error = loader.load(&options(Some(&srs), false)).unwrap_err();
        assert!(
            error.message().contains("holds an insecure setup"),
            "{error}"
        );
        assert_eq!(ui.take(), [""; 0]);
        for (options, cached) in [
            (options(None, true), false),
            (options(None, true), true),
            (options(Some(&srs), true), true),
        ] {
            let loaded = loader.load(&options).unwrap();
            assert_eq!(loaded.params.setup(), Setup::Insecure);
            assert_eq!(loaded.used.cached, cached);
            assert_eq!(ui.take().len(), 1);
        }
        let again = loader.load_again(&Setup::Insecure, None, Path::new("M.pk"));
        assert!(again.unwrap().used.cached);
    }

    #[test]
    fn what_the_cache_should_not_hold_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let ui = Warnings::default();
        let loader = Loader {
            k: 4,
            cache: folder.path().join("cache"),
            ui: &ui,
        };
        let insecure = options(None, true);
        loader.load(&insecure).unwrap();
        let path = loader.path(&Setup::Insecure).unwrap();
        let good = std::fs::read(&path).unwrap();
        let other = folder.path().join("other");
        ceremony(&other, 4, 1);
        let damaged = [good[1..].to_vec(), std::fs::read(&other).unwrap()];
        for (bytes, reason) in damaged
            .iter()
            .zip(["no good parameter file", "another setup"])
        {
            ui.take();
            std::fs::write(&path, bytes).unwrap();
            assert!(!loader.load(&insecure).unwrap().used.cached);
            assert!(ui.take()[0].contains(reason), "{reason}");
            assert_eq!(std::fs::read(&path).unwrap(), good);
        }
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let loader = Loader {
            cache: file,
            ..loader
        };
        loader.load(&insecure).unwrap();
        assert!(ui.take()[0].starts_with("cannot keep the parameters for k = 4: "));
    }
}

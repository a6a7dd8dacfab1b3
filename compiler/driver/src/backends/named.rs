//! Which backend a key or proof is for.
//!
//! Files of all backends say so in field 1 of their message, so that a file can be told from one of another backend before
//! anything else in it is looked at. A proving key of `halo2-axiom` is a message with its length in front, which holds the
//! verifying key in field 1.

use prost::Message;

use crate::error::{Error, Result};
use crate::options::Backend;

#[derive(Clone, PartialEq, Message)]
struct Named {
    #[prost(string, tag = "1")]
    backend: String,
}

#[derive(Clone, PartialEq, Message)]
struct Holder {
    #[prost(message, optional, tag = "1")]
    key: Option<Named>,
}

/// The backend of the payload of a key file.
pub(super) fn of_key(payload: &[u8]) -> Result<Backend> {
    let plain = Named::decode(payload).ok().map(|key| key.backend);
    let known = |name: &String| name.parse::<Backend>().is_ok();
    let name = plain.clone().filter(known).or_else(|| {
        let holder = Holder::decode_length_delimited(payload).ok()?;
        Some(holder.key?.backend)
    });
    parse("key", name.or(plain))
}

/// The backend of the payload of a proof file.
pub(super) fn of_proof(payload: &[u8]) -> Result<Backend> {
    parse(
        "proof",
        Named::decode(payload).ok().map(|proof| proof.backend),
    )
}

fn parse(what: &str, name: Option<String>) -> Result<Backend> {
    let name = name.filter(|name| !name.is_empty()).ok_or_else(|| {
        Error::diagnostic(format!("the {what} file is not valid: it names no backend"))
    })?;
    name.parse().map_err(|_| {
        let names: Vec<&str> = Backend::ALL.iter().map(|backend| backend.name()).collect();
        Error::diagnostic(format!(
            "the {what} is for backend `{}`, which this version of zkc does not have",
            name.escape_debug()
        ))
        .note(format!("it has {}", names.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(backend: &str) -> Named {
        Named {
            backend: backend.into(),
        }
    }

    #[test]
    fn backends_are_found_in_both_forms() {
        for backend in Backend::ALL {
            let key = named(backend.name());
            let mut payload = key.encode_to_vec();
            // A field that is not looked at.
            payload.extend([0x12, 3, 1, 2, 3]);
            assert_eq!(of_key(&payload), Ok(backend));
            assert_eq!(of_proof(&payload), Ok(backend));
            let mut payload = Holder { key: Some(key) }.encode_length_delimited_to_vec();
            payload.extend([0xff; 64]);
            assert_eq!(of_key(&payload), Ok(backend));
        }
    }

    #[test]
    fn what_names_no_backend_of_ours_is_refused() {
        let message = |payload: &[u8]| of_key(payload).unwrap_err().message().to_owned();
        assert_eq!(
            message(&named("plonky\n").encode_to_vec()),
            "the key is for backend `plonky\\n`, which this version of zkc does not have"
        );
        for payload in [&[][..], &[0xff; 9], &[0x0a, 200], &[0x0a, 1, 0xff]] {
            assert_eq!(
                message(payload),
                "the key file is not valid: it names no backend"
            );
        }
    }
}

//! Hashes that name circuits and keys.

use std::fmt;

/// A BLAKE3 hash, shown as its first 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The hash of some bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(*blake3::hash(bytes).as_bytes())
    }

    /// Takes 32 bytes; `None` of another number.
    pub fn from_slice(bytes: &[u8]) -> Option<Digest> {
        bytes.try_into().ok().map(Digest)
    }

    /// All 64 hexadecimal digits.
    pub fn to_hex(&self) -> String {
        blake3::Hash::from(self.0).to_hex().to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex()[..16])
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Of the encoded circuit description.
    pub circuit: Digest,
    /// Of the verifying key; the backend says of which form of it.
    pub key: Digest,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_shown_short() {
        let digest = Digest([0xab; 32]);
        assert_eq!(digest.to_string(), "abababababababab");
        assert_eq!(digest.to_hex(), "ab".repeat(32));
        assert_eq!(Digest::from_slice(&[0; 31]), None);
        assert_eq!(Digest::from_slice(&[0xab; 32]), Some(digest));
    }
}

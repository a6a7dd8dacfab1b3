//! Which cases of a heavy suite run.
//!
//! Cases are listed in a fixed order. `ZKC_SHARD=I/N` keeps the cases whose place in that list, counted from 0, is
//! `I - 1` modulo `N`, so that `N` machines with `I = 1 ..= N` run each case exactly once. `ZKC_FULL=1` runs the
//! cases beyond the sample that a suite runs by default.

use std::env;

use anyhow::{Context, Result, ensure};

/// One part of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1 on.
    pub index: usize,
    /// How many parts there are.
    pub count: usize,
}

impl Shard {
    /// The whole suite.
    pub const ALL: Shard = Shard { index: 1, count: 1 };

    /// Reads `I/N`.
    ///
    /// # Errors
    /// When the text is not two numbers with `1 <= I <= N`.
    pub fn parse(text: &str) -> Result<Shard> {
        let parts = text
            .split_once('/')
            .context("a shard is I/N, for instance 1/4")?;
        let shard = Shard {
            index: parts.0.trim().parse()?,
            count: parts.1.trim().parse()?,
        };
        ensure!(
            (1..=shard.count).contains(&shard.index),
            "a shard I/N needs 1 <= I <= N, found {text}"
        );
        Ok(shard)
    }

    /// The part that `ZKC_SHARD` names, all when it is not set.
    ///
    /// # Errors
    /// When the variable is set to something else than a shard.
    pub fn from_env() -> Result<Shard> {
        match env::var("ZKC_SHARD") {
            Ok(text) if !text.is_empty() => Shard::parse(&text).context("ZKC_SHARD"),
            _ => Ok(Shard::ALL),
        }
    }

    /// The cases of this part, in their order.
    pub fn select<T>(self, cases: impl IntoIterator<Item = T>) -> Vec<T> {
        let part = |place: &usize| place % self.count == self.index - 1;
        cases
            .into_iter()
            .enumerate()
            .filter(|(place, _)| part(place))
            .map(|(_, case)| case)
            .collect()
    }
}

/// Whether the heavy suites run in full (`ZKC_FULL=1`) instead of their sample.
pub fn full() -> bool {
    env::var("ZKC_FULL").is_ok_and(|value| !value.is_empty() && value != "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_every_case_once() {
        let mut seen: Vec<usize> = (1..=3)
            .flat_map(|index| Shard { index, count: 3 }.select(0..10))
            .collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn malformed_shards_are_refused() {
        for text in ["", "1", "0/4", "5/4", "1/0", "a/b", "-1/4"] {
            assert!(Shard::parse(text).is_err(), "{text}");
        }
        assert_eq!(Shard::parse("2/4").unwrap(), Shard { index: 2, count: 4 });
    }
}

//! Splitting the text of a model into words, numbers, quoted texts and signs.

use std::fmt;

use anyhow::{Result, bail, ensure};

/// The signs of the syntax; the longer ones first.
const SYMBOLS: [&str; 13] = [
    "=>", "<", ">", "(", ")", "[", "]", "{", "}", ",", ":", "=", "?",
];

/// One piece of the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name; dots and slashes are part of it.
    Name(String),
    /// A number as it was written.
    Number(String),
    /// What stood between quotation marks.
    Text(String),
    /// One of [`SYMBOLS`].
    Symbol(&'static str),
    /// The end of the text.
    End,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Name(text) | Token::Number(text) => write!(f, "`{text}`"),
            Token::Text(text) => write!(f, "\"{text}\""),
            Token::Symbol(text) => write!(f, "`{text}`"),
            Token::End => f.write_str("the end of the text"),
        }
    }
}

pub(super) struct Lexer<'a> {
    source: &'a str,
    rest: &'a str,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Lexer {
            source,
            rest: source,
        }
    }

    /// The line that reading has come to, from 1 on.
    pub(super) fn line(&self) -> usize {
        self.source[..self.source.len() - self.rest.len()]
            .matches('\n')
            .count()
            + 1
    }

    pub(super) fn next(&mut self) -> Result<Token> {
        self.skip_blanks();
        let Some(first) = self.rest.chars().next() else {
            return Ok(Token::End);
        };
        if let Some(symbol) = SYMBOLS
            .into_iter()
            .find(|symbol| self.rest.starts_with(symbol))
        {
            self.rest = &self.rest[symbol.len()..];
            return Ok(Token::Symbol(symbol));
        }
        if let Some(quoted) = self.rest.strip_prefix('"') {
            let Some((text, after)) = quoted.split_once('"') else {
                bail!("a quotation mark is not closed")
            };
            ensure!(
                !text.contains('\n'),
                "a quotation mark is not closed on its line"
            );
            self.rest = after;
            return Ok(Token::Text(text.to_owned()));
        }
        let word = self
            .rest
            .find(|c: char| !(c.is_alphanumeric() || "_./+-".contains(c)))
            .unwrap_or(self.rest.len());
        ensure!(word > 0, "unexpected character `{first}`");
        let (word, after) = self.rest.split_at(word);
        self.rest = after;
        let numeric = word.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
            || word == "inf"
            || word == "nan";
        Ok(if numeric {
            Token::Number(word.to_owned())
        } else {
            Token::Name(word.to_owned())
        })
    }

    pub(super) fn peek(&mut self) -> Result<Token> {
        let here = self.rest;
        let token = self.next()?;
        self.rest = here;
        Ok(token)
    }

    /// Takes the next sign or word if it is `wanted`.
    pub(super) fn accept(&mut self, wanted: &str) -> Result<bool> {
        let found = match self.peek()? {
            Token::Symbol(symbol) => symbol == wanted,
            Token::Name(name) => name == wanted,
            _ => false,
        };
        if found {
            self.next()?;
        }
        Ok(found)
    }

    pub(super) fn expect(&mut self, wanted: &str) -> Result<()> {
        let found = self.peek()?;
        ensure!(self.accept(wanted)?, "expected `{wanted}`, found {found}");
        Ok(())
    }

    fn skip_blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('#') {
                return;
            }
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.rest = &self.rest[end..];
        }
    }
}
